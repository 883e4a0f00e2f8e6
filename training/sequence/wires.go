package sequence

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers/series"
)

// wires are the nodes through which batches of one shape enter a graph: those of series.Inputs, and others that are made
// from a batch.
type wires struct {
	*series.Inputs
	graph *G.ExprGraph
	feeds []func(*series.Batch) error
}

func newWires(shape series.Shape) (*wires, error) {
	g := G.NewGraph()
	in, err := series.NewInputs(g, dtype, shape)
	return &wires{Inputs: in, graph: g}, err
}

// node is one that from fills.
func (w *wires) node(name string, from func(b *series.Batch, into []float32), shape ...int) *G.Node {
	value := tensor.New(tensor.Of(dtype), tensor.WithShape(shape...))
	w.feeds = append(w.feeds, func(b *series.Batch) error {
		from(b, value.Data().([]float32))
		return nil
	})
	return G.NewTensor(w.graph, dtype, len(shape), G.WithShape(shape...), G.WithName(fmt.Sprintf("sequence: %s", name)),
		G.WithValue(value))
}

func (w *wires) feed(b *series.Batch) error {
	if err := w.Feed(b); err != nil {
		return err
	}
	for _, f := range w.feeds {
		if err := f(b); err != nil {
			return err
		}
	}
	return nil
}
