package training

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// modelled is a model with weights that make something move, and a start.
func modelled(t *testing.T, dim int, c ForecasterConfig) *Forecaster {
	t.Helper()
	m, err := NewForecaster(dim, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.field.Params() {
		w := p.Float64s()
		for i := range w {
			w[i] += 0.3 * math.Sin(float64(i+1))
		}
		if err := p.Set(w); err != nil {
			t.Fatal(err)
		}
	}
	start := make([]float64, m.known())
	for j := range start {
		start[j] = 0.4 - 0.3*float64(j)
	}
	if err := m.SetStart(start); err != nil {
		t.Fatal(err)
	}
	return m
}

// The second half of the slope of a state of second order is what the network says, the first half the second half of the
// state; positions move by it, and from a row on the way with its slope the solution goes on.
func TestSecondOrderForecaster(t *testing.T) {
	for _, time := range []bool{false, true} {
		m := modelled(t, 2, ForecasterConfig{Model: SecondOrderModel, Time: time, RTol: 1e-10, ATol: 1e-10})
		field, err := m.Field()
		if err != nil {
			t.Fatal(err)
		}
		state := []float64{0.4, 0.1, -0.2, -0.5}
		dy, err := field(0, state)
		if err != nil || len(dy) != 4 || dy[0] != state[2] || dy[1] != state[3] || dy[2] == 0 {
			t.Errorf("the slope of %v is %v, %v", state, dy, err)
		}
		const h = 1e-3
		y, err := m.Trajectory([]float64{0, h, 2 * h, 1, 1 + h, 1 + 2*h, 3})
		if err != nil {
			t.Fatal(err)
		}
		for j := range 2 {
			// Differences of second order in h, of a solution whose third derivative is of order one.
			if v := (4*y[1][j] - 3*y[0][j] - y[2][j]) / (2 * h); math.Abs(v-state[2+j]) > 1e-5 {
				t.Errorf("column %d begins with velocity %g, want %g", j, v, state[2+j])
			}
			if a := (y[0][j] - 2*y[1][j] + y[2][j]) / (h * h); math.Abs(a-dy[2+j]) > 1e-2*(1+math.Abs(a)) {
				t.Errorf("column %d begins with acceleration %g, want %g", j, a, dy[2+j])
			}
			state[j] = y[4][j]
			state[2+j] = (y[5][j] - y[3][j]) / (2 * h)
		}
		rest, err := m.TrajectoryFrom(1+h, state, []float64{3})
		if err != nil {
			t.Fatal(err)
		}
		if d := far(t, y[6:], rest); !(d < 1e-4) {
			t.Errorf("time %t: off by %g", time, d)
		}
		_, err = m.TrajectoryFrom(0, state[:2], []float64{1})
		wantError(t, err, "2 values for 2 columns and their slopes")
	}
}

// A Hamiltonian model keeps the number that its network makes of the state, to the tolerance of the solver.
func TestHamiltonianForecasterKeepsEnergy(t *testing.T) {
	m := modelled(t, 4, ForecasterConfig{Model: HamiltonianModel, RTol: 1e-10, ATol: 1e-10})
	rows, err := m.Trajectory([]float64{0, 1, 5, 20})
	if err != nil {
		t.Fatal(err)
	}
	energy, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		h, err := m.field.Forward(in[0])
		return G.Nodes{h}, err
	}, graph.Input("y", tensor.Float64, 1, 4))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := graph.Compile[float64](energy)
	if err != nil {
		t.Fatal(err)
	}
	h := make([]float64, len(rows))
	for i, row := range rows {
		if err := plan.Run([][]float64{row}, [][]float64{h[i : i+1]}); err != nil {
			t.Fatal(err)
		}
		if math.Abs(h[i]-h[0]) > 1e-7 {
			t.Errorf("row %d has energy %g, the first %g", i, h[i], h[0])
		}
	}
	if d := far(t, rows[:1], rows[3:]); d < 0.1 {
		t.Errorf("nothing moves: %g", d)
	}
}

// All pairs of positions and momenta get the same product of units, and the mean size of units stays.
func TestCanonicalUnits(t *testing.T) {
	tr := &Transform{Columns: []ColumnScale{{Std: 2}, {Std: 0.1}, {Std: 8}, {Std: 10}}}
	tr.canonical()
	got := []float64{tr.Columns[0].Std * tr.Columns[2].Std, tr.Columns[1].Std * tr.Columns[3].Std}
	for _, p := range got {
		if math.Abs(p-4) > 1e-12 { // the geometric mean of 16 and 1
			t.Errorf("products %v, want 4", got)
		}
	}
	if r := tr.Columns[2].Std / tr.Columns[0].Std; math.Abs(r-4) > 1e-12 {
		t.Errorf("within a pair the ratio is %g, want 4", r)
	}
}

// Slopes are exact on a parabola over uneven times, and gaps don't matter on a line.
func TestStatesOfSecondOrder(t *testing.T) {
	m := modelled(t, 2, ForecasterConfig{Model: SecondOrderModel})
	s := &Series{Names: []string{"a", "b"}}
	for _, at := range []float64{0, 1, 1.5, 4} {
		s.T, s.X = append(s.T, at), append(s.X, []float64{at*at - at, 3 * at})
	}
	s.X[2][1] = math.NaN()
	for i, row := range m.states(s) {
		want := []float64{s.T[i]*s.T[i] - s.T[i], 3 * s.T[i], 2*s.T[i] - 1, 3}
		for j := range want {
			if math.Abs(row[j]-want[j]) > 1e-12 {
				t.Errorf("row %d: %v, want %v", i, row, want)
			}
		}
	}
	pair := &Series{Names: s.Names, T: s.T[:2], X: s.X[:2]}
	if got := m.states(pair)[0][2:]; got[0] != 0 || got[1] != 3 {
		t.Errorf("two rows have slopes %v, want those of a line", got)
	}
	if got := s.completeTo(3); len(got.T) != 3 || got.T[1] != 1 {
		t.Errorf("complete rows at %v", got.T)
	}
}

func TestForecasterModelRefuses(t *testing.T) {
	for _, c := range []struct {
		dim  int
		cfg  ForecasterConfig
		want string
	}{
		{2, ForecasterConfig{Model: "cnf"}, `no model "cnf"`},
		{3, ForecasterConfig{Model: HamiltonianModel}, "an even number of columns, not 3"},
		{2, ForecasterConfig{Model: HamiltonianModel, Time: true}, "depends on time"},
		{2, ForecasterConfig{Model: HamiltonianModel, Augment: 1}, "no further channels"},
		{2, ForecasterConfig{Model: SecondOrderModel, Augment: 1}, "no further channels"},
		{2, ForecasterConfig{Model: NodeModel, Augment: 1}, "no further channels"},
	} {
		_, err := NewForecaster(c.dim, c.cfg)
		wantError(t, err, c.want)
	}
	for _, c := range []ForecasterConfig{{}, {Augment: 1}, {Model: AugmentedModel}, {Model: SecondOrderModel, Time: true},
		{Model: HamiltonianModel}} {
		m, n := modelled(t, 2, c), 0
		for _, p := range m.field.Params() {
			n += p.Size()
		}
		if got := m.cfg.weights(2); got != float64(n) {
			t.Errorf("%+v: counted %g weights of %d", c, got, n)
		}
		if diff := cmp.Diff(m.cfg, m.cfg.withDefaults()); diff != "" {
			t.Error(diff)
		}
	}
}

// Every model is trained, saved and loaded, and forecasts what it did, from a row of a table too.
func TestFitModels(t *testing.T) {
	for _, model := range ForecasterModels() {
		s := lynxHare(t)
		f := fit(t, s, quick(FitConfig{HoldOut: 3, Model: ForecasterConfig{Model: model, Hidden: []int{5}}}))
		if log := f.All.LogRMSE != nil; log != (model != HamiltonianModel) {
			t.Errorf("%s: logarithms %t", model, log)
		}
		dir := t.TempDir() + "/run"
		save(t, f, dir, nil)
		g, err := LoadFitted(dir)
		if err != nil {
			t.Fatal(err)
		}
		if g.Config.Model.Model != model {
			t.Errorf("%s came back as %s", model, g.Config.Model.Model)
		}
		a, err := f.ForecastFrom(s, 20, []float64{1920, 1922})
		if err != nil {
			t.Fatalf("%s: %v", model, err)
		}
		b, err := g.ForecastFrom(s, 20, []float64{1920, 1922})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s: %s", model, diff)
		}
		if d := math.Abs(a.X[0][0] - s.X[20][0]); d > 1e-9*s.X[20][0] {
			t.Errorf("%s: begins %g beside the row", model, d)
		}
		_, err = f.ForecastFrom(s, 0, []float64{1901})
		if model == SecondOrderModel {
			wantError(t, err, "a complete row before it")
		} else if err != nil {
			t.Error(err)
		}
		if _, err := f.NewReport(2, nil); err != nil {
			t.Errorf("%s: %v", model, err)
		}
	}
}
