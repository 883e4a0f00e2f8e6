package solvers

import (
	"math"
	"slices"
	"testing"

	"github.com/pkg/errors"
)

// TestIntegratorIsSolve: stepping by hand gives the solve's numbers.
func TestIntegratorIsSolve(t *testing.T) {
	p := problems()[2]
	for _, m := range methodsUnderTest() {
		s := &Settings{Method: m, SaveAt: nodes(p.t0, p.t1, 7, true)}
		sol, err := Solve(p.system(), p.exact(p.t0), p.t0, p.t1, s)
		if err != nil {
			t.Fatal(err)
		}
		it, err := NewIntegrator(p.system(), p.exact(p.t0), p.t0, p.t1, s)
		if err != nil {
			t.Fatal(err)
		}
		if x, y := it.Last(); it.Status() != Running || x != p.t0 || !slices.Equal(y, p.exact(p.t0)) {
			t.Errorf("%s: begins at %g, %v with %v", m.Name(), x, y, it.Status())
		}
		i := 1
		y := make([]float64, 2)
		for it.Step() {
			for ; i < len(sol.T) && sol.T[i] <= it.T(); i++ {
				if err := it.Interpolate(sol.T[i], y); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(y, sol.Y[i]) {
					t.Errorf("%s: %v at t=%g; Solve has %v", m.Name(), y, sol.T[i], sol.Y[i])
				}
			}
			before, y0 := it.Last()
			if err := it.Interpolate(before, y); err != nil || !slices.Equal(y, y0) {
				t.Errorf("%s: %v at the beginning of the step, %v", m.Name(), y, err)
			}
			for _, x := range []float64{before - 1e-9, it.T() + 1e-9, math.NaN()} {
				if err := it.Interpolate(x, y); !errors.Is(err, ErrBadInput) {
					t.Errorf("%s: Interpolate at %g: %v", m.Name(), x, err)
				}
			}
		}
		if it.Err() != nil || it.Status() != Success || it.T() != p.t1 || i != len(sol.T) || it.Stats().Steps != sol.Stats.Steps {
			t.Errorf("%s: ended at %g with %v and %+v", m.Name(), it.T(), it.Err(), it.Stats())
		}
		if it.Step() {
			t.Errorf("%s: a step beyond t1", m.Name())
		}
		if err := it.Interpolate(it.T(), y[:1]); !errors.Is(err, ErrBadInput) {
			t.Error(err)
		}
	}
}

// TestHermite: a cubic solution is interpolated exactly by a method that solves it exactly.
func TestHermite(t *testing.T) {
	sys := System[float64]{Dim: 1, F: func(t float64, _, d []float64) error { d[0] = 3*t*t - 2*t + 1; return nil }}
	sol, err := Solve(sys, []float64{2}, -1, 2, &Settings{Method: RK4{}, Step: 1, Dense: true})
	if err != nil {
		t.Fatal(err)
	}
	y := make([]float64, 1)
	for x := -1.0; x <= 2; x += 0.125 {
		if err := sol.Eval(x, y); err != nil {
			t.Fatal(err)
		}
		if want := 2 + (x*x*x - x*x + x) + 3; math.Abs(y[0]-want) > 1e-13 {
			t.Errorf("y(%g) = %g; want %g", x, y[0], want)
		}
	}
}

// TestDenseIsContinuous: neighbouring pieces meet in value, and but for Euler's and Radau's in slope.
func TestDenseIsContinuous(t *testing.T) {
	p := problems()[2]
	for _, m := range methodsUnderTest() {
		s := &Settings{Method: m, Dense: true, Step: 0.25}
		sol, err := Solve(p.system(), p.exact(p.t0), p.t0, p.t1, s)
		if err != nil {
			t.Fatal(err)
		}
		const e = 1e-6
		smooth := m.Name() != "euler" && m.Name() != "impliciteuler" && m.Name() != "bdf" && m.Name() != "rodas5p"
		if _, ok := m.(Radau); ok {
			smooth = false // a collocation polynomial has the slope of f at its nodes alone
		}
		at := func(x float64) []float64 {
			y := make([]float64, 2)
			if err := sol.Eval(x, y); err != nil {
				t.Fatal(err)
			}
			return y
		}
		for _, x := range sol.pieces.t[1 : len(sol.pieces.t)-1] {
			l, c, r := at(x-e), at(x), at(x+e)
			for i := range c {
				left, right := (c[i]-l[i])/e, (r[i]-c[i])/e
				// Second derivatives of size 1 and rounding of 1e-16/e.
				if smooth && math.Abs(left-right) > 1e-5 {
					t.Errorf("%s at t=%g: slopes %g and %g", m.Name(), x, left, right)
				}
			}
			if math.Max(maxDiff(l, c), maxDiff(r, c)) > 3*e {
				t.Errorf("%s at t=%g: a jump", m.Name(), x)
			}
		}
	}
}

// TestY0IsCopied: the caller's slices stay the caller's.
func TestY0IsCopied(t *testing.T) {
	y0, ts := []float64{1}, []float64{0, 0.5, 1}
	it, err := NewIntegrator(decay(), y0, 0, 1, &Settings{Method: RK4{}, SaveAt: ts})
	if err != nil {
		t.Fatal(err)
	}
	y0[0], ts[1] = 7, 0.7
	if !it.Step() || it.T() != 0.5 || math.Abs(it.Y()[0]-math.Exp(-0.5)) > 1e-3 {
		t.Errorf("y(%g) = %v, %v", it.T(), it.Y(), it.Err())
	}
	if y0[0] != 7 {
		t.Error("y0 was written to")
	}
	sol, err := Solve(decay(), y0, 0, 1, &Settings{SaveAt: []float64{0, 1}})
	if err != nil || sol.Y[0][0] != 7 {
		t.Errorf("%v, %v", sol.Y, err)
	}
	if &sol.Y[0][0] == &y0[0] || &sol.Y[1][0] == &sol.LastY[0] {
		t.Error("saved states share memory with others")
	}
}
