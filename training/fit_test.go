package training

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"gorgonode/solvers"
)

func fit(t *testing.T, s *Series, c FitConfig) *Fitted {
	t.Helper()
	f, err := Fit(t.Context(), s, c, FitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// quick learns little.
func quick(c FitConfig) FitConfig {
	c.WindowSteps, c.WholeSteps = 3, 3
	return c
}

// weights are all numbers that a model has learned.
func weights(f *Fitted) (all []float64) {
	for _, p := range f.Model.Params() {
		all = append(all, p.Float64s()...)
	}
	return all
}

// thinned drops values, or whole rows, of the pelts: every n-th from the k-th on.
func thinned(t *testing.T, rows bool, k, n int) *Series {
	s := lynxHare(t)
	out := *s
	out.T, out.X, out.Lines = nil, nil, nil
	at := 0
	for i, row := range s.X {
		if rows && i%n == k {
			continue
		}
		row = append([]float64(nil), row...)
		for j := range row {
			if at++; !rows && at%n == k {
				row[j] = math.NaN()
			}
		}
		out.T, out.X = append(out.T, s.T[i]), append(out.X, row)
	}
	return &out
}

// What is missing doesn't keep the rest from being learned: with a fifth of the values gone, with a quarter of the rows
// gone, and with both columns never seen together.
func TestFitWithGaps(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for seconds")
	}
	alternate := thinned(t, false, -1, 2)
	for i := range alternate.X {
		alternate.X[i][i%2] = math.NaN()
	}
	for name, c := range map[string]struct {
		s    *Series
		cfg  FitConfig
		most float64 // RMSE of log pelts
	}{
		"values":       {thinned(t, false, 2, 5), FitConfig{HoldOut: 3}, 0.25},
		"rows":         {thinned(t, true, 2, 4), FitConfig{HoldOut: 2}, 0.25},
		"rows in time": {thinned(t, true, 2, 4), FitConfig{Model: ForecasterConfig{Time: true}}, 0.25},
		"alternate":    {alternate, FitConfig{}, 0.3},
	} {
		t.Run(name, func(t *testing.T) {
			c.cfg.WindowSteps, c.cfg.WholeSteps = 150, 250
			f := fit(t, c.s, c.cfg)
			if v := *f.All.LogRMSE; !(v < c.most) {
				t.Errorf("RMSE of log pelts %.3f, want below %g (train %.3f)", v, c.most, *f.Train.LogRMSE)
			} else {
				t.Logf("RMSE of log pelts %.3f", v)
			}
		})
	}
}

// The result depends on the seed and the training rows, and on nothing else.
func TestFitDepends(t *testing.T) {
	s := lynxHare(t)
	c := quick(FitConfig{HoldOut: 3})
	base := weights(fit(t, s, c))
	if diff := cmp.Diff(base, weights(fit(t, s, c))); diff != "" {
		t.Errorf("twice: %s", diff)
	}
	other := lynxHare(t)
	for i := s.Len() - 3; i < s.Len(); i++ {
		other.X[i][0] *= 7
	}
	if diff := cmp.Diff(base, weights(fit(t, other, c))); diff != "" {
		t.Errorf("held-out values leak: %s", diff)
	}
	other.X[s.Len()-4][0] *= 7
	if cmp.Equal(base, weights(fit(t, other, c))) {
		t.Error("a training value has no effect")
	}
	c.Model.Seed = 5
	if cmp.Equal(base, weights(fit(t, s, c))) {
		t.Error("the seed has no effect")
	}
}

// Each setting of the training has an effect.
func TestFitSettings(t *testing.T) {
	s := lynxHare(t)
	base := weights(fit(t, s, quick(FitConfig{})))
	for name, c := range map[string]FitConfig{
		"length":     {Length: 3},
		"batch":      {Batch: 3},
		"learn rate": {LearnRate: 0.01},
		"no decay":   {Decay: -1},
		"no clip":    {ClipNorm: -1},
		"scaling":    {Scaling: "standardise"},
		"step":       {Model: ForecasterConfig{Step: 0.5}},
		"rtol":       {Model: ForecasterConfig{RTol: 1e-2}},
		"time":       {Model: ForecasterConfig{Time: true}},
		"adjoint":    {Model: ForecasterConfig{Gradient: "adjoint"}},
		"activation": {Model: ForecasterConfig{Activation: "tanh"}},
	} {
		if got := weights(fit(t, s, quick(c))); cmp.Equal(base, got) {
			t.Errorf("%s has no effect", name)
		}
	}
	none := quick(FitConfig{})
	none.WindowSteps = -1
	if f := fit(t, s, none); f.Steps != 3 || f.BestStep < 1 {
		t.Errorf("without windows: %d steps, best %d", f.Steps, f.BestStep)
	}
	none = quick(FitConfig{})
	none.WholeSteps = -1
	if f := fit(t, s, none); f.Steps != 3 || f.BestStep != 0 {
		t.Errorf("windows alone: %d steps, best %d", f.Steps, f.BestStep)
	}
}

// Every method of integration can be trained through, with either gradient.
func TestFitMethods(t *testing.T) {
	for _, m := range solvers.Methods() {
		for _, gradient := range []string{"backprop", "adjoint"} {
			c := FitConfig{WindowSteps: 1, WholeSteps: 1, Model: ForecasterConfig{Method: m.Name(), Gradient: gradient, RTol: 1e-3,
				ATol: 1e-4}}
			f, err := Fit(t.Context(), lynxHare(t), c, FitOptions{})
			if err != nil {
				t.Errorf("%s, %s: %v", m.Name(), gradient, err)
			} else if !(f.All.ScaledRMSE < 10) {
				t.Errorf("%s, %s: scaled error %g", m.Name(), gradient, f.All.ScaledRMSE)
			}
		}
	}
}

// Patience ends the second phase; what is kept is its best step.
func TestFitKeepsTheBest(t *testing.T) {
	var b bytes.Buffer
	// Steps this large make the loss jump up and down.
	c := FitConfig{WindowSteps: 5, WholeSteps: 200, LearnRate: 0.1, Patience: 4}
	f, err := Fit(t.Context(), lynxHare(t), c, FitOptions{Metrics: NewMetricsWriter(&b)})
	if err != nil {
		t.Fatal(err)
	}
	best, bestStep, last := math.Inf(1), 0, 0
	for line := range bytes.Lines(b.Bytes()) {
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if last++; r.Step != last {
			t.Fatalf("step %d after %d", r.Step, last-1)
		}
		_, inWindow := r.Values[windowLossName]
		loss, inWhole := r.Values[trajectoryLossName]
		if inWindow == inWhole || inWindow != (r.Step <= 5) || !(r.Values[evaluationsName] >= 7) ||
			!(r.Values[gradientNormName] > 0) {
			t.Fatalf("%+v", r)
		}
		if inWhole && loss < best {
			best, bestStep = loss, r.Step
		}
	}
	if f.BestStep != bestStep || f.Steps != last || last != bestStep+4 || last >= 205 {
		t.Errorf("best step %d of %d, want %d, and an end 4 steps later", f.BestStep, f.Steps, bestStep)
	}
	// Both are the mean square of scaled errors over the training rows.
	if got := f.Train.ScaledRMSE * f.Train.ScaledRMSE; math.Abs(got-best) > 1e-9*best {
		t.Errorf("the kept model has loss %g, the best step had %g", got, best)
	}
}

func TestFitStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	_, err := Fit(ctx, lynxHare(t), FitConfig{WholeSteps: 1_000_000},
		FitOptions{Metrics: NewMetricsWriter(writerFunc(func(p []byte) (int, error) {
			if n++; n == 302 {
				cancel()
			}
			return len(p), nil
		}))})
	wantError(t, err, "stopped before step 302")
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	full := errors.New("disk full")
	_, err = Fit(t.Context(), lynxHare(t), FitConfig{}, FitOptions{Metrics: NewMetricsWriter(writerFunc(func([]byte) (int,
		error) {
		return 0, full
	}))})
	if !errors.Is(err, full) {
		t.Error(err)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A model that leaves all bounds is an error, and not a result.
func TestFitDiverges(t *testing.T) {
	c := FitConfig{LearnRate: 1e200, Model: ForecasterConfig{Method: "Euler", Step: 1}}
	if _, err := Fit(t.Context(), lynxHare(t), c, FitOptions{}); err == nil {
		t.Error("no error")
	} else if err := c.Check(lynxHare(t)); err != nil {
		t.Errorf("an error of the training is told beforehand: %v", err)
	}
}
