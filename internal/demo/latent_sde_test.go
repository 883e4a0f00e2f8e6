package demo

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// A few steps teach little. What is known of them: the bound is below the likelihood by the true law, and a forecast is no
// better than that of the filter, which knows the equations, but for chance: of 16 series by a quarter, 1/√16, at most.
func TestLatentSDE(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	r, err := LatentSDE(context.Background(), Options{Out: out, Seed: 1, Quick: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Figures) != 6 || len(r.Files) != 6 {
		t.Fatalf("%d figures, files %q", len(r.Figures), r.Files)
	}
	for i, f := range r.Figures {
		var known float64
		if _, err := fmt.Sscanf(f.Published, "%g", &known); err != nil || math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
			t.Errorf("%s: %g, beside %q", f.Name, f.Value, f.Published)
		}
		if i == 3 && !(f.Value < known) || i == 4 && !(f.Value > 0.75*known && f.Value < 3) {
			t.Errorf("%s is %g, beside %q", f.Name, f.Value, f.Published)
		}
	}
	for _, name := range r.Files {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What paths are held against is their law: over 2000 paths of 65 times each, moments at one time have standard errors of
// 0.57/√2000 and 0.57/√4000, and a correlation, of some independent pairs a path, less than 1/√2000.
func TestPathsOfTheProcess(t *testing.T) {
	const n = 2000
	var all [][][]float64
	for _, p := range ouPaths(3, n, ouEnd) {
		var path [][]float64
		for _, z := range p.z {
			path = append(path, []float64{z})
		}
		all = append(all, path)
	}
	m := momentsOf(all)
	check := func(what string, got, want, deviation float64) {
		if math.Abs(got-want) > 4*deviation {
			t.Errorf("%s is %g, want %g with the deviation %g", what, got, want, deviation)
		}
	}
	for _, i := range []int{0, 20, 64} {
		check("the mean", m.mean[i], ouMean, ouDeviation/math.Sqrt(n))
		check("the standard deviation", m.deviation[i], ouDeviation, ouDeviation/math.Sqrt(2*n))
	}
	for _, lag := range []int{1, ouPerUnit, 2 * ouPerUnit} {
		check("the correlation", m.correlation[lag], math.Exp(-ouRate*ouGrid(lag)), 1/math.Sqrt(n))
	}
}

// The filter against the normal distribution of the first two observations, of covariance v² e^(−t) beside v² + r².
func TestFilterOfTheProcess(t *testing.T) {
	s := *ouPaths(5, 1, 1)[0].series
	s.Times, s.Values = s.Times[:2], s.Values[:2]
	v, r := ouDeviation*ouDeviation, ouNoise*ouNoise
	a, b, c := s.Values[0][0]-ouMean, s.Values[1][0]-ouMean, v*math.Exp(-ouRate*s.Times[1])
	det := (v+r)*(v+r) - c*c
	want := -0.5*((v+r)*(a*a+b*b)-2*c*a*b)/det - 0.5*math.Log(det) - math.Log(2*math.Pi)
	got, mean, variance := ouFilter(&s, s.Times[1])
	if math.Abs(got-want) > 1e-12*math.Abs(want) {
		t.Errorf("ln p is %.15g, want %.15g", got, want)
	}
	// The regression of the second z on both.
	ga, gb := (c*(v+r)-v*c)/det, (v*(v+r)-c*c)/det
	if m, w := ouMean+ga*a+gb*b, v-ga*c-gb*v; math.Abs(mean-m) > 1e-12 || math.Abs(variance-w) > 1e-12 {
		t.Errorf("mean %g and variance %g, want %g and %g", mean, variance, m, w)
	}
}
