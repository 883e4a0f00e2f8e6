package cde

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Every interpolation goes through what was observed, is continuous, and has the derivative that differences have.
func TestPathGoesThroughTheObservations(t *testing.T) {
	times, values := series(rand.New(rand.NewPCG(1, 1)), 7)
	for interpolation := range interpolations {
		p := paths(t, Options{Interpolation: interpolation, Intensity: true}, times, values)[0]
		every := 1
		if interpolation == Rectilinear {
			every = 2
		}
		if p.Intervals() != every*6 || p.Channels() != 5 {
			t.Fatalf("%v: %d intervals, %d channels", interpolation, p.Intervals(), p.Channels())
		}
		counts := make([]float64, 2)
		for k, row := range values[0] {
			x := p.At(float64(every * k))
			if math.Abs(x[0]-times[0][k]) > 1e-13 {
				t.Errorf("%v: knot %d stands at %g, want %g", interpolation, k, x[0], times[0][k])
			}
			for j, v := range row {
				if math.IsNaN(v) {
					continue
				}
				counts[j]++
				if math.Abs(x[j+1]-v) > 1e-12 || x[j+3] != counts[j] {
					t.Errorf("%v: knot %d, value %d: %g and count %g, want %g and %g", interpolation, k, j, x[j+1], x[j+3], v, counts[j])
				}
			}
		}
		for s := 0.25; s < float64(p.Intervals()); s += 0.5 {
			const h = 1e-6
			up, down, dx := p.At(s+h), p.At(s-h), p.Derivative(s)
			for j := range dx {
				if want := (up[j] - down[j]) / (2 * h); math.Abs(dx[j]-want) > 1e-8*(1+math.Abs(want)) {
					t.Errorf("%v: derivative of channel %d at %g: %g, by differences %g", interpolation, j, s, dx[j], want)
				}
			}
		}
		for k := 1; k < p.Intervals(); k++ {
			before, after := p.At(math.Nextafter(float64(k), 0)), p.At(float64(k))
			for j := range before {
				if math.Abs(before[j]-after[j]) > 1e-12 {
					t.Errorf("%v: channel %d jumps from %g to %g at knot %d", interpolation, j, before[j], after[j], k)
				}
			}
		}
	}
}

// Gaps: straight lines, the ends held, what was last seen, and zeros for what never was.
func TestMissingValues(t *testing.T) {
	times := []float64{0, 1, 2, 4}
	values := [][]float64{{missing, missing}, {1, missing}, {missing, missing}, {4, missing}}
	want := map[Interpolation][][]float64{
		Linear:      {{0, 1, 0}, {1, 1, 0}, {2, 2, 0}, {4, 4, 0}},
		Rectilinear: {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {2, 1, 0}, {2, 1, 0}, {4, 1, 0}, {4, 4, 0}},
	}
	for interpolation, rows := range want {
		p := paths(t, Options{Interpolation: interpolation}, [][]float64{times}, [][][]float64{values})[0]
		for k, row := range rows {
			for j, x := range p.At(float64(k)) {
				if x != row[j] {
					t.Errorf("%v: knot %d, channel %d: %g, want %g", interpolation, k, j, x, row[j])
				}
			}
		}
	}
}

// A Hermite path has, by time, the slope at each knot of the interval before; a natural spline has continuous first and
// second derivatives, and no second derivative at its ends.
func TestSmoothness(t *testing.T) {
	times := []float64{0, 1, 1.5, 4, 4.25}
	values := [][]float64{{1}, {3}, {-2}, {0}, {5}}
	slope := func(p *Path, k int, u float64) float64 { // by time
		q := p.pieces[k]
		return (q[1][1] + 2*u*q[2][1] + 3*u*u*q[3][1]) / (times[k+1] - times[k])
	}
	curvature := func(p *Path, k int, u float64) float64 {
		h := times[k+1] - times[k]
		return (2*p.pieces[k][2][1] + 6*u*p.pieces[k][3][1]) / (h * h)
	}
	hermite := paths(t, Options{}, [][]float64{times}, [][][]float64{values})[0]
	natural := paths(t, Options{Interpolation: NaturalCubic}, [][]float64{times}, [][][]float64{values})[0]
	for k := 1; k < 4; k++ {
		want := (values[k][0] - values[k-1][0]) / (times[k] - times[k-1])
		if a, b := slope(hermite, k-1, 1), slope(hermite, k, 0); math.Abs(a-want) > 1e-12 || math.Abs(b-want) > 1e-12 {
			t.Errorf("hermite, knot %d: slopes %g and %g, want %g", k, a, b, want)
		}
		if a, b := slope(natural, k-1, 1), slope(natural, k, 0); math.Abs(a-b) > 1e-11 {
			t.Errorf("natural, knot %d: slopes %g and %g", k, a, b)
		}
		if a, b := curvature(natural, k-1, 1), curvature(natural, k, 0); math.Abs(a-b) > 1e-10 {
			t.Errorf("natural, knot %d: second derivatives %g and %g", k, a, b)
		}
	}
	if a, b := curvature(natural, 0, 0), curvature(natural, 3, 1); math.Abs(a) > 1e-10 || math.Abs(b) > 1e-10 {
		t.Errorf("natural: second derivatives %g and %g at its ends", a, b)
	}
}

func TestBadPaths(t *testing.T) {
	inf := math.Inf(1)
	for name, c := range map[string]struct {
		times  []float64
		values [][]float64
		o      Options
	}{
		"none":           {},
		"rows":           {times: []float64{0, 1}, values: [][]float64{{1}}},
		"ragged":         {times: []float64{0, 1}, values: [][]float64{{1}, {1, 2}}},
		"not increasing": {times: []float64{0, 0}, values: [][]float64{{1}, {1}}},
		"time NaN":       {times: []float64{missing}, values: [][]float64{{1}}},
		"infinite":       {times: []float64{0}, values: [][]float64{{inf}}},
		"interpolation":  {times: []float64{0}, values: [][]float64{{1}}, o: Options{Interpolation: 9}},
	} {
		if _, err := NewPath(c.times, c.values, c.o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	one, err := NewPath([]float64{3}, [][]float64{{1}}, Options{})
	if err != nil || one.Intervals() != 0 || one.At(5)[1] != 1 || one.Derivative(0)[1] != 0 {
		t.Errorf("a single observation: %v, %v", one, err)
	}
	long, err := NewPath([]float64{0, 1}, [][]float64{{1}, {2}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []float64{2, 1e300, inf} { // an integer holds the first alone
		if x, dx, back := long.At(s), long.Derivative(s), long.At(-s); x[1] != 2 || dx[1] != 0 || back[1] != 1 {
			t.Errorf("X(%g) is %g, X(%g) is %g, the slope %g", s, x, -s, back, dx)
		}
	}
	if x, dx := long.At(math.NaN()), one.Derivative(math.NaN()); !math.IsNaN(x[1]) || !math.IsNaN(dx[1]) {
		t.Errorf("X(NaN) is %g, its slope %g", x, dx)
	}
	if p, err := long.LogSignatures(2, math.MaxInt); err != nil || p.Intervals() != 1 {
		t.Errorf("one window of all: %v, %v", p, err)
	}
	if _, err := Stack([]*Path{one}, -1); err == nil {
		t.Error("a stack of −1 intervals: no error")
	}
	two, err := NewPath([]float64{3}, [][]float64{{1, 2}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, ps := range map[string][]*Path{"none": nil, "nil": {nil}, "channels": {one, two}} {
		if _, err := Stack(ps, 0); err == nil {
			t.Errorf("stack of %s: no error", name)
		}
	}
	if _, err := InterpolationByName("cubic"); err == nil {
		t.Error("there is no interpolation cubic")
	}
	if _, err := one.LogSignatures(4, 1); err == nil {
		t.Error("depth 4: no error")
	}
	if _, err := one.LogSignatures(1, 0); err == nil {
		t.Error("windows of no intervals: no error")
	}
}
