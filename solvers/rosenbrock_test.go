package solvers

import (
	"math"
	"testing"
)

// withDerivative is a problem's system with its Jacobian by central differences of fourth order.
func (p *problem) withDerivative() System[float64] {
	sys := p.system()
	n := sys.Dim
	at, d := make([]float64, n), make([]float64, n)
	sys.Jacobian = func(t float64, y, jac []float64) error {
		const e = 1e-3
		for j := range n {
			for _, c := range []struct{ shift, w float64 }{{e, 8}, {-e, -8}, {2 * e, -1}, {-2 * e, 1}} {
				copy(at, y)
				at[j] += c.shift
				if err := p.f(t, at, d); err != nil {
					return err
				}
				for i := range n {
					jac[i*n+j] += c.w * d[i] / (12 * e)
				}
			}
		}
		return nil
	}
	return sys
}

// TestRosenbrockOrder: with a good Jacobian the order is that of the method, on problems that depend on t and that
// don't, and the interpolant's local order that of its own.
func TestRosenbrockOrder(t *testing.T) {
	for _, p := range problems() {
		for _, q := range []problem{p, p.backwards()} {
			var x, ends, xs, middles []float64
			for _, n := range []int{20, 40, 80} {
				s := &Settings{Method: Rodas5P{}, Step: math.Abs(q.t1-q.t0) / float64(n)}
				sol, err := Solve(q.withDerivative(), q.exact(q.t0), q.t0, q.t1, s)
				if err != nil {
					t.Fatal(err)
				}
				x, ends = append(x, -math.Log(float64(n))), append(ends, math.Log(maxDiff(sol.LastY, q.exact(q.t1))))
			}
			for _, h := range []float64{0.2, 0.15, 0.1, 0.07} {
				from := q.t0 + math.Copysign(0.4, q.t1-q.t0)
				to := from + math.Copysign(h, q.t1-q.t0)
				sol, err := Solve(q.withDerivative(), q.exact(from), from, to, &Settings{Method: Rodas5P{}, Step: 1, Dense: true})
				if err != nil {
					t.Fatal(err)
				}
				y := make([]float64, len(sol.LastY))
				var e float64
				for _, theta := range []float64{0.2, 0.5, 0.8} {
					at := from + theta*(to-from)
					if err := sol.Eval(at, y); err != nil {
						t.Fatal(err)
					}
					e = math.Max(e, maxDiff(y, q.exact(at)))
				}
				xs, middles = append(xs, math.Log(h)), append(middles, math.Log(e))
			}
			a, b := slope(x, ends), slope(xs, middles)
			t.Logf("%s: order %.2f, interpolant's local order %.2f", q.name, a, b)
			if a < 4.7 || a > 6.2 || b < 4.6 {
				t.Errorf("%s: order %.2f, interpolant's local order %.2f", q.name, a, b)
			}
		}
	}
}

// TestRosenbrockCounts: eight evaluations of f an attempt, of which the first is kept over a rejection, and one or two
// for ∂f/∂t a point.
func TestRosenbrockCounts(t *testing.T) {
	for _, c := range []struct {
		p    problem
		more int
	}{{problems()[2], 1}, {problems()[3], 2}} {
		sol, err := Solve(c.p.withDerivative(), c.p.exact(c.p.t0), c.p.t0, c.p.t1, &Settings{Method: Rodas5P{}, FirstStep: 0.1})
		if err != nil {
			t.Fatal(err)
		}
		s := sol.Stats
		if want := 7*s.Steps + (1+c.more)*s.Accepted; s.F != want || s.Jacobian != s.Accepted || s.Factorizations != s.Steps {
			t.Errorf("%s: %+v; want %d evaluations", c.p.name, s, want)
		}
	}
}
