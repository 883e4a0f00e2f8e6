package ude

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"gorgonode/training"
)

func fitted(t *testing.T, text string, s *training.Series, c Config) *Fitted {
	t.Helper()
	f, err := Fit(context.Background(), model(t, text), s, c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Max(1e-300, math.Abs(want))) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// The 97.5 % quantiles of Student's distribution with 5 and 10 degrees of freedom, and those of χ² with 5 at either end,
// from tables.
const (
	t5, t10       = 2.570582, 2.228139
	chiLow, chiUp = 0.831212, 12.832502
)

// x' = a, x(0) = 0 is a regression through the origin: a = Σty/Σt², its standard error σ/√Σt², σ² = S/(n−1), its interval
// Student's, which is that of the profile too, and the interval of σ² that of χ². The likelihood is with S/n. The optimiser
// stops at a slope of 1e-6, far below a thousandth of a standard error.
func TestRegression(t *testing.T) {
	times, values := []float64{0, 1, 2, 3, 4, 5}, []float64{0.3, 1.8, 4.4, 5.7, 8.3, 9.6}
	s := &training.Series{Name: "line", TimeName: "t", Names: []string{"x"}, T: times}
	var ty, tt, squares float64
	for i, v := range values {
		s.X = append(s.X, []float64{v})
		ty, tt = ty+times[i]*v, tt+times[i]*times[i]
	}
	a := ty / tt
	for i, v := range values {
		squares += (v - a*times[i]) * (v - a*times[i])
	}
	n := float64(len(values))
	sigma := math.Sqrt(squares / (n - 1))
	f := fitted(t, "x'=a\npar a=-3 free\ninit x=0", s, Config{Start: "single", Steps: 20})
	es, err := f.Estimates()
	if err != nil {
		t.Fatal(err)
	}
	near(t, "slope", es[0].Value, a, 1e-5)
	near(t, "standard error", *es[0].StdErr, sigma/math.Sqrt(tt), 1e-5)
	near(t, "upper end", *es[0].High-a, t5*sigma/math.Sqrt(tt), 1e-4)
	near(t, "noise", es[1].Value, sigma, 1e-5)
	near(t, "lower end of the noise", *es[1].Low, math.Sqrt(squares/chiUp), 1e-5)
	near(t, "upper end of the noise", *es[1].High, math.Sqrt(squares/chiLow), 1e-5)
	near(t, "−ln L", f.NLL, n/2*(1+math.Log(2*math.Pi*squares/n)), 1e-6)
	p, err := f.Profile(context.Background(), "A")
	if err != nil {
		t.Fatal(err)
	}
	// between the points the root of the rise is taken for straight, which it is to a few percent
	half := t5 * sigma / math.Sqrt(tt)
	near(t, "lower end of the profile", a-p.Low, half, 0.03)
	near(t, "upper end of the profile", p.High-a, half, 0.03)
}

// x' = 0 with Poisson noise: the estimate is the mean, its standard error √(mean/n).
func TestPoisson(t *testing.T) {
	s := table(t, "t,x\n0,3\n1,5\n2,\n3,2\n4,6\n")
	f := fitted(t, "x'=0\ninit x=1 free>0", s, Config{Noise: "poisson", Start: "growing", Steps: 50})
	es, err := f.Estimates()
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean", es[0].Value, 4, 1e-5)
	near(t, "standard error", *es[0].StdErr, 1, 1e-5)
	want := 0.0
	for _, y := range []float64{3, 5, 2, 6} {
		g, _ := math.Lgamma(y + 1)
		want += 4 - y*math.Log(4) + g
	}
	near(t, "−ln L", f.NLL, want, 1e-9)
}

// An oscillator of which the position alone is seen, with gaps: rate and the velocity at the beginning come out to
// their errors, by each start that does not want all states, by an implicit method too, and with the column's own name.
func TestUnobservedState(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	s := &training.Series{Name: "spring", TimeName: "t", Names: []string{"Position"}}
	for k := range 25 {
		at := float64(k) / 4
		v := math.Cos(1.5*at) + 0.4/1.5*math.Sin(1.5*at) + 0.02*rng.NormFloat64()
		if k%5 == 2 {
			v = math.NaN()
		}
		s.T, s.X = append(s.T, at), append(s.X, []float64{v})
	}
	text := "x'=v\nv'=-k*x\npar k=1 free>0\ninit x=1, v=0 free"
	for start, method := range map[string]string{"auto": "dopri5", "multiple-shooting": "dopri5", "growing": "kvaerno5"} {
		f := fitted(t, text, s, Config{Start: start, Method: method, Steps: 60, Columns: map[string]string{"Position": "x"}})
		es, err := f.Estimates()
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []float64{2.25, 0.4} {
			if d := math.Abs(es[i].Value - want); d > 4**es[i].StdErr {
				t.Errorf("%s: %s is %v ± %v, want %v", start, es[i].Name, es[i].Value, *es[i].StdErr, want)
			}
		}
		if c, err := f.Correlation(); err != nil || len(c) != 2 || math.Abs(c[0][0]-1) > 1e-12 || c[0][1] != c[1][0] {
			t.Errorf("%s: correlation %v, %v", start, c, err)
		}
		if _, err := f.ForecastFrom(s, 3, []float64{7}); err == nil || !strings.Contains(err.Error(), `"v" is not observed`) {
			t.Errorf("%s: got %v", start, err)
		}
	}
}

func TestSaved(t *testing.T) {
	s := table(t, "when,X\n0,1\n1,1.6\n2,2.7\n3,4.4\n4,7\n5,11\n")
	f := fitted(t, "x'=a*x+f(x/10)\npar a=0.3 free>0\ninit x=1 free>0\nnet f(u)=mlp(hidden=[2])", s,
		Config{Steps: 30, HoldOut: 1, Start: "single"})
	dir := filepath.Join(t.TempDir(), "run")
	w, err := training.CreateRun(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Save(w); err != nil {
		t.Fatal(err)
	}
	report, err := f.NewReport(2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Write(w); err != nil {
		t.Fatal(err)
	}
	run, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"missing-f.csv", "missing-f-grid.csv", "missing-f.png", "fit.svg", "residuals.png",
		"model.ode"} {
		if _, err := run.Path(name); err != nil {
			t.Error(err)
		}
	}
	if !Is(run) {
		t.Error("the run does not know what it is")
	}
	back, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	other := table(t, "when,Y\n0,1\n1,1.6\n2,2.7\n")
	for want, try := range map[string]func() (*training.Series, error){
		"no row -1":         func() (*training.Series, error) { return f.ForecastFrom(s, -1, []float64{7}) },
		"no row 6":          func() (*training.Series, error) { return f.ForecastFrom(s, 6, []float64{7}) },
		`the columns ["Y"]`: func() (*training.Series, error) { return f.ForecastFrom(other, 0, []float64{7}) },
		"no series":         func() (*training.Series, error) { return f.ForecastFrom(nil, 0, []float64{7}) },
	} {
		if _, err := try(); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.HasPrefix(err.Error(), "ude: forecast: ") {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	times := []float64{0, 2.5, 8}
	a, err := f.Forecast(times)
	if err != nil {
		t.Fatal(err)
	}
	b, err := back.Forecast(times)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(a.X) != fmt.Sprint(b.X) || back.NLL != f.NLL {
		t.Errorf("%v and %v after loading", a.X, b.X)
	}
	terms, err := back.Terms()
	if err != nil {
		t.Fatal(err)
	}
	if len(terms) != 1 || strings.Join(terms[0].Inputs, "") != "x/10" || len(terms[0].Grid) != 101 ||
		len(terms[0].Along[0]) != 3 {
		t.Errorf("terms %v", terms[0].Inputs)
	}
}
