package solvers

import (
	"fmt"
	"math"
	"math/rand"
	"strings"
	"testing"
)

// methodsUnderTest are all methods, and tableaus of a user's own.
func methodsUnderTest() []Method {
	return append(Methods(), ExplicitRK{brought()}, ExplicitRK{bulged()})
}

// nodes are n+1 points from a to b, uniform or each inner one moved by up to 0.4 of a step either way; of a few, for
// which the luck of one would show, every second one by 0.3.
func nodes(a, b float64, n int, jitter bool) []float64 {
	rng := rand.New(rand.NewSource(int64(n)))
	t := make([]float64, n+1)
	for i := range t {
		t[i] = a + (b-a)*float64(i)/float64(n)
		if jitter && i > 0 && i < n {
			move := 0.8 * (rng.Float64() - 0.5)
			if n < 40 {
				move = 0.3 * float64(i%2)
			}
			t[i] += (b - a) / float64(n) * move
		}
	}
	return t
}

// onGrid is the largest error of p over a grid of n steps.
func onGrid(t *testing.T, m Method, p problem, n int, jitter bool) float64 {
	t.Helper()
	// A Step longer than the interval takes one step between saved times, with an error estimate or without.
	s := &Settings{Method: m, SaveAt: nodes(p.t0, p.t1, n, jitter), Step: 1e3}
	sol, err := Solve(p.system(), p.exact(p.t0), p.t0, p.t1, s)
	if err != nil {
		t.Fatal(err)
	}
	if sol.Stats.Accepted != n {
		t.Fatalf("%d steps on a grid of %d", sol.Stats.Accepted, n)
	}
	var worst float64
	for i, x := range sol.T {
		worst = math.Max(worst, maxDiff(sol.Y[i], p.exact(x)))
	}
	return worst
}

// grids are the numbers of steps to measure an order with. A high order meets rounding soon and lies between coarse grids.
func grids(order int) []int {
	switch {
	case order == 1:
		return []int{640, 1280, 2560, 5120}
	case order <= 3:
		return []int{80, 160, 320, 640}
	case order <= 5:
		return []int{40, 80, 160, 320}
	}
	return []int{8, 10, 12, 16, 20, 26, 34}
}

// TestOrder measures the order of every method: the slope of the error against the step, both in logarithms, over the
// grids that stay above rounding.
func TestOrder(t *testing.T) {
	var table strings.Builder
	for _, m := range methodsUnderTest() {
		if m.Name() == "rodas5p" {
			continue // TestRosenbrockOrder: it needs a better Jacobian than differences
		}
		if variableOrder(m) {
			continue // its order is its own choice
		}
		for _, p := range problems() {
			for _, q := range []problem{p, p.backwards()} {
				for _, jitter := range []bool{false, true} {
					var x, y []float64
					for _, n := range grids(m.Order()) {
						e := onGrid(t, m, q, n, jitter)
						if e < 2e-14 {
							continue
						}
						x, y = append(x, -math.Log(float64(n))), append(y, math.Log(e))
					}
					got := slope(x, y)
					fmt.Fprintf(&table, "%-14s %-22s irregular=%-5t %d grids  order %.2f\n", m.Name(), q.name, jitter, len(x), got)
					tol, above := 0.2, 1.0
					if jitter {
						tol = 0.3 // the grids differ in more than size
					}
					if m.Order() > 5 {
						tol, above = 0.7, 1.7 // of coarse grids
					}
					if len(x) < 2 || got < float64(m.Order())-tol || got > float64(m.Order())+above {
						t.Errorf("%s on %s, irregular %t: order %.2f over %d grids; want %d", m.Name(), q.name, jitter, got, len(x), m.Order())
					}
				}
			}
		}
	}
	t.Log("\n" + table.String())
}

// TestInterpolantOrder measures the local order of the interpolants: over a single step from an exact state, the error
// between the ends behaves as h^(q+1).
func TestInterpolantOrder(t *testing.T) {
	var table strings.Builder
	for _, m := range methodsUnderTest() {
		if coarse(m) {
			continue // TestESDIRKConditions: y‴ of some problems is close to zero there
		}
		if variableOrder(m) {
			continue // its order is its own choice
		}
		q := m.Info().DenseOrder
		if m.Name() == "auto" {
			q = Dopri5{}.Info().DenseOrder // which it begins with
		}
		for _, p := range problems() {
			var x, y []float64
			h, floor := 0.1, 1e-15
			if q > 5 {
				h, floor = 0.8, 2e-14
			}
			for ; h > 0.004; h /= 1.5 {
				sol, err := Solve(p.system(), p.exact(p.t0+0.4), p.t0+0.4, p.t0+0.4+h, &Settings{Method: m, Step: 1, Dense: true})
				if err != nil {
					t.Fatal(err)
				}
				dst := make([]float64, len(sol.LastY))
				var e float64
				for _, theta := range []float64{0.15, 0.35, 0.5, 0.7, 0.9} {
					at := p.t0 + 0.4 + theta*h
					if err := sol.Eval(at, dst); err != nil {
						t.Fatal(err)
					}
					e = math.Max(e, maxDiff(dst, p.exact(at)))
				}
				if e > floor {
					x, y = append(x, math.Log(h)), append(y, math.Log(e))
				}
			}
			got := slope(x, y)
			fmt.Fprintf(&table, "%-14s %-12s local order %.2f\n", m.Name(), p.name, got)
			above := 1.0
			if q > 5 {
				above = 2.1 // of steps that are large; and Vern7's misses the next order by little
			}
			if got < float64(q+1)-0.4 || got > float64(q+1)+above {
				t.Errorf("%s on %s: the interpolant's local order is %.2f; want %d", m.Name(), p.name, got, q+1)
			}
		}
	}
	t.Log("\n" + table.String())
}

// TestAdaptiveConverges checks that the error follows the tolerance: tightened by 10^3, proportional within a factor of 30,
// at the steps and between them, in both directions.
func TestAdaptiveConverges(t *testing.T) {
	for _, m := range methodsUnderTest() {
		if coarse(m) {
			continue // see TestCoarse
		}
		if !m.Info().Adaptive() {
			continue
		}
		for _, p := range problems() {
			for _, q := range []problem{p, p.backwards()} {
				var errs []float64
				loose := 1.0
				if m.Name() == "dop853" || m.Name() == "kvaerno5" || m.Name() == "kencarp4" {
					loose = 10 // its estimate is too low for steps that are long beside the solution's features
				}
				for _, tol := range []float64{1e-5, 1e-8} {
					s := &Settings{Method: m, RTol: tol, ATol: tol, SaveAt: nodes(q.t0, q.t1, 17, true)}
					sol, err := Solve(q.system(), q.exact(q.t0), q.t0, q.t1, s)
					if err != nil {
						t.Fatal(err)
					}
					var e float64
					for i, x := range sol.T {
						e = math.Max(e, maxDiff(sol.Y[i], q.exact(x)))
					}
					// Error per step control: the global error of a pair of orders p(p−1) may exceed the tolerance by
					// about the number of steps.
					if e > 50*loose*tol {
						t.Errorf("%s on %s: error %.2g at tolerance %g", m.Name(), q.name, e, tol)
					}
					errs = append(errs, e)
				}
				if r := errs[0] / errs[1]; r < 1e3/30/loose || r > 1e3*30*loose {
					t.Errorf("%s on %s: errors %.2g and %.2g at tolerances 1e-5 and 1e-8", m.Name(), q.name, errs[0], errs[1])
				}
			}
		}
	}
}
