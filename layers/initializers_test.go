package layers

import (
	"math"
	"testing"

	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// The initializers of package graph as layers use them: their distributions, their scales by the shape, and their seeds.
func TestInitializerStatistics(t *testing.T) {
	rng := newRand(1)
	for _, c := range []struct {
		name           string
		init           graph.Initializer
		shape          tensor.Shape
		mean, variance float64
		limit          float64 // of the absolute value; 0: none
	}{
		{"glorot wide", graph.Glorot(rng), tensor.Shape{100, 400}, 0, 2. / 500, math.Sqrt(6. / 500)},
		{"glorot tall", graph.Glorot(rng), tensor.Shape{400, 100}, 0, 2. / 500, math.Sqrt(6. / 500)},
		// A filter of shape (out, in, h, w) sees in·h·w numbers, and each of its inputs goes to out·h·w.
		{"glorot filter", graph.Glorot(rng), tensor.Shape{64, 16, 3, 5}, 0, 2. / (16*15 + 64*15), math.Sqrt(6. / (16*15 + 64*15))},
		{"he wide", graph.He(rng), tensor.Shape{100, 400}, 0, 2. / 100, 0},
		{"he tall", graph.He(rng), tensor.Shape{400, 100}, 0, 2. / 400, 0},
		{"he filter", graph.He(rng), tensor.Shape{64, 16, 3, 5}, 0, 2. / (16 * 15), 0},
		{"normal", graph.Normal(rng, 3, 0.5), tensor.Shape{40000}, 3, 0.25, 0},
		{"uniform", graph.Uniform(rng, -1, 3), tensor.Shape{200, 200}, 1, 16. / 12, 3},
		{"orthogonal", graph.Orthogonal(rng, 1), tensor.Shape{200, 200}, 0, 1. / 200, 1},
		{"orthogonal wide", graph.Orthogonal(rng, 2), tensor.Shape{100, 400}, 0, 4. / 400, 2},
		{"zeros", graph.Zeros(), tensor.Shape{7, 3}, 0, 0, 0},
		{"fill", graph.Fill(0.3), tensor.Shape{7}, 0.3, 0, 0},
	} {
		v, err := c.init(c.shape)
		if err != nil {
			t.Fatal(err)
		}
		if len(v) != c.shape.TotalSize() {
			t.Errorf("%s: %d values for %v", c.name, len(v), c.shape)
		}
		n := float64(len(v))
		var mean, variance, largest float64
		for _, x := range v {
			mean += x / n
			largest = max(largest, math.Abs(x))
		}
		for _, x := range v {
			variance += (x - mean) * (x - mean) / n
		}
		// Five standard deviations of the mean, and of the variance of a normal sample.
		if math.Abs(mean-c.mean) > 5*math.Sqrt(c.variance/n)+1e-12 {
			t.Errorf("%s: mean %g, want %g", c.name, mean, c.mean)
		}
		if math.Abs(variance-c.variance) > 5*c.variance*math.Sqrt(2/n)+1e-12 {
			t.Errorf("%s: variance %g, want %g", c.name, variance, c.variance)
		}
		if c.limit > 0 && (largest > c.limit*(1+1e-12) || (c.name[0] != 'o' && largest < 0.99*c.limit)) {
			t.Errorf("%s: the largest is %g, the limit %g", c.name, largest, c.limit)
		}
	}
}

func TestOrthogonalInitializer(t *testing.T) {
	const gain = 1.5
	for _, shape := range []tensor.Shape{{1, 1}, {5, 5}, {3, 7}, {7, 3}, {1, 4}, {4, 1}, {6, 2, 5}} {
		v, err := graph.Orthogonal(newRand(2), gain)(shape)
		if err != nil {
			t.Fatal(err)
		}
		rows, cols := shape[0], shape.TotalSize()/shape[0]
		at := func(i, j int) float64 { return v[i*cols+j] }
		n, dot := cols, func(a, b int) (s float64) { // QᵀQ
			for i := range rows {
				s += at(i, a) * at(i, b)
			}
			return s
		}
		if rows < cols {
			n, dot = rows, func(a, b int) (s float64) { // QQᵀ
				for j := range cols {
					s += at(a, j) * at(b, j)
				}
				return s
			}
		}
		for a := range n {
			for b := range n {
				want := 0.0
				if a == b {
					want = gain * gain
				}
				if got := dot(a, b); math.Abs(got-want) > 1e-14*float64(rows+cols) {
					t.Errorf("%v: product of %d and %d is %g, want %g", shape, a, b, got, want)
				}
			}
		}
	}
	if _, err := graph.Orthogonal(newRand(1), 1)(tensor.Shape{3}); err == nil {
		t.Error("no error for a vector")
	}
}

func TestInitializerSeeds(t *testing.T) {
	shape := tensor.Shape{6, 9}
	for name, init := range map[string]func(seed uint64) graph.Initializer{
		"glorot":     func(s uint64) graph.Initializer { return graph.Glorot(newRand(s)) },
		"he":         func(s uint64) graph.Initializer { return graph.He(newRand(s)) },
		"normal":     func(s uint64) graph.Initializer { return graph.Normal(newRand(s), 0, 1) },
		"uniform":    func(s uint64) graph.Initializer { return graph.Uniform(newRand(s), 0, 1) },
		"orthogonal": func(s uint64) graph.Initializer { return graph.Orthogonal(newRand(s), 1) },
	} {
		draw := func(init graph.Initializer) []float64 {
			v, err := init(shape)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		first := init(4)
		a, next, b, c := draw(first), draw(first), draw(init(4)), draw(init(5))
		same, repeated, other := true, true, true
		for i := range a {
			same = same && a[i] == b[i]
			repeated = repeated && a[i] == next[i]
			other = other && a[i] == c[i]
		}
		if !same || repeated || other {
			t.Errorf("%s: same seed, same values: %v; drawn twice, same values: %v; other seed, same values: %v", name, same,
				repeated, other)
		}
	}
}
