package odeop

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// newCostChecker checks the solve of z = (y, c) from (y0, 0), in a graph of its own.
func newCostChecker(f, g Field, y0 *gorgonia.Node, times []float64, opts []Option) (*checker, error) {
	opts = append(slices.Clone(opts), ofCost)
	p, err := newProblem(f, y0, times, nil, false, opts)
	if err != nil {
		return nil, err
	}
	a, _, err := newAugmentation(p, g)
	if err != nil {
		return nil, err
	}
	if p.dtype != tensor.Float64 {
		return nil, errors.Errorf("%s: gradients are checked in float64, and y0 is %v", p.name, p.dtype)
	}
	start, err := p.valueOf("y0", y0)
	if err != nil {
		return nil, err
	}
	own := gorgonia.NewGraph()
	node := func(name string, shape tensor.Shape, v []float64) *gorgonia.Node {
		if len(shape) == 0 {
			return gorgonia.NewScalar(own, tensor.Float64, gorgonia.WithName(name), gorgonia.WithValue(v[0]))
		}
		return gorgonia.NewTensor(own, tensor.Float64, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name),
			gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v))))
	}
	copies := func(nodes gorgonia.Nodes, name func(int, *gorgonia.Node) string) (gorgonia.Nodes, error) {
		var all gorgonia.Nodes
		for i, n := range nodes {
			v, err := p.valueOf(name(i, n), n)
			if err != nil {
				return nil, err
			}
			all = append(all, node(n.Name(), n.Shape(), v))
		}
		return all, nil
	}
	args, err := copies(p.args, argName)
	if err != nil {
		return nil, err
	}
	rowArgs, err := copies(p.rowArgs, rowArgName)
	if err != nil {
		return nil, err
	}
	shape := a.shape(a.rows, a.ny+a.nc)
	z := make([]float64, shape.TotalSize())
	begin := func() {
		for i := range max(1, a.rows) {
			copy(z[i*(a.ny+a.nc):], start[i*a.ny:(i+1)*a.ny])
		}
	}
	begin()
	z0 := node("y0", shape, z)
	opts = append(slices.Clone(opts), Args(args...), RowArgs(rowArgs...), a.configure)
	if p, err = newProblem(a.field, z0, times, nil, false, opts); err != nil {
		return nil, err
	}
	c, err := newChecker(p)
	if err != nil {
		return c, err
	}
	z = c.inputs[0].x
	c.inputs[0] = checked{"y0", a.y0, start}
	value, gradient := c.value, c.gradient
	c.value = func() ([]float64, error) {
		begin()
		return value()
	}
	c.gradient = func(w []float64) ([][]float64, error) {
		grads, err := gradient(w)
		if err != nil {
			return nil, err
		}
		byY0 := make([]float64, len(start))
		for i := range max(1, a.rows) {
			copy(byY0[i*a.ny:(i+1)*a.ny], grads[0][i*(a.ny+a.nc):])
		}
		grads[0] = byY0
		return grads, nil
	}
	return c, nil
}
