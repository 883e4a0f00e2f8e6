package solvers

import "math"

// rosenbrockTableau is a stiffly accurate Rosenbrock method in the form that has no product with the Jacobian (Hairer and
// Wanner II, IV.7, (7.25)):
//
//	( I/(γh) − J ) u_i = f(t + α_i h, y + Σ_{j<i} a_ij u_j) + Σ_{j<i} (c_ij/h) u_j + γ_i h ∂f/∂t(t, y),   i = 1..s
//	y₁ = y + Σ_{j<s} a_sj u_j + u_s,   err = u_s
//	y(t + θh) ≈ (1−θ) y + θ( y₁ + (1−θ) Σ_i u_i Σ_l H_li θ^l ).
type rosenbrockTableau struct {
	Name                             string
	Order, EmbeddedOrder, DenseOrder int
	Gamma                            float64
	A, C                             [][]float64 // row i has i entries
	Alpha, GammaI                    []float64
	H                                [][]float64
	Controller                       Controller
	Reference                        string
}

func (t *rosenbrockTableau) info() Info {
	return Info{
		Name:          t.Name,
		Family:        "Rosenbrock",
		Order:         t.Order,
		EmbeddedOrder: t.EmbeddedOrder,
		DenseOrder:    t.DenseOrder,
		Stages:        len(t.A),
		Implicit:      true,
		Controller:    t.Controller,
		Reference:     t.Reference,
	}
}

// rosenbrock steps every Rosenbrock method. The Jacobian is that of the current point, evaluated once a step; a
// rejected attempt leaves it. ∂f/∂t is System.TimeDerivative, or else a difference of f in t within the step,
//
//	( −3f(t) + 4f(t+δ) − f(t+2δ) ) / 2δ,   δ = ∛ε h,
//
// of which the second value isn't evaluated where the first is f(t) to the last bit: a system that doesn't depend on t
// pays one evaluation a step.
type rosenbrock[T Float] struct {
	env *environment[T]
	tab *rosenbrockTableau
	jac *jacobian[T]
	lin shifted[float64]
	s   int

	u       [][]T
	rows, c []combination[T]
	f0      []T
	ft      []T
	arg     []T
	f       []T
	rhs     []float64
	start   bool // f0 is f at the current point
	have    bool // jac and ft are those of the current point

	t, t1 float64 // of the last attempt
	y, y1 []T

	back *rosenbrockReplay[T] // made by the first replay
}

func newRosenbrock[T Float](env *environment[T], tab *rosenbrockTableau) (*rosenbrock[T], error) {
	jac, err := newJacobian(env, false)
	if err != nil {
		return nil, err
	}
	n, s := env.sys.Dim, len(tab.A)
	v := vectors[T](4, n)
	m := &rosenbrock[T]{
		env: env, tab: tab, jac: jac, lin: newShifted[float64](jac), s: s,
		u: vectors[T](s, n), f0: v[0], ft: v[1], arg: v[2], f: v[3], rhs: make([]float64, n),
		rows: make([]combination[T], s), c: make([]combination[T], s),
	}
	for i := range s {
		m.rows[i].reserve(i)
		m.c[i].reserve(i)
		for j := range i {
			m.rows[i].add(tab.A[i][j], m.u[j])
			m.c[i].add(tab.C[i][j], m.u[j])
		}
	}
	return m, nil
}

func (m *rosenbrock[T]) reset() { m.start, m.have = false, false }

func (m *rosenbrock[T]) controlOrder() int { return min(m.tab.Order, m.tab.EmbeddedOrder) + 1 }

func (m *rosenbrock[T]) accept() { m.start, m.have = false, false }

func (m *rosenbrock[T]) slope(t float64, y []T) ([]T, error) {
	if !m.start {
		if err := m.env.f(t, y, m.f0); err != nil {
			return nil, err
		}
		m.start = true
	}
	return m.f0, nil
}

func (m *rosenbrock[T]) attempt(t, t1 float64, y, y1 []T) (outcome, error) {
	if _, err := m.slope(t, y); err != nil {
		return outcome{}, err
	}
	m.t, m.t1, m.y, m.y1 = t, t1, y, y1
	if !m.have {
		if err := m.derivatives(); err != nil {
			return outcome{}, err
		}
		m.have = true
	}
	h := t1 - t
	if !m.lin.factor(1 / (m.tab.Gamma * h)) {
		return outcome{fail: m.jac.failure(), factor: failFactor}, nil
	}
	for i := range m.s {
		if err := m.stage(i, h); err != nil {
			return outcome{}, err
		}
	}
	m.end()
	if m.env.exact {
		return outcome{}, nil
	}
	return outcome{err: m.env.errorNorm(m.u[m.s-1], y, y1)}, nil
}

// end writes y₁ after the last stage.
func (m *rosenbrock[T]) end() {
	last := m.u[m.s-1]
	for i, v := range m.arg {
		m.y1[i] = v + last[i]
	}
}

// derivatives evaluates J and ∂f/∂t at the current point.
func (m *rosenbrock[T]) derivatives() error {
	if err := m.jac.eval(m.t, m.y, m.f0); err != nil {
		return err
	}
	if m.env.sys.TimeDerivative != nil {
		return m.env.timeDerivative(m.t, m.y, m.ft)
	}
	return m.timeDifference()
}

// stage solves for u_i.
func (m *rosenbrock[T]) stage(i int, h float64) error {
	m.rows[i].to(m.arg, m.y, 1)
	f := m.f
	if i == 0 {
		f = m.f0
	} else if err := m.env.f(m.time(i), m.arg, f); err != nil {
		return err
	}
	u := m.u[i]
	m.c[i].to(u, m.env.zero, 1/h)
	g := h * m.tab.GammaI[i]
	for l, v := range f {
		m.rhs[l] = float64(v) + float64(u[l]) + g*float64(m.ft[l])
	}
	m.lin.solve(m.rhs)
	for l, v := range m.rhs {
		u[l] = T(v)
	}
	return nil
}

// time is t + α_i h, and t₁ itself at the end.
func (m *rosenbrock[T]) time(i int) float64 {
	if a := m.tab.Alpha[i]; a != 1 {
		return m.t + a*(m.t1-m.t)
	}
	return m.t1
}

// timeDifference makes ft of differences.
func (m *rosenbrock[T]) timeDifference() error {
	h := m.t1 - m.t
	at := func(n float64) float64 { return m.t + n*math.Cbrt(epsilon[T]())*h }
	delta := at(1) - m.t
	if clear(m.ft); delta == 0 || math.Abs(at(2)-m.t) > math.Abs(h) {
		return nil // a step of a few spacings of the times
	}
	if err := m.env.f(at(1), m.y, m.f); err != nil {
		return err
	}
	if equalState(m.f, m.f0) {
		return nil
	}
	if err := m.env.f(at(2), m.y, m.arg); err != nil {
		return err
	}
	// The times are rounded: δ₁ and δ₂ are what they came out as.
	d2 := at(2) - m.t
	a, b := d2/(delta*(d2-delta)), delta/(d2*(d2-delta))
	for i, v := range m.f0 {
		f := float64(v)
		m.ft[i] = T(a*(float64(m.f[i])-f) - b*(float64(m.arg[i])-f))
	}
	return nil
}

func equalState[T Float](a, b []T) bool {
	for i, v := range a {
		if v != b[i] {
			return false
		}
	}
	return true
}

// interpolant expands the nested form: with p = Σ_l p_l θ^l, p_l = Σ_i H_li u_i, it is y + θ(y₁ − y) + (θ − θ²) p.
func (m *rosenbrock[T]) interpolant(dst []T) ([]T, error) {
	n, from := len(m.y), len(dst)
	dst = append(dst, m.y...)
	for range len(m.tab.H) + 1 {
		dst = append(dst, m.env.zero...)
	}
	c := dst[from:]
	for i, v := range m.y1 {
		c[n+i] = v - m.y[i]
	}
	for l, row := range m.tab.H {
		for i, w := range row {
			addScaled(w, m.u[i], c[(l+1)*n:(l+2)*n])
			addScaled(-w, m.u[i], c[(l+2)*n:(l+3)*n])
		}
	}
	return dst, nil
}
