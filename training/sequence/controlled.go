package sequence

import (
	"math"
	"math/rand/v2"
	"slices"

	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers/cde"
	"gorgonode/layers/series"
	"gorgonode/solvers"
)

// controlled is a neural controlled differential equation. Its paths are made from the batch itself, not from its nodes.
// For the class of a whole series they are smooth; where every row has a state of its own, which no later row may change,
// they are rectilinear.
type controlled struct {
	*cde.Model
	units int
	paths cde.Options
}

func newControlled(rng *rand.Rand, c recipe, channels int) (encoder, error) {
	e := &controlled{units: c.Units, paths: cde.Options{Intensity: c.Mask}}
	if c.Task != Classify {
		e.paths.Interpolation = cde.Rectilinear
	}
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

func (e *controlled) final(w *wires) (*G.Node, error) {
	nodes, err := e.nodes(w)
	if err != nil {
		return nil, err
	}
	return e.Forward(nodes)
}

// states are those at the rows: at every second knot, since a rectilinear path has two intervals from row to row.
func (e *controlled) states(w *wires) (*G.Node, error) {
	nodes, err := e.nodes(w)
	if err != nil {
		return nil, err
	}
	knots, err := e.States(nodes)
	if err != nil {
		return nil, err
	}
	b, t, h := w.Shape().Batch, w.Shape().Steps, e.units
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		f := formula.For(in[0])
		rows := f.Reshape(in[0], in[0].Shape()[0], b*h)
		all := f.Reshape(rows, 1, rows.Shape().TotalSize())
		last := f.Columns(all, 2*(t-1)*b*h, (2*t-1)*b*h)
		if t > 1 {
			pairs := f.Reshape(f.Columns(all, 0, 2*(t-1)*b*h), t-1, 2*b*h)
			last = f.Concat(f.Reshape(f.Columns(pairs, 0, b*h), 1, (t-1)*b*h), last)
		}
		return G.Nodes{f.Transpose(f.Reshape(last, t, b, h), 1, 0, 2)}, f.Err()
	}, graph.Input("knots", dtype, knots.Shape()...))
	if err != nil {
		return nil, err
	}
	return graph.Call(fn.Named("states at rows"), knots)
}

// nodes are the paths of the batches that w is fed.
func (e *controlled) nodes(w *wires) (*cde.Nodes, error) {
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
	return nodes, nil
}

// control is the batch as paths. A series without rows stands at the origin.
func (e *controlled) control(b *series.Batch) (*cde.Control, error) {
	d := b.Widths.Values
	var paths []*cde.Path
	for i, n := range b.Lengths {
		times := []float64{0}
		if n > 0 {
			times = slices.Clone(b.Times[i*b.Steps : i*b.Steps+n])
			for j := range times { // counted from the first row, as the other models count: dates are numbers of thousands
				times[j] -= b.Times[i*b.Steps]
			}
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
	intervals := b.Steps - 1
	if e.paths.Interpolation == cde.Rectilinear {
		intervals *= 2
	}
	control, err := cde.Stack(paths, max(1, intervals))
	if err != nil {
		return nil, err
	}
	control.Cubic()
	return control, nil
}
