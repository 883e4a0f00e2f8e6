package solvers

import "slices"

// Follow solves again over the steps of the tape, without step size control, from y0 at t0 to t1 with states saved at
// saveAt, and returns those states. What Backward holds fixed is held here, and what it differentiates may differ: y0, the
// parameters in sys, t0, t1 and the saved times, as many as the tape has and in the same order. So Follow is the function
// whose gradient Backward returns, and differences of Follow check it.
func (tp *Tape[T]) Follow(sys System[T], y0 []T, t0, t1 float64, saveAt []float64) ([][]T, error) {
	switch {
	case tp == nil || len(tp.t) == 0:
		return nil, badInput("Follow of an empty tape")
	case len(y0) != tp.dim || sys.Dim != tp.dim || sys.F == nil:
		return nil, badInput("Follow of a tape of %d components with a system of %d and %d initial values", tp.dim, sys.Dim, len(y0))
	case len(saveAt) != len(tp.saves):
		return nil, badInput("Follow with %d saved times for a tape with %d", len(saveAt), len(tp.saves))
	}
	grid := tp.moved(t0, t1, saveAt)
	s, err := newStepper(tp.set.Method, newEnvironment(sys, tp.set))
	if err != nil {
		return nil, err
	}
	s.reset()
	y, next := slices.Clone(y0), make([]T, tp.dim)
	var out [][]T
	for n := range grid {
		var poly []T
		if n > 0 {
			o, err := s.attempt(grid[n-1], grid[n], y, next)
			if err == nil {
				err = o.fail
			}
			if err != nil {
				return nil, &Error{Status: FieldFailed, Method: tp.set.Method.Name(), T: grid[n-1], Step: grid[n] - grid[n-1], Component: -1, Err: err}
			}
			s.accept()
			y, next = next, y
		}
		for i := len(out); i < len(saveAt) && tp.saves[i].step == n; i++ {
			u := slices.Clone(y)
			if !tp.atNode(tp.saves[i]) {
				if poly == nil {
					if poly, err = s.interpolant(nil); err != nil {
						return nil, err
					}
				}
				evalPolynomial(poly, (saveAt[i]-grid[n-1])/(grid[n]-grid[n-1]), u)
			}
			out = append(out, u)
		}
	}
	return out, nil
}

// moved is the grid of the tape for other times.
func (tp *Tape[T]) moved(t0, t1 float64, saveAt []float64) []float64 {
	grid := slices.Clone(tp.t)
	last := len(grid) - 1
	grid[0] = t0
	if last == 0 {
		return grid
	}
	grid[last] = t1
	if tp.marks == nil {
		return grid
	}
	for i, s := range tp.saves { // a state saved at t0 or t1 is the one there, whatever its own time
		if s.step > 0 && s.step < last {
			grid[s.step] = saveAt[i]
		}
	}
	for q := 1; q < len(tp.marks); q++ {
		a, b := tp.marks[q-1], tp.marks[q]
		for n := a + 1; n < b; n++ {
			grid[n] = grid[a] + (grid[b]-grid[a])*(float64(n-a)/float64(b-a))
		}
	}
	return grid
}
