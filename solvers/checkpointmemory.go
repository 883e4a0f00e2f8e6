package solvers

// resumable is a stepper that can go on from a checkpoint to the digits of a solve that was never left.
type resumable[T Float] interface {
	differentiable[T]

	// memory passes to m what the next attempt depends on beside time and state, so that m keeps it or puts it back; the
	// stepper has been reset then. It is asked between two steps. What can be computed again from the state, as f
	// there, need not be passed. Keeping doesn't fail.
	memory(m *memory[T]) error
}

// withHistory is a resumable whose steps depend on the last history states of the tape, since a reset at most.
type withHistory[T Float] interface {
	resumable[T]
	history() int
}

// memory is a stepper's memory at a point: a tape of numbers that is written and read in the same order.
type memory[T Float] struct {
	values  []any
	vectors [][]T
	wide    [][]float64

	tape    *Tape[T] // while reading
	n       int      // the point
	i, j, k int      // the next places
}

// write keeps the memory of a stepper.
func (m *memory[T]) write(s resumable[T]) {
	m.tape, m.i, m.j, m.k = nil, 0, 0, 0
	m.values = m.values[:0]
	s.memory(m)
}

// read puts it back to a stepper that will go on from point n of the tape.
func (m *memory[T]) read(s resumable[T], tape *Tape[T], n int) error {
	m.tape, m.n, m.i, m.j, m.k = tape, n, 0, 0, 0
	s.reset()
	return s.memory(m)
}

func (m *memory[T]) reading() bool { return m.tape != nil }

// empty reports whether a stepper had nothing to keep.
func (m *memory[T]) empty() bool { return m.i+m.j+m.k == 0 }

// time and state are those j points before the one that is read at.
func (m *memory[T]) time(j int) float64 { return m.tape.t[m.n-j] }
func (m *memory[T]) state(j int) []T    { return m.tape.at(m.n - j) }

// value passes a plain value.
func value[S any, T Float](m *memory[T], p *S) {
	if m.reading() {
		*p = m.values[m.i].(S)
	} else {
		m.values = append(m.values, *p)
	}
	m.i++
}

// vector passes the contents of v.
func (m *memory[T]) vector(v []T) { pass(m.reading(), &m.vectors, &m.j, v) }

// double passes the contents of v.
func (m *memory[T]) double(v []float64) { pass(m.reading(), &m.wide, &m.k, v) }

func pass[S Float](reading bool, kept *[][]S, at *int, v []S) {
	if *at == len(*kept) {
		*kept = append(*kept, nil)
	}
	p := &(*kept)[*at]
	if *at++; reading {
		copy(v, *p)
		return
	}
	*p = append((*p)[:0], v...)
}

// The explicit methods begin every step from time and state alone.
func (m *erk[T]) memory(*memory[T]) error { return nil }

// memory passes the force of the last kick, which was taken at the momenta before it.
func (m *symplectic[T]) memory(k *memory[T]) error {
	if value(k, &m.forced); m.forced {
		k.vector(m.force[m.q:])
	}
	return nil
}

func (m *reversible[T]) memory(k *memory[T]) error {
	if value(k, &m.paired); m.paired {
		k.vector(m.z)
	}
	return nil
}

// memory passes that of the inner steppers, which begin every attempt with a reset.
func (m *doubling[T]) memory(k *memory[T]) error {
	for _, s := range []stepper[T]{m.whole, m.halves} {
		if inner, ok := s.(*esdirk[T]); ok {
			inner.reset()
			if err := inner.memory(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// memory passes what there is of the history. The values of f are computed again at the states.
func (m *adams[T]) memory(k *memory[T]) error {
	value(k, &m.count)
	value(k, &m.own)
	value(k, &m.k)
	if m.choice != nil {
		value(k, m.choice)
	}
	if !k.reading() {
		return nil
	}
	for j := range m.count {
		m.past[j] = k.time(j)
		if j == 0 || j >= m.kp {
			continue // slope's business, and the next value's room
		}
		if err := m.env.f(m.past[j], k.state(j), m.f[j]); err != nil {
			return err
		}
	}
	return nil
}

func (m *adams[T]) history() int { return m.kp }

func (m *bdf[T]) memory(k *memory[T]) error {
	value(k, &m.k)
	value(k, &m.points)
	value(k, &m.taken)
	value(k, &m.choice)
	value(k, &m.evaluatedFor)
	if k.reading() {
		for j := range m.points {
			m.time[j] = k.time(j)
			copy(m.past[j], k.state(j))
		}
	}
	return m.eqs.memory(k)
}

func (m *bdf[T]) history() int { return maxBDF + 2 }

func (m *esdirk[T]) memory(k *memory[T]) error {
	value(k, &m.done)
	if m.done {
		k.vector(m.k[m.s-1])
	}
	if value(k, &m.past.known); m.past.known {
		value(k, &m.past.h)
		k.vector(m.past.k)
	}
	return m.eqs.memory(k)
}

// memory passes what the iterations have learned. The factors are made again.
func (d *diagonal[T]) memory(k *memory[T]) error {
	value(k, &d.have)
	value(k, &d.fresh)
	value(k, &d.stale)
	value(k, &d.g)
	value(k, &d.eta)
	value(k, &d.worst)
	if err := d.jac.memory(k, d.have); err != nil {
		return err
	}
	if k.reading() && d.have && d.g != 0 && !d.lin.factor(1/d.g) {
		return ErrNoConvergence
	}
	return nil
}

func (m *radau[T]) memory(k *memory[T]) error {
	value(k, &m.jacGood)
	value(k, &m.oldH)
	value(k, &m.control)
	value(k, &m.stages.test)
	h := m.stages.h
	value(k, &h)
	if m.oldH != 0 {
		for _, z := range m.old {
			k.double(z)
		}
	}
	have := m.jacGood && !m.env.exact // otherwise the next attempt evaluates it
	if err := m.jac.memory(k, have); err != nil {
		return err
	}
	if k.reading() && have && h != 0 && !m.stages.factor(h) {
		return ErrNoConvergence
	}
	return nil
}

// memory passes that of the stiff method, which begins anew where it takes over.
func (m *auto[T]) memory(k *memory[T]) error {
	value(k, &m.on)
	value(k, &m.next)
	value(k, &m.last)
	value(k, &m.beyond)
	value(k, &m.within)
	value(k, &m.small)
	if !m.on || !m.next {
		m.stiff.reset()
	}
	return any(m.stiff).(resumable[T]).memory(k)
}

func (m *auto[T]) history() int {
	if s, ok := any(m.stiff).(withHistory[T]); ok {
		return s.history()
	}
	return 1
}

// memory says that attempts leave something behind: the difference for ∂f/∂t is that of the first from a point.
func (m *rosenbrock[T]) memory(k *memory[T]) error {
	value(k, &m.have)
	return m.jac.memory(k, false)
}

func (m *imex[T]) memory(k *memory[T]) error { return m.eqs.memory(k) }

// jacobianPoint is where a Jacobian was evaluated last. The Jacobian is evaluated there again rather than kept, for it
// has the size of many states.
type jacobianPoint[T Float] struct {
	t     float64
	y     []T
	ratio []float64 // of the differences, before
}

// memory passes the Jacobian, if it will be used, and what its evaluations have learned.
func (j *jacobian[T]) memory(k *memory[T], have bool) error {
	if j.point == nil {
		j.point = &jacobianPoint[T]{y: make([]T, j.env.sys.Dim)}
		if j.diff != nil {
			j.point.ratio = make([]float64, j.env.sys.Dim)
		}
	}
	p := j.point
	if !have {
		if j.diff != nil {
			k.double(j.diff.ratio)
		}
		return nil
	}
	value(k, &p.t)
	k.vector(p.y)
	if j.diff != nil {
		k.double(p.ratio)
	}
	if !k.reading() {
		return nil
	}
	if j.diff != nil {
		copy(j.diff.ratio, p.ratio)
	}
	return j.eval(p.t, p.y, nil)
}

// note keeps the point of an evaluation.
func (p *jacobianPoint[T]) note(t float64, y []T, d *differences[T]) {
	p.t = t
	copy(p.y, y)
	if d != nil {
		copy(p.ratio, d.ratio)
	}
}
