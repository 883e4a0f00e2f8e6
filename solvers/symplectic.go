package solvers

// composition is a symplectic method as data: the weights γ_i of a composition of steps of [Verlet],
//
//	Φ_h = S_{γ_s h} ∘ ... ∘ S_{γ_1 h},   Σ γ_i = 1,   γ_i = γ_{s+1−i}.
//
// The system is separable into positions and momenta, y = (q, p),
//
//	q' = v(t, p),   p' = a(t, q).
//
// S_h kicks p by (h/2) a, drifts q by h v and kicks p again; of neighbouring kicks one is made. Time goes with the
// drifts: a is taken at their ends and v in their middles, so that S_h is symmetric with time too, and what holds of
// compositions holds with it. One F gives v and a, and every stage takes the half that it is at, at arguments where
// that half is right.
//
// Hairer, Lubich and Wanner, Geometric Numerical Integration, second edition, I.3, II.4 and V.3.
type composition struct {
	name      string
	order     int
	weights   []float64
	reference string
}

func (c *composition) info() Info {
	return Info{
		Name:       c.name,
		Family:     "symplectic",
		Order:      c.order,
		DenseOrder: min(c.order, 3),
		Stages:     2*len(c.weights) + 1,
		Separable:  true,
		Reference:  c.reference,
	}
}

// SeparableMethods returns the symplectic methods, lowest order first. They are for systems of positions and momenta alone.
func SeparableMethods() []Method {
	return []Method{Verlet{}, Yoshida4{}, Suzuki4{}, KahanLi6{}}
}

// symplectic is the stepper of a composition. Its stages are kick, drift, kick, ..., kick, by even and odd numbers.
type symplectic[T Float] struct {
	env *environment[T]
	q   int       // components that are positions
	w   []float64 // by stage: how much of h it moves by
	c   []float64 // and its time, as a fraction of the step

	force, end []T  // f, right in its second half, at the current point and at the last attempt's end
	forced     bool // force is there
	k          []T

	f0, f1       []T // f at both ends of the last step
	have0, have1 bool
	done         bool // the last attempt was accepted, and the next has not begun

	t, t1 float64 // of the last attempt
	y, y1 []T

	back *symplecticReplay[T]
}

func newSymplectic[T Float](env *environment[T], c *composition, positions int) (stepper[T], error) {
	n, s := env.sys.Dim, len(c.weights)
	switch {
	case positions == 0 && n%2 != 0:
		return nil, badInput("%s needs Positions for a state of %d components, which has no halves", c.name, n)
	case positions == 0:
		positions = n / 2
	case positions < 0 || positions >= n:
		return nil, badInput("%s with %d positions of %d components", c.name, positions, n)
	}
	v := vectors[T](5, n)
	m := &symplectic[T]{
		env: env, q: positions,
		w: make([]float64, 2*s+1), c: make([]float64, 2*s+1),
		force: v[0], end: v[1], k: v[2], f0: v[3], f1: v[4],
	}
	var at float64
	for i, g := range c.weights {
		m.w[2*i] += g / 2
		m.w[2*i+1] = g
		m.w[2*i+2] = g / 2
		m.c[2*i] = at
		m.c[2*i+1] = at + g/2
		at += g
	}
	m.c[2*s] = 1
	return m, nil
}

func (m *symplectic[T]) reset() { m.forced, m.have0, m.have1, m.done = false, false, false, false }

func (m *symplectic[T]) controlOrder() int { return 1 }

func (m *symplectic[T]) accept() {
	m.force, m.end = m.end, m.force
	m.done = true
}

// turn leaves the last step for the next.
func (m *symplectic[T]) turn() {
	if m.done {
		m.f0, m.f1 = m.f1, m.f0
		m.have0, m.have1, m.done = m.have1, false, false
	}
}

func (m *symplectic[T]) slope(t float64, y []T) ([]T, error) {
	m.turn()
	if !m.have0 {
		if err := m.env.f(t, y, m.f0); err != nil {
			return nil, err
		}
		m.have0 = true
	}
	return m.f0, nil
}

// lend implements [borrower].
func (m *symplectic[T]) lend(f []T) {
	copy(m.f0, f)
	m.have0 = true
}

// start makes the first kick's force: the last step's last, or f at the state.
func (m *symplectic[T]) start(t float64, y []T) error {
	m.turn()
	if m.forced {
		return nil
	}
	f, err := m.slope(t, y)
	if err != nil {
		return err
	}
	copy(m.force, f)
	m.forced = true
	return nil
}

func (m *symplectic[T]) attempt(t, t1 float64, y, y1 []T) (outcome, error) {
	if err := m.start(t, y); err != nil {
		return outcome{}, err
	}
	m.t, m.t1, m.y, m.y1 = t, t1, y, y1
	copy(y1, y)
	m.move(0, y1, m.force)
	for i := 1; i < len(m.w); i++ {
		k := m.k
		if i == len(m.w)-1 {
			k = m.end
		}
		if err := m.env.f(m.time(i), y1, k); err != nil {
			return outcome{}, err
		}
		m.move(i, y1, k)
	}
	return outcome{}, nil
}

// half is the part of a vector that stage i moves: the positions by a drift, the momenta by a kick.
func (m *symplectic[T]) half(i int, v []T) []T {
	if i%2 == 0 {
		return v[m.q:]
	}
	return v[:m.q]
}

// move adds stage i's k to y.
func (m *symplectic[T]) move(i int, y, k []T) {
	y, k = m.half(i, y), m.half(i, k)
	h := T(m.w[i] * (m.t1 - m.t))
	k = k[:len(y)]
	for j := range y {
		y[j] += h * k[j]
	}
}

// time is t + c_i h, and t₁ itself at the end.
func (m *symplectic[T]) time(i int) float64 {
	if m.c[i] == 1 {
		return m.t1
	}
	return m.t + m.c[i]*(m.t1-m.t)
}

func (m *symplectic[T]) interpolant(dst []T) ([]T, error) {
	if !m.have0 {
		if err := m.env.f(m.t, m.y, m.f0); err != nil {
			return nil, err
		}
		m.have0 = true
	}
	if !m.have1 {
		if err := m.env.f(m.t1, m.y1, m.f1); err != nil {
			return nil, err
		}
		m.have1 = true
	}
	return cubic(dst, m.y, m.y1, m.f0, m.f1, m.t1-m.t), nil
}
