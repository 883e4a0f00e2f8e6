package recurrent

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

type scan func(step graph.Builder, h0 *G.Node, xs G.Nodes, opts ...graph.ScanOption) (*G.Node, error)

// scan is a few nodes: what is prepared, and the recurrence. One Op around all would go through the sequence once more,
// for its backward pass would have to begin with the forward pass.
func (r *Recurrent) scan(in Input, run scan) (*G.Node, error) {
	if err := r.check(in); err != nil {
		return nil, err
	}
	u, err := r.prepare(in)
	if err != nil {
		return nil, errors.WithMessagef(err, "recurrent: %T", r.cell)
	}
	f := formula.For(in.Values)
	h := r.start(f, in)
	var opts []graph.ScanOption
	if in.Valid != nil {
		opts = append(opts, graph.ScanMask(f.Transpose(in.Valid, 1, 0)))
	}
	if f.Err() != nil {
		return nil, errors.WithMessagef(f.Err(), "recurrent: %T", r.cell)
	}
	if r.reverse {
		opts = append(opts, graph.ScanReverse())
	}
	if r.checkpoints {
		opts = append(opts, graph.ScanCheckpoints())
	}
	out, err := run(func(in ...*G.Node) (G.Nodes, error) {
		next, err := r.cell.Step(in[0], in[1:])
		return G.Nodes{next}, err
	}, h, u, opts...)
	return out, errors.WithMessagef(err, "recurrent: %T", r.cell)
}

// prepare gives the sequences of the scan, each of an Op of its own: packed in one they would be copied twice.
func (r *Recurrent) prepare(in Input) (G.Nodes, error) {
	given := in.nodes()
	var nodes G.Nodes
	var specs []graph.Spec
	for i, n := range given {
		if n != nil {
			nodes = append(nodes, n)
			specs = append(specs, graph.Input(inputNames[i], n.Dtype(), n.Shape()...))
		}
	}
	fn, err := graph.Trace(func(placed ...*G.Node) (G.Nodes, error) {
		var inside Input
		for i, to := range inside.places() {
			if given[i] != nil {
				*to, placed = placed[0], placed[1:]
			}
		}
		f := formula.For(inside.Values)
		s := r.sequence(f, inside)
		if f.Err() != nil {
			return nil, f.Err()
		}
		return r.cell.Prepare(s)
	}, specs...)
	if err != nil {
		return nil, err
	}
	var out G.Nodes
	for i := range fn.Outputs() {
		one, err := fn.Select(i)
		if err != nil {
			return nil, err
		}
		n, err := graph.Call(one.Named(fmt.Sprintf("%T: prepare", r.cell)), nodes...)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func (r *Recurrent) start(f *formula.F, in Input) *G.Node {
	if in.Start != nil {
		return in.Start
	}
	rows, n := in.Values.Shape()[0], r.cell.Sizes().State
	start := r.cell.Start()
	if start == nil {
		return f.Fill(in.Values, 0, rows, n)
	}
	var all []float64
	for range rows {
		all = append(all, start...)
	}
	return f.Constant(in.Values, all, rows, n)
}

// sequence puts the steps first, and zeros where the mask is zero: a product with the mask would leave NaN, and a product
// of the weights with what is in the padding has a gradient, even if the step that it is for never looks.
func (r *Recurrent) sequence(f *formula.F, in Input) Sequence {
	b, t, d := in.Values.Shape()[0], in.Values.Shape()[1], in.Values.Shape()[2]
	x, mask, deltas := in.Values, in.Mask, in.Deltas
	if mask == nil {
		mask = f.Fill(x, 1, b, t, d)
		if in.Valid != nil {
			mask = f.Reshape(f.MulColumn(f.Fill(x, 1, b*t, d), f.Reshape(in.Valid, b*t, 1)), b, t, d)
		}
	}
	if in.Mask != nil || in.Valid != nil {
		x = f.Where(mask, x, f.Fill(x, 0, b, t, d))
	}
	if deltas == nil {
		deltas = f.Fill(x, 1, b, t)
	}
	if in.Valid != nil {
		deltas = f.Where(in.Valid, deltas, f.Fill(x, 0, b, t))
	}
	if r.reverse {
		// What has passed since the row behind is what that row has passed since this one.
		none := f.Fill(x, 0, b, 1)
		if t == 1 {
			deltas = none
		} else {
			deltas = f.Concat(f.Columns(deltas, 1, t), none)
		}
	}
	return Sequence{
		X:      f.Transpose(x, 1, 0, 2),
		Mask:   f.Transpose(mask, 1, 0, 2),
		Deltas: f.Reshape(f.Transpose(deltas, 1, 0), t, b, 1),
	}
}
