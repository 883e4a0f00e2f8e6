package sde

import (
	"github.com/pkg/errors"

	"gorgonode/graph"
)

// ClipLipschitz holds every element of the weight matrices among the parameters, those of shape (in, out), to [−1/in, 1/in]
// (Kidger, Foster, Li and Lyons 2021, section 5). Then ‖xW‖ ≤ ‖x‖ in the norm of the largest element, and a perceptron whose
// activations have slopes of at most 1, such as layers.LipSwish, has the Lipschitz constant 1 in this norm. It is to be
// called after every step of the discriminator. Parameters of one axis, biases, stay as they are; those of three and more
// are an error, and then nothing is changed.
func ClipLipschitz(params ...*graph.Param) error {
	for i, p := range params {
		if p == nil {
			return errors.Errorf("sde: clip: parameter %d is nil", i)
		}
		if s := p.Shape(); len(s) > 2 {
			return errors.Errorf("sde: clip: parameter %q has shape %v, want a matrix or a vector", p.Name(), s)
		}
	}
	for _, p := range params {
		if s := p.Shape(); len(s) == 2 {
			bound := 1 / float64(s[0])
			v := p.Float64s()
			for i, x := range v {
				v[i] = min(max(x, -bound), bound)
			}
			if err := p.Set(v); err != nil {
				return errors.WithMessage(err, "sde: clip")
			}
		}
	}
	return nil
}
