package solvers

// With each point of a tape Auto carries what the stiff method does, and behind that which of the two took the step
// that ended there.
//
// A method with a history begins it anew wherever it takes over, so that it leaves no cotangents for states before: in
// reverse each of the two finds the other's steps done.

func (m *auto[T]) carrySize() int { return m.stiff.carrySize() + 1 }

func (m *auto[T]) carry(dst []T) {
	own := len(dst) - 1
	m.stiff.carry(dst[:own])
	if dst[own] = 0; m.last {
		dst[own] = 1
	}
}

// guide implements [guided].
func (m *auto[T]) guide(carry []T) {
	own := len(carry) - 1
	m.next = carry[own] != 0
	m.turn() // the history that the stiff method is guided in begins here
	if g, ok := m.stiff.(guided[T]); ok && m.on {
		g.guide(carry[:own])
	}
}

func (m *auto[T]) replay(tp *Tape[T], n int, dense bool) ([]T, error) {
	m.replayed = m.dopri
	if carried := tp.carried(n + 1); carried[len(carried)-1] != 0 {
		m.replayed = m.stiff
	}
	return m.replayed.replay(tp, n, dense)
}

func (m *auto[T]) pullback(bar *cotangents[T]) error { return m.replayed.pullback(bar) }

var (
	_ differentiable[float64] = (*auto[float64])(nil)
	_ guided[float64]         = (*auto[float64])(nil)
)
