package solvers

// rowERK is the stepper of a row whose method is explicit Runge–Kutta. A whole attempt is one wait for the batch, which
// evaluates its stages along with those of the other rows; the arithmetic is erk's.
type rowERK[T Float] struct {
	*erk[T]
	lane *lane[T]
	i    int // the stage that is next
}

// join makes the steps of an integrator run in its lane.
func (l *lane[T]) join(it *Integrator[T]) {
	if m, ok := it.step.(*erk[T]); ok && it.window == nil { // a window is between the step and f
		it.step = &rowERK[T]{erk: m, lane: l}
	}
}

func (r *rowERK[T]) attempt(t, t1 float64, y, y1 []T) (outcome, error) {
	m := r.erk
	if r.lane.yield == nil || m.env.spy.on {
		return m.attempt(t, t1, y, y1)
	}
	r.i = 1
	if !m.start {
		if m.carried() {
			if _, err := m.slope(t, y); err != nil {
				return outcome{}, err
			}
		} else {
			r.i = 0
		}
	}
	m.t, m.t1, m.y, m.y1 = t, t1, y, y1
	if r.i < m.s {
		if err := r.lane.get(want[T]{kind: wantStages, stages: r}); err != nil {
			m.start = false
			return outcome{}, err
		}
	}
	return m.finish(), nil
}

// argument appends the next stage's argument to dst, and returns its time.
func (r *rowERK[T]) argument(dst []T) ([]T, float64) {
	m := r.erk
	if r.i == 0 {
		return append(dst, m.y...), m.t
	}
	n := len(dst)
	dst = append(dst, m.env.zero...)
	arg := dst[n:]
	m.rows[r.i].to(arg, m.y, m.t1-m.t)
	if m.fsal && r.i == m.end {
		copy(m.y1, arg)
	}
	return dst, m.time(r.i)
}

// value takes the stage's value, and reports whether it was the last.
func (r *rowERK[T]) value(k []T) bool {
	m := r.erk
	m.env.stats.F++
	copy(m.k[r.i], k)
	if r.i == 0 {
		m.start, m.done, m.dense = true, false, false
	}
	r.i++
	return r.i == m.s
}

var _ differentiable[float64] = (*rowERK[float64])(nil)
