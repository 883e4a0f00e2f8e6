package odeop

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// The Jacobian of (y, a) is that of the system, by central differences. A wrong one shows in no gradient: Newton's
// iteration takes longer, or smaller steps.
func TestJacobianWithAdjoint(t *testing.T) {
	for _, f := range testFields() {
		m := f.in(t, tensor.Float64)
		fn, err := Field(m.field(m.ps)).trace("test", tensor.Float64, m.y0.Shape(), m.nodes)
		if err != nil {
			t.Fatal(err)
		}
		c, err := compileField[float64](fn)
		if err != nil {
			t.Fatal(err)
		}
		theta := make([][]float64, len(c.theta))
		for i, n := range c.theta {
			for k := range n {
				theta[i] = append(theta[i], 0.5+0.3*math.Sin(float64(3*k+i)))
			}
		}
		sys, done := c.run(theta)
		b := c.bind(theta)
		both := withAdjoint(&solve[float64]{field: c}, sys, b, &solvers.Stats{})
		n := both.Dim
		z, v := make([]float64, n), make([]float64, n)
		for i := range z {
			z[i], v[i] = 0.6+0.3*math.Cos(float64(2*i)), math.Sin(float64(5*i+1))
		}
		got, plus, minus := make([]float64, n), make([]float64, n), make([]float64, n)
		if err := both.JVP(0.3, z, v, got); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		const eps = 1e-5
		for e, dz := range map[float64][]float64{eps: plus, -eps: minus} {
			at := make([]float64, n)
			for i := range at {
				at[i] = z[i] + e*v[i]
			}
			if err := both.F(0.3, at, dz); err != nil {
				t.Fatal(err)
			}
		}
		for i, d := range got {
			want := (plus[i] - minus[i]) / (2 * eps)
			if !(math.Abs(d-want) <= 1e-8*math.Max(1, math.Abs(want))) { // eps², and rounding by 1e-16/eps
				t.Errorf("%s: row %d of the product is %.12g, by differences %.12g", f.name, i, d, want)
			}
		}
		b.done()
		done()
	}
}

// Beyond its ends a path is the polynomial of degree 4 through five of its points: that of t⁴, which dopri5 solves for
// exactly.
func TestPathBeyondItsEnds(t *testing.T) {
	sys := solvers.System[float64]{Dim: 1, F: func(t float64, _, d []float64) error { d[0] = 4 * t * t * t; return nil }}
	for _, ends := range [][2]float64{{1, 2}, {2, 1}} {
		sol, err := solvers.Solve(sys, []float64{math.Pow(ends[0], 4)}, ends[0], ends[1], &solvers.Settings{Dense: true})
		if err != nil {
			t.Fatal(err)
		}
		p := &path[float64]{passed: &passed[float64]{dense: sol}, t0: ends[0], t1: ends[1]}
		for _, at := range []float64{0.8, 0.95, 1, 1.5, 2, 2.05, 2.2} {
			var y [1]float64
			if err := p.eval(at, y[:]); err != nil {
				t.Fatal(err)
			}
			// The weights are 31 together, and a step's rounding is some units of the last place of 16.
			if want := math.Pow(at, 4); !(math.Abs(y[0]-want) <= 31*16*1e-15) {
				t.Errorf("from %g to %g: %.15g at %g, want %.15g", ends[0], ends[1], y[0], at, want)
			}
		}
	}
}

// A low order with a tight tolerance comes back with an error of about one tolerance a step, by tens of thousands of
// steps, and a right gradient: that is no instability. y' = −y, whose ∂y(1)/∂y₀ is 1/e.
func TestDriftOfManySteps(t *testing.T) {
	for _, times := range [][]float64{{0, 1}, {1, 0.25, 0}} {
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{2}, []float64{1, 2})
		field := decaying
		if times[0] > times[1] {
			field = func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return y, nil }
		}
		y, err := SolveFinal(field, y0, times, Method(solvers.ImplicitEuler{}), Tolerance(1e-9, 1e-9), Gradient(Adjoint{}))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range run(t, g, must(G.Sum(y)), []input{{"y0", y0}}, false).grads["y0"] {
			// Of the order of the drift, 3e4 tolerances.
			if !(math.Abs(d-math.Exp(-1)) <= 1e-4) {
				t.Errorf("times %v: gradient %g, want %g", times, d, math.Exp(-1))
			}
		}
	}
}

// The limit grows with the steps, to a tenth of the state.
func TestDriftThatIsAllowed(t *testing.T) {
	set := &solvers.Settings{Method: solvers.Dopri5{}, RTol: 1e-6, ATol: 1e-8}
	for _, c := range []struct {
		steps      int
		max, limit float64
	}{{20, 0, 1000}, {5000, 0, 5e4}, {1e6, 0, 1e5}, {5000, 7, 7}, {20, math.Inf(1), math.Inf(1)}} {
		if got := newDrift[float64](Adjoint{MaxDrift: c.max}, set, set, 2).allowed(c.steps); !near(got, c.limit) {
			t.Errorf("%d steps, MaxDrift %g: %g, want %g", c.steps, c.max, got, c.limit)
		}
	}
}

func near(a, b float64) bool { return a == b || math.Abs(a-b) <= 1e-12*math.Abs(b) }

// With constant steps, which have no tolerance, a drift is measured by the size of the state.
func TestDriftOfConstantSteps(t *testing.T) {
	set := &solvers.Settings{Method: solvers.RK4{}, Step: 0.1}
	d := newDrift[float64](Adjoint{}, set, set, 2)
	for _, size := range []float64{1e-6, 1, 1e6} {
		want := []float64{3 * size, 4 * size} // its root mean square is 5/√2
		for _, c := range []struct {
			off    float64 // of both components, by that size
			passes bool
		}{{0.09, true}, {0.11, false}} {
			off := c.off * 5 / math.Sqrt2 * size
			err := check(d, []float64{want[0] + off, want[1] - off}, want, want, 1, 0, 1000)
			if (err == nil) != c.passes {
				t.Errorf("a state of size %g, %g of it away: error %v", size, c.off, err)
			}
		}
	}
}
