package toy

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/integrate/quad"
)

// TwoMoons is two half circles that reach into each other, with normal noise of standard deviation σ > 0 in both
// directions. With θ uniform in [0, π] a point is, by the toss of a coin,
//
//	(cos θ, sin θ)   or   (1 − cos θ, ½ − sin θ)
//
// plus noise. The log-density is the integral over θ by Gauss and Legendre. A σ that is not positive and finite is taken as
// 0.1.
func TwoMoons(sigma float64) Set {
	if !(sigma > 0) || math.IsInf(sigma, 0) {
		sigma = 0.1
	}
	// The integrand is a bump of width σ: the error falls exponentially once there are a few nodes to it.
	n := 24 + int(5/math.Min(sigma, 1))
	theta, weight := make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(theta, weight, 0, math.Pi)
	logs := make([]float64, n)
	cos, sin := make([]float64, n), make([]float64, n)
	for i := range theta {
		cos[i], sin[i] = math.Cos(theta[i]), math.Sin(theta[i])
		logs[i] = math.Log(weight[i] / (2 * math.Pi) / (2 * math.Pi * sigma * sigma))
	}
	return Set{
		Name: "moons", Reach: 2 + 7*sigma,
		draw: func(rng *rand.Rand) (x, y float64) {
			sin, cos := math.Sincos(math.Pi * rng.Float64())
			x, y = cos, sin
			if rng.IntN(2) == 1 {
				x, y = 1-cos, 0.5-sin
			}
			return x + sigma*rng.NormFloat64(), y + sigma*rng.NormFloat64()
		},
		LogDensity: func(x, y float64) float64 {
			terms := make([]float64, 0, 2*n)
			for i, l := range logs {
				for _, m := range [2][2]float64{{cos[i], sin[i]}, {1 - cos[i], 0.5 - sin[i]}} {
					dx, dy := x-m[0], y-m[1]
					terms = append(terms, l-(dx*dx+dy*dy)/(2*sigma*sigma))
				}
			}
			return logSumExp(terms)
		},
	}
}
