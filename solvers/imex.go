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

	explicit [][]float64 // â

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

	polishing bool           // the stages begin from the last solution
	back      *imexReplay[T] // made by the first replay
}

func newIMEX[T Float](env *environment[T], tab *esdirkTableau, explicit [][]float64) (*imex[T], error) {
	part := *env
	part.sys.F, part.sys.Jacobian, part.sys.JVP, part.sys.VJP = env.sys.Stiff, nil, nil, env.sys.StiffVJP
	part.scaled = make([]float64, env.sys.Dim)
	part.stats = Stats{}
	eqs, err := newDiagonal(&part, false)
	if err != nil {
		return nil, err
	}
	n, s := env.sys.Dim, len(tab.A)
	v := vectors[T](5, n)
	m := &imex[T]{
		env: env, part: &part, tab: tab, s: s, eqs: eqs, explicit: explicit,
		k: vectors[T](s, n), l: vectors[T](s, n),
		rows: make([]combination[T], s), guesses: make([]combination[T], s),
		psi: v[0], arg: v[1], err: v[2], f0: v[3], f1: v[4],
	}
	m.b.reserve(2 * s)
	m.e.reserve(2 * s)
	for i := range s {
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
			m.b.add(tab.weight(i), k)
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
	if fail, err := m.converge(nil); fail != nil || err != nil {
		return outcome{fail: fail, factor: failFactor}, err
	}
	h := t1 - t
	m.b.to(y1, y, h)
	if m.env.exact {
		return outcome{}, nil
	}
	m.e.to(m.err, m.env.zero, h)
	e := m.env.errorNorm(m.err, y, y1)
	if m.env.taped && e <= 1 {
		if fail, err := m.polish(); fail != nil || err != nil {
			return outcome{fail: fail, factor: failFactor}, err
		}
		m.b.to(y1, y, h)
	}
	return outcome{err: e}, nil
}

// polish goes on with the stages' iterations until rounding is all that is left.
func (m *imex[T]) polish() (fail, err error) {
	m.part.exact, m.polishing = true, true
	defer func() { m.part.exact, m.polishing = false, false }()
	return m.stages(nil)
}

// converge solves the stages, and begins them anew with the Jacobian of the current point where that is an old one and
// Newton's method doesn't converge.
func (m *imex[T]) converge(args [][]T) (fail, err error) {
	fail, err = m.stages(args)
	if fail == nil || err != nil || m.eqs.fresh {
		return fail, err
	}
	m.eqs.forget()
	return m.stages(args)
}

// time is t + c_i h, and t₁ itself at the end.
func (m *imex[T]) time(i int) float64 {
	if c := m.tab.C[i]; c != 1 {
		return m.t + c*(m.t1-m.t)
	}
	return m.t1
}

// stages solves the stages, with their Y in args where that isn't nil.
func (m *imex[T]) stages(args [][]T) (fail, err error) {
	h := m.t1 - m.t
	g := m.tab.Gamma * h
	if fail, err = m.eqs.prepare(m.t, m.y, m.k[0], g); fail != nil || err != nil {
		return fail, err
	}
	for i := 1; i < m.s; i++ {
		t, arg := m.time(i), m.arg
		if args != nil {
			arg = args[i]
		}
		m.rows[i].to(m.psi, m.y, h)
		if m.polishing {
			for j, k := range m.k[i] {
				arg[j] = m.psi[j] + T(g)*k
			}
		} else {
			m.guesses[i].to(arg, m.psi, g)
		}
		if fail, err = m.eqs.solve(t, m.psi, arg); fail != nil || err != nil {
			return fail, err
		}
		// f_I(Y_i) itself has no place but in f_E.
		if err = m.both(t, arg, m.k[i], m.l[i], m.f1); err != nil {
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
