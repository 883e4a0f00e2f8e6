package sde

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func motion(t *testing.T, dim int, o Options) *Brownian {
	t.Helper()
	b, err := NewBrownian(dim, 1, 3, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func increment(t *testing.T, b *Brownian, s, u float64) (dw, dh []float64) {
	t.Helper()
	dw = make([]float64, b.Dim())
	if b.o.LevyArea {
		dh = make([]float64, b.Dim())
	}
	if err := b.Increment(s, u, dw, dh); err != nil {
		t.Fatal(err)
	}
	return dw, dh
}

// The known answers of Salmon et al.'s Random123.
func TestPhilox(t *testing.T) {
	for _, c := range []struct {
		key           uint64
		counter, want [4]uint32
	}{
		{0, [4]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{math.MaxUint64, [4]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{0x299f31d0a4093822, [4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		var got [4]uint32
		got[0], got[1], got[2], got[3] = philox(c.key, c.counter[0], c.counter[1], c.counter[2], c.counter[3])
		if got != c.want {
			t.Errorf("key %x, counter %x: %x, want %x", c.key, c.counter, got, c.want)
		}
	}
}

// Whatever is asked for before, the same times have the same increments, to the last digit.
func TestOrderOfQueriesDoesNotMatter(t *testing.T) {
	for _, levy := range []bool{false, true} {
		rng := rand.New(rand.NewPCG(1, 2))
		type query struct{ s, u float64 }
		var queries []query
		for range 50 {
			s, u := 1+2*rng.Float64(), 1+2*rng.Float64()
			queries = append(queries, query{min(s, u), max(s, u)})
		}
		queries = append(queries, query{1, 3}, query{1, 2}, query{2.5, 3}, query{1.5, 1.75})
		o := Options{Seed: 5, LevyArea: levy}
		b := motion(t, 3, o)
		for _, i := range rng.Perm(len(queries)) {
			q := queries[i]
			dw, dh := increment(t, b, q.s, q.u)
			fw, fh := increment(t, motion(t, 3, o), q.s, q.u)
			for j := range dw {
				if dw[j] != fw[j] || levy && dh[j] != fh[j] {
					t.Fatalf("levy %v, %v: %g and %g, alone %g and %g", levy, q, dw, dh, fw, fh)
				}
			}
		}
	}
}

// W and the areas add up: with h = p + q, hH = pH₁ + qH₂ + (q W₁ − p W₂)/2.
func TestIncrementsAddUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	b := motion(t, 2, Options{Seed: 9, LevyArea: true})
	for range 100 {
		s, r, u := 1+2*rng.Float64(), 1+2*rng.Float64(), 1+2*rng.Float64()
		s, r = min(s, r), max(s, r)
		r, u = min(r, u), max(r, u)
		s, r = min(s, r), max(s, r)
		w1, h1 := increment(t, b, s, r)
		w2, h2 := increment(t, b, r, u)
		w, h := increment(t, b, s, u)
		p, q := r-s, u-r
		for i := range w {
			if math.Abs(w[i]-w1[i]-w2[i]) > 1e-14 {
				t.Errorf("W: %g + %g, want %g", w1[i], w2[i], w[i])
			}
			want := (p*h1[i] + q*h2[i] + (q*w1[i]-p*w2[i])/2) / (p + q)
			// Integrals of order 1, to rounding, divided by the length.
			if math.Abs(h[i]-want) > 1e-14/min(p, q) {
				t.Errorf("H: %g, want %g", h[i], want)
			}
		}
	}
}

// A finer resolution leaves the motion at the coarser one's ends of intervals as it is.
func TestResolutionRefines(t *testing.T) {
	coarse, fine := motion(t, 2, Options{Resolution: 1. / 8}), motion(t, 2, Options{})
	for k := range 8 {
		s, u := 1+float64(k)/4, 1+float64(k+1)/4
		a, _ := increment(t, coarse, s, u)
		b, _ := increment(t, fine, s, u)
		if math.Abs(a[0]-b[0]) > 1e-15 || math.Abs(a[1]-b[1]) > 1e-15 { // sums of some four numbers
			t.Errorf("[%g, %g]: %g and %g", s, u, a, b)
		}
	}
}

// Means, variances and covariances of increments and areas over intervals that do not stand on the tree's, over
// independent components. The mean of n products of unit variance at most has a standard error of √(2/n) at most.
func TestStatistics(t *testing.T) {
	const n = 40000
	for _, o := range []Options{{Seed: 1}, {Seed: 2, LevyArea: true}, {Seed: 3, LevyArea: true, Resolution: 0.5}, {Seed: 4, Resolution: 0.5}} {
		b := motion(t, n, o)
		// The coarse ones tell two halves apart, and one time in each has all of its distribution.
		times := []float64{1.3, 2.1}
		if o.Resolution == 0 {
			times = []float64{1.3, 1.31, 1.9, 2.1, 2.9}
		}
		var unit [][]float64
		var names []string
		for i, u := range append(times, 3) {
			s := 1.
			if i > 0 {
				s = times[i-1]
			}
			dw, dh := increment(t, b, s, u)
			scale(dw, 1/math.Sqrt(u-s))
			unit, names = append(unit, dw), append(names, "W")
			if dh != nil {
				scale(dh, 1/math.Sqrt((u-s)/12))
				unit, names = append(unit, dh), append(names, "H")
			}
		}
		se := math.Sqrt(2. / n)
		for i, x := range unit {
			var mean, fourth float64
			for _, v := range x {
				mean += v / n
				fourth += v * v * v * v / n
			}
			if math.Abs(mean) > 4*se {
				t.Errorf("%+v, %s %d: mean %g", o, names[i], i, mean)
			}
			if math.Abs(fourth-3) > 4*math.Sqrt(96./n) { // the variance of z⁴ is 96
				t.Errorf("%+v, %s %d: fourth moment %g", o, names[i], i, fourth)
			}
			for j := range i + 1 {
				var cov float64
				for k := range x {
					cov += x[k] * unit[j][k] / n
				}
				want := 0.
				if i == j {
					want = 1
				}
				if math.Abs(cov-want) > 4*se {
					t.Errorf("%+v, %s %d and %s %d: covariance %g, want %g", o, names[i], i, names[j], j, cov, want)
				}
			}
		}
	}
}

// Paths, seeds and components are different motions; a component is the same in a motion of any dimension.
func TestStreams(t *testing.T) {
	a, _ := increment(t, motion(t, 2, Options{Seed: 1, Path: 1}), 1, 3)
	b, _ := increment(t, motion(t, 1, Options{Seed: 1, Path: 2}), 1, 3)
	c, _ := increment(t, motion(t, 1, Options{Seed: 2, Path: 1}), 1, 3)
	d, _ := increment(t, motion(t, 1, Options{Seed: 1, Path: 1}), 1, 3)
	if a[0] == a[1] || a[0] == b[0] || a[0] == c[0] || a[0] != d[0] {
		t.Errorf("increments %g, %g, %g, %g", a, b, c, d)
	}
	again := motion(t, 1, Options{Seed: 1, Path: 7})
	increment(t, again, 1.2, 1.7)
	again.Reset(2)
	if e, _ := increment(t, again, 1, 3); e[0] != b[0] {
		t.Errorf("after Reset: %g, want %g", e[0], b[0])
	}
}

func TestBadQueries(t *testing.T) {
	for _, o := range []Options{{Resolution: -1}, {Resolution: 0.7}, {Resolution: math.NaN()}} {
		if _, err := NewBrownian(1, 0, 1, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	for _, ends := range [][2]float64{{1, 1}, {2, 1}, {math.NaN(), 1}, {0, math.Inf(1)}, {-math.MaxFloat64, math.MaxFloat64}} {
		if _, err := NewBrownian(1, ends[0], ends[1], Options{}); err == nil {
			t.Errorf("on %g: no error", ends)
		}
	}
	if _, err := NewBrownian(0, 0, 1, Options{}); err == nil {
		t.Error("no components: no error")
	}
	b := motion(t, 1, Options{})
	one := make([]float64, 1)
	for _, q := range [][2]float64{{0.9, 2}, {2, 3.1}, {2, 1.5}, {math.NaN(), 2}} {
		if err := b.Increment(q[0], q[1], one, nil); err == nil {
			t.Errorf("%g: no error", q)
		}
	}
	if b.Increment(1, 2, make([]float64, 2), nil) == nil || b.Increment(1, 2, one, one) == nil {
		t.Error("no error of a wrong size, or of an area that the motion does not have")
	}
	if err := b.Increment(math.Nextafter(1, 0), math.Nextafter(3, 4), one, nil); err != nil {
		t.Errorf("times that rounding led out of the interval: %v", err)
	}
	if err := b.Increment(2, 2, one, nil); err != nil || one[0] != 0 {
		t.Errorf("an empty interval: %g, %v", one[0], err)
	}
}

func BenchmarkIncrement(b *testing.B) {
	const steps, dim = 100, 64
	for name, levy := range map[string]bool{"increments": false, "areas": true} {
		b.Run(name, func(b *testing.B) {
			w, err := NewBrownian(dim, 0, 1, Options{LevyArea: levy})
			if err != nil {
				b.Fatal(err)
			}
			dw := make([]float64, dim)
			var dh []float64
			if levy {
				dh = make([]float64, dim)
			}
			for i := range b.N {
				k := float64(i % steps)
				if err := w.Increment(k/steps, (k+1)/steps, dw, dh); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/dim, "ns/component")
		})
	}
}

func TestQuantileIsFinite(t *testing.T) {
	low, high := quantile(0, 0), quantile(math.MaxUint32, math.MaxUint32)
	if math.IsInf(low, 0) || math.IsInf(high, 0) || math.Abs(low+high) > 1e-12 {
		t.Errorf("%g and %g", low, high)
	}
}

// A part with a key is the motion of that seed by itself, at any place.
func TestKeys(t *testing.T) {
	alone := func(seed uint64, path uint32) []float64 {
		b, err := NewBrownian(3, 0, 1, Options{Seed: seed, Path: path})
		if err != nil {
			t.Fatal(err)
		}
		w := make([]float64, 3)
		if err := b.Increment(0.1, 0.7, w, nil); err != nil {
			t.Fatal(err)
		}
		return w
	}
	b, err := NewBrownian(6, 0, 1, Options{Seed: 1, Path: 2, Keys: []uint64{9, 4}})
	if err != nil {
		t.Fatal(err)
	}
	w := make([]float64, 6)
	for _, c := range []struct {
		path uint32
		keys []uint64
	}{{2, []uint64{9, 4}}, {3, []uint64{9, 4}}, {3, []uint64{5, 9}}} {
		b.Reset(c.path, c.keys...)
		if err := b.Increment(0.1, 0.7, w, nil); err != nil {
			t.Fatal(err)
		}
		if want := append(alone(c.keys[0], c.path), alone(c.keys[1], c.path)...); !slices.Equal(w, want) {
			t.Errorf("path %d, keys %v: %v, want %v", c.path, c.keys, w, want)
		}
	}
	if _, err := NewBrownian(6, 0, 1, Options{Keys: make([]uint64, 4)}); err == nil {
		t.Error("4 keys for 6 components")
	}
	seen := map[uint64]bool{}
	for i := range uint64(100) {
		for j := range uint64(100) {
			seen[Key(i, j)] = true
		}
	}
	if len(seen) != 10000 {
		t.Errorf("%d keys of 10000 pairs", len(seen))
	}
}
