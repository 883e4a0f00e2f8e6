package workload

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
)

// network makes an MLP with the given weights, and its parameters.
func network(dt tensor.Dtype, weights []*affine) (*layers.MLP, error) {
	sizes := []int{weights[0].in}
	for _, l := range weights {
		sizes = append(sizes, l.out)
	}
	m, err := layers.NewMLP(nil, "mlp", sizes, layers.WithDtype(dt), layers.WithInit(graph.Zeros()))
	if err != nil {
		return nil, err
	}
	for i, l := range m.Layers() {
		if err := l.Weight().Set(weights[i].transposed()); err != nil {
			return nil, err
		}
		if err := l.Bias().Set(weights[i].b); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// value is a node with numbers.
func value(g *G.ExprGraph, dt tensor.Dtype, name string, v []float64, shape ...int) *G.Node {
	return G.NodeFromAny(g, tensor.New(tensor.WithShape(shape...), tensor.WithBacking(numbers(dt, v))), G.WithName(name))
}

// numbers is v as a slice of the dtype.
func numbers(dt tensor.Dtype, v []float64) any {
	if dt == tensor.Float64 {
		return append([]float64(nil), v...)
	}
	f := make([]float32, len(v))
	for i, x := range v {
		f[i] = float32(x)
	}
	return f
}
