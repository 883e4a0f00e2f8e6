package sde

import (
	"fmt"
	"sync/atomic"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/formula"
	"gorgonode/layers/series"
)

// Target is what a Bound decodes, other than what is encoded: series of P rows that begin where the encoded ones do, and
// may go on behind them. Its nodes are fed, see Feed.
type Target struct {
	seen, shape    series.Shape
	values, mask   *G.Node // (B, P, channels)
	elapsed, until *G.Node // (B, P), since the row before; from the row before until the next that is encoded
	next           *G.Node // (B, P, T), 1 for that row; zeros where there is none
}

// targets counts the nodes made: Gorgonia takes two of one name and type in a graph for one.
var targets atomic.Uint64

// NewTarget makes nodes of a dtype in g, for encoded batches and for decoded ones of the given shapes.
func NewTarget(g *G.ExprGraph, dt tensor.Dtype, seen, decoded series.Shape) (*Target, error) {
	switch {
	case g == nil:
		return nil, errors.New("sde: target: no graph")
	case dt != tensor.Float64 && dt != tensor.Float32:
		return nil, errors.Errorf("sde: target: dtype %v is not supported, use float64 or float32", dt)
	case seen.Batch < 1 || seen.Steps < 1 || decoded.Steps < 2 || seen.Batch != decoded.Batch ||
		seen.Widths.Values < 1 || seen.Widths.Values != decoded.Widths.Values:
		return nil, errors.Errorf("sde: target: shapes %+v and %+v, want as many series and channels, and two rows or more",
			seen, decoded)
	}
	node := func(name string, shape ...int) *G.Node {
		value := tensor.New(tensor.Of(dt), tensor.WithShape(shape...))
		unique := fmt.Sprintf("sde target %s %d", name, targets.Add(1))
		return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(unique), G.WithValue(value))
	}
	b, n, d := decoded.Batch, decoded.Steps, decoded.Widths.Values
	return &Target{
		seen: seen, shape: decoded,
		values: node("values", b, n, d), mask: node("mask", b, n, d),
		elapsed: node("elapsed", b, n), until: node("until", b, n), next: node("next", b, n, seen.Steps),
	}, nil
}

// Feed writes a pair of batches into the nodes. Of seen the rows up to the last valid one count; a decoded series that does
// not begin with the first of them is an error.
func (t *Target) Feed(seen, decoded *series.Batch) error {
	if seen == nil || decoded == nil || seen.Shape != t.seen || decoded.Shape != t.shape {
		return errors.New("sde: target: batches of other shapes than those that it was made for")
	}
	elapsed, until := make([]float64, len(decoded.Times)), make([]float64, len(decoded.Times))
	next := make([]float64, len(decoded.Times)*seen.Steps)
	for b := range decoded.Batch {
		rows := seenRows(seen, b)
		times := decoded.Times[b*decoded.Steps:][:decoded.Lengths[b]]
		if len(rows) > 0 && len(times) > 0 && rows[0] != times[0] {
			return errors.Errorf("sde: target: series %d begins at %g, and where it is decoded at %g", b, rows[0], times[0])
		}
		at := 0
		for j := 1; j < len(times); j++ {
			for at < len(rows) && rows[at] <= times[j-1] {
				at++
			}
			k := b*decoded.Steps + j
			elapsed[k] = times[j] - times[j-1]
			if at < len(rows) {
				until[k], next[k*seen.Steps+at] = rows[at]-times[j-1], 1
			}
		}
	}
	for _, p := range []struct {
		to   *G.Node
		from []float64
	}{{t.values, decoded.Values}, {t.mask, decoded.Mask}, {t.elapsed, elapsed}, {t.until, until}, {t.next, next}} {
		switch data := p.to.Value().Data().(type) {
		case []float64:
			copy(data, p.from)
		case []float32:
			for i, v := range p.from {
				data[i] = float32(v)
			}
		}
	}
	return nil
}

// seenRows are the times of series b up to its last valid row.
func seenRows(batch *series.Batch, b int) []float64 {
	n := batch.Lengths[b]
	for n > 0 && batch.Valid[b*batch.Steps+n-1] == 0 {
		n--
	}
	return batch.Times[b*batch.Steps:][:n]
}

// pieces are those between the decoded rows, by the contexts (T, B, context) of the encoded ones.
func (t *Target) pieces(contexts *G.Node) (pieces, error) {
	b, n := t.shape.Batch, t.shape.Steps
	out, err := operation("pieces of a target", func(f *formula.F, in G.Nodes) G.Nodes {
		between := func(x *G.Node) *G.Node { // (B, P) → (P − 1, B, 1)
			return f.Reshape(f.Transpose(f.Columns(x, 1, n), 1, 0), n-1, b, 1)
		}
		later := make([]int, n-1)
		for k := range later {
			later[k] = k + 1
		}
		ahead := func(which, c *G.Node) (*G.Node, error) { return G.BatchedMatMul(which, c) }
		c := f.Binary(ahead, in[2], f.Transpose(in[3], 1, 0, 2))
		known := f.Reshape(f.RowSums(f.Reshape(in[2], b*n, t.seen.Steps)), b, n)
		behind := f.Sub(f.Fill(known, 1, b, n), known)
		return G.Nodes{between(in[0]), between(in[1]), pick(f, f.Transpose(c, 1, 0, 2), later), between(behind)}
	}, t.elapsed, t.until, t.next, contexts)
	if err != nil {
		return pieces{}, err
	}
	return pieces{elapsed: out[0], until: out[1], context: out[2], behind: out[3]}, nil
}
