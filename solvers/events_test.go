package solvers

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/pkg/errors"
)

// ball falls from rest at height 1 with g = 10: it touches the ground at √0.2, and after the k-th bounce, which keeps e
// of its speed, flies for 2 e^k √0.2.
func ball() (System[float64], []float64) {
	return System[float64]{Dim: 2, F: func(_ float64, y, d []float64) error {
		d[0], d[1] = y[1], -10
		return nil
	}}, []float64{1, 0}
}

func bounce(e float64) Event[float64] {
	return Event[float64]{
		Name:      "ground",
		G:         func(_ float64, y []float64) (float64, error) { return y[0], nil },
		Direction: Falling,
		Map:       func(_ float64, y, after []float64) error { after[0], after[1] = 0, -e*y[1]; return nil },
		Gradient:  func(_ float64, _, gy, _ []float64) (float64, error) { gy[0], gy[1] = 1, 0; return 0, nil },
		MapVJP:    func(_ float64, _, w, wy, _ []float64) (float64, error) { wy[0], wy[1] = 0, -e*w[1]; return 0, nil },
	}
}

// bounces are the exact times of the first n bounces.
func bounces(e float64, n int) []float64 {
	t := math.Sqrt(0.2)
	out := []float64{t}
	for k := 1; k < n; k++ {
		t += 2 * math.Pow(e, float64(k)) * math.Sqrt(0.2)
		out = append(out, t)
	}
	return out
}

func times(o []Occurrence[float64]) []float64 {
	var out []float64
	for _, x := range o {
		out = append(out, x.T)
	}
	return out
}

func TestBouncingBall(t *testing.T) {
	const e = 0.8
	sys, y0 := ball()
	want := bounces(e, 9)
	for _, s := range []Settings{{}, {Method: RK4{}, Step: 0.07}, {MaxStep: 0.05}, {RTol: 1e-3, ATol: 1e-3}} {
		s.Dense, s.SaveAt = true, []float64{0.2, 1, 2.9}
		sol, err := Solve(sys, y0, 0, 3, &s, bounce(e))
		if err != nil || sol.Status != Success || sol.LastT != 3 {
			t.Fatalf("%v, %v", sol.Status, err)
		}
		n := 0
		for n < len(want) && want[n] < 3 {
			n++
		}
		if len(sol.Events) != n || maxDiff(times(sol.Events), want[:n]) > 1e-12 {
			t.Fatalf("%+v: bounces at %v; want %v", s, times(sol.Events), want[:n])
		}
		v := math.Sqrt(20.)
		for _, o := range sol.Events {
			if math.Abs(o.Before[1]+v) > 1e-10 || math.Abs(o.After[1]-e*v) > 1e-10 || math.Abs(o.Before[0]) > 1e-13 {
				t.Errorf("at t=%g from %v to %v; the speed is %g", o.T, o.Before, o.After, v)
			}
			v *= e
		}
		// After the first bounce: h = e √20 τ − 5τ².
		for _, x := range []float64{0.2, 0.4472, 0.4473, 0.5, 1} {
			h := 1 - 5*x*x
			if tau := x - want[0]; tau > 0 {
				h = e*math.Sqrt(20)*tau - 5*tau*tau
			}
			y := make([]float64, 2)
			if err := sol.Eval(x, y); err != nil || math.Abs(y[0]-h) > 1e-11 {
				t.Errorf("height %g at t=%g, %v; want %g", y[0], x, err, h)
			}
		}
		if len(sol.Y) != 3 || math.Abs(sol.Y[1][0]-(e*math.Sqrt(20)*(1-want[0])-5*(1-want[0])*(1-want[0]))) > 1e-11 {
			t.Errorf("saved %v", sol.Y)
		}
		if s.Step > 0 { // a saved time would move the bounces by a rounding
			continue
		}
		s.SaveAt = []float64{sol.Events[0].T}
		if sol, err = Solve(sys, y0, 0, 3, &s, bounce(e)); err != nil || !slices.Equal(sol.Y[0], sol.Events[0].Before) {
			t.Errorf("%v is saved at the first bounce, %v; before it was %v", sol.Y, err, sol.Events[0].Before)
		}
	}
}

// TestZeno: infinitely many bounces before t = 9 √0.2 ≈ 4.02. The ball doesn't fall through the ground, and the solve ends.
func TestZeno(t *testing.T) {
	sys, y0 := ball()
	end := math.Sqrt(0.2) * (1 + 2*0.8/0.2)
	for _, s := range []Settings{{MaxEvents: 40}, {MaxEvents: 40, Method: RK4{}, Step: 0.1}, {MaxSteps: 3000}} {
		sol, err := Solve(sys, y0, 0, 5, &s, bounce(0.8))
		if err == nil {
			t.Fatalf("%+v: no end", s)
		}
		want := MaxEventsReached
		if s.MaxEvents == 0 {
			want = StepTooSmall // the bounces have come together
		}
		e := wantStatus(t, err, want)
		if e.T > end+1e-9 || e.T < 0.99*end || sol.LastY[0] < -1e-9 {
			t.Errorf("%+v: %v at height %g", s, err, sol.LastY[0])
		}
		if want == MaxEventsReached && (len(sol.Events) != 40 || maxDiff(times(sol.Events), bounces(0.8, 40)) > 1e-9) {
			t.Errorf("%d events", len(sol.Events))
		}
	}
}

// circle is y = (cos t, sin t).
func circle() System[float64] {
	return System[float64]{Dim: 2, F: func(_ float64, y, d []float64) error { d[0], d[1] = -y[1], y[0]; return nil }}
}

func level(c float64, i int) func(float64, []float64) (float64, error) {
	return func(_ float64, y []float64) (float64, error) { return y[i] - c, nil }
}

// TestEvents has a row for each rule of Event, on the circle.
func TestEvents(t *testing.T) {
	pi := math.Pi
	for _, c := range []struct {
		name   string
		t0, t1 float64
		events []Event[float64]
		want   []float64 // times
		which  []int
		end    Status
		last   float64
	}{
		{name: "both", t1: 7, events: []Event[float64]{{G: level(0, 0)}}, want: []float64{pi / 2, 3 * pi / 2}},
		{name: "rising", t1: 7, events: []Event[float64]{{G: level(0, 0), Direction: Rising}}, want: []float64{3 * pi / 2}},
		{name: "falling", t1: 7, events: []Event[float64]{{G: level(0, 0), Direction: Falling}}, want: []float64{pi / 2}},
		{name: "backwards", t0: 7, t1: 0, events: []Event[float64]{{G: level(0, 0)}}, want: []float64{3 * pi / 2, pi / 2}},
		{name: "backwards, rising", t0: 7, t1: 0, events: []Event[float64]{{G: level(0, 0), Direction: Rising}},
			want: []float64{pi / 2}},
		{name: "terminal", t1: 7, events: []Event[float64]{{G: level(0, 0), Terminal: true}}, want: []float64{pi / 2},
			end: EventOccurred, last: pi / 2},
		{name: "terminal, not the other", t1: 7, events: []Event[float64]{{G: level(0.5, 1)},
			{G: level(0, 0), Terminal: true, Direction: Rising}},
			want: []float64{pi / 6, 5 * pi / 6, 3 * pi / 2}, which: []int{0, 0, 1}, end: EventOccurred, last: 3 * pi / 2},
		{name: "zero at t0", t1: 6.2, events: []Event[float64]{{G: level(0, 1), Terminal: true}}, want: []float64{pi},
			end: EventOccurred, last: pi},
		{name: "zero at t0, ends alone", t1: 3, events: []Event[float64]{{G: level(0, 1), Terminal: true, Samples: 1}}},
		{name: "touching at t0", t1: 6, events: []Event[float64]{{G: level(1, 0), Terminal: true}}},
		{name: "zero at t1", t1: pi / 2, events: []Event[float64]{{G: func(t float64, _ []float64) (float64, error) {
			return t - pi/2, nil
		}}}, want: []float64{pi / 2}},
		{name: "terminal at t1", t1: pi / 2, events: []Event[float64]{{Terminal: true,
			G: func(t float64, _ []float64) (float64, error) { return t - pi/2, nil }}},
			want: []float64{pi / 2}, end: EventOccurred},
		{name: "never", t1: 7, events: []Event[float64]{{G: level(1.1, 0)}}},
		{name: "close pair", t1: 3, events: []Event[float64]{{G: level(0.999, 1)}},
			want: []float64{math.Asin(0.999), pi - math.Asin(0.999)}},
		{name: "grazing", t1: 3, events: []Event[float64]{{G: level(1-1e-7, 1), Direction: Rising}},
			want: []float64{math.Asin(1 - 1e-7)}},
		{name: "many in a step", t1: 0.5, events: []Event[float64]{{Samples: 64, G: func(t float64, _ []float64) (float64, error) {
			return math.Cos(40 * t), nil
		}}},
			want: []float64{pi / 80, 3 * pi / 80, 5 * pi / 80, 7 * pi / 80, 9 * pi / 80, 11 * pi / 80}},
	} {
		for _, s := range []Settings{{RTol: 1e-11, ATol: 1e-11}, {MaxStep: 0.3, RTol: 1e-10, ATol: 1e-10},
			{Method: RK4{}, Step: 0.004}} {
			t.Run(fmt.Sprintf("%s/%v", c.name, s.Step), func(t *testing.T) {
				y0 := []float64{math.Cos(c.t0), math.Sin(c.t0)}
				sol, err := Solve(circle(), y0, c.t0, c.t1, &s, c.events...)
				if err != nil {
					t.Fatal(err)
				}
				end, last := c.end, c.last
				if end == Running {
					end = Success
				}
				if last == 0 {
					last = c.t1
				}
				if got := times(sol.Events); len(got) != len(c.want) || maxDiff(got, c.want) > 1e-5 && c.name == "grazing" ||
					maxDiff(got, c.want) > 1e-7 && c.name != "grazing" {
					t.Fatalf("events at %v; want %v", got, c.want)
				}
				for i, o := range sol.Events {
					if c.which != nil && o.Event != c.which[i] {
						t.Errorf("event %d is number %d", i, o.Event)
					}
					if maxDiff(o.Before, []float64{math.Cos(o.T), math.Sin(o.T)}) > 1e-7 || &o.Before[0] != &o.After[0] {
						t.Errorf("at t=%g: %v", o.T, o.Before)
					}
				}
				if sol.Status != end || math.Abs(sol.LastT-last) > 1e-7 {
					t.Errorf("%v at t=%g; want %v at t=%g", sol.Status, sol.LastT, end, last)
				}
				if len(sol.T) != 1 || sol.T[0] != sol.LastT || !slices.Equal(sol.Y[0], sol.LastY) {
					t.Errorf("the end is saved as %v, %v; it is %g, %v", sol.T, sol.Y, sol.LastT, sol.LastY)
				}
			})
		}
	}
}

// TestEventsChangeNothing: events that change nothing leave steps and states as they are.
func TestEventsChangeNothing(t *testing.T) {
	for _, s := range []Settings{{}, {Method: RK4{}, Step: 0.1}} {
		a, err := Solve(circle(), []float64{1, 0}, 0, 7, &s)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Solve(circle(), []float64{1, 0}, 0, 7, &s, Event[float64]{G: level(0, 0)})
		if err != nil || !slices.Equal(a.LastY, b.LastY) || a.Stats.Steps != b.Stats.Steps || len(b.Events) != 2 {
			t.Errorf("%+v, %+v, %v", a, b, err)
		}
	}
}

// TestTwoMapsAtOnce: simultaneous maps come in their order, each on the state of the one before.
func TestTwoMapsAtOnce(t *testing.T) {
	still := System[float64]{Dim: 1, F: func(_ float64, _, d []float64) error { d[0] = 0; return nil }}
	at := func(_ int) func(float64, []float64) (float64, error) {
		return func(t float64, _ []float64) (float64, error) { return t - 0.7, nil }
	}
	double := Event[float64]{G: at(0), Map: func(_ float64, y, a []float64) error { a[0] = 2 * y[0]; return nil }}
	add := Event[float64]{G: at(1), Map: func(_ float64, y, a []float64) error { a[0] = y[0] + 1; return nil }}
	for i, c := range [][]Event[float64]{{double, add}, {add, double}} {
		sol, err := Solve(still, []float64{3}, 0, 1, nil, c...)
		want := []float64{7, 8}[i]
		if err != nil || sol.LastY[0] != want || len(sol.Events) != 2 || sol.Events[1].Before[0] != sol.Events[0].After[0] {
			t.Errorf("%v, %+v, %v; want %g", sol.LastY, sol.Events, err, want)
		}
	}
}

// TestEarliestFirst: of two events in one step the map of the earlier keeps the later from happening.
func TestEarliestFirst(t *testing.T) {
	drift := System[float64]{Dim: 1, F: func(_ float64, _, d []float64) error { d[0] = 1; return nil }}
	back := Event[float64]{G: level(0.5, 0), Map: func(_ float64, _, a []float64) error { a[0] = -10; return nil }}
	late := Event[float64]{G: level(0.6, 0), Terminal: true}
	sol, err := Solve(drift, []float64{0}, 0, 1, &Settings{FirstStep: 1}, late, back)
	if err != nil || sol.Status != Success || len(sol.Events) != 1 || math.Abs(sol.LastY[0]+9.5) > 1e-12 {
		t.Errorf("%+v, %v", sol, err)
	}
}

func TestEventErrors(t *testing.T) {
	mine := errors.New("mine")
	g := level(0.5, 0)
	for _, c := range []struct {
		name string
		e    Event[float64]
		want Status
	}{
		{"no G", Event[float64]{}, BadInput},
		{"direction", Event[float64]{G: g, Direction: 3}, BadInput},
		{"samples", Event[float64]{G: g, Samples: -1}, BadInput},
		{"G fails", Event[float64]{Name: "that", G: func(t float64, _ []float64) (float64, error) {
			if t > 0.2 {
				return 0, mine
			}
			return 1, nil
		}}, FieldFailed},
		{"G is NaN", Event[float64]{G: func(t float64, _ []float64) (float64, error) {
			return math.Sqrt(0.3 - t), nil
		}}, NonFinite},
		{"Map fails", Event[float64]{G: g, Map: func(float64, []float64, []float64) error { return mine }}, FieldFailed},
		{"Map is infinite", Event[float64]{G: g, Map: func(_ float64, _, a []float64) error {
			a[0] = math.Inf(1)
			return nil
		}}, NonFinite},
	} {
		sol, err := Solve(decay(), []float64{1}, 0, 1, nil, c.e)
		wantStatus(t, err, c.want)
		if c.want == FieldFailed && !errors.Is(err, mine) {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.want != BadInput && (sol.LastY == nil || sol.LastT > 1) {
			t.Errorf("%s: %+v", c.name, sol)
		}
	}
	noGradient := bounce(0.8)
	noGradient.MapVJP = nil
	sys, y0 := ball()
	_, tape, err := SolveTape(sys, y0, 0, 1, nil, noGradient)
	if wantStatus(t, err, NotSupported); tape != nil {
		t.Error("a tape")
	}
}

// TestStepEndsAtEvent: by hand, the step ends where the event changed the state.
func TestStepEndsAtEvent(t *testing.T) {
	sys, y0 := ball()
	it, err := NewIntegrator(sys, y0, 0, 1, nil, bounce(0.8))
	if err != nil {
		t.Fatal(err)
	}
	for it.Step() {
		if len(it.Events()) == 0 {
			continue
		}
		o := it.Events()[0]
		if it.T() != o.T || it.Y()[1] != o.After[1] || math.Abs(o.T-math.Sqrt(0.2)) > 1e-13 {
			t.Errorf("T %g, Y %v, %+v", it.T(), it.Y(), o)
		}
		y := make([]float64, 2)
		before, _ := it.Last()
		mid := (before + it.T()) / 2
		if err := it.Interpolate(mid, y); err != nil || math.Abs(y[0]-(1-5*mid*mid)) > 1e-12 {
			t.Errorf("%v, %v at t=%g", y, err, mid)
		}
		return
	}
	t.Errorf("no bounce, %v", it.Err())
}

// TestEventsOfAllMethods: every method's interpolant finds the bounces, and its gradient those of their times.
func TestEventsOfAllMethods(t *testing.T) {
	const e = 0.8
	sys, y0 := ball()
	sys.VJP = func(_ float64, y, w, d, wy, _ []float64) (float64, error) {
		if d != nil {
			d[0], d[1] = y[1], -10
		}
		wy[0], wy[1] = 0, w[0]
		return 0, nil
	}
	sys.JVP = func(_ float64, _, v, out []float64) error { out[0], out[1] = v[1], 0; return nil }
	sys.TangentVJP = func(_ float64, _ []float64, _ float64, _, _, wy, _ []float64) (float64, error) {
		clear(wy)
		return 0, nil
	}
	want := bounces(e, 3)
	for _, m := range methodsUnderTest() {
		if coarse(m) {
			continue // see TestCoarse
		}
		for _, s := range []Settings{{Method: m, RTol: 1e-8, ATol: 1e-8}, {Method: m, Step: 0.01}} {
			if s.Step == 0 && !m.Info().Adaptive() {
				continue
			}
			tol := map[int]float64{1: 0.2, 2: 1e-6}[min(m.Order(), m.Info().DenseOrder)]
			if tol == 0 {
				tol = 1e-7
			}
			sol, tape, err := SolveTape(sys, y0, 0, 1.8, &s, bounce(e))
			if err != nil || len(sol.Events) != 3 || maxDiff(times(sol.Events), want) > tol {
				t.Errorf("%s, Step %g: %v, %v; want %v", m.Name(), s.Step, times(sol.Events), err, want)
				continue
			}
			g, err := tape.BackwardEvents(sys, [][]float64{nil}, []EventCotangent[float64]{{}, {T: 1}, {}})
			if want := []float64{(1 + 2*e) / math.Sqrt(20), 0.1}; err != nil || maxDiff(g.Y0, want) > 2*tol {
				t.Errorf("%s, Step %g: ∂t₂/∂y0 is %v, %v; want %v", m.Name(), s.Step, g, err, want)
			}
		}
	}
}

// TestEventsSingle: with a float32 state the time is still a float64, and the bounces are found to the rounding of the
// state.
func TestEventsSingle(t *testing.T) {
	sys := System[float32]{Dim: 2, F: func(_ float64, y, d []float32) error { d[0], d[1] = y[1], -10; return nil }}
	e := Event[float32]{
		G:         func(_ float64, y []float32) (float64, error) { return float64(y[0]), nil },
		Direction: Falling,
		Map:       func(_ float64, y, after []float32) error { after[0], after[1] = y[0], -0.8*y[1]; return nil },
	}
	want := bounces(0.8, 5)
	for _, s := range []Settings{{}, {Method: RK4{}, Step: 0.1}} {
		sol, err := Solve(sys, []float32{1, 0}, 0, want[4]+0.1, &s, e)
		if err != nil || len(sol.Events) != 5 {
			t.Fatalf("%+v, %v", sol, err)
		}
		for i, o := range sol.Events {
			if math.Abs(o.T-want[i]) > 3e-6 {
				t.Errorf("bounce at t=%.8g; want %.8g", o.T, want[i])
			}
		}
	}
}

// TestEventAtMandatoryTimes: an event at the time of a jump, of a mandatory time, of t1 or of a saved one happens once.
func TestEventAtMandatoryTimes(t *testing.T) {
	rise := System[float64]{Dim: 1, F: func(_ float64, _, d []float64) error { d[0] = 1; return nil }}
	e := Event[float64]{
		G:   func(t float64, _ []float64) (float64, error) { return t - 1, nil },
		Map: func(_ float64, y, after []float64) error { after[0] = y[0] + 10; return nil },
	}
	for _, s := range []Settings{{}, {Through: []float64{1}}, {Jumps: []float64{1}}, {Step: 0.25},
		{SaveAt: []float64{1, 1.5}}, {SaveEvery: 1}, {MaxStep: 1, FirstStep: 1}} {
		for _, t1 := range []float64{1, 2} {
			c := s
			if t1 == 1 {
				c.SaveAt = nil
			}
			sol, err := Solve(rise, []float64{0}, 0, t1, &c, e)
			if err != nil || len(sol.Events) != 1 || math.Abs(sol.Events[0].T-1) > 1e-15 || math.Abs(sol.LastY[0]-t1-10) > 1e-14 ||
				sol.Status != Success {
				t.Errorf("%+v to %g: %+v, %v", s, t1, sol, err)
			}
			if len(c.SaveAt) == 2 && (math.Abs(sol.Y[0][0]-1) > 1e-14 || math.Abs(sol.Y[1][0]-11.5) > 1e-14) {
				t.Errorf("saved %v", sol.Y)
			}
		}
	}
}
