package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/hutchinson"
)

// JacobianFrobenius is ∫ ‖εᵀ∂f/∂y‖² dt, whose mean over ε is the squared Frobenius norm ∫ ‖∂f/∂y‖²_F dt (Finlay et al.
// 2020; Hutchinson 1990). ε has random signs (Rademacher), of all ε with independent entries those with the
// least variance; it depends on the seed and the step, so it is fixed over a solve, whose integrand would else be no
// function. In evaluation it is that of step 0. A batch has an ε for each example, and no example may depend on others.
type JacobianFrobenius struct {
	Step *Step // must be given
	Seed uint64
}

func (j JacobianFrobenius) noise(y *G.Node) (*G.Node, error) {
	if j.Step == nil {
		return nil, errors.New("layers: ode block: jacobian: the step is nil")
	}
	e, err := hutchinson.Probe(hutchinson.Rademacher, j.Seed, j.Step.node(y), y)
	return e, errors.WithMessage(err, "layers: ode block: jacobian")
}

func (JacobianFrobenius) rate(fn *graph.Func, t, y, noise *G.Node) (*G.Node, error) {
	v, err := fn.VJP()
	if err != nil {
		return nil, err
	}
	if v, err = v.Select(1); err != nil {
		return nil, err
	}
	w, err := graph.Call(v, t, y, noise)
	if err != nil {
		return nil, err
	}
	return sumOfSquares(w)
}
