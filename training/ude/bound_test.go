package ude

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"gorgonode/training"
)

// exponential are values of 3 exp(rate t) at eleven times, off by up to a hundredth.
func exponential(rate float64) *training.Series {
	s := &training.Series{Name: "exponential", TimeName: "t", Names: []string{"x"}}
	for k := range 11 {
		at := float64(k) / 4
		s.T = append(s.T, at)
		s.X = append(s.X, []float64{3*math.Exp(rate*at) + 0.01*math.Sin(float64(7*k))})
	}
	return s
}

// line fits x₀ exp(r t) with r given by least squares: x₀ = Σ x e/Σ e², the sum of squares S, and the variance of x₀,
// S/(n−1)/Σ e².
func line(s *training.Series, r float64) (x0, squares, variance float64) {
	var xe, ee float64
	for k, t := range s.T {
		e := math.Exp(r * t)
		xe, ee = xe+s.X[k][0]*e, ee+e*e
	}
	x0 = xe / ee
	for k, t := range s.T {
		d := s.X[k][0] - x0*math.Exp(r*t)
		squares += d * d
	}
	return x0, squares, squares / float64(len(s.T)-1) / ee
}

// A rate that would go on beyond its bound stops there, whatever the kind of bound. The other's standard error is that with
// the rate given, and the profile reaches from where n/2 ln S has risen by the threshold, S/S₀ = 1 + t²/10, to the bound.
func TestAtBound(t *testing.T) {
	for _, c := range []struct {
		free       string
		rate       float64 // of the data
		bound      float64
		profileLow bool // whether the bound is the lower end
	}{
		{"k=0.1 free in [0, 0.5]", -0.7, 0.5, false},
		{"k=0.1 free<0.5", -0.7, 0.5, false},
		{"k=2 free in [1, 4]", -0.7, 1, true},
		{"k=1 free>0", 0.2, 0, true},
	} {
		s := exponential(c.rate)
		f := fitted(t, "x'=-k*x\npar "+c.free+"\ninit x=3 free", s, Config{Start: "single", RTol: 1e-8, ATol: 1e-8})
		es, err := f.Estimates()
		if err != nil {
			t.Fatal(err)
		}
		e := es[0]
		if e.Status != AtBound || e.StdErr != nil || e.Low != nil || e.High != nil || math.Abs(e.Value-c.bound) > 1e-3 {
			t.Errorf("%s: %+v", c.free, e)
		}
		x0, least, variance := line(s, -c.bound)
		if es[1].Status != Determined {
			t.Fatalf("%s: %+v", c.free, es[1])
		}
		near(t, c.free+": x(0)", es[1].Value, x0, 1e-3)
		near(t, c.free+": standard error of x(0)", *es[1].StdErr, math.Sqrt(variance), 1e-3)

		p, err := f.Profile(context.Background(), "k")
		if err != nil {
			t.Fatal(err)
		}
		// the rate at which the rise is at the threshold, by bisection
		inside, outside := c.bound, c.bound-1
		if c.profileLow {
			outside = c.bound + 1
		}
		for range 60 {
			k := (inside + outside) / 2
			if _, squares, _ := line(s, -k); squares/least < 1+t10*t10/10 {
				inside = k
			} else {
				outside = k
			}
		}
		end, bound := p.Low, p.High
		if c.profileLow {
			end, bound = bound, end
		}
		if bound != c.bound {
			t.Errorf("%s: the profile ends at %v, not at the bound", c.free, bound)
		}
		// between the points the root of the rise is taken for straight, which it is to a few percent
		near(t, c.free+": end of the profile", end-c.bound, inside-c.bound, 0.03)
	}
}

// The sign of the slope beyond a bound decides whether an estimate so near is at it. x' = a is a regression through the
// origin with the estimate Σtx/Σt² where that is positive. So near to the bound its interval is that of a parabola in a, cut
// off there, and not one in ln a.
func TestNearBound(t *testing.T) {
	for _, slope := range []float64{0.002, -0.002} {
		s := &training.Series{Name: "level", TimeName: "t", Names: []string{"x"}}
		squares, tt := 0.0, 0.0
		for k, r := range []float64{0.2, 0.3, 0, -0.1, 0, 0} { // orthogonal to the times
			at := float64(k)
			s.T, s.X = append(s.T, at), append(s.X, []float64{slope*at + r})
			squares, tt = squares+r*r, tt+at*at
		}
		f := fitted(t, "x'=a\npar a=1 free>0\ninit x=0", s, Config{Start: "single"})
		es, err := f.Estimates()
		if err != nil {
			t.Fatal(err)
		}
		e := es[0]
		if slope < 0 {
			if e.Status != AtBound {
				t.Errorf("%+v", e)
			}
			continue
		}
		if e.Status != Determined {
			t.Fatalf("%+v", e)
		}
		sd := math.Sqrt(squares / 5 / tt)
		near(t, "estimate", e.Value, slope, 1e-2)
		near(t, "standard error", *e.StdErr, sd, 1e-4)
		near(t, "upper end", *e.High, slope+t5*sd, 1e-3)
		if *e.Low != 0 {
			t.Errorf("the interval begins at %v", *e.Low)
		}
		p, err := f.Profile(context.Background(), "a")
		if err != nil {
			t.Fatal(err)
		}
		near(t, "upper end of the profile", p.High-slope, t5*sd, 0.03)
		if p.Low != 0 {
			t.Errorf("the profile begins at %v", p.Low)
		}
	}
}

// What the data do not say has no standard error, and nothing else is without: a sum of rates is known, and a product of
// two of different sizes, and so is the initial value, as well as if there were one rate.
func TestNotDetermined(t *testing.T) {
	s := exponential(-0.7)
	one, err := fitted(t, "x'=-k*x\npar k=1 free>0\ninit x=3 free", s, Config{Start: "single"}).Estimates()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"x'=-(k+m)*x\npar k=0.3 free, m=0.2 free",
		"x'=-(k+m)*x\npar k=0.3 free>0, m=0.2 free in [0, 2]",
		"x'=-k*m*x\npar k=300 free>0, m=0.001 free",
		"x'=-k*x+0*m\npar k=0.3 free, m=1 free>0", // k is the one that is known
	} {
		f := fitted(t, text+"\ninit x=3 free", s, Config{Start: "single"})
		es, err := f.Estimates()
		if err != nil {
			t.Fatal(err)
		}
		known := strings.Contains(text, "0*m")
		if (es[0].Status == Determined) != known || es[1].Status != NotDetermined || es[1].StdErr != nil {
			t.Errorf("%s: %+v", text, es[:2])
		}
		if es[2].Status != Determined {
			t.Fatalf("%s: %+v", text, es[2])
		}
		near(t, text+": standard error of x(0)", *es[2].StdErr, *one[1].StdErr, 1e-3)
		report, err := f.NewReport(0, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(report.Summary)
		if err != nil {
			t.Fatal(err)
		}
		want := `"correlation":[[null,null,null],[null,null,null],[null,null,1]]`
		if known {
			want = `"correlation":[[1,null,` // and a number
		}
		if !strings.Contains(string(data), want) || !strings.Contains(string(data), `"status":"not determined","std_err":null`) {
			t.Errorf("%s: %s", text, data)
		}
		if _, err := f.Profile(context.Background(), "m"); err != nil {
			t.Error(err)
		}
	}
}

// A bound leaves no doubt about what else the data do not tell: with k at its bound, a + b is known and neither of the two.
func TestBoundAndNullSpace(t *testing.T) {
	f := fitted(t, "x'=-k*x\ny'=a+b\npar k=0.1 free in [0, 0.5], a=1 free, b=1 free>0\ninit x=3 free, y=0 free",
		two(exponential(-0.7)), Config{Start: "single"})
	es, err := f.Estimates()
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, e := range es {
		got += fmt.Sprintf("%s %s, ", e.Name, e.Status)
	}
	want := "k at its bound, a not determined, b not determined, x(0) determined, y(0) determined, " +
		"sigma(x) determined, sigma(y) determined, "
	if got != want {
		t.Errorf("%s", got)
	}
}

// two has a second column y, a line with residuals.
func two(s *training.Series) *training.Series {
	s.Names = append(s.Names, "y")
	for k := range s.X {
		s.X[k] = append(s.X[k], 2*s.T[k]+0.05*math.Cos(float64(5*k)))
	}
	return s
}
