package solvers

import (
	"math"
	"slices"
)

// ReversibleTape keeps of a solve by [Reversible] the times of its steps and the two states at its end, for
// [ReversibleTape.Backward]: 16 bytes a step, whatever the size of the state. It does not change once made, and may be
// used by several goroutines at once.
type ReversibleTape[T Float] struct {
	tape *Tape[T] // without states
	y, z []T
}

// SolveReversible is [SolveTape] for [Reversible], with a tape that holds no states. Settings.Method must be a
// Reversible; nil is Reversible{}. There are no events and no Settings.Jumps. A solve that fails has no tape.
func SolveReversible[T Float](sys System[T], y0 []T, t0, t1 float64, s *Settings) (*Solution[T], *ReversibleTape[T], error) {
	var own Settings
	if s != nil {
		own = *s
	}
	if own.Method == nil {
		own.Method = Reversible{}
	}
	fail := func(err error) (*Solution[T], *ReversibleTape[T], error) {
		return &Solution[T]{Status: statusOf(err), LastT: t0}, nil, err
	}
	if _, ok := own.Method.(Reversible); !ok {
		return fail(badInput("SolveReversible with %s, which isn't Reversible", own.Method.Name()))
	}
	own.Checkpoints = 0
	if len(own.Jumps) > 0 {
		return fail(notSupported(own.Method.Name(), "SolveReversible doesn't go back over Settings.Jumps; SolveTape does"))
	}
	sol, err := prepare(sys, y0, t0, t1, &own, nil, true)
	if err != nil {
		return sol, nil, err
	}
	tape, it := sol.tape, sol.it
	// Records of no length.
	tape.carry = 0
	tape.state = ledger[T]{per: math.MaxInt, n: len(tape.t), chunk: [][]T{{}}}
	err = sol.run()
	sol.tape = nil
	if err != nil {
		return sol, nil, err
	}
	end := &ReversibleTape[T]{tape: tape, y: slices.Clone(it.y), z: slices.Clone(it.y)}
	if m := it.step.(*reversible[T]); m.paired {
		copy(end.z, m.z)
	}
	return sol, end, nil
}

// Steps is the number of accepted steps.
func (tp *ReversibleTape[T]) Steps() int { return tp.tape.Steps() }

// Backward is [Tape.Backward]. It undoes the steps from the last to the first, and differentiates each where that leads: the
// gradient of SolveTape but for rounding errors, which grow by 1/λ a step and as the solution's own errors do backwards
// in time.
func (tp *ReversibleTape[T]) Backward(sys System[T], w [][]T) (*Gradient[T], error) {
	if tp == nil {
		return nil, badInput("Backward of an empty tape")
	}
	if err := tp.tape.check(sys, w); err != nil {
		return nil, err
	}
	b := &backward[T]{
		tape: tp.tape,
		env:  newEnvironment(sys, tp.tape.set),
		bar: cotangents[T]{
			y:     make([]T, tp.tape.dim),
			theta: make([]T, sys.NumParams),
			grid:  make([]float64, len(tp.tape.t)),
		},
		w:     w,
		saves: make([]float64, len(tp.tape.saves)),
		left:  len(tp.tape.saves),
	}
	s, err := newStepper(tp.tape.set.Method, b.env)
	if err != nil {
		return nil, err
	}
	b.step = &undoing[T]{reversible: s.(*reversible[T]), at: tp.Steps(), y: slices.Clone(tp.y), z: slices.Clone(tp.z)}
	for n := tp.Steps() - 1; n >= 0; n-- {
		if err := b.pull(n); err != nil {
			return nil, err
		}
	}
	b.take(0)
	g := &Gradient[T]{Y0: b.bar.y, Theta: b.bar.theta, SaveAt: b.saves, Stats: b.env.stats}
	tp.tape.distribute(b.bar.grid, g)
	return g, nil
}

// undoing replays without the states of a tape: it has those at grid point at.
type undoing[T Float] struct {
	*reversible[T]
	at   int
	y, z []T
}

// replay goes back to grid point n, also over steps that had no cotangent.
func (m *undoing[T]) replay(tp *Tape[T], n int, dense bool) ([]T, error) {
	for {
		m.at--
		coef, err := m.undo(m.at, tp.t[m.at], tp.t[m.at+1], m.y, m.z, dense && m.at == n)
		if err != nil || m.at == n {
			return coef, err
		}
	}
}

var _ differentiable[float64] = (*undoing[float64])(nil)
