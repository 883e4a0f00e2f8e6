package solvers

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/pkg/errors"
)

// TestComponentTolerances: a component of a loose tolerance doesn't choose the steps, and equal ones are the common one.
func TestComponentTolerances(t *testing.T) {
	// A slow component beside a fast one that nobody needs.
	sys := System[float64]{Dim: 2, F: func(t float64, y, d []float64) error {
		d[0], d[1] = -y[0]+math.Sin(t), 1e3*math.Cos(40*t)
		return nil
	}}
	solve := func(s *Settings) *Solution[float64] {
		t.Helper()
		sol, err := Solve(sys, []float64{1, 0}, 0, 5, s)
		if err != nil {
			t.Fatal(err)
		}
		return sol
	}
	both := solve(&Settings{RTol: 1e-6, ATol: 1e-8})
	same := solve(&Settings{RTols: []float64{1e-6, 1e-6}, ATols: []float64{1e-8, 0}})
	if same.Stats != both.Stats || !slices.Equal(same.LastY, both.LastY) {
		t.Errorf("%+v with the same tolerances by component; %+v", same.Stats, both.Stats)
	}
	loose := solve(&Settings{ATols: []float64{0, 1e9}})
	alone := solve(&Settings{Norm: RMS{First: 1}})
	if loose.Stats.F > both.Stats.F/2 || loose.Stats.F > 2*alone.Stats.F {
		t.Errorf("%+v with one loose tolerance, %+v with none, %+v without that component", loose.Stats, both.Stats, alone.Stats)
	}
	exact := math.Exp(-5)*1.5 + (math.Sin(5)-math.Cos(5))/2
	tight := solve(&Settings{RTols: []float64{1e-11, 1}, ATols: []float64{1e-11, 1e9}})
	if a, b := math.Abs(loose.LastY[0]-exact), math.Abs(tight.LastY[0]-exact); b > 1e-9 || b > a {
		t.Errorf("errors %g and, of the tighter tolerance, %g", a, b)
	}
	for _, s := range []Settings{{RTols: []float64{1}}, {ATols: []float64{1, 2, 3}}, {RTols: []float64{1, -1}},
		{ATols: []float64{math.NaN(), 1}}} {
		_, err := Solve(sys, []float64{1, 0}, 0, 5, &s)
		wantStatus(t, err, BadInput)
	}
}

// TestThrough: the solver steps onto the times, in either direction, and little else changes.
func TestThrough(t *testing.T) {
	p := problems()[2]
	through := []float64{2.5, 0.1, 0.1, 0.10001, 1.7, -4, 9, p.t0, p.t1}
	for _, m := range methodsUnderTest() {
		for _, c := range []struct{ t0, t1 float64 }{{p.t0, p.t1}, {p.t1, p.t0}} {
			for _, s := range []Settings{{Method: m}, {Method: m, Step: 0.2}} {
				s.Through = through
				it, err := NewIntegrator(p.system(), p.exact(c.t0), c.t0, c.t1, &s)
				if err != nil {
					t.Fatal(err)
				}
				met := map[float64]bool{}
				for it.Step() {
					met[it.T()] = true
				}
				if it.Err() != nil || it.T() != c.t1 {
					t.Fatalf("%s: %v", m.Name(), it.Err())
				}
				for _, x := range []float64{0.1, 0.10001, 1.7, 2.5} {
					if !met[x] {
						t.Errorf("%s, Step %g: no step ends at %g", m.Name(), s.Step, x)
					}
				}
				if it.Stats().Rejected > 30 {
					t.Errorf("%s: %+v", m.Name(), it.Stats())
				}
			}
		}
	}
	// A short step onto a time doesn't make the ones after it short.
	plain, err := Solve(p.system(), p.exact(p.t0), p.t0, p.t1, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &Settings{Through: []float64{1, 1 + 1e-9, 2, 2 + 1e-9}}
	sol, err := Solve(p.system(), p.exact(p.t0), p.t0, p.t1, s)
	if err != nil || sol.Stats.Steps > plain.Stats.Steps+10 {
		t.Errorf("%+v; without %+v", sol.Stats, plain.Stats)
	}
	_, err = Solve(p.system(), p.exact(p.t0), p.t0, p.t1, &Settings{Through: []float64{math.NaN()}})
	wantStatus(t, err, BadInput)
}

// switching is y' = 1 before t = 1, −2 between 1 and 2 and cos t after, with the value at the jumps on either side.
func switching(right bool) System[float64] {
	return System[float64]{Dim: 1, F: func(t float64, _, d []float64) error {
		before := func(c float64) bool { return t < c || t == c && !right }
		switch {
		case before(1):
			d[0] = 1
		case before(2):
			d[0] = -2
		default:
			d[0] = math.Cos(t)
		}
		return nil
	}}
}

// TestJumps: with its jumps named, a discontinuous f costs next to nothing and is as accurate as a smooth one,
// whichever side its value at a jump belongs to.
func TestJumps(t *testing.T) {
	exact := 1. - 2 + math.Sin(3) - math.Sin(2)
	for _, right := range []bool{false, true} {
		sys := switching(right)
		for _, m := range methodsUnderTest() {
			if coarse(m) {
				continue // see TestCoarse
			}
			if !m.Info().Adaptive() {
				continue
			}
			s := Settings{Method: m, RTol: 1e-8, ATol: 1e-8}
			without, err := Solve(sys, []float64{0}, 0, 3, &s)
			if err != nil {
				t.Fatal(err)
			}
			s.Jumps = []float64{2, 1, 1, 7}
			s.SaveAt = []float64{0.9, 1.5, 1.99, 2.5}
			with, err := Solve(sys, []float64{0}, 0, 3, &s)
			if err != nil {
				t.Fatal(err)
			}
			s.SaveAt = nil
			for i, want := range []float64{0.9, 0, -0.98, -1 + math.Sin(2.5) - math.Sin(2)} {
				// Hermite's cubic is what some have to interpolate with.
				if e := math.Abs(with.Y[i][0] - want); e > 1e-4 || i < 3 && e > 1e-12 {
					t.Errorf("%s: saved %g at t=%g; want %g", m.Name(), with.Y[i][0], with.T[i], want)
				}
			}
			if e := math.Abs(with.LastY[0] - exact); e > 1e-7 || with.Stats.Rejected > without.Stats.Rejected+2 {
				t.Errorf("%s: error %g, %+v; without jumps %+v", m.Name(), e, with.Stats, without.Stats)
			}
			if m.Order() == 5 && with.Stats.Steps > without.Stats.Steps/2 {
				t.Errorf("%s: %+v; without jumps %+v", m.Name(), with.Stats, without.Stats)
			}
			back, err := Solve(sys, with.LastY, 3, 0, &s)
			if err != nil || math.Abs(back.LastY[0]) > 1e-7 {
				t.Errorf("%s: back at %v, %v", m.Name(), back.LastY, err)
			}
		}
		// With constant steps RK4 is exact on each piece, for f is a polynomial or close to one.
		s := &Settings{Method: RK4{}, Step: 0.01, Jumps: []float64{1, 2}}
		sol, err := Solve(sys, []float64{0}, 0, 3, s)
		if err != nil || math.Abs(sol.LastY[0]-exact) > 1e-10 {
			t.Errorf("error %g, %v", sol.LastY[0]-exact, err)
		}
		// A jump at t0 or t1 is seen from within.
		sol, err = Solve(sys, []float64{0}, 1, 2, &Settings{Jumps: []float64{1, 2}})
		if err != nil || math.Abs(sol.LastY[0]+2) > 1e-14 {
			t.Errorf("%v, %v", sol.LastY, err)
		}
	}
}

// TestJumpsGradient: the gradient of a solve with jumps is that of Follow.
func TestJumpsGradient(t *testing.T) {
	net := func(theta []float64) System[float64] {
		sys := network(2, theta)
		inner := sys
		sign := func(t float64) float64 {
			if t < 0.8 {
				return 1
			}
			return -0.7
		}
		sys.F = func(t float64, y, d []float64) error {
			err := inner.F(t, y, d)
			d[0] += sign(t) * y[1]
			return err
		}
		sys.VJP = func(t float64, y, w, d, wy, wtheta []float64) (float64, error) {
			wt, err := inner.VJP(t, y, w, d, wy, wtheta)
			if d != nil {
				d[0] += sign(t) * y[1]
			}
			wy[1] += w[0] * sign(t)
			return wt, err
		}
		return sys
	}
	theta := []float64{0.3, -0.4, 0.8, 0.1, 0.5, -0.2}
	y0 := []float64{0.4, -0.3}
	for _, s := range []Settings{{}, {Method: RK4{}, Step: 0.17}} {
		s.Jumps, s.Through, s.SaveAt = []float64{0.8}, []float64{0.5}, []float64{0.8, 1.1, 1.5}
		sol, tape, err := SolveTape(net(theta), y0, 0, 1.5, &s)
		if err != nil {
			t.Fatal(err)
		}
		w := [][]float64{{1, 2}, {-1, 0.5}, {0.3, 1}}
		g, err := tape.Backward(net(theta), w)
		if err != nil {
			t.Fatal(err)
		}
		value := func() float64 {
			ys, err := tape.Follow(net(theta), y0, 0, 1.5, sol.T)
			if err != nil {
				t.Fatal(err)
			}
			return loss(w, ys)
		}
		if v := value(); math.Abs(v-loss(w, sol.Y)) > 1e-14 {
			t.Errorf("Follow gives %g; the solve %g", v, loss(w, sol.Y))
		}
		diff := func(x *float64, got float64) {
			t.Helper()
			const eps = 1e-6
			at := *x
			*x = at + eps
			up := value()
			*x = at - eps
			down := value()
			*x = at
			if fd := (up - down) / (2 * eps); math.Abs(fd-got) > 1e-8 {
				t.Errorf("Step %g: gradient %g; central difference %g", s.Step, got, fd)
			}
		}
		for i := range y0 {
			diff(&y0[i], g.Y0[i])
		}
		for i := range theta {
			diff(&theta[i], g.Theta[i])
		}
	}
}

// TestSaveEvery has the rows that are saved, and their gradients' places.
func TestSaveEvery(t *testing.T) {
	s := Settings{Method: RK4{}, Step: 0.1, SaveEvery: 3, SaveAt: []float64{0.5, 0.6}}
	sol, err := Solve(decay(), []float64{1}, 0, 1, &s)
	if want := []float64{0, 0.3, 0.5, 0.6, 0.9}; err != nil || maxDiff(sol.T, want) > 1e-15 || len(sol.T) != len(want) {
		t.Errorf("%v, %v", sol.T, err)
	}
	s = Settings{SaveEvery: 1}
	sol, err = Solve(decay(), []float64{1}, 0, 1, &s)
	if err != nil || len(sol.T) != sol.Stats.Accepted+1 || sol.T[0] != 0 || sol.T[len(sol.T)-1] != 1 {
		t.Errorf("%v, %v", sol.T, err)
	}
	for i, x := range sol.T {
		if math.Abs(sol.Y[i][0]-math.Exp(-x)) > 1e-5 {
			t.Errorf("y(%g) = %v", x, sol.Y[i])
		}
	}
	// Many rows lie in several pieces of memory, and the first stay what they are.
	s = Settings{Method: Euler{}, Step: 1e-4, SaveEvery: 1}
	sol, err = Solve(decay(), []float64{1}, 0, 2, &s)
	if err != nil || len(sol.Y) != 20001 || sol.Y[0][0] != 1 || sol.Y[1][0] != 1-1e-4 {
		t.Errorf("%d rows, %v", len(sol.Y), err)
	}
	// t0 alone, and a saved time that a step ends at.
	sol, err = Solve(decay(), []float64{1}, 0, 2, &Settings{SaveAt: []float64{0}})
	if err != nil || len(sol.T) != 1 || sol.Y[0][0] != 1 || sol.LastT != 2 {
		t.Errorf("%+v, %v", sol, err)
	}
	_, err = Solve(decay(), []float64{1}, 0, 2, &Settings{SaveEvery: -1})
	wantStatus(t, err, BadInput)
	_, err = Solve(decay(), []float64{1}, 0, 2, &Settings{MaxEvents: -1})
	wantStatus(t, err, BadInput)
}

// TestCancel: the context ends the solve between two steps, with what there is.
func TestCancel(t *testing.T) {
	for _, s := range []Settings{{MaxStep: 0.01}, {Method: RK4{}, Step: 0.01}} {
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		s.Context = ctx
		s.SaveAt = []float64{0, 0.05, 0.9}
		s.Progress = func(x float64, work Stats) {
			calls++
			if work.Accepted != calls || !(x > 0) {
				t.Errorf("call %d at t=%g: %+v", calls, x, work)
			}
			if calls == 10 {
				cancel()
			}
		}
		sol, err := Solve(decay(), []float64{1}, 0, 1, &s)
		e := wantStatus(t, err, Cancelled)
		if !errors.Is(err, context.Canceled) || calls != 10 || sol.LastT != e.T || len(sol.T) != 2 || sol.Stats.Accepted != 10 {
			t.Errorf("%v after %d calls, %+v", err, calls, sol)
		}
		if err := sol.Resume(0); err != nil || sol.Status != Success || len(sol.T) != 3 {
			t.Errorf("%+v, %v", sol, err)
		}
		sol, err = Solve(decay(), []float64{1}, 0, 1, &s)
		if wantStatus(t, err, Cancelled); sol.Stats.Steps != 0 {
			t.Errorf("%+v", sol.Stats)
		}
	}
}

// TestNewPartsDoNotAllocate: a step with events that don't occur, jumps, tolerances by component and a context
// allocates nothing.
func TestNewPartsDoNotAllocate(t *testing.T) {
	p := problems()[2]
	for _, s := range []Settings{{MaxStep: 0.1}, {Method: RK4{}, Step: 1e-3}} {
		s.RTols, s.Jumps, s.Through, s.Context = []float64{1e-6, 1e-5}, []float64{0.5}, []float64{0.7}, context.Background()
		s.Progress = func(float64, Stats) {}
		e := Event[float64]{G: func(_ float64, y []float64) (float64, error) { return y[0] - 100, nil }, Terminal: true}
		it, err := NewIntegrator(p.system(), p.exact(0), 0, 1e6, &s, e)
		if err != nil {
			t.Fatal(err)
		}
		step := func() {
			if !it.Step() {
				t.Fatal(it.Err())
			}
		}
		for it.T() < 1 {
			step()
		}
		if n := testing.AllocsPerRun(200, step); n != 0 {
			t.Errorf("%g allocations a step", n)
		}
	}
}

// TestEveryFunctionIsWrapped: a function that System gains must be guarded at jumps (guarded) and be one of a batch's
// (RowSystem, lane.system) too.
func TestEveryFunctionIsWrapped(t *testing.T) {
	var sys System[float64]
	v := reflect.ValueOf(&sys).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Func {
			f.Set(reflect.MakeFunc(f.Type(), func([]reflect.Value) []reflect.Value { panic("not called") }))
		}
	}
	var all RowSystem[float64]
	rows := reflect.ValueOf(&all).Elem()
	for i := range rows.NumField() {
		if f := rows.Field(i); f.Kind() == reflect.Func {
			f.Set(reflect.MakeFunc(f.Type(), func([]reflect.Value) []reflect.Value { panic("not called") }))
		}
	}
	g, row := reflect.ValueOf(guarded(sys, &window{})), reflect.ValueOf(all.Row(0))
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if v.Field(i).Kind() != reflect.Func {
			continue
		}
		if g.Field(i).UnsafePointer() == v.Field(i).UnsafePointer() && name != "Pullback" { // which has no time
			t.Errorf("guarded leaves %s as it is", name)
		}
		switch name {
		case "Stiff", "StiffVJP": // a batch takes all of f implicitly
			continue
		case "Linearize", "Pullback": // and its rows are replayed with VJP
			continue
		}
		if row.Field(i).IsNil() {
			t.Errorf("a row has no %s", name)
		}
	}
}
