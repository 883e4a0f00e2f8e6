package solvers

import "math"

// esdirk steps every diagonally implicit Runge–Kutta method whose first stage is explicit and whose last is the new
// state; the method is its tableau. The stages are solved one after the other,
//
//	Y_i = ψ_i + γh f(t + c_i h, Y_i),   ψ_i = y + h Σ_{j<i} a_ij k_j,   k_i = (Y_i − ψ_i)/(γh),
//
// so that k_i doesn't carry what Newton's method left over times the stiffness, as f(Y_i) would. The k of the last
// stage is the next step's first, whence a step costs no evaluation of f but those of its iterations. (Hosea and
// Shampine, "Analysis and implementation of TR-BDF2", Appl. Numer. Math. 20 (1996); Kværnø, BIT 44 (2004).)
type esdirk[T Float] struct {
	env *environment[T]
	tab *esdirkTableau
	s   int
	eqs *diagonal[T]

	k       [][]T
	psi     []T
	arg     []T
	err     []T
	b64     []float64
	rows    []combination[T] // of A, without the diagonal
	guesses []combination[T] // of k_i
	e       combination[T]
	p       []combination[T] // columns of P

	start bool // k[0] is that of the current point
	exact bool // k[0] is a value of f, not an iteration's
	done  bool // the last attempt was accepted, and its stages are still there

	polishing bool // the stages are solved already, to the tolerance

	t, t1 float64 // of the last attempt
	y, y1 []T
	past  slopeHistory[T] // of the trapezoidal rule's estimate

	back *esdirkReplay[T] // made by the first replay
}

// esdirkLoose is how much γh may differ from that of the factors, relatively. The rate of the iteration that it makes,
// at most half of it, is that of a Jacobian worth keeping; at tight tolerances, where steps hardly change, it spares
// most factorisations.
const esdirkLoose = 0.03

func newESDIRK[T Float](env *environment[T], tab *esdirkTableau, krylov bool) (*esdirk[T], error) {
	n, s := env.sys.Dim, len(tab.A)
	eqs, err := newDiagonal(env, krylov)
	if err != nil {
		return nil, err
	}
	eqs.loose = esdirkLoose
	if s > 3 {
		eqs.fade = newtonFade
	}
	m := &esdirk[T]{
		env: env, tab: tab, s: s, eqs: eqs,
		k:       vectors[T](s, n),
		psi:     make([]T, n),
		arg:     make([]T, n),
		err:     make([]T, n),
		b64:     make([]float64, n),
		rows:    make([]combination[T], s),
		guesses: make([]combination[T], s),
		p:       make([]combination[T], len(tab.P[0])),
	}
	for i := 1; i < s; i++ {
		m.rows[i].reserve(i)
		m.guesses[i].reserve(i)
		guess := extrapolation(tab.C[:i], tab.C[i])
		for j := range i {
			m.rows[i].add(tab.A[i][j], m.k[j])
			m.guesses[i].add(guess[j], m.k[j])
		}
	}
	m.e.reserve(s)
	for i, v := range tab.E {
		m.e.add(v, m.k[i])
	}
	for j := range m.p {
		m.p[j].reserve(s)
	}
	for i, row := range tab.P {
		for j, v := range row {
			m.p[j].add(v, m.k[i])
		}
	}
	if tab.Divided {
		m.past.k = make([]T, n)
	}
	return m, nil
}

func (m *esdirk[T]) reset() {
	m.start, m.done = false, false
	m.past.known, m.past.used = false, false
	m.eqs.reset()
}

func (m *esdirk[T]) controlOrder() int {
	if m.tab.Divided && !m.past.used {
		return m.tab.Order
	}
	return min(m.tab.Order, m.tab.EmbeddedOrder) + 1
}

func (m *esdirk[T]) accept() {
	m.start, m.done = false, true
	m.eqs.moved()
	if m.tab.Divided {
		m.past.keep(m.k[0], m.t1-m.t)
	}
}

// slope hands the last stage on to the next step.
func (m *esdirk[T]) slope(t float64, y []T) ([]T, error) {
	if m.start {
		return m.k[0], nil
	}
	if m.done {
		copy(m.k[0], m.k[m.s-1])
	} else if err := m.env.f(t, y, m.k[0]); err != nil {
		return nil, err
	}
	m.exact = !m.done
	m.start, m.done = true, false
	return m.k[0], nil
}

func (m *esdirk[T]) attempt(t, t1 float64, y, y1 []T) (outcome, error) {
	if _, err := m.slope(t, y); err != nil {
		return outcome{}, err
	}
	m.t, m.t1, m.y, m.y1 = t, t1, y, y1
	if fail, err := m.stages(nil); err != nil || fail != nil {
		return outcome{fail: fail, factor: failFactor}, err
	}
	copy(y1, m.arg)
	if m.env.exact {
		return outcome{}, nil
	}
	if !m.estimate() {
		return outcome{fail: ErrNoConvergence, factor: failFactor}, nil
	}
	e := m.env.errorNorm(m.err, y, y1)
	if m.env.taped && e <= 1 {
		if fail, err := m.polish(); err != nil || fail != nil {
			return outcome{fail: fail, factor: failFactor}, err
		}
		copy(y1, m.arg)
	}
	return outcome{err: e}, nil
}

// polish goes on with the stages' iterations until rounding is all that is left.
func (m *esdirk[T]) polish() (fail, err error) {
	m.env.exact, m.polishing = true, true
	defer func() { m.env.exact, m.polishing = false, false }()
	return m.solveAll(nil, m.tab.Gamma*(m.t1-m.t))
}

// failFactor shortens a step whose equations weren't solved.
const failFactor = 0.4

// stages solves the stages, the last one's Y in arg, and all in args where that isn't nil. Where the Jacobian is an old
// one and Newton's method doesn't converge they are begun anew with that of the current point.
func (m *esdirk[T]) stages(args [][]T) (fail, err error) {
	g := m.tab.Gamma * (m.t1 - m.t)
	for again := false; ; again = true {
		var f0 []T
		if m.exact {
			f0 = m.k[0]
		}
		if again {
			m.eqs.forget()
		}
		if fail, err = m.eqs.prepare(m.t, m.y, f0, g); fail == nil && err == nil {
			m.eqs.eta = math.Max(m.eqs.eta, m.eqs.mismatch())
			fail, err = m.solveAll(args, g)
		}
		if err != nil || fail == nil || again || m.eqs.fresh {
			return fail, err
		}
	}
}

func (m *esdirk[T]) solveAll(args [][]T, g float64) (fail, err error) {
	h := m.t1 - m.t
	for i := 1; i < m.s; i++ {
		arg := m.arg
		if args != nil {
			arg = args[i]
		}
		m.rows[i].to(m.psi, m.y, h)
		if m.polishing {
			for l, k := range m.k[i] {
				arg[l] = m.psi[l] + T(g)*k
			}
		} else {
			m.guesses[i].to(arg, m.psi, g)
		}
		if fail, err = m.eqs.solve(m.time(i), m.psi, arg); err != nil || fail != nil {
			return fail, err
		}
		k := m.k[i]
		for l, z := range m.eqs.z {
			k[l] = T(z / g)
		}
	}
	return nil, nil
}

// time is t + c_i h, and t₁ itself at the end.
func (m *esdirk[T]) time(i int) float64 {
	if c := m.tab.C[i]; c != 1 {
		return m.t + c*(m.t1-m.t)
	}
	return m.t1
}

// estimate makes the error estimate, for a method that asks for it times (I − γhJ)⁻¹: bounded whatever the stiffness.
func (m *esdirk[T]) estimate() bool {
	h := m.t1 - m.t
	if m.past.used = m.tab.Divided && m.past.known; m.past.used {
		m.past.estimate(m.err, m.k[0], m.k[1], h)
		return true
	}
	m.e.to(m.err, m.env.zero, h)
	if !m.tab.Filter {
		return true
	}
	for i, v := range m.err {
		m.b64[i] = float64(v)
	}
	if !m.eqs.apply(m.b64) {
		return false
	}
	for i, v := range m.b64 {
		m.err[i] = T(v)
	}
	return true
}

func (m *esdirk[T]) interpolant(dst []T) ([]T, error) { return m.coefficients(dst), nil }

// coefficients appends c_0 = y and c_j = h Σ_i P_ij k_i.
func (m *esdirk[T]) coefficients(dst []T) []T {
	n := len(m.y)
	dst = append(dst, m.y...)
	for j := range m.p {
		dst = append(dst, m.env.zero...)
		m.p[j].to(dst[len(dst)-n:], m.env.zero, m.t1-m.t)
	}
	return dst
}
