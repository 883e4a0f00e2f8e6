package solvers

// Solution is what a solve came to. It is never nil: a solve that fails gives what it has.
type Solution[T Float] struct {
	Status Status
	Stats  Stats

	// T are the saved times and Y their states, Y[i] at T[i]: those of Settings.SaveAt, or t1 alone, as far as they were
	// reached. The rows of Y lie one behind the other in one piece of memory.
	T []float64
	Y [][]T

	// LastT and LastY are the time and the state reached: t1, or where a solve that failed was good last.
	LastT float64
	LastY []T

	flat   []T // the rows of Y
	pieces *pieces[T]
}

// Solve integrates y' = f(t, y), y(t0) = y0 from t0 to t1, on either side of t0, and saves states at Settings.SaveAt. nil
// settings are the default ones. Where t1 == t0 the solution is y0.
//
// An error is an *[Error]; the solution is there all the same, up to where it was good.
func Solve[T Float](sys System[T], y0 []T, t0, t1 float64, s *Settings) (*Solution[T], error) {
	sol, _, err := solve(sys, y0, t0, t1, s, false)
	return sol, err
}

// SolveTape is Solve, and keeps a [Tape] of the accepted steps for the gradient. The tape is nil where the solve failed.
func SolveTape[T Float](sys System[T], y0 []T, t0, t1 float64, s *Settings) (*Solution[T], *Tape[T], error) {
	return solve(sys, y0, t0, t1, s, true)
}

func solve[T Float](sys System[T], y0 []T, t0, t1 float64, s *Settings, taped bool) (*Solution[T], *Tape[T], error) {
	it, err := NewIntegrator(sys, y0, t0, t1, s)
	if err != nil {
		return &Solution[T]{Status: statusOf(err), LastT: t0}, nil, err
	}
	sol := newSolution(it)
	var tape *Tape[T]
	if taped {
		if tape, err = newTape(it); err != nil {
			sol.Status = statusOf(err)
			return sol, nil, err
		}
	}
	err = run(it, sol, tape)
	sol.Status, sol.Stats = it.status, it.env.stats
	sol.LastT, sol.LastY = it.t, it.y
	if err != nil {
		return sol, nil, err
	}
	return sol, tape, nil
}

// run steps to t1, saving and recording.
func run[T Float](it *Integrator[T], sol *Solution[T], tape *Tape[T]) error {
	if it.set.SaveAt[0] == it.t {
		sol.save(it.t, it.y)
		tape.saved(0, it.t)
	}
	for tape.record(it); it.Step(); tape.record(it) {
		if err := sol.saveStep(it, tape); err != nil {
			return err
		}
		if sol.pieces == nil {
			continue
		}
		coef, err := it.polynomial()
		if err != nil {
			return err
		}
		sol.pieces.add(it.t, coef)
	}
	return it.err
}

func newSolution[T Float](it *Integrator[T]) *Solution[T] {
	n := len(it.set.SaveAt)
	sol := &Solution[T]{
		Status: it.status,
		T:      make([]float64, 0, n),
		Y:      make([][]T, 0, n),
		flat:   make([]T, 0, n*len(it.y)),
		LastT:  it.t,
		LastY:  it.y,
	}
	if it.set.Dense {
		sol.pieces = &pieces[T]{t: []float64{it.t}, off: []int{0}}
		if it.t == it.t1 {
			sol.pieces.coef = append(sol.pieces.coef, it.y...)
		}
	}
	return sol
}

// row appends a saved state of time t, to be filled.
func (sol *Solution[T]) row(t float64, dim int) []T {
	n := len(sol.flat)
	sol.flat = sol.flat[:n+dim]
	y := sol.flat[n : n+dim : n+dim]
	sol.T = append(sol.T, t)
	sol.Y = append(sol.Y, y)
	return y
}

// save appends a copy of y.
func (sol *Solution[T]) save(t float64, y []T) { copy(sol.row(t, len(y)), y) }

// saveStep saves the times within the step taken last.
func (sol *Solution[T]) saveStep(it *Integrator[T], tape *Tape[T]) error {
	for i := len(sol.T); i < len(it.set.SaveAt); i++ {
		t := it.set.SaveAt[i]
		if it.dir*(it.t-t) < 0 {
			break
		}
		if t != it.t {
			if _, err := it.polynomial(); err != nil {
				return err
			}
		}
		if err := it.Interpolate(t, sol.row(t, len(it.y))); err != nil {
			return err
		}
		tape.saved(it.env.stats.Accepted, t)
	}
	return nil
}

// Eval writes the state at time t, anywhere from t0 to LastT, to dst. It needs Settings.Dense. At the ends of the steps the
// interpolant meets the states to rounding. It may be called by several goroutines at once.
func (sol *Solution[T]) Eval(t float64, dst []T) error {
	switch {
	case sol.pieces == nil:
		return badInput("Eval needs a solve with Settings.Dense")
	case len(dst) != len(sol.LastY):
		return badInput("Eval into %d components; the state has %d", len(dst), len(sol.LastY))
	case len(sol.pieces.coef) == 0:
		return badInput("Eval at t=%g of a solve that took no step from t=%g", t, sol.LastT)
	case !sol.pieces.eval(t, dst):
		return badInput("Eval at t=%g outside the solve, from t=%g to t=%g", t, sol.pieces.t[0], sol.LastT)
	}
	return nil
}

// statusOf is the status of an error of this package.
func statusOf(err error) Status {
	if e, ok := err.(*Error); ok {
		return e.Status
	}
	return BadInput
}
