package layers

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

type dropout struct {
	step *Step
	drop float64
	seed uint64
}

// Dropout sets elements to zero with probability drop and divides the others by 1 − drop, so that the mean stays
// (Srivastava et al. 2014, in the inverted form). The mask is a function of the seed, the step and the element's place: two
// layers need two seeds, and within a vector field the mask is the same during a whole solve, without which there would
// be no solution to converge to. In evaluation it is the identity. odeop.PerRow refuses a field with a mask.
func Dropout(step *Step, drop float64, seed uint64) Layer { return dropout{step, drop, seed} }

func (dropout) Params() []*graph.Param { return nil }

func (d dropout) Forward(x *G.Node) (*G.Node, error) {
	name := fmt.Sprintf("dropout of %g", d.drop)
	switch err := checkInput(name, x, 0); {
	case err != nil:
		return nil, err
	case d.step == nil:
		return nil, errors.Errorf("layers: %s: the step is nil", name)
	case !(d.drop >= 0 && d.drop < 1):
		return nil, errors.Errorf("layers: %s: want a probability in [0, 1)", name)
	}
	return operation(name, func(in G.Nodes) (*G.Node, error) {
		f := formula.For(x)
		step := f.Reshape(in[1])
		if f.Err() != nil {
			return nil, f.Err()
		}
		return graph.Dropout(in[0], step, d.drop, d.seed)
	}, x, d.step.node(x))
}

var _ Layer = dropout{}
