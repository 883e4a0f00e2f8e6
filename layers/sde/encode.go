package sde

import (
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers/recurrent"
)

// Observations are series on common times, (T) increasing. Series that were observed at times of their own share the union
// of them, and the mask says what is there.
type Observations struct {
	Times  []float64
	Values *G.Node // (B, T, channels); where the mask is 0 they may be anything
	Mask   *G.Node // of the same shape, 1 where there is a value; nil: everywhere
}

func (m *Latent) checkObservations(o Observations) error {
	switch x := o.Values; {
	case x == nil || x.Graph() == nil:
		return errors.New("the values are no node of a graph")
	case x.Dtype() != m.Dtype:
		return errors.Errorf("the values are %v and the model %v", x.Dtype(), m.Dtype)
	case len(o.Times) < 2 || x.Dims() != 3 || x.Shape()[1] != len(o.Times) || x.Shape()[2] != m.Channels:
		return errors.Errorf("values of shape %v at %d times, want (batch, times, %d) and two times or more",
			x.Shape(), len(o.Times), m.Channels)
	case o.Mask != nil && (!o.Mask.Shape().Eq(x.Shape()) || o.Mask.Dtype() != x.Dtype()):
		return errors.Errorf("a mask of shape %v and %v for values of shape %v and %v",
			o.Mask.Shape(), o.Mask.Dtype(), x.Shape(), x.Dtype())
	}
	return checkTimes(o.Times)
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
	contexts     *G.Node // (T, B·context): c at each time, of what was observed from then on
	mean, logVar *G.Node // (B, d) of z(t₀)
}

// encode reads the series from the last row to the first. The state at a row knows this row and all behind it, which is what
// the posterior at an earlier time depends on besides its state.
func (m *Latent) encode(o Observations) (e encoded, err error) {
	rows, n := o.Values.Shape()[0], len(o.Times)
	deltas := make([]float64, 0, rows*n)
	for range rows {
		for i, t := range o.Times {
			deltas = append(deltas, t-o.Times[max(0, i-1)])
		}
	}
	in := recurrent.Input{Values: o.Values, Mask: o.Mask}
	if in.Deltas, err = graph.Constant(o.Values, deltas, rows, n); err != nil {
		return e, err
	}
	states, err := m.encoder.States(in) // (B, T, H)
	if err != nil {
		return e, err
	}
	out, err := operation("context", func(f *formula.F, in G.Nodes) G.Nodes {
		c := f.Apply(m.context.Forward, in[0])
		c = f.Reshape(f.Transpose(c, 1, 0, 2), n, rows*m.Context)
		first := f.Columns(f.Reshape(in[0], rows, n*m.Encoder), 0, m.Encoder)
		start := f.Apply(m.initial.Forward, first)
		return G.Nodes{c, f.Columns(start, 0, m.State), f.Columns(start, m.State, 2*m.State)}
	}, states)
	if err != nil {
		return e, err
	}
	return encoded{out[0], out[1], out[2]}, nil
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

// posteriorDrift is f(z, c, τ): an odeop.Field whose arg is encoded.contexts. Between two times c is that of the later one,
// which is what the posterior has to come to, and τ the time until then. It jumps where steps end: a jump costs methods with
// stages at the end of a step their order in this drift, but a straight line from one context to the next would see little
// of what comes next when it matters.
func (m *Latent) posteriorDrift(times []float64) func(t, z *G.Node, args ...*G.Node) (*G.Node, error) {
	n := len(times)
	from, to := make([]float64, n), make([]float64, n) // c_i is for from_i ≤ t < to_i
	for i := range n {
		from[i], to[i] = times[max(i, 1)-1], times[i]
	}
	from[0], to[0] = math.MaxFloat32, math.MaxFloat32
	from[1], to[n-1] = -math.MaxFloat32, math.MaxFloat32
	return func(t, z *G.Node, args ...*G.Node) (*G.Node, error) {
		f := formula.For(z)
		now, zero := f.Mul(f.Fill(z, 1, n), t), f.Number(0)
		reached := func(at []float64) *G.Node { return f.Compare(G.Gte, f.Sub(now, f.Constant(z, at, n)), zero) }
		weights := f.Sub(reached(from), reached(to))
		until := f.Sub(f.Sum(f.Mul(weights, f.Constant(z, times, n))), t)
		rows := z.Shape()[0]
		c := f.Reshape(f.MatMul(f.Reshape(weights, 1, n), args[0]), rows, m.Context)
		return f.Result(f.Apply(m.posterior.Forward, f.Concat(z, c, f.Mul(f.Fill(z, 1, rows, 1), until))))
	}
}
