package training

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/odeop"
)

// slope is the field: of the state, and of time where the model depends on it. A row's own clock, as args, is t = from +
// span·s, with from and span of shape (batch, 1), and the slope is then by s.
func (m *Forecaster) slope(s, y *G.Node, args ...*G.Node) (*G.Node, error) {
	if len(args) == 0 {
		if !m.cfg.Time {
			return m.derivative(y, y)
		}
		x, err := layers.ConcatTime().ForwardTime(s, y)
		if err != nil {
			return nil, err
		}
		return m.derivative(y, x)
	}
	from, span, x := args[0], args[1], y
	if m.cfg.Time {
		t, err := G.HadamardProd(span, s)
		if err != nil {
			return nil, errors.WithStack(err)
		}
		if t, err = G.Add(from, t); err != nil {
			return nil, errors.WithStack(err)
		}
		if x, err = G.Concat(1, y, t); err != nil {
			return nil, errors.WithStack(err)
		}
	}
	dy, err := m.derivative(y, x)
	if err != nil {
		return nil, err
	}
	return G.BroadcastHadamardProd(dy, span, nil, []byte{1})
}

// options are those of a solve, with a constant step, 0 for none, and a place to count its work.
func (m *Forecaster) options(step float64, more ...odeop.Option) ([]odeop.Option, *odeop.Stats) {
	stats := new(odeop.Stats)
	opts := append(append([]odeop.Option{odeop.Record(stats)}, m.opts...), more...)
	if step != 0 {
		opts = append(opts, odeop.Step(step))
	}
	return opts, stats
}

// rollout is the states of a batch at times that all its rows share: (len(times), batch, width).
func (m *Forecaster) rollout(y0 *G.Node, times []float64) (*G.Node, work, error) {
	opts, stats := m.options(m.step)
	ys, err := odeop.Solve(m.slope, y0, times, opts...)
	return ys, work{stats}, err
}

// rolloutOwn is rollout for rows with times of their own: row r is at times[r][j] after j intervals, which are solved
// one after the other, each over s from 0 to 1. from[j] and span[j] are nodes of shape (batch, 1), and longest[j] is the
// longest of the spans that will come.
func (m *Forecaster) rolloutOwn(y0 *G.Node, from, span G.Nodes, longest []float64) (*G.Node, work, error) {
	states := G.Nodes{y0}
	var done work
	for j := range from {
		opts, stats := m.options(m.step/longest[j], odeop.Args(from[j], span[j]))
		y, err := odeop.SolveFinal(m.slope, states[j], []float64{0, 1}, opts...)
		if err != nil {
			return nil, nil, err
		}
		states, done = append(states, y), append(done, stats)
	}
	ys, err := graph.Stack(states...)
	return ys, done, err
}

// work counts the work of solves that run together.
type work []*odeop.Stats

// evaluations is how often their newest forward passes evaluated the field.
func (w work) evaluations() (n int) {
	for _, s := range w {
		n += s.Forward().F
	}
	return n
}

// Trajectory solves from the initial state at scaled time 0 to the given scaled times, strictly increasing from 0 on or
// later, and returns the scaled columns at them, a row for each. Under error control the last digits of a row depend, to
// the tolerance, on the last time.
func (m *Forecaster) Trajectory(times []float64) ([][]float64, error) {
	return m.run(m.start.Float64s(), 0, times)
}

// TrajectoryFrom is Trajectory from a row of scaled values at a scaled time, with their slopes by scaled time behind
// them for a model of second order; further channels begin at zero, as they do in training.
func (m *Forecaster) TrajectoryFrom(from float64, row, times []float64) ([][]float64, error) {
	if err := m.checkState("trajectory: a state", row); err != nil {
		return nil, err
	}
	return m.run(m.pad(row), from, times)
}

func (m *Forecaster) run(y0 []float64, from float64, times []float64) ([][]float64, error) {
	if len(times) == 0 {
		return nil, nil
	}
	grid := times
	if times[0] != from {
		grid = append([]float64{from}, times...)
	}
	if len(grid) == 1 {
		return [][]float64{y0[:m.dim:m.dim]}, nil
	}
	g := G.NewGraph()
	start := input(g, "start", 1, m.width())
	if err := let(start, y0); err != nil {
		return nil, err
	}
	ys, _, err := m.rollout(start, grid)
	if err != nil {
		return nil, errors.WithMessage(err, "training: trajectory")
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return nil, errors.WithMessage(odeop.Cause(err), "training: trajectory")
	}
	flat := ys.Value().Data().([]float64)
	var rows [][]float64
	for i := len(grid) - len(times); i < len(grid); i++ {
		rows = append(rows, append([]float64(nil), flat[i*m.width():i*m.width()+m.dim]...))
	}
	return rows, nil
}

// Field is the compiled field: the slopes of all columns by scaled time, at a scaled time and state, which is a row of
// scaled values, with their slopes behind them for a model of second order. Further channels are taken as zero. The
// function is not for concurrent use, and sees the weights as they are when it is called.
func (m *Forecaster) Field() (func(t float64, row []float64) ([]float64, error), error) {
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		dy, err := m.slope(in[0], in[1])
		return G.Nodes{dy}, err
	}, graph.Input("t", tensor.Float64), graph.Input("y", tensor.Float64, 1, m.width()))
	if err != nil {
		return nil, err
	}
	plan, err := graph.Compile[float64](fn)
	if err != nil {
		return nil, err
	}
	return func(t float64, row []float64) ([]float64, error) {
		if err := m.checkState("field: a state", row); err != nil {
			return nil, err
		}
		dy := make([]float64, m.width())
		if err := plan.Run([][]float64{{t}, m.pad(row)}, [][]float64{dy}); err != nil {
			return nil, err
		}
		return dy[:m.known():m.known()], nil
	}, nil
}

func input(g *G.ExprGraph, name string, shape ...int) *G.Node {
	return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name))
}

// let binds values, which the node keeps, to an input.
func let(n *G.Node, values []float64) error {
	return G.Let(n, tensor.New(tensor.WithShape(n.Shape().Clone()...), tensor.WithBacking(values)))
}
