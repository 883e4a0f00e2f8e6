package toy

import (
	"math"
	"math/rand/v2"
)

// EightGaussians is an even mixture of eight normal distributions of standard deviation 1/√8 whose means are evenly spaced
// on the circle of radius √8 around the origin, from (√8, 0) on.
func EightGaussians() Set {
	const n = 8
	radius, sigma := math.Sqrt(8), 1/math.Sqrt(8)
	mean := func(k int) (x, y float64) {
		y, x = math.Sincos(2 * math.Pi * float64(k) / n)
		return radius * x, radius * y
	}
	return Set{
		Name: "eightgaussians", Reach: radius + 7*sigma,
		draw: func(rng *rand.Rand) (x, y float64) {
			x, y = mean(rng.IntN(n))
			return x + sigma*rng.NormFloat64(), y + sigma*rng.NormFloat64()
		},
		LogDensity: func(x, y float64) float64 {
			var terms [n]float64
			for k := range terms {
				mx, my := mean(k)
				terms[k] = -((x-mx)*(x-mx)+(y-my)*(y-my))/(2*sigma*sigma) - math.Log(n*2*math.Pi*sigma*sigma)
			}
			return logSumExp(terms[:])
		},
	}
}
