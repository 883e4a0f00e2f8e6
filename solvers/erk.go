package solvers

import (
	"math"
	"slices"
)

// erk steps every explicit Runge–Kutta method; the method is its tableau.
type erk[T Float] struct {
	env   *environment[T]
	tab   *Tableau
	in    *Interpolant
	s     int  // stages of a step
	order int  // k of the controller
	fsal  bool // the last stage is f(t₁, y₁)
	end   int  // index of the stage f(t₁, y₁) among all, −1: none

	k     [][]T // stages, then the interpolant's extra stages
	c     []float64
	arg   []T
	err   []T
	rows  []combination[T] // of A, then of the interpolant's A
	b     combination[T]
	e, e2 combination[T]
	p     []combination[T] // columns of P
	start bool             // k[0] is f at the current point
	dense bool             // the extra stages of the step accepted last are there
	done  bool             // the last attempt was accepted, and its stages are still there

	t, t1 float64 // of the last attempt
	y, y1 []T

	stages *stageTape[T] // where a tape keeps stages; nil: it doesn't
	slots  keptStages    // of the last attempt

	back *erkReplay[T] // made by the first replay
}

func newERK[T Float](env *environment[T], tab *Tableau) *erk[T] {
	n, s := env.sys.Dim, tab.stages()
	m := &erk[T]{
		env:   env,
		tab:   tab,
		in:    tab.dense(),
		s:     s,
		order: tab.controlOrder(),
		fsal:  tab.fsal(),
		end:   -1,
		slots: notKept,
		arg:   make([]T, n),
		err:   make([]T, n),
	}
	a := append(append([][]float64{}, tab.A...), m.in.A...)
	m.c = append(append([]float64{}, tab.C...), m.in.C...)
	m.k = vectors[T](len(a), n)
	room := newTermRoom[T](len(a)*(len(a)-1)/2 + 3*s + len(m.in.P[0])*len(a))
	m.rows = make([]combination[T], len(a))
	for i, row := range a {
		room.reserve(&m.rows[i], i)
		for j, v := range row {
			m.rows[i].add(v, m.k[j])
		}
	}
	room.reserve(&m.b, s)
	room.reserve(&m.e, s)
	room.reserve(&m.e2, s)
	for i := 0; i < s; i++ {
		m.b.add(tab.B[i], m.k[i])
		if tab.E != nil {
			m.e.add(tab.E[i], m.k[i])
		}
		if tab.E2 != nil {
			m.e2.add(tab.E2[i], m.k[i])
		}
	}
	m.p = make([]combination[T], len(m.in.P[0]))
	for j := range m.p {
		room.reserve(&m.p[j], len(a))
	}
	for i, row := range m.in.P {
		for j, v := range row {
			m.p[j].add(v, m.k[i])
		}
	}
	if m.fsal {
		m.end = s - 1
	}
	for i := s; i < len(a) && m.end < 0; i++ {
		if m.c[i] == 1 && equal(tab.B, a[i][:s]) && isZero(a[i][s:]) {
			m.end = i
		}
	}
	return m
}

func (m *erk[T]) reset() { m.start, m.done, m.dense = false, false, false }

func (m *erk[T]) controlOrder() int { return m.order }

func (m *erk[T]) accept() {
	m.start, m.done = false, true
	if m.slots.rest >= 0 {
		m.stages.free += m.s - 1
	}
}

// slope hands the last stage on to the next step where it was evaluated at the new state.
func (m *erk[T]) slope(t float64, y []T) ([]T, error) {
	if m.start {
		return m.k[0], nil
	}
	if m.carried() {
		copy(m.k[0], m.k[m.end])
		m.slots.first = m.lastSlot()
	} else {
		if m.slots.first = m.stages.room(m.s); m.slots.first >= 0 {
			m.stages.free++
		}
		if err := m.value(0, m.slots.first, t, y); err != nil {
			return nil, err
		}
	}
	m.start, m.done, m.dense = true, false, false
	return m.k[0], nil
}

// carried reports whether the last step has left f at the current point.
func (m *erk[T]) carried() bool { return m.done && m.end >= 0 && (m.end < m.s || m.dense) }

func (m *erk[T]) attempt(t, t1 float64, y, y1 []T) (outcome, error) {
	if _, err := m.slope(t, y); err != nil {
		return outcome{}, err
	}
	m.t, m.t1, m.y, m.y1 = t, t1, y, y1
	if m.slots.rest, m.slots.extra = -1, -1; m.slots.first >= 0 {
		m.slots.rest = m.stages.room(m.s - 1)
	}
	for i := 1; i < m.s; i++ {
		arg := m.arg
		if m.fsal && i == m.end {
			arg = y1
		}
		if err := m.stage(i, arg); err != nil {
			return outcome{}, err
		}
	}
	return m.finish(), nil
}

// finish makes the new state of the stages, and the error estimate.
func (m *erk[T]) finish() outcome {
	h := m.t1 - m.t
	if !m.fsal {
		m.b.to(m.y1, m.y, h)
	}
	if m.tab.E == nil {
		return outcome{}
	}
	return outcome{err: m.estimate(h, m.y, m.y1)}
}

// estimate is the norm of the error estimate of a step from y to y1. The scaled errors that it leaves are those of E.
func (m *erk[T]) estimate(h float64, y, y1 []T) float64 {
	var second float64
	if m.tab.E2 != nil {
		m.e2.to(m.err, m.env.zero, h)
		if second = m.env.stepNorm(m.err, y, y1); math.IsInf(second, 1) {
			return second
		}
	}
	m.e.to(m.err, m.env.zero, h)
	err := m.env.stepNorm(m.err, y, y1)
	if m.tab.E2 == nil || err == 0 {
		return err
	}
	return err / math.Hypot(1, 0.1*second/err)
}

// stage evaluates k_i, with arg for its argument.
func (m *erk[T]) stage(i int, arg []T) error {
	m.rows[i].to(arg, m.y, m.t1-m.t)
	slot := -1
	if i < m.s && m.slots.rest >= 0 || m.slots.extra >= 0 {
		slot = m.slots.slot(i, m.s)
	}
	return m.value(i, slot, m.time(i), arg)
}

// value evaluates f for k_i, and keeps it linearized in a slot, if it has one.
func (m *erk[T]) value(i, slot int, t float64, y []T) error {
	if slot < 0 {
		return m.env.f(t, y, m.k[i])
	}
	return m.env.linearize(slot, t, y, m.k[i])
}

// lastSlot is that of the stage at the end of the last step.
func (m *erk[T]) lastSlot() int {
	if m.end < m.s && m.slots.rest < 0 || m.end >= m.s && m.slots.extra < 0 {
		return -1
	}
	return m.slots.slot(m.end, m.s)
}

// time is t + c_i h, and t₁ itself at the end: f may not be defined beyond.
func (m *erk[T]) time(i int) float64 {
	if m.c[i] == 1 {
		return m.t1
	}
	return m.t + m.c[i]*(m.t1-m.t)
}

func (m *erk[T]) interpolant(dst []T) ([]T, error) {
	if err := m.extraStages(); err != nil {
		return nil, err
	}
	return m.coefficients(dst), nil
}

// extraStages evaluates the stages that only the interpolant needs, once a step.
func (m *erk[T]) extraStages() error {
	if m.dense {
		return nil
	}
	if m.slots.rest >= 0 {
		if m.slots.extra = m.stages.room(len(m.k) - m.s); m.slots.extra >= 0 {
			m.stages.free += len(m.k) - m.s
		}
	}
	for i := m.s; i < len(m.k); i++ {
		if i == m.end {
			if err := m.value(i, m.lastSlot(), m.t1, m.y1); err != nil {
				return err
			}
			continue
		}
		if err := m.stage(i, m.arg); err != nil {
			return err
		}
	}
	m.dense = true
	return nil
}

// coefficients appends c_0 = y and c_j = h Σ_i P_ij k_i, by powers.
func (m *erk[T]) coefficients(dst []T) []T {
	n, from := len(m.y), len(dst)
	dst = append(slices.Grow(dst, (1+len(m.p))*n), m.y...)
	for j := range m.p {
		dst = append(dst, m.env.zero...)
		m.p[j].to(dst[len(dst)-n:], m.env.zero, m.t1-m.t)
	}
	if m.in.Nested {
		powers(dst[from:], n)
	}
	return dst
}
