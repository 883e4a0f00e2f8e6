package solvers

import "math"

// StepDoubling gives a one-step method an error estimate, by a second solution of two steps of half the size: with the
// method's order p, y₁ the state of the whole step and y₂ that of the halves,
//
//	err = (y₂ − y₁) / (2^p − 1)
//
// is the error of y₂ but for a term of higher order, and y₂ + err is a solution of order p + 1 (Richardson's
// extrapolation), to which it steps. So Euler, RK4 and Verlet choose their steps by a tolerance, for three times the
// evaluations of steps that long. With constant steps the halves and the whole are taken all the same. Between the
// steps there is the quintic through the states and slopes at both ends and in the middle, of order 5 at most.
//
// With a symplectic method the steps that are chosen are no longer symplectic. There is a gradient where the method has one.
//
// Hairer, Nørsett and Wanner I, II.4.
type StepDoubling struct {
	// Method is a one-step method: explicit or diagonally implicit Runge–Kutta, or symplectic. Nil: RK4.
	Method Method
	// Plain steps to y₂, of order p, and takes the estimate for what it is.
	Plain bool
}

func (m StepDoubling) inner() Method {
	if m.Method == nil {
		return RK4{}
	}
	return m.Method
}

// WithDefaults is m with the default for a Method that is nil.
func (m StepDoubling) WithDefaults() StepDoubling {
	m.Method = m.inner()
	return m
}

// Name implements [Method].
func (StepDoubling) Name() string { return "doubling" }

// Order implements [Method]: that of the inner method, and one more unless Plain.
func (m StepDoubling) Order() int {
	if m.Plain {
		return m.inner().Order()
	}
	return m.inner().Order() + 1
}

// Info implements [Method].
func (m StepDoubling) Info() Info {
	in := m.inner().Info()
	return Info{
		Name:          m.Name(),
		Family:        "step doubling of " + in.Name,
		Order:         m.Order(),
		EmbeddedOrder: in.Order,
		DenseOrder:    min(m.Order(), 5),
		Stages:        3*in.Stages - 1,
		Implicit:      in.Implicit,
		Separable:     in.Separable,
		Reference:     "L. F. Richardson, The deferred approach to the limit, Phil. Trans. R. Soc. A 226 (1927) 299-349",
	}
}

func (m StepDoubling) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newDoubling(m, e)
}

func (m StepDoubling) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newDoubling(m, e)
}

// borrower is a stepper that can be handed f at its next attempt's starting point, after reset.
type borrower[T Float] interface {
	stepper[T]
	lend(f []T)
}

// lend implements [borrower].
func (m *erk[T]) lend(f []T) {
	copy(m.k[0], f)
	m.start = true
}

// quintic has the coefficients c_2 to c_5 of the polynomial of degree 5 through states and slopes at 0, 1/2 and 1, by
// rows of their factors of y_m − y₀, y₁ − y₀, h f₀, h f_m and h f₁. c_0 is y₀ and c_1 is h f₀.
var quintic = [4][5]float64{
	{16, 7, -6, -8, -1},
	{-32, -34, 13, 32, 5},
	{16, 52, -12, -40, -8},
	{0, -24, 4, 16, 4},
}

func newDoubling[T Float](m StepDoubling, env *environment[T]) (stepper[T], error) {
	inner := *env
	inner.stats = Stats{}
	inner.exact = true // its own estimate has no say
	d := &doubling[T]{
		env:   env,
		inner: &inner,
		order: m.inner().Order(),
		plain: m.Plain,
	}
	var err error
	if d.whole, err = newStepper(m.inner(), d.inner); err != nil {
		return nil, err
	}
	if d.halves, err = newStepper(m.inner(), d.inner); err != nil {
		return nil, err
	}
	switch d.whole.(type) {
	case *erk[T], *symplectic[T], *esdirk[T]:
	default:
		return nil, notSupported(m.Name(),
			"the step of %s can't be doubled; those of explicit, diagonally implicit and symplectic "+
				"one-step methods can", m.inner().Name())
	}
	_, d.lends = d.whole.(borrower[T])
	v := vectors[T](9, env.sys.Dim)
	d.ym, d.big, d.y2, d.err, d.f0, d.fm, d.f1, d.dm, d.d1 = v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8]
	d.gain = T(1 / (math.Ldexp(1, d.order) - 1))
	for j, row := range quintic {
		d.p[j].reserve(len(row))
		for i, u := range [][]T{d.dm, d.d1, d.f0, d.fm, d.f1} {
			d.p[j].add(row[i], u)
		}
	}
	d.method = m.inner()
	return d, nil
}

// doubling is the stepper.
type doubling[T Float] struct {
	env, inner    *environment[T]
	method        Method
	whole, halves stepper[T]
	lends         bool // these are borrowers
	order         int  // p
	plain         bool
	gain          T // 1/(2^p − 1)

	ym, big, y2, err []T // the states between the halves, of the whole and of the halves, and the estimate

	f0, fm, f1          []T // f at the ends of the last step and in its middle
	have0, havem, have1 bool
	done                bool // the last attempt was accepted, and the next has not begun

	t, tm, t1 float64
	y, y1     []T

	dm, d1 []T // (y_m − y₀)/h and (y₁ − y₀)/h
	p      [4]combination[T]

	back *doublingReplay[T]
}

func (m *doubling[T]) reset() { m.have0, m.havem, m.have1, m.done = false, false, false, false }

func (m *doubling[T]) controlOrder() int { return m.order + 1 }

func (m *doubling[T]) accept() { m.done = true }

// settle takes over what the inner steppers have counted.
func (m *doubling[T]) settle() {
	m.env.stats.Add(m.inner.stats)
	m.inner.stats = Stats{}
}

// evaluate makes f(t, y) unless it is there.
func (m *doubling[T]) evaluate(have *bool, t float64, y, f []T) error {
	if *have {
		return nil
	}
	err := m.env.f(t, y, f)
	*have = err == nil
	return err
}

func (m *doubling[T]) slope(t float64, y []T) ([]T, error) {
	if m.done {
		copy(m.f0, m.f1)
		m.have0, m.have1, m.done = m.have1, false, false
	}
	return m.f0, m.evaluate(&m.have0, t, y, m.f0)
}

// begin puts an inner stepper at the current point.
func (m *doubling[T]) begin(s stepper[T], t float64, y []T) error {
	s.reset()
	f, err := m.slope(t, y)
	if err != nil {
		return err
	}
	if m.lends {
		s.(borrower[T]).lend(f)
	}
	return nil
}

func (m *doubling[T]) attempt(t, t1 float64, y, y1 []T) (outcome, error) {
	defer m.settle()
	if err := m.begin(m.whole, t, y); err != nil {
		return outcome{}, err
	}
	m.t, m.tm, m.t1, m.y, m.y1 = t, t+(t1-t)/2, t1, y, y1
	if o, err := m.whole.attempt(t, t1, y, m.big); err != nil || o.fail != nil {
		return o, err
	}
	if o, err := m.first(); err != nil || o.fail != nil {
		return o, err
	}
	m.halves.accept()
	m.havem, m.have1 = false, false
	if rk, ok := m.halves.(*erk[T]); ok {
		f, err := rk.slope(m.tm, m.ym)
		if err != nil {
			return outcome{}, err
		}
		copy(m.fm, f)
		m.havem = true
	}
	if o, err := m.halves.attempt(m.tm, t1, m.ym, m.y2); err != nil || o.fail != nil {
		return o, err
	}
	for i, v := range m.y2 {
		m.err[i] = m.gain * (v - m.big[i])
	}
	copy(y1, m.y2)
	if !m.plain {
		addTo(y1, m.err)
	}
	return outcome{err: m.env.errorNorm(m.err, y, y1)}, nil
}

// first takes the first of the halves.
func (m *doubling[T]) first() (outcome, error) {
	if err := m.begin(m.halves, m.t, m.y); err != nil {
		return outcome{}, err
	}
	return m.halves.attempt(m.t, m.tm, m.y, m.ym)
}

// interpolant takes for the state in the middle that of the half step, whose error is half the step's.
func (m *doubling[T]) interpolant(dst []T) ([]T, error) {
	if err := m.evaluate(&m.have0, m.t, m.y, m.f0); err != nil {
		return nil, err
	}
	if err := m.evaluate(&m.havem, m.tm, m.ym, m.fm); err != nil {
		return nil, err
	}
	if err := m.evaluate(&m.have1, m.t1, m.y1, m.f1); err != nil {
		return nil, err
	}
	h := m.t1 - m.t
	for i, v := range m.y {
		d := m.ym[i] - v
		if !m.plain {
			d += m.err[i] / 2
		}
		m.dm[i] = d / T(h)
		m.d1[i] = (m.y1[i] - v) / T(h)
	}
	n := len(m.y)
	dst = append(dst, m.y...)
	for _, v := range m.f0 {
		dst = append(dst, T(h)*v)
	}
	for j := range m.p {
		dst = append(dst, m.env.zero...)
		m.p[j].to(dst[len(dst)-n:], m.env.zero, h)
	}
	return dst, nil
}

var _ Method = StepDoubling{}
