package demo

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// Six steps make no law of a process: its figures are finite, and it is further from the process than two real samples are
// from each other. Clipping holds after the last step too.
func TestSDEGAN(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	r, err := SDEGAN(context.Background(), Options{Out: out, Seed: 1, Quick: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Figures) != 10 || len(r.Files) != 6 {
		t.Fatalf("%d figures, files %q", len(r.Figures), r.Files)
	}
	for i, f := range r.Figures {
		var known float64
		if _, err := fmt.Sscanf(f.Published, "%g", &known); err != nil || math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
			t.Errorf("%s: %g, beside %q", f.Name, f.Value, f.Published)
		}
		if i >= 8 && !(f.Value > known) {
			t.Errorf("%s is %g, beside %q", f.Name, f.Value, f.Published)
		}
	}
	for _, name := range r.Files {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Some steps by both sides: the discriminator stays in its bounds, and the loss, which it lowers, turns negative against a
// generator that hardly moves.
func TestTheDiscriminatorTellsPathsApart(t *testing.T) {
	e := &sdeGAN{Options: Options{Seed: 1, Quick: true}, steps: 40, batch: 32, train: driftingPaths(1, 64)}
	if err := e.build(); err != nil {
		t.Fatal(err)
	}
	if err := e.fit(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, p := range e.discriminator.Params() {
		if s := p.Shape(); len(s) == 2 {
			for _, w := range p.Float64s() {
				if math.Abs(w) > float64(float32(1/float64(s[0]))) {
					t.Errorf("%s has the element %g", p.Name(), w)
				}
			}
		}
	}
	if e.losses[39] >= 0 || !(e.losses[39] < e.losses[0]) {
		t.Errorf("the loss goes from %g to %g", e.losses[0], e.losses[39])
	}
}

// What generated paths are held against is the law of the process, in closed form: over n paths, moments at one time have
// standard errors of at most s/√n and s/√2n, s < 0.9, a correlation less than 1/√n, and the variation, a sum of 32 squares
// of variance about 2·0.17² each, √(32·2·0.17²/n).
func TestLawOfTheDriftingProcess(t *testing.T) {
	const n = 10000
	paths := driftingPaths(3, n)
	check := func(what string, got, want, deviation float64) {
		if math.Abs(got-want) > 4*deviation {
			t.Errorf("%s is %g, want %g with the deviation %g", what, got, want, deviation)
		}
	}
	for _, k := range []int{0, 1, 16, driftingEnd} {
		mean, deviation := momentsAt(paths, k)
		check(fmt.Sprint("mean at ", k), mean, driftingMean(float64(k)), 0.9/math.Sqrt(n))
		check(fmt.Sprint("deviation at ", k), deviation, math.Sqrt(driftingVariance(float64(k))), 0.9/math.Sqrt(2*n))
	}
	for _, lag := range []int{1, 10, 20} {
		check("the correlation", correlationAt(paths, lag), driftingCorrelation(lag), 1/math.Sqrt(n))
	}
	check("the variation", variationOf(paths), driftingVariation(), math.Sqrt(32*2*0.17*0.17/n))
	// The density has these moments, by sums over bins of width h: exact for a smooth one, to h² for one with edges.
	for _, at := range []float64{0, 5, driftingEnd} {
		const h = 1e-3
		var mass, mean, square float64
		for y := -8.0; y < 14; y += h {
			d := h * driftingDensity(at, y+h/2)
			mass, mean, square = mass+d, mean+d*(y+h/2), square+d*(y+h/2)*(y+h/2)
		}
		for i, v := range [][2]float64{{mass, 1}, {mean, driftingMean(at)}, {square - mean*mean, driftingVariance(at)}} {
			if math.Abs(v[0]-v[1]) > 2*h {
				t.Errorf("moment %d of the density at %g is %g, want %g", i, at, v[0], v[1])
			}
		}
	}
	// The mean solves its equation, and the variance its own.
	for _, at := range []float64{0.5, 7, 30} {
		const h = 1e-4
		slope := (driftingMean(at+h) - driftingMean(at-h)) / (2 * h)
		if want := driftingGrowth*at - driftingRate*driftingMean(at); math.Abs(slope-want) > 1e-8 {
			t.Errorf("dm/dt at %g is %g, want %g", at, slope, want)
		}
		slope = (driftingVariance(at+h) - driftingVariance(at-h)) / (2 * h)
		if want := driftingShake*driftingShake - 2*driftingRate*driftingVariance(at); math.Abs(slope-want) > 1e-8 {
			t.Errorf("dv/dt at %g is %g, want %g", at, slope, want)
		}
	}
}

// Paths moved by c at all times are c away at each, and along θ by |c Σ θₖ|, whose mean over directions in d dimensions,
// those of a normal vector, is c √d E|θ₁| = c √d Γ(d/2)/(√π Γ((d+1)/2)). Over 200 directions its relative deviation is that
// of |N|, 0.76, by √200.
func TestDistancesOfLaws(t *testing.T) {
	const c = 0.5
	a := driftingPaths(4, 300)
	b := make([][]float64, len(a))
	for i, p := range a {
		for _, y := range p {
			b[len(a)-1-i] = append(b[len(a)-1-i], y+c)
		}
	}
	if d := marginalDistance(a, b); math.Abs(d-c) > 1e-12 {
		t.Errorf("marginals are %g apart, want %g", d, c)
	}
	d := float64(len(a[0]))
	up, _ := math.Lgamma(d / 2)
	down, _ := math.Lgamma((d + 1) / 2)
	relative := slicedDistance(1, a, b) / c / math.Sqrt(d) / math.Exp(up-down) * math.Sqrt(math.Pi)
	if math.Abs(relative-1) > 4*0.76/math.Sqrt(200) {
		t.Errorf("along directions they are %g of what is expected", relative)
	}
	if d := marginalDistance(a, a) + slicedDistance(1, a, a); d != 0 {
		t.Errorf("a sample is %g from itself", d)
	}
}
