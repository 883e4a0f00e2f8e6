package toy

import (
	"math"
	"math/rand/v2"
)

// Pinwheel is five bent arms around the origin (Johnson et al. 2016, Composing graphical models with neural networks). A
// point of arm k is (r, s) with r of mean 1 and standard deviation 0.3 and s of mean 0 and standard deviation 0.1, turned
// by the angle 2πk/5 + eʳ/4 and doubled. It has no simple density.
func Pinwheel() Set {
	const arms, radial, tangential, rate = 5, 0.3, 0.1, 0.25
	return Set{
		Name: "pinwheel", Reach: 6.5,
		draw: func(rng *rand.Rand) (x, y float64) {
			k := rng.IntN(arms)
			r, s := 1+radial*rng.NormFloat64(), tangential*rng.NormFloat64()
			sin, cos := math.Sincos(2*math.Pi*float64(k)/arms + rate*math.Exp(r))
			return 2 * (r*cos - s*sin), 2 * (r*sin + s*cos)
		},
	}
}
