package flow

import (
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// BenchmarkStep is a training step, cost and gradient, on 512 points of the plane.
func BenchmarkStep(b *testing.B) {
	const rows, d = 512, 2
	net := NetConfig{Hidden: []int{64, 64, 64}}
	type builder func(*testing.B, *G.Node) (cost *G.Node, b Bijection)
	cnf := func(probe bool, p Penalty) builder {
		return func(b *testing.B, x *G.Node) (*G.Node, Bijection) {
			field, err := NewTimeNet(seeded(1), "field", d, ConcatSquash, net)
			must(b, err)
			c, err := NewCNF(field, d, odeop.Method(solvers.Dopri5{}), odeop.Tolerance(1e-5, 1e-5))
			must(b, err)
			var f Bijection = c
			if probe {
				f = Estimated(c, Probe{Seed: 1})
			}
			cost, err := Loss(f, x, p)
			must(b, err)
			return cost, c
		}
	}
	chain := func(build func(*rand.Rand, string, int, int, NetConfig) (*Chain, error)) builder {
		return func(b *testing.B, x *G.Node) (*G.Node, Bijection) {
			c, err := build(seeded(1), "f", d, 8, NetConfig{})
			must(b, err)
			cost, err := Loss(c, x, Penalty{})
			must(b, err)
			return cost, c
		}
	}
	for _, c := range []struct {
		name  string
		build builder
	}{
		{"cnf-exact", cnf(false, Penalty{})},
		{"cnf-hutchinson", cnf(true, Penalty{})},
		{"cnf-hutchinson-rnode", cnf(true, Penalty{0.01, 0.01})},
		{"flow-matching", func(b *testing.B, x *G.Node) (*G.Node, Bijection) {
			field, err := NewTimeNet(seeded(1), "field", d, ConcatSquash, net)
			must(b, err)
			c, err := NewCNF(field, d)
			must(b, err)
			x0 := matrix(x.Graph(), "x0", normalRows(seeded(3), rows, d))
			t := G.NewVector(x.Graph(), G.Float64, G.WithShape(rows), G.WithName("t"), G.WithInit(G.Uniform(0, 1)))
			cost, err := Matching{}.Loss(field, x0, x, t)
			must(b, err)
			return cost, c
		}},
		{"realnvp", chain(NewRealNVP)},
		{"glow", chain(NewGlow)},
	} {
		b.Run(c.name, func(b *testing.B) {
			x := matrix(G.NewGraph(), "x", normalRows(seeded(2), rows, d))
			cost, f := c.build(b, x)
			ps := graph.ParamNodes(x.Graph(), f.Params())
			_, err := G.Grad(cost, ps...)
			must(b, err)
			vm := G.NewTapeMachine(x.Graph(), G.BindDualValues(ps...))
			defer vm.Close()
			b.ReportAllocs()
			for b.Loop() {
				must(b, vm.RunAll())
				vm.Reset()
			}
			if f, ok := f.(*CNF); ok {
				b.ReportMetric(float64(f.Stats().Forward().F), "evals")
			}
		})
	}
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%+v", err)
	}
}
