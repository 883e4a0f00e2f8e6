package ude

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gorgonode/training"
)

// decay are rows of e⁻ᵗ up to t = 2, all with noise of 0.02, the first too.
func decay(rows int, rng *rand.Rand) *training.Series {
	s := &training.Series{Name: "decay", TimeName: "t", Names: []string{"y"}}
	for k := range rows {
		at := 2 * float64(k) / float64(rows-1)
		s.T, s.X = append(s.T, at), append(s.X, []float64{math.Exp(-at) + 0.02*rng.NormFloat64()})
	}
	return s
}

// An initial value of which the file says nothing is an unknown with a datum, and 95 % intervals hold 95 %. The number of
// 160 intervals that hold has a standard deviation of 2.8, and four of them are 11. The mean of 160 squares of the scale
// of noise has the relative one √(2/ν/160), ν = n − 2; how much the model bends over noise of 0.02 counts for the order of
// 0.02².
func TestCoverage(t *testing.T) {
	const sets = 160
	m := model(t, "y'=-a*y\npar a=1 free")
	for _, rows := range []int{5, 20} {
		rng := rand.New(rand.NewPCG(uint64(rows), 1))
		holds, squares := map[string]int{}, 0.0
		for range sets {
			f, err := Fit(context.Background(), m, decay(rows, rng), Config{Start: "single", Steps: -1}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			es, err := f.Estimates()
			if err != nil {
				t.Fatal(err)
			}
			if len(es) != 3 {
				t.Fatalf("%+v", es)
			}
			for i, truth := range []float64{1, 1, 0.02} {
				if *es[i].Low < truth && truth < *es[i].High {
					holds[es[i].Name]++
				}
			}
			squares += es[2].Value * es[2].Value / (0.02 * 0.02)
		}
		t.Logf("%d rows: of %d intervals hold %v; mean of σ̂²/σ² %.3f", rows, sets, holds, squares/sets)
		for _, name := range []string{"a", "y(0)", "sigma(y)"} {
			if d := holds[name] - sets*95/100; d < -11 || d > 11 {
				t.Errorf("%d rows: %d of %d intervals hold %s", rows, holds[name], sets, name)
			}
		}
		if d := squares/sets - 1; math.Abs(d) > 4*math.Sqrt(2/float64(rows-2)/sets)+0.002 {
			t.Errorf("%d rows: the square of the scale of noise is off by %.3f", rows, d)
		}
	}
}

// Two columns of unlike noise, each with a line of its own and a rate in common. x has residuals of 1e-5, so that it alone
// determines the rate, with 6 − 2 degrees of freedom; y keeps 6 − 1 for its initial value.
func TestFreedomOfColumns(t *testing.T) {
	s := &training.Series{Name: "lines", TimeName: "t", Names: []string{"x", "y"}}
	rng := rand.New(rand.NewPCG(3, 4))
	for k := range 6 {
		at := float64(k)
		s.T, s.X = append(s.T, at), append(s.X, []float64{at + 1e-5*rng.NormFloat64(), at + rng.NormFloat64()})
	}
	f := fitted(t, "x'=a\ny'=a\npar a=1 free", s, Config{Start: "single", Steps: -1, RTol: 1e-9, ATol: 1e-9})
	if err := f.inform(); err != nil {
		t.Fatal(err)
	}
	// the other column's part of each is its part of the information, about 1e-10
	for i, want := range []float64{4, 4, 5} {
		near(t, f.problem.named[i].name, f.fisher.freedom[i], want, 1e-6)
	}
	for i, want := range []float64{4, 5} {
		near(t, s.Names[i], f.fisher.left[i], want, 1e-6)
	}
}

// Two columns of equal noise have half of the rate each, and what is left of each is 6 − 1 − 1/2. The rate has all that is left
// of both, 9.
func TestFreedomInCommon(t *testing.T) {
	s := table(t, "t,x,y\n0,0.1,-0.1\n1,1,1\n2,1.8,2.2\n3,3.1,2.9\n4,4.2,3.8\n5,4.9,5.1\n")
	f := fitted(t, "x'=a\ny'=a\npar a=1 free", s, Config{Start: "single", Steps: -1})
	if err := f.inform(); err != nil {
		t.Fatal(err)
	}
	near(t, "what is left of x", f.fisher.left[0], 4.5, 1e-6)
	near(t, "what is left of y", f.fisher.left[1], 4.5, 1e-6)
	near(t, "a", f.fisher.freedom[0], 9, 1e-6)
}

// Two values of y determine its line, whatever the noise; x says nothing of that.
func TestTooFewValues(t *testing.T) {
	s := table(t, "t,x,y\n0,1.1,2\n1,2.2,\n2,2.7,3\n3,4.1,\n")
	f := fitted(t, "x'=a\ny'=b\npar a=1 free b=1 free", s, Config{Start: "single"})
	es, err := f.Estimates()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		want := map[string]Status{"b": TooFewValues, "y(0)": TooFewValues, "sigma(y)": TooFewValues}[e.Name]
		if want == "" {
			want = Determined
		}
		if e.Status != want || (e.StdErr == nil) != (want != Determined) {
			t.Errorf("%+v", e)
		}
	}
	p, err := f.Profile(context.Background(), "b")
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(p.Low) || !math.IsNaN(p.High) {
		t.Errorf("from %v to %v", p.Low, p.High)
	}
	report, err := f.NewReport(0, []*Profile{p}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Write(folder(t)); err != nil {
		t.Error(err)
	}
}

// A column without a value in the first row begins by its first value, and the line comes out.
func TestLateColumn(t *testing.T) {
	f := fitted(t, "x'=a\npar a=1 free", table(t, "t,x\n0,\n1,2.1\n2,2.9\n3,4.1\n4,4.9\n"), Config{Start: "single"})
	near(t, "x(0)", f.Start()[0], 1.1, 1e-5) // least squares by hand: slope 0.96, mean 3.5 at 2.5
	near(t, "a", f.Param("a"), 0.96, 1e-5)
}
