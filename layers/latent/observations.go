package latent

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/formula"
	"gorgonode/layers/recurrent"
	"gorgonode/layers/series"
)

// Observations are the nodes of a batch of B series with up to T rows of d channels, as series.Batch has them.
type Observations struct {
	Times  *G.Node // (B, T), counted from that of z₀, not negative, increasing along a series
	Values *G.Node // (B, T, d); where the mask is 0 they may be anything
	Mask   *G.Node // (B, T, d), 1 where there is a value; nil: all values of all rows
	Valid  *G.Node // (B, T), 1 for rows, 0 for the padding behind them, where times may be anything; nil: all T are rows
}

// From are the Observations of a batch that enters a graph through in.
func From(in *series.Inputs) Observations {
	return Observations{Times: in.Times(), Values: in.Values(), Mask: in.Mask(), Valid: in.Valid()}
}

// SplitAt is a series up to a time, that included, and after it: what is encoded and what is decoded in extrapolation.
// Static values and labels go to both parts.
func SplitAt(s *series.Series, t float64) (before, after *series.Series) {
	n := 0
	for n < s.Len() && s.Times[n] <= t {
		n++
	}
	one, two := *s, *s
	one.Times, two.Times = s.Times[:n], s.Times[n:]
	one.Values, two.Values = s.Values[:n], s.Values[n:]
	if s.Targets != nil {
		one.Targets, two.Targets = s.Targets[:n], s.Targets[n:]
	}
	return &one, &two
}

// checked is o without nil, or an error that says what does not fit.
func (o Observations) checked(channels int, dt tensor.Dtype) (Observations, error) {
	v := o.Values
	switch {
	case v == nil || v.Graph() == nil:
		return o, errors.New("the values are no node of a graph")
	case v.Dims() != 3 || v.Shape()[2] != channels:
		return o, errors.Errorf("the values have shape %v, want (B, T, %d)", v.Shape(), channels)
	case v.Dtype() != dt:
		return o, errors.Errorf("the values are %v, and the model is %v", v.Dtype(), dt)
	}
	shape := v.Shape()
	var err error
	if o.Valid == nil {
		if o.Valid, err = formula.For(v).Result(formula.For(v).Fill(v, 1, shape[0], shape[1])); err != nil {
			return o, err
		}
	}
	if err := fits("valid", o.Valid, v, shape[:2]...); err != nil {
		return o, err
	}
	if o.Mask == nil {
		o.Mask, err = call("mask", func(f *formula.F, in G.Nodes) *G.Node {
			return f.Reshape(widened(f, in[0], channels), shape...)
		}, o.Valid)
		if err != nil {
			return o, err
		}
	}
	return o, firstError(fits("times", o.Times, v, shape[:2]...), fits("mask", o.Mask, v, shape...))
}

// fromZero is the input of a recurrence, with a row before each series, at time 0, in which nothing was observed: what
// goes through a series backwards comes to z₀ there.
func (o Observations) fromZero() (recurrent.Input, error) {
	b, t, d := o.Values.Shape()[0], o.Values.Shape()[1], o.Values.Shape()[2]
	before := func(name string, first float64, x *G.Node, shape ...int) (*G.Node, error) {
		return call(name, func(f *formula.F, in G.Nodes) *G.Node {
			width := in[0].Shape().TotalSize() / (b * t)
			return f.Reshape(f.Concat(f.Fill(in[0], first, b, width), f.Reshape(in[0], b, t*width)), shape...)
		}, x)
	}
	var in recurrent.Input
	var errs [4]error
	in.Values, errs[0] = before("values", 0, o.Values, b, t+1, d)
	in.Mask, errs[1] = before("mask", 0, o.Mask, b, t+1, d)
	in.Valid, errs[2] = before("valid", 1, o.Valid, b, t+1)
	in.Deltas, errs[3] = call("deltas", func(f *formula.F, in G.Nodes) *G.Node {
		return f.Concat(f.Fill(in[0], 0, b, 1), intervals(f, in[0], in[1]))
	}, o.Times, o.Valid)
	return in, firstError(errs[:]...)
}

// intervals are the times since the row before, or since 0 for the first, (B, T); 0 in the padding.
func intervals(f *formula.F, times, valid *G.Node) *G.Node {
	if f.Err() != nil {
		return nil
	}
	b, t := times.Shape()[0], times.Shape()[1]
	before := f.Fill(times, 0, b, 1)
	if t > 1 {
		before = f.Concat(before, f.Columns(times, 0, t-1))
	}
	return only(f, valid, f.Sub(times, before))
}
