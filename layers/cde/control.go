package cde

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// Control is a batch of paths, as arrays. Its first axis is the interval, so that a recurrence goes along it; a path
// that has fewer intervals than others stands still at its end.
type Control struct {
	intervals, batch, channels int
	start                      []float64 // X(0): (batch, channels)
	// slopes are those of dX/du = slopes[0] + slopes[1] u + slopes[2] u², each (intervals, batch, channels); one if all pieces
	// are straight.
	slopes [][]float64
}

// Stack makes a batch of paths that have the same channels. It has the given number of intervals, which may not be
// fewer than a path's, or, for 0, those of the longest path and at least one.
func Stack(paths []*Path, intervals int) (*Control, error) {
	if len(paths) == 0 {
		return nil, errors.New("cde: stack: no paths")
	}
	if intervals < 0 {
		return nil, errors.Errorf("cde: stack: %d intervals, want 0 or more", intervals)
	}
	c := &Control{intervals: max(intervals, 1), batch: len(paths)}
	degree := 1
	for i, p := range paths {
		switch {
		case p == nil:
			return nil, errors.Errorf("cde: stack: path %d is nil", i)
		case i > 0 && p.channels != c.channels:
			return nil, errors.Errorf("cde: stack: path %d has %d channels, path 0 has %d", i, p.channels, c.channels)
		case intervals > 0 && p.Intervals() > intervals:
			return nil, errors.Errorf("cde: stack: path %d has %d intervals, more than %d", i, p.Intervals(), intervals)
		}
		c.channels = p.channels
		c.intervals = max(c.intervals, p.Intervals())
		if !p.linear() {
			degree = 3
		}
	}
	c.slopes = make([][]float64, degree)
	for i := range c.slopes {
		c.slopes[i] = make([]float64, c.intervals*c.batch*c.channels)
	}
	for b, p := range paths {
		c.start = append(c.start, p.At(0)...)
		for k, q := range p.pieces {
			at := (k*c.batch + b) * c.channels
			for i, slope := range c.slopes {
				for j, v := range q[i+1] {
					slope[at+j] = float64(i+1) * v
				}
			}
		}
	}
	return c, nil
}

// Cubic makes room for cubic pieces if there is none, so that batches of linear and of cubic paths fit the same nodes.
func (c *Control) Cubic() {
	for len(c.slopes) < 3 {
		c.slopes = append(c.slopes, make([]float64, len(c.slopes[0])))
	}
}

// Intervals is the number of intervals.
func (c *Control) Intervals() int { return c.intervals }

// Batch is the number of paths.
func (c *Control) Batch() int { return c.batch }

// Channels is the number of channels.
func (c *Control) Channels() int { return c.channels }

// Nodes is a Control in a graph.
type Nodes struct {
	Start *G.Node // X(0), of shape (batch, channels)
	// Slopes are one or three, of shape (intervals, batch, channels): dX/du on each interval is Slopes[0] + Slopes[1] u +
	// Slopes[2] u².
	Slopes G.Nodes
}

// Nodes are inputs of g with the control's values in them, of the dtype dt.
func (c *Control) Nodes(g *G.ExprGraph, dt tensor.Dtype) (*Nodes, error) {
	if err := graph.CheckDtype(dt); err != nil {
		return nil, errors.WithMessage(err, "cde")
	}
	n := &Nodes{Start: G.NewTensor(g, dt, 2, G.WithShape(c.batch, c.channels), G.WithName("path start"))}
	for _, name := range []string{"path slope 0", "path slope 1", "path slope 2"}[:len(c.slopes)] {
		n.Slopes = append(n.Slopes, G.NewTensor(g, dt, 3, G.WithShape(c.intervals, c.batch, c.channels), G.WithName(name)))
	}
	return n, n.Let(c)
}

// Let puts another control of the same shape into the nodes.
func (n *Nodes) Let(c *Control) error {
	if len(n.Slopes) != len(c.slopes) {
		return errors.Errorf("cde: a control with %d slopes for nodes with %d; see Control.Cubic", len(c.slopes), len(n.Slopes))
	}
	if s := n.Slopes[0].Shape(); s[0] != c.intervals || s[1] != c.batch || s[2] != c.channels {
		return errors.Errorf("cde: a control of shape (%d, %d, %d) for nodes of shape %v", c.intervals, c.batch, c.channels, s)
	}
	if err := let(n.Start, c.start); err != nil {
		return err
	}
	for i, s := range n.Slopes {
		if err := let(s, c.slopes[i]); err != nil {
			return err
		}
	}
	return nil
}

func let(n *G.Node, values []float64) error {
	var backing any
	if n.Dtype() == tensor.Float32 {
		single := make([]float32, len(values))
		for i, v := range values {
			single[i] = float32(v)
		}
		backing = single
	} else {
		backing = append([]float64(nil), values...)
	}
	return errors.Wrapf(G.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(backing))), "cde: %s", n.Name())
}
