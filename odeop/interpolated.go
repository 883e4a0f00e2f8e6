package odeop

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// InterpolatedAdjoint is the continuous adjoint along the forward solve's dense output ỹ(t):
//
//	a' = −(∂f/∂y(t, ỹ(t)))ᵀ a,   g' = −(∂f/∂θ)ᵀ a
//
// is integrated backwards, and y never is. So it is as stable backwards as the forward problem is forwards, which is
// what stiff and dissipative problems want and [Adjoint] lacks (Rackauckas et al., "Universal differential equations
// for scientific machine learning" (2020), section on adjoints; Sapienza et al., "Differentiable programming for
// differential equations: a review" (2024), section 4). Its gradient is that of the exact solution, to the tolerance of
// both solves.
//
// The dense output is a polynomial a step, of Info.DenseOrder + 1 vectors of y's size or more. Where that is too much, Every
// keeps some of the states alone.
//
// An implicit method solves for a with the exact transposed Jacobian, and the sums of θ are integrals over its steps, by
// Gauss–Kronrod formulas as with [GaussAdjoint]. Step, FirstStep, MaxSteps and the like hold for each backward solve
// from one time to the one before it.
type InterpolatedAdjoint struct {
	// RTol and ATol are the tolerances of the backward solve. Zero: those of the forward solve.
	RTol, ATol float64
	// Method is that of the backward solve. Nil: the forward solve's.
	Method solvers.Method
	// FullNorm lets the error of g count in the step size control, as in [Adjoint]. Not for implicit methods.
	FullNorm bool
	// Every n > 0 keeps the saved states and that after every n-th step alone, as checkpoints. The stretch between two of them
	// is solved a second time on the way back, where it is passed, and its dense output kept until the next: one more
	// forward solve, for a memory of one state in n steps and the dense output of n. Zero keeps the dense output of all steps.
	Every int
}

// GaussAdjoint is [InterpolatedAdjoint] that integrates a alone, whose size is y's whatever the number of parameters,
// and takes
//
//	∂L/∂θ = ∫ (∂f/∂θ)ᵀ a dt
//
// over each of its steps by a Gauss–Kronrod formula, of 3 and 7 points for methods up to order 5 and of 7 and 15 points
// above, in halves where the two differ by more than the tolerance. An evaluation of the backward solve is then a
// product with (∂f/∂y)ᵀ alone, and that with (∂f/∂θ)ᵀ is taken at the nodes of the quadrature. It is for many
// parameters, and for methods of high order whose steps are long. (Norcliffe and Deisenroth, "Faster training of neural
// ODEs using Gauß–Legendre quadrature" (2023).)
type GaussAdjoint struct {
	// RTol and ATol are the tolerances of the backward solve and of the quadrature. Zero: those of the forward solve.
	RTol, ATol float64
	// Method is that of the backward solve. Nil: the forward solve's.
	Method solvers.Method
	// Every keeps checkpoints instead of the dense output, as in InterpolatedAdjoint.
	Every int
}

func (g InterpolatedAdjoint) check(c *config) error {
	return g.mode().check("interpolated adjoint", c)
}

func (g InterpolatedAdjoint) apply(p *problem) (*gorgonia.Node, error) { return p.applyOp(g) }
func (g InterpolatedAdjoint) single() mode[float32]                    { return interpolated[float32]{g.mode()} }
func (g InterpolatedAdjoint) double() mode[float64]                    { return interpolated[float64]{g.mode()} }

func (g InterpolatedAdjoint) mode() interpolatedMode {
	return interpolatedMode{backwardSolve{g.RTol, g.ATol, g.Method, g.FullNorm}, false, g.Every}
}

func (g GaussAdjoint) mode() interpolatedMode {
	return interpolatedMode{backwardSolve{g.RTol, g.ATol, g.Method, false}, true, g.Every}
}

func (g GaussAdjoint) check(c *config) error                    { return g.mode().check("gauss adjoint", c) }
func (g GaussAdjoint) apply(p *problem) (*gorgonia.Node, error) { return p.applyOp(g) }
func (g GaussAdjoint) single() mode[float32]                    { return interpolated[float32]{g.mode()} }
func (g GaussAdjoint) double() mode[float64]                    { return interpolated[float64]{g.mode()} }

// interpolatedMode are the settings of both.
type interpolatedMode struct {
	backwardSolve
	gauss bool
	every int
}

func (m interpolatedMode) check(name string, c *config) error {
	if m.every < 0 {
		return errors.Errorf("odeop: %s: Every is %d; it must be positive, or zero for the whole dense output", name, m.every)
	}
	return m.backwardSolve.check(name, c)
}

type interpolated[T graph.Float] struct{ interpolatedMode }

// passed is a forward solve to be interpolated.
type passed[T graph.Float] struct {
	ys          saved[T]
	dense       *solvers.Solution[T] // nil: checkpoints
	checkpoints checkpoints[T]
}

func (m interpolated[T]) forward(s *solve[T], sys solvers.System[T], y0 []T, times []float64) (*solvers.Solution[T], any,
	error) {
	set := s.settingsAt(times)
	set.Dense, set.SaveEvery = m.every == 0, m.every
	sol, err := solvers.Solve(sys, y0, times[0], times[len(times)-1], set)
	if m.every == 0 || err != nil {
		return sol, &passed[T]{ys: sol.Y, dense: sol}, err
	}
	p := &passed[T]{checkpoints: checkpoints[T]{sol.T, sol.Y}}
	var ys [][]T
	for i, t := range sol.T {
		if len(ys) < len(times) && t == times[len(ys)] {
			ys = append(ys, sol.Y[i])
		}
	}
	p.ys = ys
	at := *sol
	at.T, at.Y = times, ys
	return &at, p, nil
}

func (m interpolated[T]) differentiate(
	s *solve[T], sys solvers.System[T], theta [][]T, wanted wanted, times []float64, w [][]T, state any,
) (*gradients[T], error) {
	record, ok := state.(*passed[T])
	if !ok || len(record.ys) != len(times) {
		return nil, errors.Errorf("the record of the solve is a %T", state)
	}
	b := s.bind(theta)
	defer b.done()
	sw := newSweep(sys, times, record.ys, w, wanted.times)
	path := &path[T]{passed: record, solve: s, sys: sys, t0: times[0], t1: times[len(times)-1], stats: &sw.stats}
	solver := m.solver(s, sys, b, sw, path)
	return sw.run(func(i int) error {
		if err := solver.solve(sw.a, times[i], times[i-1]); err != nil {
			return errors.WithMessage(s.locatedIn(err, false), "adjoint")
		}
		return nil
	})
}

// solver integrates a along the path.
func (m interpolated[T]) solver(s *solve[T], sys solvers.System[T], b *atTheta[T], sw *sweep[T],
	path *path[T]) backsolver[T] {
	n, p := sys.Dim, sys.NumParams
	y, scratch := make([]T, n), make([]T, n)
	info := m.methodFor(&s.settings).Info()
	if !m.gauss && !info.Implicit {
		back := solvers.System[T]{Dim: n + p, F: func(t float64, z, dz []T) error {
			if err := path.eval(t, y); err != nil {
				return err
			}
			clear(dz[n:])
			sw.stats.VJP++
			_, err := sys.VJP(t, y, z[:n], nil, dz[:n], dz[n:])
			negate(dz)
			return err
		}}
		set := m.settings(&s.settings, n, 1, p)
		path.stopsOf(set)
		return &stateSolve[T]{interval: interval[T]{sys: back, set: set}, stats: &sw.stats, sum: sw.theta}
	}
	transposed := func(t float64, a, da []T) error {
		if err := path.eval(t, y); err != nil {
			return err
		}
		err := b.backwards(t, y, a, scratch, da)
		negate(da)
		return err
	}
	back := solvers.System[T]{Dim: n, F: func(t float64, a, da []T) error {
		sw.stats.VJP++
		return transposed(t, a, da)
	}}
	if info.Implicit { // a' is linear in a
		back.Pattern = s.field.pattern().Transposed()
		back.JVP = func(t float64, _, v, out []T) error {
			sw.stats.VJP++
			return transposed(t, v, out)
		}
	}
	set := m.settings(&s.settings, n, 1, 0)
	path.stopsOf(set)
	a := make([]T, n)
	integrand := func(it *solvers.Integrator[T], t float64, out []T) error {
		if err := it.Interpolate(t, a); err != nil {
			return err
		}
		if err := path.eval(t, y); err != nil {
			return err
		}
		sw.stats.VJP++
		_, err := sys.VJP(t, y, a, nil, scratch, out)
		return err
	}
	return &quadratureSolve[T]{interval: interval[T]{sys: back, set: set}, stats: &sw.stats, sum: sw.theta,
		integrand: integrand}
}
