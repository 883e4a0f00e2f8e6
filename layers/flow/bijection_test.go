package flow

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// shaken moves all parameters away from where they begin.
func shaken(t testing.TB, b Bijection, seed uint64) Bijection {
	t.Helper()
	rng := seeded(seed)
	for _, p := range b.Params() {
		v := p.Float64s()
		for i := range v {
			v[i] += 0.3 * rng.NormFloat64()
		}
		must(t, p.Set(v))
	}
	return b
}

// formulas are bijections without a differential equation.
func formulas(t testing.TB, d int) map[string]Bijection {
	net := NetConfig{Hidden: []int{7}}
	norm, err := NewActNorm("norm", d, tensor.Float64)
	must(t, err)
	alternating, err := NewCoupling(seeded(1), "alternating", Alternating(d, true), net)
	must(t, err)
	halves, err := NewCoupling(seeded(2), "halves", Halves(d, false), net)
	must(t, err)
	linear, err := NewInvertibleLinear(seeded(3), "linear", d, tensor.Float64)
	must(t, err)
	nvp, err := NewRealNVP(seeded(4), "nvp", d, 3, net)
	must(t, err)
	glow, err := NewGlow(seeded(5), "glow", d, 3, net)
	must(t, err)
	all := map[string]Bijection{
		"actnorm": norm, "alternating": alternating, "halves": halves, "linear": linear, "realnvp": nvp, "glow": glow,
	}
	for _, b := range all {
		shaken(t, b, 6)
	}
	return all
}

// flows are CNFs over constant steps of RK4, whose gradients are those of the numbers.
func flows(t testing.TB, d int, step float64) map[string]Bijection {
	all := map[string]Bijection{}
	cnf := func(kind TimeKind) *CNF {
		field, err := NewTimeNet(seeded(7), "field", d, kind, NetConfig{Hidden: []int{5}})
		must(t, err)
		c, err := NewCNF(field, d, odeop.Method(solvers.RK4{}), odeop.Step(step))
		must(t, err)
		return shaken(t, c, 8).(*CNF)
	}
	for _, k := range TimeKinds() {
		all[string(k)] = cnf(k)
	}
	c := cnf(ConcatSquash)
	all["rademacher"] = Estimated(c, Probe{Seed: 9})
	all["gaussian"] = Estimated(c, Probe{Kind: Gaussian, Seed: 9})
	norm, err := NewActNorm("norm", d, tensor.Float64)
	must(t, err)
	chain, err := NewChain(shaken(t, norm, 10), cnf(Blend), norm2(t, d), cnf(Concat))
	must(t, err)
	all["chain"] = Estimated(chain, Probe{Seed: 11})
	return all
}

func norm2(t testing.TB, d int) Bijection {
	n, err := NewActNorm("norm2", d, tensor.Float64)
	must(t, err)
	return shaken(t, n, 12)
}

// matrix is a node that holds rows.
func matrix(g *G.ExprGraph, name string, rows [][]float64) *G.Node {
	v := batch(rows, tensor.Float64)
	return G.NewMatrix(g, G.Float64, G.WithShape(v.Shape()...), G.WithName(name), G.WithValue(v))
}

// run is the value of a node that build makes of rows.
func run(t testing.TB, b Bijection, rows [][]float64, build func(x *G.Node) (*G.Node, error)) [][]float64 {
	t.Helper()
	out, err := evaluate(b, rows, build)
	must(t, err)
	return out
}

// What goes forward comes back to rounding, and the two changes of volume cancel: a few hundred operations on numbers of a
// size of about 10.
func TestFormulaInverse(t *testing.T) {
	for _, d := range []int{2, 5} {
		for name, b := range formulas(t, d) {
			t.Run(fmt.Sprint(name, d), func(t *testing.T) {
				x := normalRows(seeded(13), 20, d)
				back := run(t, b, x, func(x *G.Node) (*G.Node, error) {
					z, forward, err := b.Forward(x)
					must(t, err)
					y, inverse, err := b.Inverse(z)
					must(t, err)
					return single(operation("all", func(f *formula.F, in G.Nodes) G.Nodes {
						return G.Nodes{f.Concat(in[0], f.Reshape(f.Add(in[1], in[2]), 20, 1))}
					}, y, forward, inverse))
				})
				for i, r := range back {
					for j := range d {
						if e := math.Abs(r[j] - x[i][j]); e > 1e-12 {
							t.Errorf("row %d, column %d comes back %g away", i, j, e)
						}
					}
					if math.Abs(r[d]) > 1e-12 {
						t.Errorf("row %d: the changes of volume add up to %g", i, r[d])
					}
				}
			})
		}
	}
}

// The change of volume is that of the Jacobian by differences, whose error is about 1e-10.
func TestLogDeterminant(t *testing.T) {
	const d, h = 3, 1e-5
	all := formulas(t, d)
	for name, b := range flows(t, d, 0.02) {
		if name != "rademacher" && name != "gaussian" && name != "chain" { // estimates are others
			all[name] = b
		}
	}
	for name, b := range all {
		t.Run(name, func(t *testing.T) {
			x := normalRows(seeded(14), 4, d)
			got := run(t, b, x, func(x *G.Node) (*G.Node, error) {
				_, l, err := b.Forward(x)
				return l, err
			})
			// A CNF's points and its change of volume are integrals by the same steps of order 4: off by about 0.02⁴ each.
			tol := 1e-8
			if _, ok := b.(*CNF); ok {
				tol = 1e-6
			}
			for i, row := range x {
				var near [][]float64
				for j := range d {
					for _, s := range []float64{h, -h} {
						r := append([]float64(nil), row...)
						r[j] += s
						near = append(near, r)
					}
				}
				z, err := ForwardRows(b, near)
				must(t, err)
				j := mat.NewDense(d, d, nil)
				for c := range d {
					for r := range d {
						j.Set(r, c, (z[2*c][r]-z[2*c+1][r])/(2*h))
					}
				}
				if want, _ := mat.LogDet(j); math.Abs(got[i][0]-want) > tol {
					t.Errorf("row %d: %.12g, by differences %.12g", i, got[i][0], want)
				}
			}
		})
	}
}

// The gradient of the loss is that of central differences, to about 1e-9.
func TestLossGradient(t *testing.T) {
	const d = 2
	all := formulas(t, d)
	for name, b := range flows(t, d, 0.25) {
		all[name] = b
	}
	x := normalRows(seeded(15), 6, d)
	for name, b := range all {
		for _, p := range []Penalty{{}, {0.3, 0.2}} {
			if _, _, _, err := energies(t, b, x); err != nil && p != (Penalty{}) {
				continue
			}
			t.Run(fmt.Sprintf("%s/%v", name, p), func(t *testing.T) {
				l := newLoss(t, b, x, p)
				_, grads := l.run(t)
				for k, q := range b.Params() {
					v := q.Float64s()
					for _, i := range []int{0, len(v) - 1} {
						const h = 1e-5
						diff := 0.0
						for _, s := range []float64{1, -1} {
							w := append([]float64(nil), v...)
							w[i] += s * h
							must(t, q.Set(w))
							c, _ := l.run(t)
							diff += s * c / (2 * h)
						}
						must(t, q.Set(v))
						if e := math.Abs(grads[k][i] - diff); e > 1e-8*(1+math.Abs(diff)) {
							t.Errorf("%v[%d]: %.12g, by differences %.12g", q, i, grads[k][i], diff)
						}
					}
				}
			})
		}
	}
}

func energies(t testing.TB, b Bijection, rows [][]float64) (z, logDet *G.Node, e Energies, err error) {
	x := matrix(G.NewGraph(), "x", rows)
	return ForwardEnergies(b, x)
}

// loss is a cost and its gradient by the parameters.
type loss struct {
	vm    G.VM
	cost  G.Value
	nodes G.Nodes
}

func newLoss(t testing.TB, b Bijection, rows [][]float64, p Penalty) *loss {
	t.Helper()
	x := matrix(G.NewGraph(), "x", rows)
	cost, err := Loss(b, x, p)
	must(t, err)
	l := &loss{nodes: graph.ParamNodes(x.Graph(), b.Params())}
	G.Read(cost, &l.cost)
	_, err = G.Grad(cost, l.nodes...)
	must(t, err)
	l.vm = G.NewTapeMachine(x.Graph(), G.BindDualValues(l.nodes...))
	return l
}

func (l *loss) run(t testing.TB) (float64, [][]float64) {
	t.Helper()
	must(t, l.vm.RunAll())
	grads := make([][]float64, len(l.nodes))
	for i, n := range l.nodes {
		g, err := n.Grad()
		must(t, err)
		d := g.Data().([]float64)
		grads[i] = append(grads[i], d...)
		clear(d)
	}
	c := l.cost.Data().(float64)
	l.vm.Reset()
	return c, grads
}
