package cde

import (
	"math"
	"math/rand/v2"
	"testing"
)

// through is the path in straight lines through points, without a channel for time.
func through(points ...[]float64) *Path { return straight(points) }

// The log-signature of a straight line is its increment.
func TestLogSignatureOfALine(t *testing.T) {
	p, err := through([]float64{1, 2, 3}, []float64{1.5, 1, 3.25}, []float64{2.5, -1, 3.75}).LogSignatures(3, 2)
	if err != nil {
		t.Fatal(err)
	}
	x := p.increment(0)
	if len(x) != 3+3+8 || p.Intervals() != 1 {
		t.Fatalf("%d coefficients, %d intervals", len(x), p.Intervals())
	}
	for i, want := range []float64{1.5, -3, 0.75} {
		if x[i] != want {
			t.Errorf("coefficient %d: %g, want %g", i, x[i], want)
		}
	}
	for i, c := range x[3:] {
		if math.Abs(c) > 1e-15 {
			t.Errorf("coefficient %v: %g, want 0", Words(3, 3)[3+i], c)
		}
	}
}

// Of two lines x and y it is x + y + [x,y]/2 + [x,[x,y]]/12 + [y,[y,x]]/12 (Baker, Campbell and Hausdorff). Along the
// axes, x = a e₀ and y = b e₁, the coefficients at the words 01, 001 and 011 are ab/2, a²b/12 and ab²/12, since
// [e₁,[e₁,e₀]] has e₀e₁e₁ once.
func TestLogSignatureOfTwoLines(t *testing.T) {
	const a, b = 1.5, -0.7
	p, err := through([]float64{0, 0}, []float64{a, 0}, []float64{a, b}).LogSignatures(3, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{a, b, a * b / 2, a * a * b / 12, a * b * b / 12} {
		if x := p.increment(0)[i]; math.Abs(x-want) > 1e-15 {
			t.Errorf("coefficient %v: %g, want %g", Words(2, 3)[i], x, want)
		}
	}
}

// Depth 2 is the Lévy area: that of the circle x = cos, y = sin is π, and to a polygon of n points n sin(2π/n)/2.
func TestLogSignatureIsTheArea(t *testing.T) {
	const n = 100
	var points [][]float64
	for i := range n + 1 {
		angle := 2 * math.Pi * float64(i) / n
		points = append(points, []float64{math.Cos(angle), math.Sin(angle)})
	}
	p, err := through(points...).LogSignatures(2, n)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.increment(0)[2], n*math.Sin(2*math.Pi/n)/2; math.Abs(got-want) > 1e-13 {
		t.Errorf("area %.15g, want %.15g", got, want)
	}
}

// A path that is walked back again, or cut finer, has the log-signature that it must have: that of the way back is the
// negative.
func TestLogSignatureOfTheWayBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var there, fine [][]float64
	for range 6 {
		there = append(there, []float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()})
	}
	var back [][]float64
	for i := range there {
		back = append(back, there[len(there)-1-i])
		if i > 0 {
			middle := make([]float64, 3)
			for j := range middle {
				middle[j] = there[i-1][j]/4 + there[i][j]*3/4
			}
			fine = append(fine, middle)
		}
		fine = append(fine, there[i])
	}
	logs := map[string][]float64{}
	for name, points := range map[string][][]float64{"there": there, "back": back, "fine": fine} {
		p, err := through(points...).LogSignatures(3, len(points))
		if err != nil {
			t.Fatal(err)
		}
		logs[name] = p.increment(0)
	}
	for i, x := range logs["there"] {
		if math.Abs(x+logs["back"][i]) > 1e-13 || math.Abs(x-logs["fine"][i]) > 1e-13 {
			t.Errorf("coefficient %v: %g there, %g back, %g cut finer", Words(3, 3)[i], x, logs["back"][i], logs["fine"][i])
		}
	}
}

// Windows: the last may be shorter, and depth 1 is the path through every window-th knot.
func TestLogSignatureWindows(t *testing.T) {
	old := through([]float64{0}, []float64{1}, []float64{3}, []float64{2}, []float64{7}, []float64{6})
	p, err := old.LogSignatures(1, 2)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{0, 3, 7, 6} {
		if x := p.At(float64(k)); x[0] != want {
			t.Errorf("knot %d: %g, want %g", k, x[0], want)
		}
	}
	if n := len(Words(5, 3)); n != 5+10+40 {
		t.Errorf("%d words of 5 letters", n)
	}
}
