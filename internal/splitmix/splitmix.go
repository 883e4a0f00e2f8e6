package splitmix

// Golden is 2⁶⁴ divided by the golden ratio, the increment of the generator.
const Golden = 0x9E3779B97F4A7C15

// Mix is the output function, a bijection.
func Mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Stream is the state at which the numbers of a seed and a step begin.
func Stream(seed, step uint64) uint64 { return Mix(Mix(seed+Golden) ^ step) }

// At is number i of a stream.
func At(stream uint64, i int) uint64 { return Mix(stream + Golden*uint64(i+1)) }

// Uniform is u as a number in [0, 1), a multiple of 2⁻⁵³.
func Uniform(u uint64) float64 { return float64(u>>11) * 0x1p-53 }
