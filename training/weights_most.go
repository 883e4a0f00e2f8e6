package training

import "github.com/pkg/errors"

// maxWeights bounds a model, whose weights a training holds many times over: as gradients, averages, copies in graphs.
const maxWeights = 10_000_000

// PerceptronSize is the number of weights and biases of a perceptron with in inputs, hidden layers of these widths and out
// outputs, as a float64, which large widths don't overflow.
func PerceptronSize(in float64, hidden []int, out float64) (n float64) {
	for _, width := range hidden {
		n += (in + 1) * float64(width)
		in = float64(width)
	}
	return n + (in+1)*out
}

// CheckSize is an error if a model of about so many weights is too large to be made.
func CheckSize(weights float64) error {
	if !(weights <= maxWeights) {
		return errors.Errorf("this model would have about %.3g weights; at most %d are possible: take fewer or narrower layers",
			weights, maxWeights)
	}
	return nil
}
