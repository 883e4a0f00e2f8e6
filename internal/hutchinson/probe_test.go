package hutchinson

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// runs gives the probe of a (3, 2) batch at each of the steps.
func runs[T float32 | float64](t *testing.T, dt tensor.Dtype, kind Kind, seed uint64, steps ...T) [][]float64 {
	t.Helper()
	g := G.NewGraph()
	x := G.NewMatrix(g, dt, G.WithShape(3, 2), G.WithName("x"))
	step := G.NewVector(g, dt, G.WithShape(1), G.WithName("step"))
	e, err := Probe(kind, seed, step, x)
	if err != nil {
		t.Fatal(err)
	}
	var v G.Value
	G.Read(e, &v)
	var all [][]float64
	for _, s := range steps {
		vm := G.NewTapeMachine(g)
		if err := G.Let(x, tensor.New(tensor.Of(dt), tensor.WithShape(3, 2))); err != nil {
			t.Fatal(err)
		}
		if err := G.Let(step, tensor.New(tensor.WithShape(1), tensor.WithBacking([]T{s}))); err != nil {
			t.Fatal(err)
		}
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		var row []float64
		for _, x := range v.Data().([]T) {
			row = append(row, float64(x))
		}
		all = append(all, row)
		if err := vm.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// A probe is a function of seed and step, in either dtype; a negative step is step 0.
func TestProbeOfAStep(t *testing.T) {
	for _, kind := range []Kind{Rademacher, Gaussian} {
		v := runs[float64](t, tensor.Float64, kind, 5, 0, 1, 2, 1, -1)
		if !slices.Equal(v[1], v[3]) || !slices.Equal(v[0], v[4]) {
			t.Errorf("kind %d: the same step gives another probe: %v", kind, v)
		}
		other := runs[float64](t, tensor.Float64, kind, 6, 0)[0]
		if slices.Equal(v[0], v[1]) || slices.Equal(v[1], v[2]) || slices.Equal(v[0], other) {
			t.Errorf("kind %d: steps or seeds share a probe: %v, %v", kind, v, other)
		}
		single := runs[float32](t, tensor.Float32, kind, 5, 2)[0]
		for i, s := range single {
			// Rounding to float32 costs half a unit of 2⁻²³.
			if math.Abs(s-v[2][i]) > 0x1p-24*math.Abs(s) {
				t.Errorf("kind %d: float32 gives %g, float64 %g", kind, s, v[2][i])
			}
		}
	}
}

// Entries have mean 0 and variance 1 within four standard errors of 20000 draws: of the mean of squares that is √(2/n) for
// normal numbers, and signs have no other square than 1.
func TestMoments(t *testing.T) {
	const n = 20000
	for _, kind := range []Kind{Rademacher, Gaussian} {
		mean, square := 0.0, 0.0
		for i := range n {
			v := kind.entry(uint64(i%10)<<32, i/10)
			mean += v / n
			square += v * v / n
		}
		within := 4 * math.Sqrt(2./n)
		if kind == Rademacher {
			within = 1e-12
		}
		if math.Abs(mean) > 4/math.Sqrt(n) || math.Abs(square-1) > within {
			t.Errorf("kind %d: mean %g, mean square %g", kind, mean, square)
		}
	}
}

func TestStepIsFinite(t *testing.T) {
	d := draw[float64]{out: tensor.Shape{1}}
	for _, step := range []float64{math.NaN(), math.Inf(1)} {
		if _, err := d.Forward([][]float64{{step}}, make([]float64, 1)); err == nil {
			t.Errorf("no error at step %g", step)
		}
	}
}
