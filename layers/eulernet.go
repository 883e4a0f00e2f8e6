package layers

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

type eulerNet struct{ fields []Layer }

// EulerNet is the residual network of n blocks that share the weights of f, with steps of 1/n:
//
//	h₀ = x,   h_{k+1} = h_k + f(k/n, h_k)/n,   k = 0, …, n−1
//
// It is Euler's method for dy/dt = f(t, y) from 0 to 1 with n steps, written as nodes of x's graph: the same numbers as
// an ODEBlock of f with solvers.Euler{} and odeop.Step(1/n), and the reference for its gradients. It keeps every block
// in the graph; prefer the ODEBlock for a model.
func EulerNet(f Layer, n int) Layer {
	e := eulerNet{}
	for range n {
		e.fields = append(e.fields, f)
	}
	return e
}

// ResNet is [EulerNet] with a field, and so with weights, for each block: the residual network (He et al. 2016) to which an
// ODEBlock of the same width is compared,
//
//	h₀ = x,   h_{k+1} = h_k + f_k(k/n, h_k)/n,   k = 0, …, n−1.
//
// Sequential(Residual(f₀), Residual(f₁), …) is the one without the factor 1/n.
func ResNet(fs ...Layer) Layer { return eulerNet{append([]Layer(nil), fs...)} }

func (e eulerNet) Params() []*graph.Param { return paramsOf(e.fields...) }

func (e eulerNet) Forward(x *G.Node) (*G.Node, error) {
	n := len(e.fields)
	name := fmt.Sprintf("euler net of %d blocks", n)
	if err := checkInput(name, x, 0); err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, errors.Errorf("layers: %s: want at least 1", name)
	}
	for k, f := range e.fields {
		if f == nil {
			return nil, errors.Errorf("layers: %s: the field is nil", name)
		}
		// The step is the difference of the times, as in the solver: 1/n but for the last digit.
		t0, t1 := float64(k)/float64(n), float64(k+1)/float64(n)
		t, err := graph.Constant(x, []float64{t0})
		if err != nil {
			return nil, errors.WithMessagef(err, "layers: %s", name)
		}
		dx, err := forward(f, t, x)
		if err != nil {
			return nil, err
		}
		if x, err = step(name, x, dx, t1-t0); err != nil {
			return nil, err
		}
	}
	return x, nil
}

var _ Layer = eulerNet{}
