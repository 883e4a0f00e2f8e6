package odeop

import (
	"math"
	"slices"

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
// of the numbers that the forward solve computed; where the forward problem loses information, as a stiff or dissipative
// one does, the backward solve is unstable. Step, FirstStep, MaxSteps and the like hold for each backward solve from one
// time to the one before it.
type Adjoint struct {
	// RTol and ATol are the tolerances of the backward solve. Zero: those of the forward solve.
	RTol, ATol float64
	// Method is that of the backward solve. Nil: the forward solve's.
	Method solvers.Method
	// FullNorm lets the error of g count in the step size control too. Without it only y and a do, the seminorm of Kidger,
	// Chen and Lyons (2021): nothing depends on g, and the solve takes fewer steps that way. A norm in Settings measures y
	// and a apart, and the larger counts.
	FullNorm bool
}

func (g Adjoint) check(*config) error {
	for _, v := range []float64{g.RTol, g.ATol} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return errors.Errorf("odeop: adjoint: tolerances (%g, %g) must be positive, or zero for those of the forward solve", g.RTol, g.ATol)
		}
	}
	return nil
}

func (g Adjoint) apply(p *problem) (*gorgonia.Node, error) { return p.applyOp(g) }
func (g Adjoint) single() mode[float32]                    { return adjoint[float32]{g} }
func (g Adjoint) double() mode[float64]                    { return adjoint[float64]{g} }

type adjoint[T graph.Float] struct{ Adjoint }

// forward keeps the saved states, which the Op's output may not keep.
func (adjoint[T]) forward(s *solve[T], sys solvers.System[T], y0 []T, times []float64) (*solvers.Solution[T], any, error) {
	sol, err := solvers.Solve(sys, y0, times[0], times[len(times)-1], s.settingsAt(times))
	return sol, sol.Y, err
}

func (m adjoint[T]) settings(s *solve[T], dim int) *solvers.Settings {
	set := s.settings
	set.SaveAt, set.Dense = nil, false
	if m.RTol > 0 {
		set.RTol = m.RTol
	}
	if m.ATol > 0 {
		set.ATol = m.ATol
	}
	if m.Method != nil {
		set.Method = m.Method
	}
	set.Norm = m.norm(set.Norm, dim)
	set.RTols, set.ATols = s.extended(set.RTols), s.extended(set.ATols)
	return &set
}

// extended gives a the tolerances of the components of y, and g the loosest of them.
func (s *solve[T]) extended(tol []float64) []float64 {
	if len(tol) == 0 {
		return nil
	}
	return slices.Concat(tol, tol, slices.Repeat([]float64{slices.Max(tol)}, s.field.total))
}

// norm measures the error of (y, a, g). The norm of the forward solve, which knows y alone, measures y and a apart, and the
// larger counts.
func (m adjoint[T]) norm(n solvers.Norm, dim int) solvers.Norm {
	switch {
	case n == nil && m.FullNorm:
		return nil
	case n == nil:
		return solvers.RMS{First: 2 * dim}
	}
	return solvers.NormFunc(func(e []float64) float64 {
		worst := math.Max(n.Norm(e[:dim]), n.Norm(e[dim:2*dim]))
		if m.FullNorm && len(e) > 2*dim {
			worst = math.Max(worst, solvers.RMS{}.Norm(e[2*dim:]))
		}
		return worst
	})
}

func (m adjoint[T]) backward(s *solve[T], sys solvers.System[T], times []float64, w [][]T, state any) (*gradients[T], error) {
	ys, ok := state.([][]T)
	if !ok || len(ys) != len(times) {
		return nil, errors.Errorf("the record of the solve is a %T", state)
	}
	n, p := sys.Dim, sys.NumParams
	set := m.settings(s, n)
	g := &gradients[T]{times: make([]float64, len(times))}
	z := make([]T, 2*n+p) // y, a, g
	a := z[n : 2*n]
	dydt := make([]T, n)
	slope := func(i int, c []T) (float64, error) { // cᵀ·f(tᵢ, yᵢ)
		if err := sys.F(times[i], ys[i], dydt); err != nil {
			return 0, errors.WithMessagef(err, "adjoint at t=%g", times[i])
		}
		g.stats.F++
		var sum float64
		for j, v := range c {
			sum += float64(v) * float64(dydt[j])
		}
		return sum, nil
	}
	back := augmented(sys, &g.stats)
	for i := len(times) - 1; i > 0; i-- {
		copy(z, ys[i])
		if w[i] != nil {
			accumulate(a, w[i])
			d, err := slope(i, w[i])
			if err != nil {
				return nil, err
			}
			g.times[i] = d
		}
		sol, err := solvers.Solve(back, z, times[i], times[i-1], set)
		g.stats.Add(steps(sol.Stats))
		if err != nil {
			return nil, errors.WithMessage(m.located(s, err), "adjoint")
		}
		copy(z, sol.Y[len(sol.Y)-1])
	}
	d, err := slope(0, a)
	if err != nil {
		return nil, err
	}
	g.times[0] = -d
	if w[0] != nil {
		accumulate(a, w[0])
	}
	g.y0, g.theta = a, z[2*n:]
	return g, nil
}

// located says which part of (y, a, g) a solver's error means.
func (adjoint[T]) located(s *solve[T], err error) error {
	var e *solvers.Error
	if !errors.As(err, &e) || e.Component < s.field.dim {
		return s.located(err)
	}
	c := e.Component - s.field.dim
	if c < s.field.dim {
		return errors.WithMessagef(err, "gradient with respect to y%s", subscript(c, s.inputs[0]))
	}
	return errors.WithMessagef(err, "gradient with respect to %s", s.field.place(c-s.field.dim))
}

// steps are the counts of a backward solve that its system does not count itself.
func steps(w solvers.Stats) solvers.Stats {
	return solvers.Stats{Steps: w.Steps, Accepted: w.Accepted, Rejected: w.Rejected,
		Jacobian: w.Jacobian, Factorizations: w.Factorizations, NewtonIterations: w.NewtonIterations}
}

// augmented is the system of (y, a, g). One evaluation is one vector–Jacobian product that shares its forward pass.
func augmented[T graph.Float](sys solvers.System[T], stats *solvers.Stats) solvers.System[T] {
	n, p := sys.Dim, sys.NumParams
	return solvers.System[T]{Dim: 2*n + p, F: func(t float64, z, dz []T) error {
		clear(dz[2*n:])
		stats.VJP++
		if _, err := sys.VJP(t, z[:n], z[n:2*n], dz[:n], dz[n:2*n], dz[2*n:]); err != nil {
			return err
		}
		for i := n; i < len(dz); i++ {
			dz[i] = -dz[i]
		}
		return nil
	}}
}
