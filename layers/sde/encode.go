package sde

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers/recurrent"
	"gorgonode/layers/series"
)

// Observations are B series of at most T rows: on common times, or each with times of its own (From).
type Observations struct {
	Times  []float64 // (T), increasing, common to all series; nil: each has its own, of which Deltas tell
	Values *G.Node   // (B, T, channels); where the mask is 0 they may be anything
	Mask   *G.Node   // of the same shape, 1 where there is a value; nil: in all rows

	// Of series with times of their own, as in a series.Batch.
	Deltas *G.Node // (B, T), the time since the row before, positive; that of the first row is not looked at
	Valid  *G.Node // (B, T), 1 for rows, 0 for the padding behind them; nil: all T are rows
}

// From are the Observations of a batch that enters a graph through in.
func From(in *series.Inputs) Observations {
	return Observations{Values: in.Values(), Mask: in.Mask(), Deltas: in.Deltas(), Valid: in.Valid()}
}

func (m *Latent) checkObservations(o Observations) error {
	x := o.Values
	switch {
	case x == nil || x.Graph() == nil:
		return errors.New("the values are no node of a graph")
	case x.Dtype() != m.Dtype:
		return errors.Errorf("the values are %v and the model %v", x.Dtype(), m.Dtype)
	case x.Dims() != 3 || x.Shape()[2] != m.Channels:
		return errors.Errorf("values of shape %v, want (batch, times, %d)", x.Shape(), m.Channels)
	}
	shape := x.Shape()
	if err := m.checkBeside("mask", o.Mask, x, shape...); err != nil {
		return err
	}
	if o.Times == nil {
		if o.Deltas == nil {
			return errors.New("neither common times nor, for times of each series, differences of them")
		}
		if err := m.checkBeside("deltas", o.Deltas, x, shape[:2]...); err != nil {
			return err
		}
		return m.checkBeside("valid", o.Valid, x, shape[:2]...)
	}
	switch {
	case o.Deltas != nil || o.Valid != nil:
		return errors.New("common times, and differences of times or ends of series too: one or the other")
	case len(o.Times) < 2 || shape[1] != len(o.Times):
		return errors.Errorf("values of shape %v at %d times, want as many, and two or more", shape, len(o.Times))
	}
	return checkTimes(o.Times)
}

// checkBeside tells whether a node that may be nil goes with the values x.
func (m *Latent) checkBeside(what string, n, x *G.Node, shape ...int) error {
	switch {
	case n == nil:
		return nil
	case n.Graph() != x.Graph():
		return errors.Errorf("%s: in another graph than the values", what)
	case !slices.Equal(n.Shape(), shape) || n.Dtype() != x.Dtype():
		return errors.Errorf("%s of shape %v and %v for values of shape %v and %v",
			what, n.Shape(), n.Dtype(), x.Shape(), x.Dtype())
	}
	return nil
}

func checkTimes(times []float64) error {
	for i, t := range times {
		if t-t != 0 || i > 0 && t <= times[i-1] {
			return errors.Errorf("times[%d] = %g: times must be finite and increase", i, t)
		}
	}
	return nil
}

// encoded is what the encoder makes of series.
type encoded struct {
	contexts     *G.Node // (T, B, context): c at each row, of what was observed from then on
	mean, logVar *G.Node // (B, d) of z(t₀)
}

// encode reads the series from the last row to the first. The state at a row knows this row and all behind it, which is what
// the posterior at an earlier time depends on besides its state. A series without rows begins as the prior does.
func (m *Latent) encode(o Observations) (e encoded, err error) {
	shape := o.Values.Shape()
	rows, n := shape[0], shape[1]
	in := recurrent.Input{Values: o.Values, Mask: o.Mask, Deltas: o.Deltas, Valid: o.Valid}
	if o.Times != nil {
		deltas := make([]float64, 0, rows*n)
		for range rows {
			for i, t := range o.Times {
				deltas = append(deltas, t-o.Times[max(0, i-1)])
			}
		}
		if in.Deltas, err = graph.Constant(o.Values, deltas, rows, n); err != nil {
			return e, err
		}
	}
	states, err := m.encoder.States(in) // (B, T, H)
	if err != nil {
		return e, err
	}
	nodes := G.Nodes{states}
	if o.Valid != nil {
		nodes = append(nodes, o.Valid)
	}
	out, err := operation("context", func(f *formula.F, in G.Nodes) G.Nodes {
		c := f.Transpose(f.Apply(m.context.Forward, in[0]), 1, 0, 2)
		first := f.Columns(f.Reshape(in[0], rows, n*m.Encoder), 0, m.Encoder)
		start := f.Apply(m.initial.Forward, first)
		mean, logVar := f.Columns(start, 0, m.State), f.Columns(start, m.State, 2*m.State)
		if len(in) == 2 {
			there := f.Columns(in[1], 0, 1)
			priorMean, priorLogVar := m.priorStart(f, mean)
			mean = f.Add(priorMean, f.MulColumn(f.Sub(mean, priorMean), there))
			logVar = f.Add(priorLogVar, f.MulColumn(f.Sub(logVar, priorLogVar), there))
		}
		return G.Nodes{c, mean, logVar}
	}, nodes...)
	if err != nil {
		return e, err
	}
	return encoded{out[0], out[1], out[2]}, nil
}

// priorStart is m and ln s² of the prior in as many rows as like has, (B, d).
func (m *Latent) priorStart(f *formula.F, like *G.Node) (mean, logVar *G.Node) {
	if f.Err() != nil {
		return nil, nil
	}
	zeros := f.Fill(like, 0, like.Shape()...)
	return f.AddRow(zeros, m.startMean.In(like.Graph())), f.AddRow(zeros, m.startLogVar.In(like.Graph()))
}

// start draws z(t₀) = μ + σ ε.
func (m *Latent) start(mean, logVar *G.Node, d Draw) (*G.Node, error) {
	noise, err := d.normal(mean, mean.Shape()[0], m.State)
	if err != nil {
		return nil, err
	}
	out, err := operation("start", func(f *formula.F, in G.Nodes) G.Nodes {
		return G.Nodes{f.Add(in[0], f.Mul(f.Exp(f.Mul(f.Number(0.5), in[1])), in[2]))}
	}, mean, logVar, noise)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}
