package odeop

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Adjoint is the continuous adjoint (Pontryagin; Chen, Rubanova, Bettencourt and Duvenaud 2018, appendix B). With
// a(t) = (∂L/∂y(t))ᵀ the system
//
//	y' = f(t, y; θ),   a' = −(∂f/∂y)ᵀ a,   g' = −(∂f/∂θ)ᵀ a
//
// is integrated backwards from the last time to the first; at each saved time a grows by the cotangent of the state
// saved there, and y is set to that state again. Then ∂L/∂y0 = a(t₀), ∂L/∂θ = g(t₀), ∂L/∂tᵢ = wᵢᵀf(tᵢ, yᵢ) and
// ∂L/∂t₀ = −a(t₀)ᵀf(t₀, y₀).
//
// Its memory does not grow with the steps. Its gradient is that of the exact solution, to the tolerance of both solves, not
// of the numbers that the forward solve computed. Where the forward problem loses information, as a stiff or dissipative one
// does, the backward solve is unstable, whatever the method: what e^{−λt} made small is to be made large again. That is
// noticed at each saved time, where y is known, and is an [*UnstableBacksolve], not a wrong gradient;
// [InterpolatedAdjoint] and [Backprop] are for these problems.
//
// An implicit method solves for (y, a) with exact Jacobians, and the sums of θ do not enter its equations: they are
// integrals over its steps, by Gauss–Kronrod formulas as with [GaussAdjoint]. Step, FirstStep, MaxSteps and the like
// hold for each backward solve from one time to the one before it; without FirstStep each but the first goes on with
// the step size of the one before.
type Adjoint struct {
	// RTol and ATol are the tolerances of the backward solve. Zero: those of the forward solve.
	RTol, ATol float64
	// Method is that of the backward solve. Nil: the forward solve's.
	Method solvers.Method
	// FullNorm lets the error of g count in the step size control too. Without it only y and a do, the seminorm of Kidger,
	// Chen and Lyons (2021): nothing depends on g, and the solve takes fewer steps that way. A norm in Settings measures y
	// and a apart, and the larger counts. Not for implicit methods.
	FullNorm bool
	// MaxDrift is how far y, integrated back to a saved time, may be from the state that was saved there: in units of the
	// looser of both tolerances, in the norm of the step size control; with constant steps, where there is no tolerance,
	// in units of the state's size. Zero: 0.1 with constant steps; otherwise 1000 or, where that is more, ten times the steps
	// of both solves between the two times, each of which may be off by one tolerance, up to a tenth of the state. +Inf: as
	// far as may be.
	MaxDrift float64
}

func (g Adjoint) backwards() backwardSolve {
	return backwardSolve{g.RTol, g.ATol, g.Method, g.FullNorm}
}

func (g Adjoint) check(c *config) error {
	if !(g.MaxDrift >= 0) {
		return errors.Errorf("odeop: adjoint: MaxDrift %g must be positive, or zero for the default", g.MaxDrift)
	}
	return g.backwards().check("adjoint", c)
}

func (g Adjoint) apply(p *problem) (*gorgonia.Node, error) { return p.applyOp(g) }
func (g Adjoint) single() mode[float32]                    { return adjoint[float32]{g} }
func (g Adjoint) double() mode[float64]                    { return adjoint[float64]{g} }

// ErrUnstableBacksolve is what an [*UnstableBacksolve] is, for errors.Is.
var ErrUnstableBacksolve = errors.New("the backward solve of y is unstable")

// UnstableBacksolve says that the adjoint's y, integrated backwards, did not come back to a state that it had passed,
// or not even near it: the gradient would be wrong.
type UnstableBacksolve struct {
	From, To float64 // the saved times between which y went astray
	Drift    float64 // how far, in the units of Adjoint.MaxDrift; 0 where the solve did not reach To
	Limit    float64 // what MaxDrift allowed
	Err      error   // why it did not, a *solvers.Error; nil where it did
}

// Error returns the message.
func (e *UnstableBacksolve) Error() string {
	how := fmt.Sprintf("y came back with a drift of %.2g, allowed are %.2g", e.Drift, e.Limit)
	if e.Err != nil {
		how = e.Err.Error()
	}
	return fmt.Sprintf("adjoint: %v from t=%g to t=%g (take InterpolatedAdjoint or Backprop, or more saved times): %s",
		ErrUnstableBacksolve, e.From, e.To, how)
}

// Unwrap returns Err.
func (e *UnstableBacksolve) Unwrap() error { return e.Err }

// Is reports whether target is ErrUnstableBacksolve.
func (e *UnstableBacksolve) Is(target error) bool { return target == ErrUnstableBacksolve }

type adjoint[T graph.Float] struct{ Adjoint }

// wayBack is what a forward pass leaves for Adjoint.
type wayBack[T graph.Float] struct {
	ys    saved[T] // which the Op's output may not keep
	steps []int    // that ended between each time and the one before it
}

func (adjoint[T]) forward(s *solve[T], sys solvers.System[T], y0 []T, times []float64) (*solvers.Solution[T], any, error) {
	set := s.settingsAt(times)
	p := &wayBack[T]{steps: make([]int, len(times))}
	last := len(times) - 1
	i, ahead, tell := 1, times[last] > times[0], set.Progress
	set.Progress = func(t float64, work solvers.Stats) {
		for i < last && t != times[i] && (t > times[i]) == ahead {
			i++
		}
		p.steps[i]++
		if tell != nil {
			tell(t, work)
		}
	}
	sol, err := solvers.Solve(sys, y0, times[0], times[last], set)
	p.ys = sol.Y
	return sol, p, err
}

func (m adjoint[T]) differentiate(
	s *solve[T], sys solvers.System[T], theta [][]T, wanted wanted, times []float64, w [][]T, state any,
) (*gradients[T], error) {
	p, ok := state.(*wayBack[T])
	if !ok || len(p.ys) != len(times) {
		return nil, errors.Errorf("the record of the solve is a %T", state)
	}
	ys := p.ys
	b := s.bind(theta)
	defer b.done()
	n := sys.Dim
	sw := newSweep(sys, times, ys, w, wanted.times)
	set, solver := m.solver(s, sys, b, sw)
	drift := newDrift[T](m.Adjoint, &s.settings, set, n)
	z := make([]T, 2*n) // y, a
	return sw.run(func(i int) error {
		copy(z, ys[i])
		copy(z[n:], sw.a)
		before := sw.stats.Accepted
		if err := solver.solve(z, times[i], times[i-1]); err != nil {
			return astray(s, err, times[i], times[i-1],
				rms(z[:n]) > farOff*math.Max(rms(ys[i-1]), rms(ys[i])) || overflows(z[n:]))
		}
		copy(sw.a, z[n:])
		return check(drift, z[:n], ys[i-1], ys[i], times[i], times[i-1],
			p.steps[i]+sw.stats.Accepted-before)
	})
}

// farOff is how many times as large as the saved states y is where it has gone another way than the forward solve's.
const farOff = 10

// overflows reports whether a has grown so large that its squares are infinite: no derivative along a way that y can go does
// that, but many along one that it cannot.
func overflows[T graph.Float](a []T) bool {
	for _, v := range a {
		if square := v * v; square-square != 0 {
			return true
		}
	}
	return false
}

// astray is the error of a backward solve that ended early. Where y or its equations are to blame, on a way that the
// forward solve could go, or where y or a has run away already, it is unstable.
func astray[T graph.Float](s *solve[T], err error, from, to float64, far bool) error {
	var e *solvers.Error
	located := s.locatedIn(err, true)
	if !errors.As(err, &e) || e.Component >= s.field.dim && !far {
		return errors.WithMessage(located, "adjoint")
	}
	switch e.Status {
	case solvers.StepTooSmall, solvers.NonFinite, solvers.NoConvergence:
		return &UnstableBacksolve{From: from, To: to, Err: located}
	}
	return errors.WithMessage(located, "adjoint")
}

// solver integrates (y, a), the sums of θ with them unless the method solves equations.
func (m adjoint[T]) solver(s *solve[T], sys solvers.System[T], b *atTheta[T], sw *sweep[T]) (*solvers.Settings,
	backsolver[T]) {
	back, n := m.backwards(), sys.Dim
	if !back.methodFor(&s.settings).Info().Implicit {
		set := back.settings(&s.settings, n, 2, sys.NumParams)
		return set, &stateSolve[T]{interval: interval[T]{sys: augmented(sys, &sw.stats), set: set}, stats: &sw.stats,
			sum: sw.theta}
	}
	set := back.settings(&s.settings, n, 2, 0)
	at, wy := make([]T, 2*n), make([]T, n)
	integrand := func(it *solvers.Integrator[T], t float64, out []T) error {
		if err := it.Interpolate(t, at); err != nil {
			return err
		}
		sw.stats.VJP++
		_, err := sys.VJP(t, at[:n], at[n:], nil, wy, out)
		return err
	}
	return set, &quadratureSolve[T]{interval: interval[T]{sys: withAdjoint(s, sys, b, &sw.stats), set: set}, stats: &sw.stats,
		sum:       sw.theta,
		integrand: integrand}
}
