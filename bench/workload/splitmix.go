package workload

import "math"

// splitmix draws n numbers in [0, 1) by SplitMix64 (Steele, Lea and Flood 2014).
func splitmix(seed uint64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		seed += 0x9E3779B97F4A7C15
		z := seed
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		z ^= z >> 31
		x[i] = float64(z>>11) / (1 << 53)
	}
	return x
}

// uniform draws n numbers in [−b, b).
func uniform(seed uint64, n int, b float64) []float64 {
	x := splitmix(seed, n)
	for i, u := range x {
		x[i] = (2*u - 1) * b
	}
	return x
}

// affine is a layer y = W h + b; W is (out, in), row-major.
type affine struct {
	in, out int
	w, b    []float64
}

// transposed is W as (in, out), the form that a product with a batch of rows wants.
func (a *affine) transposed() []float64 {
	t := make([]float64, len(a.w))
	for i := range a.out {
		for j := range a.in {
			t[j*a.out+i] = a.w[i*a.in+j]
		}
	}
	return t
}

// perceptron draws a network with tanh between its layers: layer i has W and b uniform to gain/√in, of the seeds seed+2i and
// seed+2i+1.
func perceptron(seed uint64, gain float64, sizes ...int) []*affine {
	var layers []*affine
	for i := range len(sizes) - 1 {
		in, out := sizes[i], sizes[i+1]
		b := gain / math.Sqrt(float64(in))
		layers = append(layers, &affine{
			in: in, out: out,
			w: uniform(seed+2*uint64(i), in*out, b),
			b: uniform(seed+2*uint64(i)+1, out, b),
		})
	}
	return layers
}
