package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// JacobianFrobenius is ∫ ‖εᵀ∂f/∂y‖² dt, whose mean over ε is the squared Frobenius norm ∫ ‖∂f/∂y‖²_F dt (Finlay et al.
// 2020, equation 7; Hutchinson 1990). ε has random signs (Rademacher), of all ε with independent entries those with the
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
	return operation("probe", func(in G.Nodes) (*G.Node, error) {
		f := formula.For(y)
		return f.Result(signs(f, in[0], false, j.Seed, y.Shape()...))
	}, j.Step.node(y))
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
