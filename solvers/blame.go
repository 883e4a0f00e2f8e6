package solvers

import (
	"fmt"

	"github.com/pkg/errors"
)

// What is not finite spreads: a NaN in one component of f is in every component of the next stage, and in all that the
// linear equations of an implicit method mix. So the component that is to blame is the first that a function of the
// System returned so at an argument that was finite. It is looked for once a solve has failed, so that no step pays for
// it.

// ValueError says which value of a function of the System was NaN or infinite. It is in the chain of an [*Error] whose
// solve ended because of it, and is [ErrNonFinite].
type ValueError struct {
	Jacobian bool    // the value is an entry of ∂f/∂y, otherwise a component of f
	T        float64 // where f was asked for
	Row      int     // the component of f
	Column   int     // the component of the state that f is differentiated by; −1 for f itself, or a product with ∂f/∂y
	Value    float64
}

// Error returns the message.
func (e *ValueError) Error() string {
	switch {
	case !e.Jacobian:
		return fmt.Sprintf("component %d of f is %g at t=%g", e.Row, e.Value, e.T)
	case e.Column < 0:
		return fmt.Sprintf("row %d of a product with ∂f/∂y is %g at t=%g", e.Row, e.Value, e.T)
	}
	return fmt.Sprintf("∂f/∂y is %g in row %d, column %d at t=%g", e.Value, e.Row, e.Column, e.T)
}

// Is reports whether target is ErrNonFinite.
func (e *ValueError) Is(target error) bool { return target == ErrNonFinite }

// spy looks at the values of f while it is on.
type spy struct {
	on   bool
	bad  *ValueError // the first that was not finite
	last bool        // the last value was not finite either
}

// see looks at f(t, y).
func see[T Float](s *spy, t float64, y, dydt []T) {
	i := nonFinite(dydt)
	if s.last = i >= 0; s.last && s.bad == nil && nonFinite(y) < 0 {
		s.bad = &ValueError{T: t, Row: i, Column: -1, Value: float64(dydt[i])}
	}
}

// blame finds the cause of a failed attempt of the step to t1 in the values of f, by another attempt, and returns it with
// its component; otherwise those that it was given.
func (it *Integrator[T]) blame(t1 float64, component int, cause error) (int, error) {
	var v *ValueError
	if errors.As(cause, &v) {
		if v.Jacobian { // which rows are not finite tells little of the component that went astray
			return component, cause
		}
		return v.Row, cause
	}
	if !errors.Is(cause, ErrNonFinite) && !errors.Is(cause, ErrNoConvergence) {
		return component, cause
	}
	work, s := it.env.stats, it.env.spy
	s.on, s.bad, s.last = true, nil, false
	it.step.reset() // and with it what is kept of f at this point
	_, err := it.step.attempt(it.t, t1, it.y, it.y1)
	s.on = false
	it.env.stats = work
	if err != nil || s.bad == nil || !s.last && !errors.Is(cause, ErrNonFinite) {
		return component, cause
	}
	return s.bad.Row, s.bad
}

// failedAt reports whether the cause of a failed attempt is a value at the point where the step begins, which no shorter
// step changes.
func failedAt(t float64, cause error) bool {
	var v *ValueError
	return errors.As(cause, &v) && v.T == t
}
