package solvers

// Solution is what a solve came to. It is never nil: a solve that fails gives what it has.
type Solution[T Float] struct {
	Status Status
	Stats  Stats

	// T are the saved times and Y their states, Y[i] at T[i]: those of Settings.SaveAt and SaveEvery, or the end alone, as
	// far as they were reached.
	T []float64
	Y [][]T

	// Events are the events that occurred, in their order.
	Events []Occurrence[T]

	// LastT and LastY are the time and the state reached: t1, the time of a terminal event, or where a solve that failed was
	// good last.
	LastT float64
	LastY []T

	it     *Integrator[T] // nil once the end is reached
	tape   *Tape[T]
	next   int  // of Settings.SaveAt
	end    bool // the end is saved, wherever it is
	flat   []T  // room for rows of Y
	pieces *pieces[T]
}

// Solve integrates y' = f(t, y), y(t0) = y0 from t0 to t1, on either side of t0, and saves states at Settings.SaveAt. nil
// settings are the default ones. Where t1 == t0 the solution is y0.
//
// An error is an *[Error]; the solution is there all the same, up to where it was good.
func Solve[T Float](sys System[T], y0 []T, t0, t1 float64, s *Settings, events ...Event[T]) (*Solution[T], error) {
	return solve(sys, y0, t0, t1, s, events, false)
}

// SolveTape is Solve, and keeps a [Tape] of the accepted steps for the gradient. The tape is nil where the solve
// failed; once it was resumed to its end, Solution.Tape has it. Events that change or end the solve must have their
// derivatives.
func SolveTape[T Float](sys System[T], y0 []T, t0, t1 float64, s *Settings, events ...Event[T]) (*Solution[T], *Tape[T],
	error) {
	sol, err := solve(sys, y0, t0, t1, s, events, true)
	if err != nil {
		return sol, nil, err
	}
	note(sys.Room, sol.tape)
	return sol, sol.tape, nil
}

func solve[T Float](sys System[T], y0 []T, t0, t1 float64, s *Settings, events []Event[T], taped bool) (*Solution[T],
	error) {
	sol, err := prepare(sys, y0, t0, t1, s, events, taped)
	if err != nil {
		return sol, err
	}
	return sol, sol.run()
}

// prepare is solve without a step.
func prepare[T Float](sys System[T], y0 []T, t0, t1 float64, s *Settings, events []Event[T], taped bool) (*Solution[T],
	error) {
	it, err := NewIntegrator(sys, y0, t0, t1, s, events...)
	if err != nil {
		return &Solution[T]{Status: statusOf(err), LastT: t0}, err
	}
	if it.grid != nil && it.set.MaxSteps == 0 {
		if n := it.grid.total(); n > defaultMaxConstantSteps {
			err = badInput("Step %g asks for %.3g steps; set MaxSteps if that is meant", it.set.Step, n)
			return &Solution[T]{Status: BadInput, LastT: t0}, err
		}
	}
	sol := newSolution(it)
	sol.end = s == nil || len(s.SaveAt) == 0
	if taped {
		if sol.tape, err = newTape(it); err != nil {
			sol.Status, sol.it = statusOf(err), nil
			return sol, err
		}
	}
	if sol.first() {
		sol.saveNode(0)
	}
	sol.tape.record(it)
	return sol, nil
}

// first reports whether the initial state is saved.
func (sol *Solution[T]) first() bool {
	it := sol.it
	if it.set.SaveAt[0] == it.t {
		sol.next = 1
		return true
	}
	return it.set.SaveEvery > 0
}

// run steps to the end, saving and recording.
func (sol *Solution[T]) run() error {
	it := sol.it
	var err error
	for err == nil && it.Step() {
		if err = sol.keep(); err == nil {
			it.settle()
			sol.tape.record(it)
		}
	}
	sol.Status, sol.Stats = it.status, it.env.stats
	sol.LastT, sol.LastY = it.t, it.y
	if it.err == nil {
		sol.it = nil // nothing is left to resume
	}
	return it.err
}

// keep takes from the last step what the solution has of it.
func (sol *Solution[T]) keep() error {
	it := sol.it
	if err := sol.saveStep(); err != nil {
		return err
	}
	sol.Events = append(sol.Events, it.Events()...)
	if sol.pieces == nil {
		return nil
	}
	coef, err := it.polynomial()
	if err == nil {
		sol.pieces.add(it.t, it.full, coef)
	}
	return err
}

func newSolution[T Float](it *Integrator[T]) *Solution[T] {
	n := len(it.set.SaveAt)
	sol := &Solution[T]{
		Status: it.status,
		T:      make([]float64, 0, n),
		Y:      make([][]T, 0, n),
		LastT:  it.t,
		LastY:  it.y,
		it:     it,
		flat:   make([]T, 0, n*len(it.y)),
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
func (sol *Solution[T]) row(t float64) []T {
	n, dim := len(sol.flat), len(sol.it.y)
	if cap(sol.flat)-n < dim {
		sol.flat, n = make([]T, 0, max(chunkSize, dim)), 0
	}
	sol.flat = sol.flat[:n+dim]
	y := sol.flat[n : n+dim : n+dim]
	sol.T = append(sol.T, t)
	sol.Y = append(sol.Y, y)
	return y
}

// saveNode saves the state that the integrator has, which will be the tape's at grid point n.
func (sol *Solution[T]) saveNode(n int) {
	it := sol.it
	copy(sol.row(it.t), it.y)
	sol.tape.saved(savedState{step: n, t: it.t, node: true})
}

// saveStep saves the times within the step taken last.
func (sol *Solution[T]) saveStep() error {
	it := sol.it
	ended := it.status == EventOccurred
	for ; sol.next < len(it.set.SaveAt); sol.next++ {
		t := it.set.SaveAt[sol.next]
		if it.dir*(it.t-t) < 0 || ended && sol.end {
			break
		}
		if t != it.t {
			if _, err := it.polynomial(); err != nil {
				return err
			}
		}
		if err := it.before(t, sol.row(t)); err != nil {
			return err
		}
		sol.tape.saved(savedState{step: sol.tape.points(), t: t, node: t == it.t && !it.restarted && sol.onGrid(t)})
	}
	every := it.set.SaveEvery > 0 && (it.env.stats.Accepted%it.set.SaveEvery == 0)
	if every || ended && sol.end {
		if last := len(sol.T) - 1; it.restarted || last < 0 || sol.T[last] != it.t {
			n := sol.tape.points()
			if it.restarted {
				n++
			}
			sol.saveNode(n)
		}
	}
	return nil
}

// onGrid reports whether a saved time is a grid point by plan and not by chance.
func (sol *Solution[T]) onGrid(t float64) bool { return sol.it.grid != nil || t == sol.it.t1 }

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
