package density

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"gorgonode/layers/flow"
	"gorgonode/training"
	"gorgonode/training/toy"
)

// Each model, small and trained for a short while, has on fresh rows of the two moons a mean of −ln p that is lower than
// that of the best normal distribution by 0.25 nats or more; and none is lower than the entropy but for chance.
func TestFitTwoMoons(t *testing.T) {
	moons := toy.TwoMoons(0.1)
	train, fresh := moons.Sample(1000, 1), moons.Sample(1000, 2)
	gauss, err := Gaussian(train, fresh)
	if err != nil {
		t.Fatal(err)
	}
	least := moons.Entropy()
	t.Logf("one Gaussian %.3f, the entropy %.3f", gauss, least)
	for _, c := range []Config{
		{Model: CNF, Hidden: []int{32, 32}, Steps: 150, Batch: 128, LearnRate: 0.05, Tolerance: 1e-3, Every: 150},
		{Model: FlowMatching, Hidden: []int{32, 32}, Steps: 500, Batch: 256, LearnRate: 0.02, Every: 500},
		{Model: RealNVP, Hidden: []int{24}, Flows: 6, Steps: 300, Batch: 128, LearnRate: 0.01, Every: 100},
		{Model: Glow, Hidden: []int{24}, Flows: 6, Steps: 300, Batch: 128, LearnRate: 0.01, Every: 100},
	} {
		t.Run(string(c.Model), func(t *testing.T) {
			f, err := Fit(context.Background(), train, c, Options{})
			if err != nil {
				t.Fatalf("%+v", err)
			}
			got, err := f.meanNLL(fresh)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("train %.3f, held out %.3f, fresh %.3f, best after %d steps", f.Train, f.HeldOut, got, f.BestStep)
			if got > gauss-0.25 || got < least-0.1 {
				t.Errorf("−ln p is %.3f, that of one Gaussian %.3f, the entropy %.3f", got, gauss, least)
			}
		})
	}
}

// quick is a configuration for what does not need a good fit.
func quick(m Model) Config {
	return Config{Model: m, Hidden: []int{6}, Flows: 1, Steps: 6, Batch: 32, Every: 2, Tolerance: 1e-3, Seed: 3}
}

func fitted(t *testing.T, rows [][]float64, c Config, o Options) *Fitted {
	t.Helper()
	f, err := Fit(context.Background(), rows, c, o)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return f
}

// The units of the table are no matter: rows that are scaled by a power of two and fitted have the same densities, less
// what the scale takes, for all that training sees is the same to the last bit but for the means.
func TestUnits(t *testing.T) {
	rows := toy.Pinwheel().Sample(80, 1)
	large := make([][]float64, len(rows))
	for i, r := range rows {
		large[i] = []float64{1024 * r[0], 1024 * r[1]}
	}
	for _, m := range []Model{FlowMatching, Glow} {
		a, b := fitted(t, rows, quick(m), Options{}), fitted(t, large, quick(m), Options{})
		if d := b.HeldOut - a.HeldOut; math.Abs(d-2*math.Log(1024)) > 1e-6 {
			t.Errorf("%s: the scale of 1024 costs %.9g nats, want %.9g", m, d, 2*math.Log(1024))
		}
	}
}

// What is saved comes back bit for bit, and two fits of one seed are one.
func TestSaveLoad(t *testing.T) {
	rows := toy.EightGaussians().Sample(60, 1)
	for _, m := range Models() {
		f := fitted(t, rows, quick(m), Options{})
		g, err := Load(kept(t, f).Dir)
		if err != nil {
			t.Fatal(err)
		}
		again := fitted(t, rows, quick(m), Options{})
		for name, h := range map[string]*Fitted{"loaded": g, "fitted again": again} {
			if h.Train != f.Train || h.HeldOut != f.HeldOut || h.Steps != f.Steps || h.BestStep != f.BestStep || h.Dim != f.Dim {
				t.Errorf("%s, %s: %+v, want %+v", m, name, h, f)
			}
			a, err := f.LogProb(rows[:5])
			if err != nil {
				t.Fatal(err)
			}
			b, err := h.LogProb(rows[:5])
			if err != nil {
				t.Fatal(err)
			}
			x, err := f.Sample(3, 7)
			if err != nil {
				t.Fatal(err)
			}
			y, err := h.Sample(3, 7)
			if err != nil {
				t.Fatal(err)
			}
			if a[4] != b[4] || x[2][1] != y[2][1] {
				t.Errorf("%s, %s: ln p %v and a sample %v, want %v and %v", m, name, b, y, a, x)
			}
		}
	}
}

// Several flows in a row, an estimated trace, penalties and metrics go together; the held-out rows are looked at every two
// steps and at the end, and the weights of the best look are kept.
func TestFitLooks(t *testing.T) {
	rows := toy.Pinwheel().Sample(60, 2)
	for i, r := range rows {
		rows[i] = append(r, r[0]*r[1])
	}
	c := quick(CNF)
	c.Flows, c.Penalty = 2, flow.Penalty{Kinetic: 0.01, Jacobian: 0.01}
	var b bytes.Buffer
	f := fitted(t, rows, c, Options{Metrics: training.NewMetricsWriter(&b)})
	if n := strings.Count(b.String(), "held_out_nll"); n != 2 || f.Steps != 6 || f.BestStep%2 != 0 || f.BestStep == 0 {
		t.Errorf("%d looks, %d steps, best %d: %s", n, f.Steps, f.BestStep, b.String())
	}
	if !f.Config.estimates(3) || f.Config.estimates(2) {
		t.Error("the trace of three columns should be estimated, and that of two exact")
	}
	c.HoldOut = -1
	if f = fitted(t, rows, c, Options{}); !math.IsNaN(f.HeldOut) || f.BestStep != 6 {
		t.Errorf("held out %g, best %d, want none and 6", f.HeldOut, f.BestStep)
	}
}

func TestPlot(t *testing.T) {
	rows := toy.EightGaussians().Sample(40, 1)
	f := fitted(t, rows, quick(RealNVP), Options{})
	fig, err := f.Plot("density", [2]string{"x", "y"}, [2]float64{-4, -4}, [2]float64{4, 4}, rows)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"png", "svg"} {
		var b bytes.Buffer
		if err := fig.Encode(&b, format); err != nil || b.Len() < 1000 {
			t.Errorf("%s: %d bytes, %v", format, b.Len(), err)
		}
	}
	f.Dim = 3
	if _, err := f.Plot("", [2]string{}, [2]float64{}, [2]float64{1, 1}, nil); err == nil {
		t.Error("three columns in a plane are no error")
	}
}

func TestFitRefuses(t *testing.T) {
	rows := toy.Checkerboard().Sample(10, 1)
	for want, c := range map[string]Config{
		"no model":             {Model: "other"},
		"no time layer":        {Time: "other"},
		"no trace":             {Trace: "other"},
		"flow matching trains": {Model: FlowMatching, Flows: 2},
		"a penalty is for":     {Model: Glow, Penalty: flow.Penalty{Kinetic: 1}},
		"optimal transport":    {Model: CNF, OptimalTransport: true},
		"none may be":          {Batch: -1},
		"widths":               {Hidden: []int{0}},
		"learning rate":        {LearnRate: math.NaN()},
		"less than 1":          {HoldOut: 1},
		"about 4.3e+09 weight": {Hidden: []int{65536, 65536}},
		"at most 1000":         {Model: RealNVP, Flows: 1 << 40},
		"at least 2 to train":  {HoldOut: 0.95},
		"patience needs":       {HoldOut: -1, Patience: 3},
		"σ is 2":               {Model: FlowMatching, Sigma: 2},
	} {
		if _, err := Fit(context.Background(), rows, c, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q: %v", want, err)
		}
	}
	for want, rows := range map[string][][]float64{
		"no data":                 nil,
		"row 2 has 1 numbers":     {{1, 2}, {3}},
		"row 1, column x2 is NaN": {{1, math.NaN()}, {3, 4}},
	} {
		if _, err := Fit(context.Background(), rows, Config{}, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q: %v", want, err)
		}
	}
	if _, err := Fit(context.Background(), [][]float64{{1}, {2}, {3}}, quick(Glow), Options{}); err == nil {
		t.Error("a Glow of one column is no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fit(ctx, rows, quick(RealNVP), Options{}); err == nil || !strings.Contains(err.Error(), "stopped") {
		t.Errorf("a cancelled fit: %v", err)
	}
	if _, err := Gaussian([][]float64{{1, 1}, {2, 2}}, rows); err == nil {
		t.Error("a singular covariance is no error")
	}
}

// Four points have a mean of −ln p that can be written down.
func TestGaussian(t *testing.T) {
	rows := [][]float64{{1, 0}, {-1, 0}, {0, 1}, {0, -1}}
	got, err := Gaussian(rows, rows)
	if err != nil {
		t.Fatal(err)
	}
	// The covariance is ⅔ I, and every point is at distance 1: −ln p = ½·3/2 + ln(2π·⅔).
	if want := 0.75 + math.Log(2*math.Pi*2/3); math.Abs(got-want) > 1e-14 {
		t.Errorf("%.15g, want %.15g", got, want)
	}
}
