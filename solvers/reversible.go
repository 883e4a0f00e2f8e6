package solvers

// Reversible makes an explicit Runge–Kutta method algebraically reversible, after McCallum and Foster. With Ψ_h(t, y)
// for the increment of the method, y + Ψ_h(t, y) being its step, a pair of states takes the steps
//
//	y₁ = λ y₀ + (1 − λ) z₀ + Ψ_h(t₀, z₀)
//	z₁ = z₀ − Ψ_{−h}(t₁, y₁),
//
// which are undone without solving equations by
//
//	z₀ = z₁ + Ψ_{−h}(t₁, y₁)
//	y₀ = (y₁ − (1 − λ) z₀ − Ψ_h(t₀, z₀)) / λ.
//
// y is the solution, z begins equal to y. The pair converges with the method's order and costs it twice. It serves
// gradients in a memory that doesn't hold the states: [SolveReversible]. Going back multiplies rounding errors by 1/λ a
// step.
//
// The stability is what λ < 1 gives. For y' = μy the difference y − z is multiplied by about λ(1 − hμ) a step, so that where
// solutions decay it grows as e^{|μ|t} λ^{t/h}: for good where h|μ| > 1 − λ, and harmlessly where the interval is short
// beside 1/|μ|, as those of neural ODEs are. Since errors of a step don't show that, there is no error estimate, and
// the steps are constant.
//
// For a method of odd order the errors of y and z have opposite signs, and those of y are smallest for some 1/(1 − λ) steps.
//
// McCallum and Foster, "Efficient, accurate and stable gradients for neural ODEs" (2024).
type Reversible struct {
	// Method is an explicit Runge–Kutta method. Nil: RK4.
	Method Method
	// Lambda is λ, in (0, 1]. Zero: 0.999.
	Lambda float64
}

const defaultLambda = 0.999

func (m Reversible) inner() Method {
	if m.Method == nil {
		return RK4{}
	}
	return m.Method
}

func (m Reversible) lambda() float64 {
	if m.Lambda == 0 {
		return defaultLambda
	}
	return m.Lambda
}

// WithDefaults is m with the defaults for what is zero.
func (m Reversible) WithDefaults() Reversible {
	return Reversible{Method: m.inner(), Lambda: m.lambda()}
}

// Name implements [Method].
func (Reversible) Name() string { return "reversible" }

// Order implements [Method]: that of the inner method.
func (m Reversible) Order() int { return m.inner().Order() }

// Info implements [Method].
func (m Reversible) Info() Info {
	in := m.inner().Info()
	return Info{
		Name:       m.Name(),
		Family:     "reversible pair of " + in.Name,
		Order:      in.Order,
		DenseOrder: min(in.Order, 3),
		Stages:     2 * in.Stages,
		Reference:  "S. McCallum and J. Foster, Efficient, accurate and stable gradients for neural ODEs, arXiv:2410.11648, 2024",
	}
}

func (m Reversible) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newReversible(m, e)
}

func (m Reversible) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newReversible(m, e)
}

func newReversible[T Float](m Reversible, env *environment[T]) (stepper[T], error) {
	if l := m.lambda(); !(l > 0 && l <= 1) {
		return nil, badInput("Reversible.Lambda is %g; it must lie in (0, 1]", l)
	}
	var half [2]*erk[T]
	for i := range half {
		s, err := newStepper(m.inner(), env)
		if err != nil {
			return nil, err
		}
		rk, ok := s.(*erk[T])
		if !ok {
			return nil, notSupported(m.Name(), "the pair is of explicit Runge–Kutta methods; %s isn't one", m.inner().Name())
		}
		half[i] = rk
	}
	v := vectors[T](4, env.sys.Dim)
	r := &reversible[T]{
		env: env, there: half[0], back: half[1], used: half[0].s, lambda: T(m.lambda()),
		z: v[0], z1: v[1], psi: v[2], f0: v[3],
	}
	for r.used > 1 && r.there.tab.B[r.used-1] == 0 {
		r.used--
	}
	return r, nil
}

// reversible is the stepper of a pair.
type reversible[T Float] struct {
	env         *environment[T]
	there, back *erk[T] // Ψ_h from z₀ and Ψ_{−h} from y₁
	used        int     // stages that Ψ depends on
	lambda      T

	z, z1  []T  // the second state, at the current point and at the last attempt's end
	paired bool // z is there: otherwise it is y
	first  bool // and so is the first stage of Ψ_h
	psi    []T

	f0    []T // f at the beginning of the last step; at its end it is the first stage of Ψ_{−h}
	have0 bool
	done  bool // the last attempt was accepted, and the next has not begun

	t, t1 float64 // of the last attempt
	y, y1 []T

	grad *reversibleReplay[T]
}

func (m *reversible[T]) reset() { m.paired, m.first, m.have0, m.done = false, false, false, false }

func (m *reversible[T]) controlOrder() int { return 1 }

func (m *reversible[T]) accept() {
	m.z, m.z1 = m.z1, m.z
	m.first, m.done = false, true
}

// turn leaves the last step for the next.
func (m *reversible[T]) turn() {
	if m.done {
		copy(m.f0, m.back.k[0])
		m.have0, m.done = true, false
	}
}

func (m *reversible[T]) slope(t float64, y []T) ([]T, error) {
	m.turn()
	if !m.have0 {
		if err := m.env.f(t, y, m.f0); err != nil {
			return nil, err
		}
		m.have0 = true
	}
	return m.f0, nil
}

func (m *reversible[T]) attempt(t, t1 float64, y, y1 []T) (outcome, error) {
	m.turn()
	if !m.paired {
		f, err := m.slope(t, y)
		if err != nil {
			return outcome{}, err
		}
		copy(m.z, y)
		copy(m.there.k[0], f)
		m.paired, m.first = true, true
	}
	m.t, m.t1, m.y, m.y1 = t, t1, y, y1
	if err := m.increment(m.there, t, t1, m.z, m.first); err != nil {
		return outcome{}, err
	}
	m.first = true
	m.forth(y, m.z, y1)
	if err := m.increment(m.back, t1, t, y1, false); err != nil {
		return outcome{}, err
	}
	for i, v := range m.psi {
		m.z1[i] = m.z[i] - v
	}
	return outcome{}, nil
}

// forth writes y₁ = λ y₀ + (1 − λ) z₀ + Ψ, which is exact where z₀ is y₀.
func (m *reversible[T]) forth(y, z, y1 []T) {
	for i, v := range m.psi {
		y1[i] = z[i] + m.lambda*(y[i]-z[i]) + v
	}
}

// increment makes Ψ of the step from (t, y) to t1. With first its first stage is there.
func (m *reversible[T]) increment(rk *erk[T], t, t1 float64, y []T, first bool) error {
	rk.t, rk.t1, rk.y = t, t1, y
	if !first {
		if err := m.env.f(t, y, rk.k[0]); err != nil {
			return err
		}
	}
	for i := 1; i < m.used; i++ {
		if err := rk.stage(i, rk.arg); err != nil {
			return err
		}
	}
	rk.b.to(m.psi, m.env.zero, t1-t)
	return nil
}

func (m *reversible[T]) interpolant(dst []T) ([]T, error) {
	if !m.have0 {
		if err := m.env.f(m.t, m.y, m.f0); err != nil {
			return nil, err
		}
		m.have0 = true
	}
	return cubic(dst, m.y, m.y1, m.f0, m.back.k[0], m.t1-m.t), nil
}

var _ Method = Reversible{}
