package solvers

import (
	"fmt"
	"math"
	"math/cmplx"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

func radaus() []Radau { return []Radau{{}, {Stages: 5}, {Stages: 7}} }

// TestRadauCoefficients checks the simplifying assumptions C(s) and B(2s−1) of Hairer and Wanner II, IV.5, with A
// solved from A⁻¹, the eigenvectors and the interpolant.
func TestRadauCoefficients(t *testing.T) {
	for _, m := range radaus() {
		tab := radauTable(m.stages())
		s := tab.s
		// C(s) in terms of A⁻¹: the derivatives of θ^k, k = 1..s, at the nodes and at 0.
		for k := 1; k <= s; k++ {
			power := make([]float64, s)
			for j, c := range tab.c {
				power[j] = math.Pow(c, float64(k))
			}
			for i, c := range tab.c {
				if d := inner(tab.d[i], power) - float64(k)*math.Pow(c, float64(k-1)); math.Abs(d) > 1e-13 {
					t.Errorf("s=%d: derivative of θ^%d at node %d is %g off", s, k, i, d)
				}
			}
			want := 0.0
			if k == 1 {
				want = 1
			}
			if d := inner(tab.d0, power) - want; math.Abs(d) > 1e-12 {
				t.Errorf("s=%d: derivative of θ^%d at 0 is %g off", s, k, d)
			}
			for j := 1; j <= s; j++ { // θ^k interpolates itself
				var v float64
				for i := range power {
					v += tab.p[i][j-1] * power[i]
				}
				if j == k {
					v--
				}
				if math.Abs(v) > 1e-10 {
					t.Errorf("s=%d: coefficient %d of θ^%d is %g off", s, j, k, v)
				}
			}
		}
		// b is the last row of A: bᵀ = e_sᵀ A.
		flat := slices.Concat(tab.d...)
		pivot, b := make([]int, s), make([]float64, s)
		factorDense(flat, pivot)
		b[s-1] = 1
		solveDenseTransposed(flat, pivot, b)
		for k := 1; k <= 2*s-1; k++ {
			var v float64
			for i, c := range tab.c {
				v += b[i] * math.Pow(c, float64(k-1))
			}
			if math.Abs(v-1/float64(k)) > 1e-14 {
				t.Errorf("s=%d: B(%d) is %g off", s, k, v-1/float64(k))
			}
		}
		for k := range s {
			for i, row := range tab.d {
				v := complex(tab.gamma*tab.right[i]*tab.left[k], 0)
				for l := range tab.lambda {
					v += complex(2*real(tab.lambda[l]*tab.cright[l][i]*tab.cleft[l][k]), 0)
				}
				if d := cmplx.Abs(v - complex(row[k], 0)); d > 1e-10 {
					t.Errorf("s=%d: V Λ V⁻¹ is %g off A⁻¹ at (%d, %d)", s, d, i, k)
				}
			}
		}
	}
}

// TestRadauOrders measures the orders 5, 9 and 13 on grids that stay above rounding.
func TestRadauOrders(t *testing.T) {
	for _, c := range []struct {
		m     Radau
		grids []int
	}{
		{Radau{}, []int{10, 20, 40, 80}},
		{Radau{Stages: 5}, []int{4, 6, 8, 12}},
		{Radau{Stages: 7}, []int{2, 3, 4}},
	} {
		p := problems()[0]
		var x, y []float64
		for _, n := range c.grids {
			x, y = append(x, -math.Log(float64(n))), append(y, math.Log(onGrid(t, c.m, p, n, false)))
		}
		if got := slope(x, y); math.Abs(got-float64(c.m.Order())) > 0.4 {
			t.Errorf("%s: order %.2f", c.m.Name(), got)
		}
	}
}

// protheroRobinson is y' = λ(y − φ(t)) + φ'(t), y(0) = φ(0), with φ = sin(t + 1/2): the solution is φ whatever λ is.
func protheroRobinson(lambda float64) System[float64] {
	return System[float64]{
		Dim: 1,
		F: func(t float64, y, d []float64) error {
			d[0] = lambda*(y[0]-math.Sin(t+0.5)) + math.Cos(t+0.5)
			return nil
		},
		Jacobian: func(_ float64, _, j []float64) error { j[0] = lambda; return nil },
	}
}

// TestOrderReduction: for hλ → ∞ the error is h^(s+1)/(hλ), of order s for a given λ (Hairer and Wanner II, IV.15).
func TestOrderReduction(t *testing.T) {
	var table strings.Builder
	for _, c := range []struct{ lambda, order float64 }{{-1, 5}, {-1e8, 3}} {
		var x, y []float64
		for _, n := range []int{5, 10, 20, 40} {
			sol, err := Solve(protheroRobinson(c.lambda), []float64{math.Sin(0.5)}, 0, 2,
				&Settings{Method: Radau{}, Step: 2 / float64(n)})
			if err != nil {
				t.Fatal(err)
			}
			e := math.Abs(sol.LastY[0] - math.Sin(2.5))
			fmt.Fprintf(&table, "λ = %g, %d steps: error %.2g\n", c.lambda, n, e)
			x, y = append(x, -math.Log(float64(n))), append(y, math.Log(e))
		}
		if got := slope(x, y); math.Abs(got-c.order) > 0.35 {
			t.Errorf("λ = %g: order %.2f; want %g", c.lambda, got, c.order)
		}
	}
	t.Log("\n" + table.String())
}

// TestStiffDecay: L-stable methods forget an initial value off the slow solution within a step, whatever h is, and A-stable
// ones never grow.
func TestStiffDecay(t *testing.T) {
	for _, m := range radaus() {
		for _, lambda := range []float64{-1e3, -1e6, -1e12} {
			sol, err := Solve(protheroRobinson(lambda), []float64{5}, 0, 1, &Settings{Method: m})
			if err != nil {
				t.Fatal(err)
			}
			if e := math.Abs(sol.LastY[0] - math.Sin(1.5)); e > 1e-5 || sol.Stats.Steps > 100 {
				t.Errorf("%s, λ = %g: error %g, %+v", m.Name(), lambda, e, sol.Stats)
			}
			// A step of constant size: R(z) → 0.
			sol, err = Solve(protheroRobinson(lambda), []float64{5}, 0, 1, &Settings{Method: m, Step: 1})
			if err != nil {
				t.Fatal(err)
			}
			if e := math.Abs(sol.LastY[0] - math.Sin(1.5)); e > 0.1 {
				t.Errorf("%s, λ = %g: one step ends %g away", m.Name(), lambda, e)
			}
		}
		// y' = iωy, as real numbers: the length doesn't grow.
		for _, w := range []float64{0.1, 1, 10, 1e3} {
			sys := System[float64]{Dim: 2, F: func(_ float64, y, d []float64) error { d[0], d[1] = -w*y[1], w*y[0]; return nil }}
			sol, err := Solve(sys, []float64{1, 0}, 0, 1, &Settings{Method: m, Step: 1})
			if err != nil {
				t.Fatal(err)
			}
			if r := math.Hypot(sol.LastY[0], sol.LastY[1]); r > 1+1e-12 {
				t.Errorf("%s, ω = %g: |R| = %g", m.Name(), w, r)
			}
		}
	}
}

// TestRadauReference compares end values with quadruple precision ones.
func TestRadauReference(t *testing.T) {
	var table strings.Builder
	for _, m := range radaus() {
		for _, p := range stiffProblems(t) {
			for _, rtol := range []float64{1e-4, 1e-7, 1e-10} {
				for _, derivatives := range []bool{false, true} {
					s := &Settings{Method: m, RTol: rtol, ATol: rtol * p.small}
					sol, err := Solve(p.system(derivatives), p.y0, 0, p.t1, s)
					if err != nil {
						t.Errorf("%s on %s at rtol %g: %v", m.Name(), p.name, rtol, err)
						continue
					}
					e := p.scaled(sol.LastY)
					fmt.Fprintf(&table, "%-8s %-7s rtol %.0e  error/rtol %8.2g  %+v\n", m.Name(), p.name, rtol, e/rtol, sol.Stats)
					if e > 30*rtol {
						t.Errorf("%s on %s at rtol %g: error %.3g", m.Name(), p.name, rtol, e)
					}
				}
			}
		}
	}
	t.Log("\n" + table.String())
}

func TestRadauRefuses(t *testing.T) {
	for _, m := range []Radau{{Stages: 4}, {Stages: -3}, {MaxNewton: -1}} {
		_, err := Solve(decay(), []float64{1}, 0, 1, &Settings{Method: m})
		wantStatus(t, err, BadInput)
	}
	sys := decay()
	sys.Pattern = BlockDiagonal(2, 2)
	_, err := Solve(sys, []float64{1}, 0, 1, &Settings{Method: Radau{}})
	wantStatus(t, err, BadInput)
}

// TestRadauWall: f isn't finite beyond y = 1.05, where long first trial steps end.
func TestRadauWall(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		met := 0
		sys := System[float64]{Dim: 2, F: func(x float64, y, d []float64) error {
			d[0], d[1] = 50*(1-y[0])*(1+y[1]), math.Cos(9*x)
			if y[0] > 1.05 || x > 0.3 && x < 0.31 && math.Abs(y[0]-1) > 1e-3 {
				met++
				d[0], d[1] = bad, bad
			}
			return nil
		}}
		sol, err := Solve(sys, []float64{-30, 1}, 0, 1, &Settings{Method: Radau{}, FirstStep: 0.9, RTol: 1e-5, ATol: 1e-5})
		if err != nil || met == 0 || sol.Stats.Rejected == 0 || math.Abs(sol.LastY[0]-1) > 1e-3 {
			t.Errorf("%g: met %d times, %+v, %v", bad, met, sol, err)
		}
	}
	// A Jacobian that isn't finite leaves no step to take.
	sys := decay()
	sys.Jacobian = func(_ float64, _, j []float64) error { j[0] = math.NaN(); return nil }
	_, err := Solve(sys, []float64{1}, 0, 1, &Settings{Method: Radau{}})
	wantStatus(t, err, NonFinite)
	_, err = Solve(sys, []float64{1}, 0, 1, &Settings{Method: Radau{}, Step: 0.1})
	wantStatus(t, err, NonFinite)
	mine := errors.New("no Jacobian today")
	sys.Jacobian = func(float64, []float64, []float64) error { return mine }
	_, err = Solve(sys, []float64{1}, 0, 1, &Settings{Method: Radau{}})
	if wantStatus(t, err, FieldFailed); !errors.Is(err, mine) {
		t.Error(err)
	}
}

// TestWrongJacobian: an approximate Jacobian costs iterations and steps, not accuracy.
func TestWrongJacobian(t *testing.T) {
	f, jac := vanDerPol(20)
	sys := System[float64]{Dim: 2, F: f, Jacobian: jac}
	s := &Settings{Method: Radau{}, RTol: 1e-7, ATol: 1e-7}
	right, err := Solve(sys, []float64{2, 0}, 0, 20, s)
	if err != nil {
		t.Fatal(err)
	}
	sys.Jacobian = func(x float64, y, j []float64) error {
		err := jac(x, y, j)
		j[1], j[2] = 0, 0
		j[3] *= 1.1
		return err
	}
	wrong, err := Solve(sys, []float64{2, 0}, 0, 20, s)
	if err != nil {
		t.Fatal(err)
	}
	if d := maxDiff(right.LastY, wrong.LastY); d > 1e-6 || wrong.Stats.F <= right.Stats.F {
		t.Errorf("%g apart, %d and %d evaluations", d, right.Stats.F, wrong.Stats.F)
	}
}

// TestRadauSingle: float32 states within the tolerances that suit them.
func TestRadauSingle(t *testing.T) {
	sys := System[float32]{Dim: 3, F: func(_ float64, y, d []float32) error {
		out := make([]float64, 3)
		err := robertson(0, f64(y), out)
		copy(d, convert[float32](out))
		return err
	}}
	want, err := Solve(System[float64]{Dim: 3, F: robertson}, []float64{1, 0, 0}, 0, 400,
		&Settings{Method: Radau{}, RTol: 1e-9, ATol: 1e-13})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range radaus() {
		sol, err := Solve(sys, []float32{1, 0, 0}, 0, 400, &Settings{Method: m, RTol: 1e-4, ATol: 1e-9})
		if err != nil {
			t.Fatal(err)
		}
		if d := maxDiff(f64(sol.LastY), want.LastY); d > 1e-4 || sol.Stats.Steps > 200 {
			t.Errorf("%s: %g off, %+v", m.Name(), d, sol.Stats)
		}
	}
}
