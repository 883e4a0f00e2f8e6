package demo

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/odeop"
)

// evaluator runs a layer in a graph of its own, which sees what training does to the weights.
type evaluator struct {
	in  *G.Node
	out G.Value
	vm  G.VM
}

// newEvaluator is for inputs of one shape.
func newEvaluator(l layers.Layer, dt tensor.Dtype, shape ...int) (*evaluator, error) {
	g := G.NewGraph()
	e := &evaluator{in: G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName("x"))}
	y, err := l.Forward(e.in)
	if err != nil {
		return nil, err
	}
	G.Read(y, &e.out)
	e.vm = G.NewTapeMachine(g)
	return e, nil
}

// run gives the layer's values, row-major: a []float64 or a []float32, which the next run overwrites.
func (e *evaluator) run(x *tensor.Dense) (any, error) {
	if err := G.Let(e.in, x); err != nil {
		return nil, errors.Wrap(err, "demo")
	}
	e.vm.Reset()
	if err := e.vm.RunAll(); err != nil {
		return nil, errors.Wrap(odeop.Cause(err), "demo")
	}
	return e.out.Data(), nil
}

func (e *evaluator) close() error { return e.vm.Close() }

// evaluateRows are the layer's values at rows of one length.
func evaluateRows(l layers.Layer, rows [][]float64) ([][]float64, error) {
	e, err := newEvaluator(l, tensor.Float64, len(rows), len(rows[0]))
	if err != nil {
		return nil, err
	}
	defer e.close()
	y, err := e.run(matrix(rows))
	if err != nil {
		return nil, err
	}
	flat := y.([]float64)
	width := len(flat) / len(rows)
	values := make([][]float64, len(rows))
	for i := range values {
		values[i] = append([]float64(nil), flat[i*width:(i+1)*width]...)
	}
	return values, nil
}

// trajectory is the states of a solve from a row, at times of which the first is that of the row.
func trajectory(b *layers.ODEBlock, from, times []float64) ([][]float64, error) {
	path := layers.Func(func(x *G.Node) (*G.Node, error) {
		y, err := b.Trajectory(x, times)
		if err != nil {
			return nil, err
		}
		return graph.Reshape(y, 1, len(times)*len(from))
	}, b.Params()...)
	flat, err := evaluateRows(path, [][]float64{from})
	if err != nil {
		return nil, err
	}
	return slices.Collect(slices.Chunk(flat[0], len(from))), nil
}

// matrix is rows of one length as a tensor.
func matrix(rows [][]float64) *tensor.Dense {
	var flat []float64
	for _, row := range rows {
		flat = append(flat, row...)
	}
	return tensor.New(tensor.WithShape(len(rows), len(rows[0])), tensor.WithBacking(flat))
}
