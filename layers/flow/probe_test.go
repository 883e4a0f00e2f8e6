package flow

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"gorgonode/odeop"
	"gorgonode/solvers"

	"gorgonode/internal/formula"
)

// copies are n rows like r.
func copies(r []float64, n int) [][]float64 {
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = r
	}
	return rows
}

// meanAndError is the mean of numbers and its standard error.
func meanAndError(v []float64) (mean, err float64) {
	n := float64(len(v))
	for _, x := range v {
		mean += x / n
	}
	for _, x := range v {
		err += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(err / (n * (n - 1)))
}

// The estimate of the log-density and that of the Jacobian's norm have the exact values as their means: over 512 probes the
// mean is within four of its standard errors.
func TestHutchinsonUnbiased(t *testing.T) {
	c := wavy(t, 3, odeop.Method(solvers.RK4{}), odeop.Step(0.2))
	row := []float64{0.5, -0.7, 1.1}
	both := func(b Bijection, rows [][]float64) (dets, squares []float64) {
		out := run(t, b, rows, func(x *G.Node) (*G.Node, error) {
			_, l, e, err := ForwardEnergies(b, x)
			must(t, err)
			n := x.Shape()[0]
			return single(operation("both", func(f *formula.F, in G.Nodes) G.Nodes {
				return G.Nodes{f.Concat(f.Reshape(in[0], n, 1), f.Reshape(in[1], n, 1))}
			}, l, e.Jacobian))
		})
		for _, r := range out {
			dets, squares = append(dets, r[0]), append(squares, r[1])
		}
		return dets, squares
	}
	det, square := both(c, [][]float64{row})
	for _, kind := range []ProbeKind{Rademacher, Gaussian} {
		dets, squares := both(Estimated(c, Probe{Kind: kind, Seed: 4}), copies(row, rowsAtOnce))
		for name, v := range map[string]struct {
			estimates []float64
			want      float64
		}{"change of volume": {dets, det[0]}, "norm": {squares, square[0]}} {
			m, e := meanAndError(v.estimates)
			t.Logf("%v: %s %.4g, mean of estimates %.4g ± %.2g", kind, name, v.want, m, e)
			if e == 0 || math.Abs(m-v.want) > 4*e {
				t.Errorf("%v: %s %g, mean of estimates %g ± %g", kind, name, v.want, m, e)
			}
		}
	}
}

// The probe is held over a solve: for z' = A z the estimate is then εᵀAε times the span of time, whatever the steps are,
// forward and back. It changes from step to step, and comes again with the step.
func TestProbeHeld(t *testing.T) {
	c := affine(t, someA, someB, odeop.Tolerance(1e-9, 1e-9))
	for _, kind := range []ProbeKind{Rademacher, Gaussian} {
		p := Probe{Kind: kind, Seed: 5}
		x := G.NewMatrix(G.NewGraph(), G.Float64, G.WithShape(3, 2), G.WithName("x"), G.WithInit(G.Ones()))
		p.Step = G.NewScalar(x.Graph(), G.Float64, G.WithName("step"))
		_, l, err := Estimated(c, p).Forward(x)
		must(t, err)
		same, err := p.node(x)
		must(t, err)
		var v, probe G.Value
		G.Read(l, &v)
		G.Read(same, &probe)
		vm := G.NewTapeMachine(x.Graph())
		defer vm.Close()
		seen := map[float64]bool{}
		for _, step := range []float64{0, 1, 2, 1} {
			must(t, G.Let(p.Step, step))
			must(t, vm.RunAll())
			es := probe.Data().([]float64)
			for i, got := range v.Data().([]float64) {
				e, f := es[2*i], es[2*i+1]
				want := -(someA[0][0]*e*e + (someA[0][1]+someA[1][0])*e*f + someA[1][1]*f*f)
				if math.Abs(got-want) > 1e-8 {
					t.Errorf("%v, step %g, row %d: %g, want %g", kind, step, i, got, want)
				}
				seen[got] = true
			}
			vm.Reset()
		}
		if kind == Gaussian && len(seen) != 9 {
			t.Errorf("three steps of three rows gave %d different estimates", len(seen))
		}
	}
}

// The flows of a chain have probes of their own.
func TestProbesOfAChain(t *testing.T) {
	c := affine(t, someA, someB, odeop.Tolerance(1e-9, 1e-9))
	chain, err := NewChain(c, c)
	must(t, err)
	parts := Estimated(chain, Probe{Seed: 7}).(*Chain).parts
	a, b := parts[0].(*CNF).probe, parts[1].(*CNF).probe
	if a.Seed == b.Seed {
		t.Error("two flows share a probe")
	}
	if c.probe != nil {
		t.Error("the exact flow was changed")
	}
}
