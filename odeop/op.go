package odeop

import (
	"fmt"
	"hash"
	"math"
	"slices"
	"sync/atomic"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/kernel"
	"gorgonode/solvers"
)

var solves atomic.Uint64

// solve is a problem as an Op (nodeop.Function). Its inputs are y0, the times where they are a node, the args and the
// parameters.
type solve[T graph.Float] struct {
	*problem
	id     uint64 // in the order of making: the same from run to run, unlike an address
	field  *compiled[T]
	mode   mode[T]
	inputs []tensor.Shape
	theta  []graph.Spec // the last inputs: args and parameters
	output tensor.Shape
	wrt    []bool
	memory int               // bytes that a solve may keep for its backward pass beside states; 0: none
	room   *solvers.TapeRoom // of the last run
	look   *watch[T]         // of a pass that looks for a NaN; otherwise nil
}

// mode is a gradient mode at work for one dtype.
type mode[T graph.Float] interface {
	// forward solves and returns what backward needs; nil where it needs nothing.
	forward(s *solve[T], sys solvers.System[T], y0 []T, times []float64) (*solvers.Solution[T], any, error)
	// differentiate returns the gradient of Σ w[i]ᵀ·y(times[i]); a row of w may be nil. sys is bound to theta, which is
	// there for derivatives that a system doesn't have. state is what forward returned. Its errors say which element they mean.
	differentiate(
		s *solve[T], sys solvers.System[T], theta [][]T, wanted wanted, times []float64, w [][]T, state any,
	) (*gradients[T], error)
}

// wanted says for y0, for the times, where they are an input, and for every part of θ whether its gradient is asked
// for; that of another may be left zero.
type wanted struct {
	y0, times bool
	theta     []bool
}

// everything is all gradients, of so many parts of θ.
func everything(parts int) wanted {
	return wanted{y0: true, times: true, theta: slices.Repeat([]bool{true}, parts)}
}

// wantedIn are the gradients of the inputs that an Op is asked for.
func (s *solve[T]) wantedIn(grad [][]T) wanted {
	w := wanted{y0: grad[0] != nil}
	grad = grad[1:]
	if s.at != nil {
		w.times, grad = grad[0] != nil, grad[1:]
	}
	for _, g := range grad {
		w.theta = append(w.theta, g != nil)
	}
	return w
}

// gradients are a backward pass's results: with respect to y0, to θ = (args, parameters), and to each time.
type gradients[T graph.Float] struct {
	y0, theta []T
	times     []float64
	stats     solvers.Stats
}

func newSolve[T graph.Float](p *problem, fn *graph.Func, m mode[T], y0 tensor.Shape) (*solve[T], error) {
	field, err := compileField[T](fn)
	if err != nil {
		return nil, err
	}
	if err := checkSeparable(p, field); err != nil {
		return nil, err
	}
	s := &solve[T]{problem: p, id: solves.Add(1), field: field, mode: m, inputs: []tensor.Shape{y0.Clone()},
		room: &solvers.TapeRoom{}}
	if p.at != nil {
		s.inputs = append(s.inputs, tensor.Shape{p.n})
	}
	if g, ok := p.gradient.(Backprop); ok {
		s.memory = g.memory(&p.settings)
	}
	for _, in := range field.fn.Inputs()[2:] {
		s.inputs, s.theta = append(s.inputs, in.Shape), append(s.theta, in)
	}
	for range s.inputs {
		s.wrt = append(s.wrt, true)
	}
	s.output = y0.Clone()
	if !p.final {
		s.output = append(tensor.Shape{p.n}, s.output...)
	}
	return s, nil
}

func (s *solve[T]) Name() string                { return s.name }
func (s *solve[T]) WriteHash(h hash.Hash)       { fmt.Fprintf(h, "solve %d", s.id) }
func (s *solve[T]) InputShapes() []tensor.Shape { return s.inputs }
func (s *solve[T]) OutputShape() tensor.Shape   { return s.output }
func (s *solve[T]) WRT() []bool                 { return s.wrt }

// LeftOut reports whether Forward's WRT leaves out input i.
func (s *solve[T]) LeftOut(i int) bool { return !s.wrt[i] }

// Differentiable reports why the field has no gradient, before anything runs.
func (s *solve[T]) Differentiable() error { return s.field.differentiable() }

// split takes the inputs of the Op apart.
func (s *solve[T]) split(in [][]T) (y0 []T, times []float64, theta [][]T, err error) {
	y0, times, theta = in[0], s.times, in[1:]
	if s.at != nil {
		times, theta = make([]float64, s.n), in[2:]
		for i, t := range in[1] {
			times[i] = float64(t)
		}
		err = checkTimes(s.name, times)
	}
	return y0, times, theta, err
}

// Forward solves with a record for the backward pass.
func (s *solve[T]) Forward(in [][]T, out []T) (any, error) {
	return s.solve(s.mode.forward, s.memory, in, out)
}

// Evaluate solves without one.
func (s *solve[T]) Evaluate(in [][]T, out []T) error {
	_, err := s.solve(withoutRecord, 0, in, out)
	return err
}

// withoutRecord is the forward pass of a solve that is not differentiated.
func withoutRecord[T graph.Float](
	s *solve[T], sys solvers.System[T], y0 []T, times []float64,
) (*solvers.Solution[T], any, error) {
	sol, err := solvers.Solve(sys, y0, times[0], times[len(times)-1], s.settingsAt(times))
	return sol, nil, err
}

func (s *solve[T]) solve(
	forward func(*solve[T], solvers.System[T], []T, []float64) (*solvers.Solution[T], any, error), memory int,
	in [][]T, out []T,
) (any, error) {
	y0, times, theta, err := s.split(in)
	if err == nil {
		err = s.checkFinite(y0)
	}
	if err != nil {
		s.stats.setForward(solvers.Stats{}, solvers.BadInput)
		return nil, err
	}
	sys, done := s.field.run(theta)
	defer done()
	sys = implicitly(s.field, sys, s.settings.Method)
	sys.Room = s.room
	kept := s.field.keep(&sys, theta, memory)
	sol, state, err := forward(s, sys, y0, times)
	kept.release()
	s.stats.setForward(sol.Stats, sol.Status)
	if err != nil {
		return nil, s.located(s.nonFiniteForward(err, sol, theta))
	}
	if s.final {
		copy(out, sol.Y[len(sol.Y)-1])
		return kept.with(state), nil
	}
	for i, y := range sol.Y {
		copy(out[i*len(y):], y)
	}
	return kept.with(state), nil
}

// Backward adds the gradients of the inputs.
func (s *solve[T]) Backward(in [][]T, _, w []T, state any, grad [][]T) error {
	y0, times, theta, err := s.split(in)
	if err != nil {
		return err
	}
	sys, done, err := s.field.runPure(theta)
	if err != nil {
		return err
	}
	defer done()
	sys = implicitly(s.field, sys, s.settings.Method)
	state, forget := recall(state, &sys, theta)
	defer forget()
	var again solvers.Stats
	if state == nil {
		sys.Room = s.room
		kept := s.field.keep(&sys, theta, s.memory)
		defer kept.giveBack()
		defer kept.release()
		var sol *solvers.Solution[T]
		if sol, state, err = s.mode.forward(s, sys, y0, times); err != nil {
			return s.located(err)
		}
		again = sol.Stats
	}
	rows := make([][]T, len(times))
	if s.final {
		rows[len(rows)-1] = w
	} else {
		for i := range rows {
			rows[i] = w[i*len(y0) : (i+1)*len(y0)]
		}
	}
	g, err := s.mode.differentiate(s, sys, theta, s.wantedIn(grad), times, rows, state)
	if err == nil {
		err = s.checkGradients(g)
	}
	if errors.Is(err, solvers.ErrNonFinite) {
		err = s.nonFiniteBackward(err, sys, theta, times, rows, state)
	}
	if err != nil {
		return errors.WithMessage(err, "backward")
	}
	g.stats.Add(again)
	s.stats.setBackward(g.stats)
	s.scatter(g, grad)
	return nil
}

// scatter adds g to the gradients of the inputs; nil ones are not wanted.
func (s *solve[T]) scatter(g *gradients[T], grad [][]T) {
	accumulate(grad[0], g.y0)
	grad = grad[1:]
	if s.at != nil {
		if len(grad[0]) > 0 {
			for i, d := range g.times {
				grad[0][i] += T(d)
			}
		}
		grad = grad[1:]
	}
	at := 0
	for i, in := range s.theta {
		n := in.Shape.TotalSize()
		accumulate(grad[i], g.theta[at:at+n])
		at += n
	}
}

func accumulate[T graph.Float](dst, src []T) {
	if len(dst) == 0 {
		return
	}
	dst = dst[:len(src)]
	kernel.Add(dst, dst, src)
}

// settingsAt are the solver's settings for these times: every one of them is saved.
func (s *solve[T]) settingsAt(times []float64) *solvers.Settings {
	set := s.settings
	set.SaveAt, set.Dense = times, false
	return &set
}

// checkFinite is the solver's check of the initial state, naming the element.
func (s *solve[T]) checkFinite(y0 []T) error {
	if i := nonFinite(y0); i >= 0 {
		err := errors.Errorf("%s is %v; it must be finite", s.component("y0", i), y0[i])
		return &solvers.Error{Status: solvers.BadInput, Component: i, Err: err}
	}
	return nil
}

// checkGradients stops a NaN, as of a square root at zero, before it is in the weights.
func (s *solve[T]) checkGradients(g *gradients[T]) error {
	var place string
	if i := nonFinite(g.y0); i >= 0 {
		place = s.component("y0", i)
	} else if i := nonFinite(g.theta); i >= 0 {
		place = placeAmong(s.theta, i)
	} else if i := nonFinite(g.times); i >= 0 && s.at != nil {
		place = fmt.Sprintf("times[%d]", i)
	} else {
		return nil
	}
	return errors.WithMessagef(solvers.ErrNonFinite, "gradient with respect to %s", place)
}

// nonFinite is the first place of a NaN or an infinity, or −1.
func nonFinite[T graph.Float](x []T) int {
	return slices.IndexFunc(x, func(v T) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) })
}
