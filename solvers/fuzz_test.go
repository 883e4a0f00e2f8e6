package solvers

import (
	"math"
	"slices"
	"testing"

	"github.com/pkg/errors"
	"pgregory.net/rapid"
)

// TestRandomOptions: whatever is asked for, a solve ends, without a panic, with a status and an error that agree, time
// that runs one way, and states that are finite.
func TestRandomOptions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(
			rapid.Float64Range(-3, 3),
			rapid.SampledFrom([]float64{0, 0, 0, 1, 1e-3, 1e-12, 1e-300, 1e300, math.Inf(1), math.Inf(-1), math.NaN(), -1}),
		)
		list := rapid.SliceOfN(number, 0, 4)
		rare := func(label string) bool { return rapid.IntRange(0, 4).Draw(t, label) == 0 }
		s := &Settings{Method: methods().Draw(t, "method"), MaxSteps: 2000, MaxEvents: 50}
		if rare("step") {
			s.Step = number.Draw(t, "Step")
		}
		if rare("tolerances") {
			s.RTol, s.ATol, s.RTols = number.Draw(t, "RTol"), number.Draw(t, "ATol"), list.Draw(t, "RTols")
		}
		if rare("sizes") {
			s.FirstStep, s.MinStep, s.MaxStep = number.Draw(t, "FirstStep"), number.Draw(t, "MinStep"), number.Draw(t, "MaxStep")
		}
		if rare("saveAt") {
			s.SaveAt = list.Draw(t, "SaveAt")
		}
		if rare("through") {
			s.Through, s.Jumps = list.Draw(t, "Through"), list.Draw(t, "Jumps")
		}
		s.SaveEvery = rapid.IntRange(-1, 3).Draw(t, "SaveEvery")
		s.Dense = rapid.Bool().Draw(t, "Dense")
		a := components(t, "A", 4)
		trouble := rapid.IntRange(0, 6).Draw(t, "trouble")
		edge := rapid.Float64Range(-2, 2).Draw(t, "edge")
		sys := System[float64]{Dim: 2, F: func(x float64, y, d []float64) error {
			d[0], d[1] = a[0]*y[0]+a[1]*y[1]+math.Sin(x), a[2]*y[0]+a[3]*y[1]
			switch {
			case trouble == 1 && y[0] > edge:
				d[0] = math.NaN()
			case trouble == 2 && x > edge:
				d[1] = math.Inf(-1)
			case trouble == 3 && x > edge:
				return errors.New("trouble")
			case trouble == 4:
				d[0] += y[0] * y[0] * y[0]
			case trouble == 5 && x > edge:
				d[0] = -d[0]
			}
			return nil
		}}
		var events []Event[float64]
		for i := range rapid.IntRange(0, 3).Draw(t, "events") {
			c := rapid.Float64Range(-1, 1).Draw(t, "level")
			e := Event[float64]{
				G:         level(c, i%2),
				Direction: rapid.SampledFrom([]Direction{Both, Rising, Falling}).Draw(t, "direction"),
				Terminal:  rare("terminal"),
				Samples:   rapid.IntRange(0, 5).Draw(t, "samples"),
			}
			if rapid.Bool().Draw(t, "map") {
				e.Map = func(_ float64, y, after []float64) error { after[0], after[1] = -y[0], y[1]/2; return nil }
			}
			events = append(events, e)
		}
		t0, t1 := rapid.Float64Range(-2, 2).Draw(t, "t0"), rapid.Float64Range(-2, 2).Draw(t, "t1")
		y0 := components(t, "y0", 2)
		sol, err := Solve(sys, y0, t0, t1, s, events...)
		if ok := sol.Status == Success || sol.Status == EventOccurred; ok != (err == nil) {
			t.Fatalf("%v with %v", sol.Status, err)
		}
		if err != nil && !errors.Is(err, sol.Status.Err()) {
			t.Fatalf("%v with %v", sol.Status, err)
		}
		if sol.Status == Success && sol.LastT != t1 {
			t.Fatalf("ended at %g; want %g", sol.LastT, t1)
		}
		dir := math.Copysign(1, t1-t0)
		for i := 1; i < len(sol.T); i++ {
			if dir*(sol.T[i]-sol.T[i-1]) < 0 {
				t.Fatalf("saved times %v", sol.T)
			}
		}
		for i := 1; i < len(sol.Events); i++ {
			if dir*(sol.Events[i].T-sol.Events[i-1].T) < 0 {
				t.Fatalf("events at %g and then %g", sol.Events[i-1].T, sol.Events[i].T)
			}
		}
		for _, y := range append(sol.Y, sol.LastY) {
			if nonFinite(y) >= 0 {
				t.Fatalf("a state %v", y)
			}
		}
		if sol.Stats.Steps > 2000 && s.Step == 0 || sol.Stats.Steps != sol.Stats.Accepted+sol.Stats.Rejected {
			t.Fatalf("%+v", sol.Stats)
		}
		if s.Dense && sol.LastY != nil {
			y := make([]float64, 2)
			for _, x := range []float64{t0, sol.LastT, (t0 + sol.LastT) / 2} {
				if err := sol.Eval(x, y); err != nil && !errors.Is(err, ErrBadInput) {
					t.Fatal(err)
				}
			}
		}
	})
}

// TestFollowIsSolve: on its own inputs Follow gives the solve's numbers, with events, jumps and everything, and Backward a
// finite gradient.
func TestFollowIsSolve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := methods().Draw(t, "method")
		theta := components(t, "θ", 12)
		sys := network(3, theta)
		y0 := components(t, "y0", 3)
		// Steps of 1e-100 beside others of 1 are another matter.
		tick := rapid.Map(rapid.IntRange(-128, 128), func(n int) float64 { return float64(n) / 63 })
		t0, t1 := tick.Draw(t, "t0"), tick.Draw(t, "t1")
		times := rapid.SliceOfN(tick, 0, 3)
		s := &Settings{
			Method:    m,
			Step:      rapid.SampledFrom([]float64{0, 0.1, 0.7}).Draw(t, "step"),
			SaveEvery: rapid.IntRange(0, 3).Draw(t, "SaveEvery"),
			Through:   times.Draw(t, "Through"),
			Jumps:     times.Draw(t, "Jumps"),
			SaveAt:    between(nil, t0, t1, times.Draw(t, "SaveAt")),
		}
		if s.Step == 0 && !m.Info().Adaptive() {
			s.Step = 0.3
		}
		s.MaxEvents = 20
		events := hybrid(theta, rapid.Bool().Draw(t, "terminal"))[:rapid.IntRange(0, 2).Draw(t, "events")]
		sol, tape, err := SolveTape(sys, y0, t0, t1, s, events...)
		if err != nil {
			if errors.Is(err, ErrMaxEvents) || errors.Is(err, ErrNoConvergence) {
				return
			}
			t.Fatal(err)
		}
		ys, again, err := tape.FollowEvents(sys, y0, t0, t1, sol.T)
		if err != nil {
			t.Fatal(err)
		}
		if len(ys) != len(sol.Y) || len(again) != len(sol.Events) {
			t.Fatalf("%d states and %d events; the solve has %d and %d", len(ys), len(again), len(sol.Y), len(sol.Events))
		}
		for i, y := range ys {
			// Times of events are found again by another rule, to rounding times 1/ġ.
			tol := 0.0
			if len(sol.Events) > 0 || len(s.Through)+len(s.Jumps) > 0 ||
				!slices.Contains([]string{"explicit Runge–Kutta"}, m.Info().Family) {
				tol = 1e-9
			}
			if d := maxDiff(y, sol.Y[i]); d > tol {
				t.Fatalf("%v at t=%g; the solve has %v", y, sol.T[i], sol.Y[i])
			}
		}
		w := make([][]float64, len(sol.Y))
		for i := range w {
			w[i] = []float64{1, 1, 1}
		}
		g, err := tape.Backward(sys, w)
		if err != nil && !errors.Is(err, ErrNonFinite) {
			t.Fatal(err)
		}
		if err == nil && (nonFinite(flat(g)) >= 0 || len(g.SaveAt) != len(sol.Y)) {
			t.Fatalf("%+v", g)
		}
	})
}

// TestRowsOfRandomOptions: whatever the settings, a row is its own solve, in any company.
func TestRowsOfRandomOptions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		theta := components(t, "θ", 6)
		sys := netRows(2, theta, nil)
		rows := make([]Row[float64], rapid.IntRange(1, 6).Draw(t, "rows"))
		times := rapid.Map(rapid.IntRange(-128, 128), func(n int) float64 { return float64(n) / 63 })
		for i := range rows {
			rows[i] = Row[float64]{Y0: components(t, "y0", 2), T0: times.Draw(t, "t0"), T1: times.Draw(t, "t1")}
			if rapid.Bool().Draw(t, "event") {
				rows[i].Events = []Event[float64]{{G: level(0.2, 0), Map: func(_ float64, y, a []float64) error {
					a[0], a[1] = y[1], -y[0]
					return nil
				}}}
			}
		}
		s := &Settings{
			Method:    methods().Draw(t, "method"),
			Step:      rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "step"),
			SaveEvery: rapid.IntRange(0, 2).Draw(t, "SaveEvery"),
			Jumps:     rapid.SliceOfN(times, 0, 2).Draw(t, "Jumps"),
			MaxSteps:  60,
		}
		got, err := SolveRows(sys, rows, s)
		var e *RowsError
		if err != nil && !errors.As(err, &e) {
			t.Fatal(err)
		}
		for i, r := range rows {
			want, err := Solve(network(2, theta), r.Y0, r.T0, r.T1, s, r.Events...)
			a := got.Rows[i]
			if (err == nil) != (got.Errs[i] == nil) || a.Status != want.Status || a.Stats != want.Stats ||
				!slices.Equal(a.LastY, want.LastY) || !slices.EqualFunc(a.Y, want.Y, slices.Equal[[]float64]) {
				t.Fatalf("row %d: %+v (%v); alone %+v (%v)", i, a, got.Errs[i], want, err)
			}
		}
	})
}
