package toy

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// ConcentricSpheres is the problem of two classes that no flow on d channels solves and an augmented one does (Dupont,
// Doucet and Teh 2019, Augmented neural ODEs, section 3): points uniform in the ball of radius 0.5, with the label −1, and
// in the shell between the radii 1 and 1.5, with the label +1, as many of one kind as of the other but for chance.
func ConcentricSpheres(n, d int, seed uint64) (rows [][]float64, labels []float64, err error) {
	if n < 1 || d < 1 {
		return nil, nil, errors.Errorf("toy: concentric spheres: %d points of %d dimensions, want at least 1 of each", n, d)
	}
	rng := rand.New(rand.NewPCG(seed, 0x737068))
	rows, labels = make([][]float64, n), make([]float64, n)
	for i := range rows {
		inner, outer := 0.0, 0.5
		labels[i] = -1
		if rng.IntN(2) == 1 {
			inner, outer, labels[i] = 1, 1.5, 1
		}
		// The volume within radius r grows as r^d.
		low, high := math.Pow(inner, float64(d)), math.Pow(outer, float64(d))
		r := math.Pow(low+(high-low)*rng.Float64(), 1/float64(d))
		rows[i] = direction(rng, d, r)
	}
	return rows, labels, nil
}

// direction is a vector of length r, evenly over all directions.
func direction(rng *rand.Rand, d int, r float64) []float64 {
	v := make([]float64, d)
	norm := 0.0
	for norm == 0 {
		for j := range v {
			v[j] = rng.NormFloat64()
			norm = math.Hypot(norm, v[j])
		}
	}
	for j := range v {
		v[j] *= r / norm
	}
	return v
}
