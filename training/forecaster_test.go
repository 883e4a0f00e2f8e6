package training

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/solvers"
)

func forecaster(t *testing.T, dim int, c ForecasterConfig) *Forecaster {
	t.Helper()
	m, err := NewForecaster(dim, c)
	if err != nil {
		t.Fatal(err)
	}
	// Larger last weights than the first ones, so that there is something to see.
	for _, p := range m.field.Params() {
		w := p.Float64s()
		for i := range w {
			w[i] += 0.1 * math.Sin(float64(i+1))
		}
		if err := p.Set(w); err != nil {
			t.Fatal(err)
		}
	}
	row := make([]float64, dim)
	for j := range row {
		row[j] = 0.3 + 0.2*float64(j)
	}
	if err := m.SetStart(row); err != nil {
		t.Fatal(err)
	}
	return m
}

// far is the largest difference between two tables.
func far(t *testing.T, a, b [][]float64) float64 {
	t.Helper()
	if len(a) != len(b) || len(a) == 0 {
		t.Fatalf("%d and %d rows", len(a), len(b))
	}
	d := 0.0
	for i := range a {
		for j := range a[i] {
			d = math.Max(d, math.Abs(a[i][j]-b[i][j]))
		}
	}
	return d
}

// The trajectory is the solution of the field, by a solver called by hand.
func TestForecasterSolvesItsField(t *testing.T) {
	times := []float64{0, 0.5, 2, 3.75}
	for name, c := range map[string]ForecasterConfig{
		"autonomous":     {RTol: 1e-9, ATol: 1e-9},
		"time":           {RTol: 1e-9, ATol: 1e-9, Time: true},
		"constant steps": {Method: "RK4", Step: 0.01},
	} {
		m := forecaster(t, 2, c)
		got, err := m.Trajectory(times)
		if err != nil {
			t.Fatal(err)
		}
		field, err := m.Field()
		if err != nil {
			t.Fatal(err)
		}
		sys := solvers.System[float64]{Dim: 2, F: func(s float64, y, dy []float64) error {
			d, err := field(s, y)
			copy(dy, d)
			return err
		}}
		sol, err := solvers.Solve(sys, []float64{0.3, 0.5}, 0, 3.75, &solvers.Settings{RTol: 1e-11, ATol: 1e-11, SaveAt: times})
		if err != nil {
			t.Fatal(err)
		}
		if d := far(t, sol.Y, got); !(d < 1e-6) {
			t.Errorf("%s: off by %g", name, d)
		}
		if d := math.Abs(got[3][0] - got[0][0]); d < 1e-2 {
			t.Errorf("%s: nothing moves", name)
		}
	}
}

// From a row on the way the trajectory goes on as it did; a model with other channels starts them at zero.
func TestTrajectoryFrom(t *testing.T) {
	for _, time := range []bool{false, true} {
		m := forecaster(t, 2, ForecasterConfig{RTol: 1e-9, ATol: 1e-9, Time: time})
		whole, err := m.Trajectory([]float64{1.5, 2, 4})
		if err != nil {
			t.Fatal(err)
		}
		rest, err := m.TrajectoryFrom(1.5, whole[0], []float64{1.5, 2, 4})
		if err != nil {
			t.Fatal(err)
		}
		if d := far(t, whole, rest); !(d < 1e-7) {
			t.Errorf("time %t: off by %g", time, d)
		}
	}
	m := forecaster(t, 1, ForecasterConfig{Augment: 2})
	a, err := m.Trajectory([]float64{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.TrajectoryFrom(0, a[0], []float64{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	if d := far(t, a, b); d != 0 || len(b[0]) != 1 {
		t.Errorf("off by %g, %d columns", d, len(b[0]))
	}
	only, err := m.Trajectory([]float64{0})
	if err != nil || len(only) != 1 || only[0][0] != 0.3 {
		t.Errorf("the start alone: %v, %v", only, err)
	}
	if none, err := m.Trajectory(nil); err != nil || len(none) != 0 {
		t.Errorf("no times: %v, %v", none, err)
	}
	_, err = m.TrajectoryFrom(0, []float64{1, 2}, []float64{1})
	wantError(t, err, "2 values for 1 columns")
	wantError(t, m.SetStart([]float64{1, 2}), "2 values for 1 columns")
	_, err = m.Trajectory([]float64{1, 1})
	wantError(t, err, "training: trajectory")
}

// Rows with clocks of their own see the same field as rows that share one: the same times give the same states, and two
// batches of one row are a batch of two.
func TestRolloutOwn(t *testing.T) {
	for name, c := range map[string]ForecasterConfig{
		"autonomous":     {RTol: 1e-9, ATol: 1e-9},
		"time":           {RTol: 1e-9, ATol: 1e-9, Time: true, Augment: 1},
		"constant steps": {Method: "RK4", Step: 0.05, Time: true},
	} {
		t.Run(name, func(t *testing.T) {
			m := forecaster(t, 2, c)
			rows := [][]float64{{0, 0.5, 2.5}, {1, 2, 2.25}}
			g := G.NewGraph()
			y0 := input(g, "y0", 2, m.width())
			start := append(m.pad([]float64{0.3, 0.5}), m.pad([]float64{-0.2, 0.1})...)
			if err := let(y0, start); err != nil {
				t.Fatal(err)
			}
			var from, span G.Nodes
			for j := range 2 {
				// Gorgonia makes one node of two inputs of one name.
				a, b := input(g, fmt.Sprint("from", j), 2, 1), input(g, fmt.Sprint("span", j), 2, 1)
				if err := let(a, []float64{rows[0][j], rows[1][j]}); err != nil {
					t.Fatal(err)
				}
				if err := let(b, []float64{rows[0][j+1] - rows[0][j], rows[1][j+1] - rows[1][j]}); err != nil {
					t.Fatal(err)
				}
				from, span = append(from, a), append(span, b)
			}
			ys, done, err := m.rolloutOwn(y0, from, span, []float64{1, 2})
			if err != nil {
				t.Fatal(err)
			}
			vm := G.NewTapeMachine(g)
			defer vm.Close()
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}
			flat := ys.Value().Data().([]float64)
			for r, times := range rows {
				want, err := m.TrajectoryFrom(times[0], start[r*m.width():][:2], times)
				if err != nil {
					t.Fatal(err)
				}
				var got [][]float64
				for j := range times {
					got = append(got, flat[(2*j+r)*m.width():][:2])
				}
				if d := far(t, want, got); !(d < 1e-6) {
					t.Errorf("row %d: off by %g: %v, want %v", r, d, got, want)
				}
			}
			// Both intervals count; with constant steps of at most 0.05 the longer spans, 1 and 2, take 20 and 40 of RK4's.
			if n := done.evaluations(); len(done) != 2 || n < 10 || name == "constant steps" && n < 4*60 {
				t.Errorf("%d evaluations", n)
			}
		})
	}
}

func TestForecasterRefuses(t *testing.T) {
	for _, c := range []struct {
		dim  int
		cfg  ForecasterConfig
		want string
	}{
		{0, ForecasterConfig{}, "0 columns"},
		{2, ForecasterConfig{Augment: -1}, "-1 more channels"},
		{2, ForecasterConfig{Hidden: []int{4, 0}}, "hidden layer 2 has width 0"},
		{2, ForecasterConfig{Hidden: []int{2_000_000_000}}, "about 1e+10 weights; at most 10000000"},
		{2, ForecasterConfig{Hidden: []int{3000, 4000}}, "about 1.2e+07 weights"},
		{2, ForecasterConfig{Augment: 99_999_999}, "this model would have about"},
		{2, ForecasterConfig{Augment: math.MaxInt, Hidden: []int{}, Time: true}, "this model would have about"},
		{2, ForecasterConfig{Hidden: []int{math.MaxInt, math.MaxInt}}, "this model would have about"},
		{2, ForecasterConfig{Activation: "tonh"}, "tonh"},
		{2, ForecasterConfig{Method: "Euler3"}, "Euler3"},
		{2, ForecasterConfig{Gradient: "finite"}, "finite"},
		{2, ForecasterConfig{RTol: -1}, "tolerance"},
		{2, ForecasterConfig{ATol: math.NaN()}, "tolerance"},
		{2, ForecasterConfig{Step: -1}, "step"},
	} {
		_, err := NewForecaster(c.dim, c.cfg)
		wantError(t, err, c.want)
	}
}

// A negative step must not be taken for none, and a linear field is a field.
func TestForecasterConfig(t *testing.T) {
	m := forecaster(t, 2, ForecasterConfig{Hidden: []int{}})
	if n := len(m.Params()); n != 3 {
		t.Errorf("a linear field has %d parameters, want weight, bias and start", n)
	}
	for _, c := range []ForecasterConfig{{Hidden: []int{}}, {Augment: 1, Time: true, Hidden: []int{4, 7}}} {
		m, n := forecaster(t, 2, c), 0
		for _, p := range m.field.Params() {
			n += len(p.Float64s())
		}
		if got := c.weights(2); got != float64(n) {
			t.Errorf("%+v: counted %g weights of %d", c, got, n)
		}
	}
	if err := graph.UniqueNames(m.Params()); err != nil {
		t.Error(err)
	}
	if c := m.Config(); c.Method != (solvers.Dopri5{}).Name() || c.RTol != 1e-5 || c.ATol != 1e-6 ||
		c.Gradient != "backprop" || c.Activation != "softplus" || len(c.Hidden) != 0 {
		t.Errorf("%+v", c)
	}
	if m := forecaster(t, 2, ForecasterConfig{Method: "Euler"}); m.step != 0.1 {
		t.Errorf("Euler takes steps of %g", m.step)
	}
}

// A network's slope is not that of positions by momenta alone, which a symplectic method would take it for.
func TestForecasterRefusesSymplecticMethods(t *testing.T) {
	for _, m := range solvers.SeparableMethods() {
		if _, err := NewForecaster(2, ForecasterConfig{Method: m.Name()}); err == nil || !strings.Contains(err.Error(), m.Name()) {
			t.Errorf("%s: %v", m.Name(), err)
		}
	}
}
