package graph

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	"gorgonia.org/tensor"
)

// Initializer gives the first values of a parameter, row-major. Randomness comes from the generator that it was made
// with, so a seed fixes a model; values are drawn in float64 for either dtype.
type Initializer func(shape tensor.Shape) ([]float64, error)

// fans are the numbers of inputs and outputs of a unit: (in, out) of a matrix x·W; (outC, inC, kh, kw) of a filter.
func fans(shape tensor.Shape) (in, out float64) {
	switch len(shape) {
	case 1:
		return float64(shape[0]), float64(shape[0])
	case 2:
		return float64(shape[0]), float64(shape[1])
	}
	field := 1
	for _, d := range shape[2:] {
		field *= d
	}
	return float64(shape[1] * field), float64(shape[0] * field)
}

func draw(shape tensor.Shape, f func() float64) []float64 {
	v := make([]float64, sizeOf(shape))
	for i := range v {
		v[i] = f()
	}
	return v
}

// errNoRandom is what an initializer without a generator says.
var errNoRandom = errors.New("initializer: no random numbers: the generator is nil")

// Glorot draws uniformly from ±√(6/(in+out)) (Glorot and Bengio 2010, equation 16).
func Glorot(rng *rand.Rand) Initializer {
	return func(shape tensor.Shape) ([]float64, error) {
		if rng == nil {
			return nil, errNoRandom
		}
		in, out := fans(shape)
		limit := math.Sqrt(6 / (in + out))
		return draw(shape, func() float64 { return limit * (2*rng.Float64() - 1) }), nil
	}
}

// He draws from a normal distribution of variance 2/in (He et al. 2015, equation 10).
func He(rng *rand.Rand) Initializer {
	return func(shape tensor.Shape) ([]float64, error) {
		if rng == nil {
			return nil, errNoRandom
		}
		in, _ := fans(shape)
		sd := math.Sqrt(2 / in)
		return draw(shape, func() float64 { return sd * rng.NormFloat64() }), nil
	}
}

// Normal draws from a normal distribution.
func Normal(rng *rand.Rand, mean, sd float64) Initializer {
	return func(shape tensor.Shape) ([]float64, error) {
		if rng == nil {
			return nil, errNoRandom
		}
		return draw(shape, func() float64 { return mean + sd*rng.NormFloat64() }), nil
	}
}

// Uniform draws uniformly from [low, high).
func Uniform(rng *rand.Rand, low, high float64) Initializer {
	return func(shape tensor.Shape) ([]float64, error) {
		if rng == nil {
			return nil, errNoRandom
		}
		return draw(shape, func() float64 { return low + (high-low)*rng.Float64() }), nil
	}
}

// Orthogonal draws a matrix whose columns, or rows if they are fewer, are orthonormal times gain (Saxe et al. 2014),
// evenly over all such matrices (Mezzadri 2007: QR of a normal matrix with the signs of R's diagonal). Axes after the
// first count as columns.
func Orthogonal(rng *rand.Rand, gain float64) Initializer {
	return func(shape tensor.Shape) ([]float64, error) {
		if len(shape) < 2 {
			return nil, errors.Errorf("orthogonal initializer: shape %v is no matrix", shape)
		}
		if rng == nil {
			return nil, errNoRandom
		}
		rows, cols := shape[0], sizeOf(shape)/shape[0]
		tall, thin := max(rows, cols), min(rows, cols)
		a := mat.NewDense(tall, thin, draw(tensor.Shape{tall, thin}, rng.NormFloat64))
		var qr mat.QR
		qr.Factorize(a)
		var q, r mat.Dense
		qr.QTo(&q)
		qr.RTo(&r)
		v := make([]float64, rows*cols)
		for i := range rows {
			for j := range cols {
				ti, tj := i, j
				if rows < cols {
					ti, tj = j, i
				}
				v[i*cols+j] = gain * q.At(ti, tj) * math.Copysign(1, r.At(tj, tj))
			}
		}
		return v, nil
	}
}

// Zeros is the initializer of biases, and of a last layer that should begin as no change.
func Zeros() Initializer { return Fill(0) }

// Fill sets every element to v.
func Fill(v float64) Initializer {
	return func(shape tensor.Shape) ([]float64, error) { return draw(shape, func() float64 { return v }), nil }
}

// Values sets the elements to v, row-major.
func Values(v []float64) Initializer {
	return func(tensor.Shape) ([]float64, error) { return v, nil }
}
