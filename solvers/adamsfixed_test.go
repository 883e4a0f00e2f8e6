package solvers

import (
	"fmt"
	"math"
	"math/rand"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// fixedAdams are the methods of fixed order of the orders given.
func fixedAdams(orders ...int) (ms []Method) {
	for _, k := range orders {
		ms = append(ms, AdamsBashforth{k}, AdamsMoulton{k})
	}
	return ms
}

// allOrders are 1 to maxAdams.
func allOrders() (ks []int) {
	for k := 1; k <= maxAdams; k++ {
		ks = append(ks, k)
	}
	return ks
}

// multistep reports whether the steps of m depend on those before.
func multistep(m Method) bool {
	return strings.Contains(m.Info().Family, "Adams") || strings.Contains(m.Info().Family, "reversible") ||
		strings.Contains(m.Info().Family, "BDF")
}

// variableOrder reports whether m chooses its order by its error estimates.
func variableOrder(m Method) bool { return strings.Contains(m.Info().Family, "variable-order") }

// swing is y' = −y/50 + sin 6t: errors large enough for high orders to be seen above rounding where they are stable, which
// for AdamsBashforth{12} is h |λ| < 0.002.
func swing() problem {
	const l, w = 0.02, 6
	return problem{
		name: "swing", t0: 0, t1: 2,
		f: func(t float64, y, d []float64) error { d[0] = -l*y[0] + math.Sin(w*t); return nil },
		exact: func(t float64) []float64 {
			return []float64{math.Exp(-l*t) + (l*math.Sin(w*t)-w*math.Cos(w*t))/(l*l+w*w)}
		},
	}
}

// orderOver is the slope of the error against the step over grids of n steps, as far as the errors stay above floor.
func orderOver(ns []int, floor float64, err func(n int) float64) (order float64, grids int) {
	var x, y []float64
	for _, n := range ns {
		if e := err(n); e > floor {
			x, y = append(x, -math.Log(float64(n))), append(y, math.Log(e))
		}
	}
	return slope(x, y), len(x)
}

// TestFixedAdamsOrder measures every order, on uniform grids and on grids whose neighbouring steps differ up to nine times,
// forwards and backwards.
func TestFixedAdamsOrder(t *testing.T) {
	var table strings.Builder
	for _, m := range fixedAdams(allOrders()...) {
		k := m.Order()
		for _, p := range []problem{swing(), swing().backwards()} {
			for _, jitter := range []bool{false, true} {
				ns := []int{28, 40, 56, 80, 113, 160, 226, 320}
				if k < 4 {
					ns = []int{160, 226, 320, 452, 640, 904, 1280}
				}
				got, grids := orderOver(ns, 2e-13, func(n int) float64 { return onGrid(t, m, p, n, jitter) })
				fmt.Fprintf(&table, "%-16s%-3d %-18s irregular=%-5t %d grids  order %.2f\n", m.Name(), k, p.name, jitter, grids, got)
				tol := 0.3
				switch {
				case k > 9:
					tol = 0.7 // few grids lie between too coarse and rounding
				case jitter || k > 5:
					tol = 0.4 // the grids differ in more than size
				}
				if grids < 3 || got < float64(k)-tol || got > float64(k)+1 {
					t.Errorf("%s %d on %s, irregular %t: order %.2f over %d grids", m.Name(), k, p.name, jitter, got, grids)
				}
			}
		}
	}
	t.Log("\n" + table.String())
}

// TestFixedAdamsIrregular: y' = −y + sin 3t on [0, 2] with nodes moved by up to 0.4 of a step, N = 20, 80, 320. A multistep
// method with the coefficients of equal steps does not converge there (measured of one: errors of 4e3, 5e12 and 2e14
// explicit, 6.5e-3, 9.9e-4 and 3.6e-3 implicit, for orders 4 and 12 alike).
func TestFixedAdamsIrregular(t *testing.T) {
	p := problems()[3]
	p.t0, p.t1 = 0, 2
	for _, c := range []struct {
		m    Method
		most [3]float64
	}{
		{AdamsBashforth{4}, [3]float64{3e-3, 1e-5, 4e-8}},
		{AdamsMoulton{4}, [3]float64{5e-4, 2e-6, 7e-9}},
		{AdamsBashforth{6}, [3]float64{3e-4, 6e-8, 2e-11}},
		{AdamsMoulton{6}, [3]float64{5e-5, 1e-8, 3e-12}},
		{AdamsMoulton{12}, [3]float64{3e-8, 1e-13, 1e-13}},
	} {
		var es [3]float64
		for i, n := range []int{20, 80, 320} {
			rng := rand.New(rand.NewSource(int64(n)))
			ts := make([]float64, n+1)
			for j := range ts {
				ts[j] = 2 * float64(j) / float64(n)
				if j > 0 && j < n {
					ts[j] += 2 / float64(n) * 0.8 * (rng.Float64() - 0.5)
				}
			}
			sol, err := Solve(p.system(), p.exact(0), 0, 2, &Settings{Method: c.m, SaveAt: ts})
			if err != nil {
				t.Fatal(err)
			}
			for j, y := range sol.Y {
				es[i] = math.Max(es[i], maxDiff(y, p.exact(sol.T[j])))
			}
			if !(es[i] <= c.most[i]) {
				t.Errorf("%s %d: error %.2g with %d irregular steps; want %g", c.m.Name(), c.m.Order(), es[i], n, c.most[i])
			}
		}
		t.Logf("%s %d: %.2g", c.m.Name(), c.m.Order(), es)
	}
}

// TestFixedAdamsDense: between the steps the error is of the method's order too.
func TestFixedAdamsDense(t *testing.T) {
	for _, m := range fixedAdams(1, 2, 3, 4, 5, 6, 8) {
		p := swing()
		got, grids := orderOver([]int{40, 56, 80, 113, 160, 226}, 2e-13, func(n int) float64 {
			s := &Settings{Method: m, SaveAt: nodes(p.t0, p.t1, n, true), Step: 1e3, Dense: true}
			sol, err := Solve(p.system(), p.exact(p.t0), p.t0, p.t1, s)
			if err != nil {
				t.Fatal(err)
			}
			var e float64
			y := make([]float64, 1)
			for x := p.t0; x <= p.t1; x += (p.t1 - p.t0) / float64(7*n) {
				if err := sol.Eval(x, y); err != nil {
					t.Fatal(err)
				}
				e = math.Max(e, maxDiff(y, p.exact(x)))
			}
			return e
		})
		if q := float64(m.Info().DenseOrder); grids < 4 || got < q-0.4 || got > q+1.2 {
			t.Errorf("%s %d: order %.2f between the steps over %d grids", m.Name(), m.Order(), got, grids)
		}
	}
}

// TestFixedAdamsCounts: the start aside, one evaluation a step, and two; the last step's second is spared.
func TestFixedAdamsCounts(t *testing.T) {
	for _, k := range allOrders() {
		ab := mustCount(t, AdamsBashforth{k})
		if want := (k-1)*(1+k*(k-1)/2) + 40 - (k - 1); ab != want {
			t.Errorf("AdamsBashforth{%d}: %d evaluations in 40 steps; want %d", k, ab, want)
		}
		start := max(1, k-1) - 1
		am := mustCount(t, AdamsMoulton{k})
		if want := start*(1+k*(k-1)/2) + 2*(40-start); am != want {
			t.Errorf("AdamsMoulton{%d}: %d evaluations in 40 steps; want %d", k, am, want)
		}
	}
}

func mustCount(t *testing.T, m Method) int {
	t.Helper()
	sol, err := Solve(decay(), []float64{1}, 0, 1, &Settings{Method: m, Step: 0.025})
	if err != nil {
		t.Fatal(err)
	}
	return sol.Stats.F
}

// TestPicard: the starting methods are sound, of their order, and of that order in between.
func TestPicard(t *testing.T) {
	p := problems()[2]
	for k := 1; k <= maxAdams; k++ {
		tab := picard(k)
		if err := tab.Check(); err != nil {
			t.Error(err)
		}
		if len(tab.B) != 1+k*(k-1)/2 {
			t.Errorf("order %d: %d stages", k, len(tab.B))
		}
		m := ExplicitRK{tab}
		ns := []int{3, 4, 6, 8, 12, 16, 24}
		if k < 5 {
			ns = []int{40, 56, 80, 112, 160}
		}
		got, grids := orderOver(ns, 1e-13, func(n int) float64 { return onGrid(t, m, p, n, false) })
		t.Logf("order %d: measured %.2f over %d grids", k, got, grids)
		tol := 0.4
		if k > 10 {
			tol = 1.2 // the few grids above rounding are coarse
		}
		if grids < 3 || got < float64(k)-tol || got > float64(k)+2 {
			t.Errorf("order %d: measured %.2f over %d grids", k, got, grids)
		}
	}
}

// TestFixedAdamsBadOrder: orders that there are no methods of.
func TestFixedAdamsBadOrder(t *testing.T) {
	for _, m := range []Method{AdamsBashforth{13}, AdamsMoulton{13}, AdamsBashforth{-1}, AdamsMoulton{-2}, Adams{13},
		Adams{-1}} {
		if _, err := Solve(decay(), []float64{1}, 0, 1, &Settings{Method: m, Step: 0.1}); !errors.Is(err, ErrBadInput) {
			t.Errorf("%#v: %v", m, err)
		}
	}
}

// TestFixedAdamsReset: after a reset the method starts again.
func TestFixedAdamsReset(t *testing.T) {
	for _, m := range append(fixedAdams(1, 2, 4, 7), Adams{}) {
		env := newEnvironment(decay(), &Settings{Method: m, Norm: RMS{}, RTol: 1e-6, ATol: 1e-6})
		s, err := newStepper(m, env)
		if err != nil {
			t.Fatal(err)
		}
		run := func() (out []float64) {
			s.reset()
			y, y1 := []float64{1}, []float64{0}
			for n := range 12 {
				if _, err := s.attempt(float64(n)*0.01, float64(n+1)*0.01, y, y1); err != nil {
					t.Fatal(err)
				}
				s.accept()
				y, y1 = y1, y
				out = append(out, y[0])
			}
			return out
		}
		if a, b := run(), run(); maxDiff(a, b) != 0 {
			t.Errorf("%s: %v and after a reset %v", m.Name(), a, b)
		}
	}
}
