package odeop

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Reversible goes back by undoing the steps: of the forward solve it keeps the end and 16 bytes a step. Its gradient is
// that of the numbers computed, as Backprop's, but for rounding, and costs one and a half times as much.
//
// Only some methods can be undone. Method is an explicit Runge–Kutta method with constant steps, and what solves, where
// no gradient is asked for too, is solvers.Reversible around it: a pair of the method's order, of other numbers than
// the method's, twice its cost and a smaller range of stability. Read there what that means for problems that decay.
// Method may be such a pair itself.
//
// Undoing multiplies rounding errors by 1/Lambda a step, and by what the problem itself loses forward in time: e^{Lt}
// for solutions that come together as e^{−Lt}.
type Reversible struct {
	// Lambda is the coupling of the pair, in (0, 1]. Zero: that of solvers.Reversible, or of Method where it is a pair.
	Lambda float64
}

// check makes the method a pair.
func (g Reversible) check(c *config) error {
	set := &c.settings
	if pair, ok := set.Method.(solvers.Reversible); ok {
		if g.Lambda != 0 && pair.Lambda != 0 && g.Lambda != pair.Lambda {
			return errors.Errorf("odeop: reversible: Lambda is %g here and %g in Method", g.Lambda, pair.Lambda)
		}
		if g.Lambda != 0 {
			pair.Lambda = g.Lambda
		}
		set.Method = pair
	} else {
		t, ok := solvers.TableauOf(set.Method)
		switch {
		case !ok:
			return errors.Errorf("odeop: reversible: method %s is no explicit Runge–Kutta method", set.Method.Name())
		case t.E != nil && set.Step == 0:
			return errors.Errorf("odeop: reversible: the steps are constant, but method %s controls its error; choose their "+
				"size by Step", t.Name)
		}
		set.Method = solvers.Reversible{Method: set.Method, Lambda: g.Lambda}
	}
	if len(set.Jumps) > 0 {
		return errors.New("odeop: reversible: no step is undone over Settings.Jumps; Backprop{Checkpoints: n} goes back over them")
	}
	return nil
}

func (g Reversible) apply(p *problem) (*gorgonia.Node, error) { return p.applyOp(g) }
func (Reversible) single() mode[float32]                      { return reversible[float32]{} }
func (Reversible) double() mode[float64]                      { return reversible[float64]{} }

type reversible[T graph.Float] struct{}

func (reversible[T]) forward(s *solve[T], sys solvers.System[T], y0 []T, times []float64) (*solvers.Solution[T], any,
	error) {
	sol, end, err := solvers.SolveReversible(sys, y0, times[0], times[len(times)-1], s.settingsAt(times))
	return sol, end, err
}

func (reversible[T]) differentiate(
	s *solve[T], sys solvers.System[T], _ [][]T, _ wanted, _ []float64, w [][]T, state any,
) (*gradients[T], error) {
	end, ok := state.(*solvers.ReversibleTape[T])
	if !ok {
		return nil, errors.Errorf("the record of the solve is a %T", state)
	}
	g, err := end.Backward(sys, w)
	if err != nil {
		return nil, s.located(err)
	}
	return ofSolve(g), nil
}
