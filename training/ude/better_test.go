package ude

import (
	"context"
	"math"
	"testing"
)

// A slope max(a, 1) says nothing about a < 1, so a fit from there stays. The profile of what is not determined goes over
// half of the first value to either side, up to 1.35, meets the slope of the data, 1.25, and says that there is a better
// fit.
func TestBetter(t *testing.T) {
	s := table(t, "t,x\n0,0.01\n1,1.24\n2,2.53\n3,3.74\n4,5.02\n")
	f := fitted(t, "x'=max(a,1)\npar a=0.9 free\ninit x=0", s, Config{Start: "single"})
	p, err := f.Profile(context.Background(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if value, fall, found := p.Better(); !found || math.Abs(value-1.25) > 0.45/profilePoints || !(fall > 1) {
		t.Errorf("%v, %v, %v", value, fall, found)
	}
	p = &Profile{Name: "a", Values: []float64{1, 2, 3, 4, 5}, Rise: []float64{4, 1, 0, -4, 0}, Threshold: 2}
	value, fall, found := p.Better()
	if value != 4 || fall != 4 || !found {
		t.Errorf("%v, %v, %v", value, fall, found)
	}
	near(t, "lower end", p.crossing(-1, math.NaN()), 4-math.Sqrt(0.5), 1e-12)
	report, err := f.NewReport(0, []*Profile{p}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := report.Summary.Better; len(got) != 1 || got[0] != (Better{"a", 4, 4}) {
		t.Errorf("%+v", got)
	}
	p.Rise[3] = -slack / 2
	if _, _, found := p.Better(); found {
		t.Error("rounding is a better fit")
	}
}
