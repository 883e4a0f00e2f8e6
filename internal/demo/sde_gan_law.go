package demo

import (
	"math"
	"math/rand/v2"
	"slices"
)

// What follows is of paths [path][time].

var marginalTimes = []int{0, 16, driftingEnd}

// valuesAt are all values at one time.
func valuesAt(paths [][]float64, k int) []float64 {
	v := make([]float64, len(paths))
	for i, p := range paths {
		v[i] = p[k]
	}
	return v
}

// momentsAt are the mean and the standard deviation at one time.
func momentsAt(paths [][]float64, k int) (mean, deviation float64) {
	n := float64(len(paths))
	for _, p := range paths {
		mean += p[k] / n
	}
	for _, p := range paths {
		deviation += (p[k] - mean) * (p[k] - mean) / n
	}
	return mean, math.Sqrt(deviation)
}

// correlationAt is that of two times with a lag between them, the mean over those from correlatedFrom on.
func correlationAt(paths [][]float64, lag int) (mean float64) {
	n := len(paths[0]) - lag - correlatedFrom
	for k := correlatedFrom; k+lag < len(paths[0]); k++ {
		a, s := momentsAt(paths, k)
		b, t := momentsAt(paths, k+lag)
		for _, p := range paths {
			mean += (p[k] - a) * (p[k+lag] - b) / (s * t) / float64(len(paths)*n)
		}
	}
	return mean
}

const correlatedFrom = 8

// variationOf is the mean over paths of the sum of squared increments.
func variationOf(paths [][]float64) (mean float64) {
	for _, p := range paths {
		for k := range len(p) - 1 {
			mean += (p[k+1] - p[k]) * (p[k+1] - p[k]) / float64(len(paths))
		}
	}
	return mean
}

// wasserstein is the distance W₁ of two samples of one size, the mean distance of their sorted values, which it sorts.
func wasserstein(a, b []float64) (mean float64) {
	slices.Sort(a)
	slices.Sort(b)
	for i := range a {
		mean += math.Abs(a[i]-b[i]) / float64(len(a))
	}
	return mean
}

// marginalDistance is W₁ at a time, the mean over the times.
func marginalDistance(a, b [][]float64) (mean float64) {
	for k := range a[0] {
		mean += wasserstein(valuesAt(a, k), valuesAt(b, k)) / float64(len(a[0]))
	}
	return mean
}

// slicedDistance is W₁ of Σ θₖ y(k), the mean over 200 directions θ of length 1 (Rabin, Peyré, Delon and Bernot 2012,
// Wasserstein barycenter and its application to texture mixing). It sees how times of a path belong together.
func slicedDistance(seed uint64, a, b [][]float64) (mean float64) {
	rng := rand.New(rand.NewPCG(seed, 0x736c69636573))
	const slices = 200
	theta := make([]float64, len(a[0]))
	along := func(paths [][]float64) []float64 {
		v := make([]float64, len(paths))
		for i, p := range paths {
			for k, y := range p {
				v[i] += theta[k] * y
			}
		}
		return v
	}
	for range slices {
		norm := 0.0
		for k := range theta {
			theta[k] = rng.NormFloat64()
			norm = math.Hypot(norm, theta[k])
		}
		for k := range theta {
			theta[k] /= norm
		}
		mean += wasserstein(along(a), along(b)) / slices
	}
	return mean
}
