package solvers

// autoDifferentiable is an auto both of whose methods have a gradient: the tape keeps which of them took a step.
type autoDifferentiable[T Float] struct {
	*auto[T]
	other differentiable[T]
	back  differentiable[T] // that of the step replayed last
}

func (m *autoDifferentiable[T]) carrySize() int { return 1 }

func (m *autoDifferentiable[T]) carry(dst []T) {
	if dst[0] = 0; m.last {
		dst[0] = 1
	}
}

// guide implements [guided].
func (m *autoDifferentiable[T]) guide(carry []T) { m.next = carry[0] != 0 }

func (m *autoDifferentiable[T]) replay(tp *Tape[T], n int, dense bool) ([]T, error) {
	m.back = m.dopri
	if tp.carried(n + 1)[0] != 0 {
		m.back = m.other
	}
	return m.back.replay(tp, n, dense)
}

func (m *autoDifferentiable[T]) pullback(bar *cotangents[T]) error { return m.back.pullback(bar) }

var (
	_ differentiable[float64] = (*autoDifferentiable[float64])(nil)
	_ guided[float64]         = (*autoDifferentiable[float64])(nil)
)
