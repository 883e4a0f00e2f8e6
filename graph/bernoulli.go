package graph

import "math"

// A dropout mask is a pure function of (seed, step, index): a run that is repeated, a backward pass that recomputes the
// forward one, and another element type all see the same mask, and nothing has to be stored.

// golden is 2⁶⁴ divided by the golden ratio, the increment of SplitMix64.
const golden = 0x9E3779B97F4A7C15

// mix is the output function of SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// stream is the state that the mask of one step starts from; on is false for a negative step (and NaN), which keeps
// every element.
func (s *bernoulli) stream(step float64) (state uint64, on bool) {
	if !(step >= 0) {
		return 0, false
	}
	n := int64(math.MaxInt64)
	if step < math.MaxInt64 {
		n = int64(step)
	}
	return mix(mix(s.seed+golden) ^ uint64(n)), true
}

// kept says whether element i of the mask that starts from state is 1: uniform(hash) < keep.
func (s *bernoulli) kept(state uint64, i int) bool {
	u := mix(state + golden*uint64(i+1))
	return float64(u>>11)*0x1p-53 < s.keep
}
