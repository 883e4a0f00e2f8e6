package solvers

// imex steps an additive Runge–Kutta method, with f = f_I + f_E, f_I = System.Stiff:
//
//	Y_i = y + h Σ_{j<i} ( a_ij k_j + â_ij l_j ) + hγ k_i,   k_i = f_I(t_i, Y_i),  l_i = f(t_i, Y_i) − f_I(t_i, Y_i)
//	y₁  = y + h Σ b_i (k_i + l_i),   err = h Σ e_i (k_i + l_i).
//
// The implicit parts are solved as in [esdirk], with k_i the value of the iteration. The interpolant is Hermite's cubic.
type imex[T Float] struct {
	env  *environment[T]
	part *environment[T] // with f_I for f
	tab  *esdirkTableau
	s    int
	eqs  *diagonal[T]

	k, l    [][]T
	rows    []combination[T]
	guesses []combination[T]
	b, e    combination[T]
	psi     []T
	arg     []T
	err     []T
	f0, f1  []T
	start   bool // f0, k_0 and l_0 are those of the current point
	ended   bool // f1 is there

	t, t1 float64 // of the last attempt
	y, y1 []T
}

func newIMEX[T Float](env *environment[T], tab *esdirkTableau, explicit [][]float64) (*imex[T], error) {
	part := *env
	part.sys.F, part.sys.Jacobian, part.sys.JVP = env.sys.Stiff, nil, nil
	part.scaled = make([]float64, env.sys.Dim)
	part.stats = Stats{}
	eqs, err := newDiagonal(&part, false)
	if err != nil {
		return nil, err
	}
	n, s := env.sys.Dim, len(tab.A)
	v := vectors[T](5, n)
	m := &imex[T]{
		env: env, part: &part, tab: tab, s: s, eqs: eqs,
		k: vectors[T](s, n), l: vectors[T](s, n),
		rows: make([]combination[T], s), guesses: make([]combination[T], s),
		psi: v[0], arg: v[1], err: v[2], f0: v[3], f1: v[4],
	}
	m.b.reserve(2 * s)
	m.e.reserve(2 * s)
	for i := range s {
		b := tab.Gamma
		if i < s-1 {
			b = tab.A[s-1][i]
		}
		m.rows[i].reserve(2 * i)
		m.guesses[i].reserve(i)
		for j := range i {
			m.rows[i].add(tab.A[i][j], m.k[j])
			m.rows[i].add(explicit[i][j], m.l[j])
		}
		if i > 0 {
			for j, w := range extrapolation(tab.C[:i], tab.C[i]) {
				m.guesses[i].add(w, m.k[j])
			}
		}
		for _, k := range [][]T{m.k[i], m.l[i]} {
			m.b.add(b, k)
			m.e.add(tab.E[i], k)
		}
	}
	return m, nil
}

func (m *imex[T]) reset() {
	m.start, m.ended = false, false
	m.eqs.reset()
}

func (m *imex[T]) controlOrder() int { return min(m.tab.Order, m.tab.EmbeddedOrder) + 1 }

func (m *imex[T]) accept() {
	m.start, m.ended = false, false
	m.eqs.moved()
}

// both writes f_I and f_E at (t, y), and f to f.
func (m *imex[T]) both(t float64, y, k, l, f []T) error {
	if err := m.part.f(t, y, k); err != nil {
		return err
	}
	if err := m.env.f(t, y, f); err != nil {
		return err
	}
	for i, v := range f {
		l[i] = v - k[i]
	}
	return nil
}

func (m *imex[T]) slope(t float64, y []T) ([]T, error) {
	if !m.start {
		if err := m.both(t, y, m.k[0], m.l[0], m.f0); err != nil {
			return nil, err
		}
		m.count()
		m.start = true
	}
	return m.f0, nil
}

// count moves the counts of the part.
func (m *imex[T]) count() {
	m.env.stats.Add(m.part.stats)
	m.part.stats = Stats{}
}

func (m *imex[T]) attempt(t, t1 float64, y, y1 []T) (outcome, error) {
	if _, err := m.slope(t, y); err != nil {
		return outcome{}, err
	}
	defer m.count()
	m.t, m.t1, m.y, m.y1 = t, t1, y, y1
	m.part.exact = m.env.exact
	for again := false; ; again = true {
		if again {
			m.eqs.forget()
		}
		fail, err := m.stages()
		if err != nil {
			return outcome{}, err
		}
		if fail == nil {
			break
		}
		if again || m.eqs.fresh {
			return outcome{fail: fail, factor: failFactor}, nil
		}
	}
	h := t1 - t
	m.b.to(y1, y, h)
	if m.env.exact {
		return outcome{}, nil
	}
	m.e.to(m.err, m.env.zero, h)
	return outcome{err: m.env.errorNorm(m.err, y, y1)}, nil
}

func (m *imex[T]) stages() (fail, err error) {
	h := m.t1 - m.t
	g := m.tab.Gamma * h
	if fail, err = m.eqs.prepare(m.t, m.y, m.k[0], g); fail != nil || err != nil {
		return fail, err
	}
	for i := 1; i < m.s; i++ {
		t := m.t1
		if c := m.tab.C[i]; c != 1 {
			t = m.t + c*h
		}
		m.rows[i].to(m.psi, m.y, h)
		m.guesses[i].to(m.arg, m.psi, g)
		if fail, err = m.eqs.solve(t, m.psi, m.arg); fail != nil || err != nil {
			return fail, err
		}
		// f_I(Y_i) itself has no place but in f_E.
		if err = m.both(t, m.arg, m.k[i], m.l[i], m.f1); err != nil {
			return nil, err
		}
		for j, z := range m.eqs.z {
			m.k[i][j] = T(z / g)
		}
	}
	return nil, nil
}

// interpolant is Hermite's cubic y + θ h f₀ + θ² (3d − 2hf₀ − hf₁) + θ³ (hf₀ + hf₁ − 2d), d = y₁ − y.
func (m *imex[T]) interpolant(dst []T) ([]T, error) {
	if !m.ended {
		if err := m.env.f(m.t1, m.y1, m.f1); err != nil {
			return nil, err
		}
		m.ended = true
	}
	n := len(m.y)
	dst = append(dst, m.y...)
	from := len(dst)
	for range 3 {
		dst = append(dst, m.env.zero...)
	}
	c := dst[from:]
	h := T(m.t1 - m.t)
	for i, y := range m.y {
		d, a, b := m.y1[i]-y, h*m.f0[i], h*m.f1[i]
		c[i], c[n+i], c[2*n+i] = a, 3*d-2*a-b, a+b-2*d
	}
	return dst, nil
}
