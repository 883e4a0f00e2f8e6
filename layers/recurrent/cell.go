package recurrent

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// Cell is one step of a recurrence. Its functions write nodes into a graph that is being traced; they must treat each row
// of a batch alone.
type Cell interface {
	// Sizes are the widths of what goes in and comes out.
	Sizes() Sizes
	// Dtype is that of the parameters.
	Dtype() tensor.Dtype
	// Params are the parameters, each once, always in the same order.
	Params() []*graph.Param
	// Start is the state before the first step, Sizes().State numbers; nil is zeros.
	Start() []float64
	// Prepare computes for all steps at once what does not depend on the state. Each node that it returns has shape (T, B,
	// …), and Step gets its entries.
	Prepare(s Sequence) (G.Nodes, error)
	// Step is the next state, (B, State), from a state and the entries of what Prepare has returned, (B, …).
	Step(h *G.Node, u G.Nodes) (*G.Node, error)
}

// Sizes are the widths of a cell. The output is the first columns of the state.
type Sizes struct {
	Input  int // d
	State  int
	Output int // H ≤ State
}

// Sequence is what a cell sees, with the steps first.
type Sequence struct {
	X      *G.Node // (T, B, d), 0 where nothing was observed
	Mask   *G.Node // (T, B, d), 1 where something was
	Deltas *G.Node // (T, B, 1), the time since the step before
}

// features are what a cell's input weights are multiplied with: X, and the mask and the times by choice.
func (c *config) features(s Sequence) (*G.Node, error) {
	f := formula.For(s.X)
	parts := G.Nodes{s.X}
	if c.mask {
		parts = append(parts, s.Mask)
	}
	if c.elapsed {
		parts = append(parts, s.Deltas)
	}
	return f.Result(f.Concat(parts...))
}

// width is that of the features of d channels.
func (c *config) width(d int) int {
	n := d
	if c.mask {
		n += d
	}
	if c.elapsed {
		n++
	}
	return n
}

func checkSizes(what, name string, input, width int) error {
	switch {
	case name == "":
		return errors.Errorf("recurrent: %s: it needs a name", what)
	case input < 1 || width < 1:
		return errors.Errorf("recurrent: %s %q: widths %d and %d, want at least 1", what, name, input, width)
	}
	return nil
}
