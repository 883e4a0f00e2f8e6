package latent

import (
	"fmt"
	"sync/atomic"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// nodes counts the nodes made: Gorgonia takes two of one name and type in a graph for one.
var nodes atomic.Uint64

func unique(name string) string { return fmt.Sprintf("latent %s %d", name, nodes.Add(1)) }

// input is a node of zeros that is fed.
func input(g *G.ExprGraph, dt tensor.Dtype, name string, shape ...int) *G.Node {
	value := tensor.New(tensor.Of(dt), tensor.WithShape(shape...))
	return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(unique(name)), G.WithValue(value))
}

func fill(n *G.Node, v func(i int) float64) {
	switch data := n.Value().Data().(type) {
	case []float64:
		for i := range data {
			data[i] = v(i)
		}
	case []float32:
		for i := range data {
			data[i] = float32(v(i))
		}
	}
}

func floats(v G.Value) []float64 {
	switch data := v.Data().(type) {
	case []float64:
		return data
	case []float32:
		out := make([]float64, len(data))
		for i, x := range data {
			out[i] = float64(x)
		}
		return out
	}
	return nil
}
