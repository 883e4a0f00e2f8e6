package training

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// batch is the graph of a mini-batch of windows.
type batch struct {
	model      *Forecaster
	y0         *G.Node // (batch, width)
	from, span G.Nodes // (batch, 1) for each interval, of windows with times of their own
	cost       *cost
	work       work
}

func newBatch(m *Forecaster, segs *Segments, opts SegmentOptions) (*batch, error) {
	g := G.NewGraph()
	b := &batch{model: m, y0: input(g, "y0", opts.Batch, m.width())}
	var ys *G.Node
	var err error
	if times, ok := segs.SharedTimes(); ok && !m.cfg.Time {
		ys, b.work, err = m.rollout(b.y0, times)
	} else {
		longest := make([]float64, opts.Length-1)
		for j := range longest {
			b.from = append(b.from, input(g, fmt.Sprintf("from %d", j), opts.Batch, 1))
			b.span = append(b.span, input(g, fmt.Sprintf("span %d", j), opts.Batch, 1))
			for _, s := range segs.All() {
				longest[j] = math.Max(longest[j], s.T[j+1]-s.T[j])
			}
		}
		ys, b.work, err = m.rolloutOwn(b.y0, b.from, b.span, longest)
	}
	if err != nil {
		return nil, err
	}
	b.cost, err = newCost(ys, 1, m.dim)
	return b, err
}

// feed sets the windows of a step. starts are the rows that they may begin with.
func (b *batch) feed(segs []Segment, starts [][]float64) error {
	y0 := make([]float64, 0, len(segs)*b.model.width())
	for _, s := range segs {
		y0 = append(y0, b.model.pad(starts[s.Start])...)
	}
	if err := let(b.y0, y0); err != nil {
		return err
	}
	for j := range b.from {
		from, span := make([]float64, len(segs)), make([]float64, len(segs))
		for r, s := range segs {
			from[r], span[r] = s.T0+s.T[j], s.T[j+1]-s.T[j]
		}
		if err := let(b.from[j], from); err != nil {
			return err
		}
		if err := let(b.span[j], span); err != nil {
			return err
		}
	}
	rows := make([][][]float64, len(segs[0].T)-1)
	for j := range rows {
		for _, s := range segs {
			rows[j] = append(rows[j], s.X[j+1])
		}
	}
	return b.cost.feed(rows)
}

// cost is the mean square, over the values that are there, of states minus targets.
type cost struct {
	node, target, weight *G.Node
}

// newCost compares the first dim channels of ys, (times, batch, width), from time index first on.
func newCost(ys *G.Node, first, dim int) (*cost, error) {
	times, size := ys.Shape()[0], ys.Shape()[1]
	seen, err := graph.Slice(ys, G.S(first, times), nil, G.S(0, dim))
	if err != nil {
		return nil, err
	}
	shape := []int{times - first, size, dim}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		d, err := G.Sub(in[0], in[1])
		if err != nil {
			return nil, err
		}
		if d, err = G.Square(d); err != nil {
			return nil, err
		}
		if d, err = G.HadamardProd(d, in[2]); err != nil {
			return nil, err
		}
		d, err = G.Sum(d)
		return G.Nodes{d}, err
	}, graph.Input("states", tensor.Float64, shape...), graph.Input("target", tensor.Float64, shape...),
		graph.Input("weight", tensor.Float64, shape...))
	if err != nil {
		return nil, err
	}
	c := &cost{target: input(ys.Graph(), "target", shape...), weight: input(ys.Graph(), "weight", shape...)}
	c.node, err = graph.Call(fn.Named("mean square"), seen, c.target, c.weight)
	return c, err
}

// feed sets the targets, rows[time][batch][column]; NaN is missing and has weight zero.
func (c *cost) feed(rows [][][]float64) error {
	var target, weight []float64
	n := 0.0
	for _, batch := range rows {
		for _, row := range batch {
			for _, v := range row {
				w := 1.0
				if math.IsNaN(v) {
					v, w = 0, 0
				}
				n += w
				target, weight = append(target, v), append(weight, w)
			}
		}
	}
	for i := range weight {
		weight[i] /= math.Max(n, 1)
	}
	if err := let(c.target, target); err != nil {
		return err
	}
	return let(c.weight, weight)
}
