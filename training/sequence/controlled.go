package sequence

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/layers/cde"
	"gorgonode/layers/series"
	"gorgonode/solvers"
)

// controlled is a neural controlled differential equation. Its paths are made from the batch itself, not from its nodes.
type controlled struct {
	*cde.Model
	units int
	paths cde.Options
}

func newControlled(rng *rand.Rand, c Config, channels int) (encoder, error) {
	e := &controlled{units: c.Units, paths: cde.Options{Intensity: c.Mask}}
	n := channels + 1
	if c.Mask {
		n += channels
	}
	var err error
	e.Model, err = cde.New(rng, "cde", n, c.Units, cde.WithDtype(dtype), cde.WithWidths(c.Hidden...), cde.WithSteps(c.Solver,
		solvers.RK4{}))
	return e, err
}

func (e *controlled) width() int { return e.units }

func (e *controlled) states(*wires) (*G.Node, error) {
	return nil, errors.New("sequence: a controlled differential equation has no state for each row")
}

func (e *controlled) final(w *wires) (*G.Node, error) {
	shape := w.Shape()
	empty, err := series.NewBatch(nil, shape)
	if err != nil {
		return nil, err
	}
	control, err := e.control(empty)
	if err != nil {
		return nil, err
	}
	nodes, err := control.Nodes(w.graph, dtype)
	if err != nil {
		return nil, err
	}
	w.feeds = append(w.feeds, func(b *series.Batch) error {
		control, err := e.control(b)
		if err != nil {
			return err
		}
		return nodes.Let(control)
	})
	return e.Forward(nodes)
}

// control is the batch as paths. A series without rows stands at the origin.
func (e *controlled) control(b *series.Batch) (*cde.Control, error) {
	d := b.Widths.Values
	var paths []*cde.Path
	for i, n := range b.Lengths {
		times := []float64{0}
		if n > 0 {
			times = b.Times[i*b.Steps : i*b.Steps+n]
		}
		values := make([][]float64, len(times))
		for j := range values {
			values[j] = make([]float64, d)
			for k := range d {
				if at := (i*b.Steps+j)*d + k; b.Mask[at] == 1 {
					values[j][k] = b.Values[at]
				} else {
					values[j][k] = math.NaN()
				}
			}
		}
		p, err := cde.NewPath(times, values, e.paths)
		if err != nil {
			return nil, err
		}
		paths = append(paths, p)
	}
	control, err := cde.Stack(paths, max(1, b.Steps-1))
	if err != nil {
		return nil, err
	}
	control.Cubic()
	return control, nil
}
