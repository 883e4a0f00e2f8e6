package training

import (
	"github.com/pkg/errors"

	"gorgonode/graph"
)

// Average is the mean of parameters over steps of training: the solution that training goes around, where it doesn't
// settle (Izmailov, Podoprikhin, Garipov, Vetrov and Wilson 2018, Averaging weights leads to wider optima and better
// generalization, section 3.1; Yazıcı et al. 2019, The unusual effectiveness of averaging in GAN training). The zero value
// is ready: Loop.After adds to it, and Set is called when the loop has ended.
type Average struct {
	n    float64
	mean map[*graph.Param][]float64
}

// Add takes the values that the parameters have now into the mean. They are the same ones each time.
func (a *Average) Add(params []*graph.Param) error {
	if a.n > 0 && len(params) != len(a.mean) {
		return errors.Errorf("training: average: %d parameters, and before %d", len(params), len(a.mean))
	}
	values := make([][]float64, len(params))
	for i, p := range params {
		if p == nil {
			return errors.Errorf("training: average: parameter %d is nil", i)
		}
		if a.n > 0 && a.mean[p] == nil {
			return errors.Errorf("training: average: %q was not among the parameters before", p.Name())
		}
		values[i] = p.Float64s()
	}
	if a.n == 0 {
		a.mean = map[*graph.Param][]float64{}
	}
	a.n++
	for i, p := range params {
		mean := a.mean[p]
		if mean == nil {
			a.mean[p] = values[i]
			continue
		}
		for k, v := range values[i] {
			mean[k] += (v - mean[k]) / a.n
		}
	}
	return nil
}

// Set gives the parameters their means.
func (a *Average) Set() error {
	if a.n == 0 {
		return errors.New("training: an average of no steps")
	}
	for p, mean := range a.mean {
		if err := p.Set(mean); err != nil {
			return errors.WithMessage(err, "training: average")
		}
	}
	return nil
}
