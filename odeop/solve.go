package odeop

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/nodeop"
	"gorgonode/solvers"
)

// Solve integrates dy/dt = f(t, y, args...) from y(times[0]) = y0 and returns the states at all times as one node of shape
// (len(times), shape of y0...); its first row is y0. times holds at least two times, strictly increasing or strictly
// decreasing. y0 is a node of float64 or float32, of any shape, also a number; time is a float64 in either case, rounded to
// y0's dtype where the field sees it.
//
// Gradients flow to y0, to every arg and to every parameter that the field uses; see SolveAt for the times.
//
// What is wrong with the arguments is an error here; what goes wrong while solving is an error of the machine that runs
// the graph, and says at which time and, where it is known, at which element.
func Solve(f Field, y0 *gorgonia.Node, times []float64, opts ...Option) (*gorgonia.Node, error) {
	return build(f, y0, times, nil, false, opts)
}

// SolveFinal is Solve that returns the last state alone, of y0's shape. Times between the first and the last matter with
// constant steps, which end there.
func SolveFinal(f Field, y0 *gorgonia.Node, times []float64, opts ...Option) (*gorgonia.Node, error) {
	return build(f, y0, times, nil, true, opts)
}

// SolveAt is Solve at times that are a node, a vector of y0's dtype and graph whose value is known when the graph runs;
// gradients flow to every one of them. Every state but the first moves with its own time; all but the first move with the
// first time. A float32 vector holds a time to 24 bits only.
func SolveAt(f Field, y0, times *gorgonia.Node, opts ...Option) (*gorgonia.Node, error) {
	if times == nil {
		return nil, errors.New("odeop: solve: no times")
	}
	return build(f, y0, nil, times, false, opts)
}

// problem is a checked call of Solve.
type problem struct {
	*config
	field Field
	y0    *gorgonia.Node
	times []float64
	at    *gorgonia.Node // of SolveAt; then times is nil

	rowTimes [][]float64 // of SolveRows; then times is nil too

	n     int // number of times
	final bool
	dtype tensor.Dtype
}

func build(f Field, y0 *gorgonia.Node, times []float64, at *gorgonia.Node, final bool, opts []Option) (*gorgonia.Node,
	error) {
	p, err := newProblem(f, y0, times, at, final, opts)
	if err != nil {
		return nil, err
	}
	if p.perRow {
		return p.applyRows()
	}
	return p.gradient.apply(p)
}

func newProblem(f Field, y0 *gorgonia.Node, times []float64, at *gorgonia.Node, final bool, opts []Option) (*problem,
	error) {
	p, err := newUntimed(f, y0, opts)
	if err != nil {
		return nil, err
	}
	p.times, p.at, p.n, p.final = append([]float64(nil), times...), at, len(times), final
	if at == nil {
		if err := checkTimes(p.name, p.times); err != nil {
			return nil, err
		}
		return p, p.checkSettings()
	}
	switch shape := at.Shape(); {
	case at.Graph() != y0.Graph():
		return nil, errors.Errorf("%s: the times (%q) are in another graph than y0", p.name, at.Name())
	case at.Dtype() != p.dtype:
		return nil, errors.Errorf("%s: the times (%q) are %v, and y0 is %v", p.name, at.Name(), at.Dtype(), p.dtype)
	case len(shape) != 1 || shape[0] < 2:
		return nil, errors.Errorf("%s: the times (%q) have shape %v, want a vector of at least two", p.name, at.Name(), shape)
	}
	p.n = at.Shape()[0]
	return p, p.checkSettings()
}

// newUntimed is newProblem without the times.
func newUntimed(f Field, y0 *gorgonia.Node, opts []Option) (*problem, error) {
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	p := &problem{config: c, field: f, y0: y0}
	switch {
	case f == nil:
		return nil, errors.Errorf("%s: no field", p.name)
	case y0 == nil || y0.Graph() == nil:
		return nil, errors.Errorf("%s: y0 is no node of a graph", p.name)
	}
	p.dtype = y0.Dtype()
	if p.dtype != tensor.Float64 && p.dtype != tensor.Float32 {
		return nil, errors.Errorf("%s: y0 (%q) is %v, want float64 or float32", p.name, y0.Name(), p.dtype)
	}
	for i, a := range p.args {
		if a.Graph() != y0.Graph() {
			return nil, errors.Errorf("%s: arg %d (%q) is in another graph than y0", p.name, i, a.Name())
		}
	}
	if err := p.checkUse(); err != nil {
		return nil, err
	}
	return p, p.checkRows()
}

// checkUse refuses options that this solve does nothing with.
func (p *problem) checkUse() error {
	_, taped := p.gradient.(Backprop)
	switch {
	case p.occurrences > 0 && !p.withEvents:
		return errors.Errorf("%s: Occurrences is for a solve with events", p.name)
	case p.costError && !p.withCost:
		return errors.Errorf("%s: CostErrorControl is for a solve with a running cost", p.name)
	case p.settings.Checkpoints > 0 && !taped:
		return errors.Errorf("%s: Settings.Checkpoints is for the gradient mode Backprop, not %T", p.name, p.gradient)
	}
	return nil
}

// components is the size of the state that the solver steps: y, or a row of it.
func (p *problem) components() int {
	n := p.y0.Shape().TotalSize()
	if p.perRow {
		n /= max(1, p.y0.Shape()[0])
	}
	return n
}

// keepStates refuses gradient modes other than Backprop, and brings its setting to the solver.
func (p *problem) keepStates(with string) error {
	g, ok := p.gradient.(Backprop)
	if !ok {
		return errors.Errorf("%s: a solve with %s has the gradient mode Backprop, not %T", p.name, with, p.gradient)
	}
	if g.Checkpoints > 0 {
		p.settings.Checkpoints = g.Checkpoints
	}
	return nil
}

// checkSettings has the solver look at its settings, with a system that does nothing. A norm, which may want a state of its
// size, is looked at with a method that costs no memory.
func (p *problem) checkSettings() error {
	if p.y0.Shape().TotalSize() < 1 {
		return errors.Errorf("%s: y0 (%q) of shape %v has no elements", p.name, p.y0.Name(), p.y0.Shape())
	}
	var t0, t1 float64
	set := p.settings
	set.Norm = nil
	for _, tol := range []*[]float64{&set.RTols, &set.ATols} {
		if n := p.components(); len(*tol) > 0 && len(*tol) != n {
			what := "y0"
			if p.perRow {
				what = "a row of y0"
			}
			return errors.Errorf("%s: tolerances of %d components, and %s (%q) has %d", p.name, len(*tol), what, p.y0.Name(), n)
		}
		if !set.Method.Info().Separable {
			*tol = first(*tol)
		}
	}
	if p.times != nil {
		t0, t1, set.SaveAt = p.times[0], p.times[len(p.times)-1], p.times
	}
	sys := p.still()
	_, err := solvers.NewIntegrator(sys, make([]float64, sys.Dim), t0, t1, &set)
	if p.settings.Norm != nil && err == nil {
		sys.Dim = p.components()
		_, err = solvers.NewIntegrator(sys, make([]float64, sys.Dim), t0, t1, &solvers.Settings{Method: solvers.Euler{},
			Norm: p.settings.Norm})
	}
	return errors.WithMessage(err, p.name)
}

// first is a tolerance for the one component of still.
func first(tol []float64) []float64 { return tol[:min(len(tol), 1)] }

// still is the system that the solver looks at its settings with: of one component, unless the state has to divide into
// positions and momenta.
func (p *problem) still() solvers.System[float64] {
	sys := still
	if p.settings.Method.Info().Separable {
		sys.Dim = p.components()
	}
	return sys
}

// still is the system y' = 0 of one component, with all that a method may ask for.
var still = solvers.System[float64]{
	Dim:      1,
	F:        func(_ float64, _, dydt []float64) error { clear(dydt); return nil },
	Jacobian: func(_ float64, _, jac []float64) error { clear(jac); return nil },
	JVP:      func(_ float64, _, _, out []float64) error { clear(out); return nil },
	VJP: func(_ float64, _, _, dydt, wy, _ []float64) (float64, error) {
		clear(dydt)
		clear(wy)
		return 0, nil
	},
}

func checkTimes(name string, ts []float64) error {
	if len(ts) < 2 {
		return errors.Errorf("%s: %d times, want at least two", name, len(ts))
	}
	for i, t := range ts {
		if err := checkTime(name, i, t); err != nil {
			return err
		}
		if i == 0 {
			continue
		}
		if t == ts[i-1] {
			return errors.Errorf("%s: times[%d] and times[%d] are both %g", name, i-1, i, t)
		}
		if (t > ts[i-1]) != (ts[1] > ts[0]) {
			return errors.Errorf("%s: times[%d] = %g turns back from times[%d] = %g: times must be strictly monotonic",
				name, i, t, i-1, ts[i-1])
		}
	}
	return nil
}

func checkTime(name string, i int, t float64) error {
	if math.IsNaN(t) || math.IsInf(t, 0) {
		return errors.Errorf("%s: times[%d] is %g", name, i, t)
	}
	return nil
}

// applyOp makes the node of a problem whose backward pass is g's.
func (p *problem) applyOp(g backward) (*gorgonia.Node, error) {
	fn, err := p.field.trace(p.name, p.dtype, p.y0.Shape(), p.args)
	if err != nil {
		return nil, err
	}
	nodes := gorgonia.Nodes{p.y0}
	if p.at != nil {
		nodes = append(nodes, p.at)
	}
	nodes = append(nodes, p.args...)
	nodes = append(nodes, graph.ParamNodes(p.y0.Graph(), fn.Params())...)
	if p.dtype == tensor.Float32 {
		return applySolve(p, fn, g.single(), nodes)
	}
	return applySolve(p, fn, g.double(), nodes)
}

func applySolve[T graph.Float](p *problem, fn *graph.Func, mode mode[T], nodes gorgonia.Nodes) (*gorgonia.Node, error) {
	s, err := newSolve(p, fn, mode, p.y0.Shape())
	if err != nil {
		return nil, err
	}
	if f, ok := p.gradient.(Forward); ok {
		if s.wrt, err = f.wrt(p, nodes); err != nil {
			return nil, err
		}
	}
	return nodeop.Apply[T](s, nodes...)
}
