package toy

import (
	"math"
	"testing"
)

// Every density integrates to 1, and the mean of −ln p over a sample is the entropy within four standard errors: the sample
// is drawn from that density.
func TestDensities(t *testing.T) {
	const n = 4000
	for _, name := range Names() {
		s, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		rows := s.Sample(n, 1)
		for _, r := range rows {
			if math.Abs(r[0]) > s.Reach || math.Abs(r[1]) > s.Reach {
				t.Fatalf("%s: %v is out of reach", name, r)
			}
		}
		if s.LogDensity == nil {
			continue
		}
		const cells = 120
		h, total := 2*s.Reach/cells, 0.0
		for i := range cells {
			for j := range cells {
				total += h * h * math.Exp(s.LogDensity((float64(i)+0.5)*h-s.Reach, (float64(j)+0.5)*h-s.Reach))
			}
		}
		if math.Abs(total-1) > 1e-6 {
			t.Errorf("%s: the density integrates to %.9g", name, total)
		}
		var mean, square float64
		for _, r := range rows {
			l := -s.LogDensity(r[0], r[1])
			mean, square = mean+l/n, square+l*l/n
		}
		want := s.Entropy()
		if e := math.Sqrt((square - mean*mean) / n); math.Abs(mean-want) > 4*e+1e-9 {
			t.Errorf("%s: the mean of −ln p is %.4g ± %.2g, the entropy %.4g", name, mean, e, want)
		}
	}
}

// The checkerboard has the entropy ln 32. Eight Gaussians so far apart have nearly that of one and of the choice, 1 + ln
// 2πσ² + ln 8: neighbours are 6.1σ apart, and what they overlap takes less than 0.02.
func TestEntropy(t *testing.T) {
	if got := Checkerboard().Entropy(); math.Abs(got-math.Log(32)) > 1e-9 {
		t.Errorf("checkerboard: %.10g", got)
	}
	s := EightGaussians()
	most := 1 + math.Log(2*math.Pi/8) + math.Log(8)
	if got := s.Entropy(); got > most || got < most-0.02 {
		t.Errorf("eight Gaussians: %.6g, want a little less than %.6g", got, most)
	}
	if !math.IsNaN(Pinwheel().Entropy()) {
		t.Error("the pinwheel has an entropy")
	}
}

func TestSampleIsAFunctionOfItsSeed(t *testing.T) {
	for _, name := range Names() {
		s, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		a, b, c := s.Sample(5, 1), s.Sample(5, 1), s.Sample(5, 2)
		if a[4][0] != b[4][0] || a[4][1] != b[4][1] || a[4][0] == c[4][0] {
			t.Errorf("%s: %v, again %v, of another seed %v", name, a[4], b[4], c[4])
		}
	}
	if _, err := ByName("other"); err == nil {
		t.Error("there is no set of that name")
	}
}

// The radii are where they belong, and the volume within a radius has its share of points.
func TestConcentricSpheres(t *testing.T) {
	const n, d = 4000, 3
	rows, labels, err := ConcentricSpheres(n, d, 3)
	if err != nil {
		t.Fatal(err)
	}
	var inner, close float64
	for i, r := range rows {
		norm := math.Sqrt(r[0]*r[0] + r[1]*r[1] + r[2]*r[2])
		const rounding = 1e-12
		switch {
		case labels[i] == -1 && norm <= 0.5+rounding:
			inner++
			if norm < 0.25 {
				close++
			}
		case labels[i] == 1 && norm >= 1-rounding && norm <= 1.5+rounding:
		default:
			t.Fatalf("%v, of norm %g, has the label %g", r, norm, labels[i])
		}
	}
	if e := math.Sqrt(0.25 / n); math.Abs(inner/n-0.5) > 4*e {
		t.Errorf("%g of %d points are inside", inner, n)
	}
	if e := math.Sqrt(0.125 * 0.875 / inner); math.Abs(close/inner-0.125) > 4*e {
		t.Errorf("%g of %g inner points are within half the radius", close, inner)
	}
	if _, _, err := ConcentricSpheres(0, 3, 1); err == nil {
		t.Error("no points are no error")
	}
}
