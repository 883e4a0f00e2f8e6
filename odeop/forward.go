package odeop

import (
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Forward propagates sensitivities with the states: S = ∂y/∂(y0, θ) solves
//
//	S' = (∂f/∂y) S + ∂f/∂θ,   S(t₀) = (I, 0),
//
// a column for each number that a gradient flows to, each by a product of a direction with f's derivative. It is for few of
// them, say tens, and for many steps: its memory is that of one state and one column each, and a number a step, which
// is its time. The columns are integrated in the backward pass, a second solve that takes the cotangents in as it meets
// the saved times; a graph without gradients does not pay.
//
// By default the step sizes are those of the plain solve, whose grid is kept, a number a step. With explicit and
// implicit Runge–Kutta methods, [solvers.StepDoubling] and [solvers.Reversible], the gradient is then that of the
// numbers computed, as [Backprop]'s is, and what that holds fixed is held here; for implicit methods under error
// control up to what Newton's method left in the forward solve. Other methods give the gradient of the exact solution:
// Adams methods with the steps of a solve of y alone, and implicit ones always with error control of the sensitivities.
//
// The equations of implicit methods are solved with the Jacobian ∂f/∂y for y and for every column, without the blocks
// that couple the columns to y; Newton's method converges all the same (Maly and Petzold, "Numerical methods and
// software for sensitivity analysis of differential-algebraic systems" (1996)). Rodas5P, which does not iterate, cannot.
type Forward struct {
	// ControlSensitivities puts the columns under the step size control too, each in the norm of y and with y's
	// tolerances, and the largest counts. The gradient is then that of the exact solution, to the tolerance.
	ControlSensitivities bool
	// WRT are the nodes that gradients are wanted for, of y0, the times of SolveAt, the args and the nodes of the parameters,
	// graph.Param.In. The others have no columns and no gradient, which gorgonia.Grad says where it is asked for one. Nil:
	// all, for a solve cannot see what Grad will ask for.
	WRT gorgonia.Nodes
}

func (g Forward) check(c *config) error {
	switch m := c.settings.Method; {
	case strings.Contains(m.Info().Family, "Rosenbrock"):
		return errors.WithMessagef(solvers.ErrNotSupported,
			"odeop: forward: method %s takes the Jacobian for exact, and that of the sensitivities is not", m.Name())
	case m.Info().Separable:
		return errors.WithMessagef(solvers.ErrNotSupported,
			"odeop: forward: the sensitivities do not divide into positions and momenta as %s wants", m.Name())
	}
	return nil
}

func (g Forward) apply(p *problem) (*gorgonia.Node, error) { return p.applyOp(g) }
func (g Forward) single() mode[float32]                    { return forward[float32]{g} }
func (g Forward) double() mode[float64]                    { return forward[float64]{g} }

// wrt says which of the inputs of a solve have a gradient.
func (g Forward) wrt(p *problem, inputs gorgonia.Nodes) ([]bool, error) {
	wrt := make([]bool, len(inputs))
	for i := range wrt {
		wrt[i] = g.WRT == nil
	}
	for _, n := range g.WRT {
		known := false
		for i, in := range inputs { // a node may be several of them
			if n != nil && (n == in || i == 0 && n == p.given) {
				wrt[i], known = true, true
			}
		}
		if !known {
			return nil, errors.Errorf("%s: forward: WRT has a node that is no input of the solve: %v", p.name, n)
		}
	}
	return wrt, nil
}

type forward[T graph.Float] struct{ Forward }

// traced is what a forward pass keeps for the second.
type traced[T graph.Float] struct {
	y0   []T
	grid []float64
}

func (m forward[T]) forward(s *solve[T], sys solvers.System[T], y0 []T, times []float64) (*solvers.Solution[T], any, error) {
	set := s.settingsAt(times)
	record := &traced[T]{y0: slices.Clone(y0), grid: times[:1:1]}
	progress := set.Progress
	set.Progress = func(t float64, work solvers.Stats) {
		record.grid = append(record.grid, t)
		if progress != nil {
			progress(t, work)
		}
	}
	sol, err := solvers.Solve(sys, y0, times[0], times[len(times)-1], set)
	return sol, record, err
}

// oneStep reports whether a step by m depends on nothing but its beginning.
func oneStep(m solvers.Method) bool {
	switch m.(type) {
	case solvers.StepDoubling, solvers.Reversible:
		return true
	}
	return strings.Contains(m.Info().Family, "Runge–Kutta")
}

func (m forward[T]) differentiate(
	s *solve[T], sys solvers.System[T], theta [][]T, wanted wanted, times []float64, w [][]T, state any,
) (*gradients[T], error) {
	record, ok := state.(*traced[T])
	if !ok {
		return nil, errors.Errorf("the record of the solve is a %T", state)
	}
	b := s.bind(theta)
	defer b.done()
	b.directions()
	p := &sensitivities[T]{solve: s, sys: sys, b: b, times: times, w: w, wanted: wanted, traced: record, n: sys.Dim}
	p.g = &gradients[T]{y0: make([]T, sys.Dim), theta: make([]T, sys.NumParams), times: make([]float64, len(times))}
	method := s.settings.Method
	p.follows = oneStep(method) && !m.ControlSensitivities
	p.control = m.ControlSensitivities || method.Info().Implicit
	p.seed()
	if err := p.run(); err != nil {
		return nil, errors.WithMessage(p.located(err), "forward")
	}
	stats, work := &p.g.stats, p.work
	stats.Steps, stats.Accepted, stats.Rejected = work.Steps, work.Accepted, work.Rejected
	stats.Jacobian, stats.Factorizations, stats.NewtonIterations = work.Jacobian, work.Factorizations, work.NewtonIterations
	return p.g, nil
}
