package graph

import (
	"math"

	"gorgonode/internal/splitmix"
)

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
	return splitmix.Stream(s.seed, uint64(n)), true
}

// kept says whether element i of the mask that starts from state is 1: uniform(hash) < keep.
func (s *bernoulli) kept(state uint64, i int) bool {
	return splitmix.Uniform(splitmix.At(state, i)) < s.keep
}
