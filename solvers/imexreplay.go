package solvers

// imexReplay is the reverse of a step of an additive method. What a stage's state Y_i gives on to later ones,
//
//	k̄_i = h ( b_i ȳ₁ + Σ_{l>i} a_li Ȳ_l ),   l̄_i = h ( b_i ȳ₁ + Σ_{l>i} â_li Ȳ_l ),   k̄_1 and l̄_1 with f̄₀ more,
//
// comes back through the explicit part as e_i = J_Eᵀ l̄_i, with f_E = f − f_I, and through the implicit one by the
// transposed equation of the stage,
//
//	(I − hγJ_Iᵀ) x_i = k̄_i + hγ e_i,   Ȳ_i = J_Iᵀ x_i + e_i,
//	θ̄ += (∂f_I/∂θ)ᵀ x_i + (∂f_E/∂θ)ᵀ l̄_i,   τ_i = (∂f_I/∂t)ᵀ x_i + (∂f_E/∂t)ᵀ l̄_i     at t + c_i h, Y_i,
//
// where x_1 = k̄_1, for the first stage is explicit. Then
//
//	ȳ₀ = ȳ₁ + Σ Ȳ_i,   t̄ = Σ τ_i,   h̄ = Σ ( c_i τ_i + (k_i·x_i + l_i·l̄_i)/h ).
//
// Hermite's cubic adds, with d̄ = 3c̄_2 − 2c̄_3 of d = y₁ − y,
//
//	f̄₀ = h (c̄_1 − 2c̄_2 + c̄_3),   f̄₁ = h (c̄_3 − c̄_2),   ȳ₁ += d̄ + (∂f/∂y)ᵀ f̄₁ at t₁, y₁,   ȳ₀ += c̄_0 − d̄.
//
// As in [esdirkReplay] the replay solves the equations to rounding.
type imexReplay[T Float] struct {
	n     int
	dense bool

	args       [][]T // Y_i
	abar       [][]T // Ȳ_i
	y1         []T   // the new state, with dense
	y1bar      []T
	kbar, lbar []T
	f0bar      []T
	e, out     []T
	coef       []T
	adj        adjointEquation[T]

	k, l []combination[T] // k̄_i/h and l̄_i/h
	sum  combination[T]   // Σ Ȳ_i
}

func newIMEXReplay[T Float](m *imex[T]) *imexReplay[T] {
	dim, s := m.env.sys.Dim, m.s
	v := vectors[T](7, dim)
	r := &imexReplay[T]{
		args: vectors[T](s, dim), abar: vectors[T](s, dim),
		y1: v[0], y1bar: v[1], kbar: v[2], lbar: v[3], f0bar: v[4], e: v[5], out: v[6],
		coef: make([]T, 0, 4*dim),
		adj:  newAdjointEquation(m.eqs),
		k:    make([]combination[T], s), l: make([]combination[T], s),
	}
	r.sum.reserve(s)
	for i := range s {
		r.k[i].reserve(s - i)
		r.l[i].reserve(s - i)
		r.k[i].add(m.tab.weight(i), r.y1bar)
		r.l[i].add(m.tab.weight(i), r.y1bar)
		for l := i + 1; l < s; l++ {
			r.k[i].add(m.tab.A[l][i], r.abar[l])
			r.l[i].add(m.explicit[l][i], r.abar[l])
		}
		r.sum.add(1, r.abar[i])
	}
	return r
}

func (m *imex[T]) carrySize() int { return 0 }

func (m *imex[T]) carry([]T) {}

func (m *imex[T]) replay(tp *Tape[T], n int, dense bool) ([]T, error) {
	if m.back == nil {
		if m.env.sys.StiffVJP == nil {
			return nil, notSupported(m.tab.Name, "a gradient with System.Stiff needs System.StiffVJP")
		}
		m.back = newIMEXReplay(m)
		m.part.exact = true
	}
	defer m.count()
	r := m.back
	r.n, r.dense = n, dense
	m.t, m.t1, m.y = tp.t[n], tp.t[n+1], tp.at(n)
	copy(r.args[0], m.y)
	if err := m.both(m.t, m.y, m.k[0], m.l[0], m.f0); err != nil {
		return nil, err
	}
	m.eqs.moved()
	fail, err := m.converge(r.args)
	if err == nil {
		err = fail
	}
	if err != nil || !dense {
		return nil, err
	}
	m.y1, m.ended = r.y1, false
	m.b.to(m.y1, m.y, m.t1-m.t)
	r.coef, err = m.interpolant(r.coef[:0])
	return r.coef, err
}

func (m *imex[T]) pullback(bar *cotangents[T]) error {
	defer m.count()
	r, h := m.back, m.t1-m.t
	copy(r.y1bar, bar.y)
	var tbar, hbar float64
	if r.dense {
		tau, err := m.pullDense(bar)
		if err != nil {
			return err
		}
		tbar, hbar = tau, tau+dot(m.f1, r.out)/h
	}
	for i := m.s - 1; i >= 0; i-- {
		r.k[i].to(r.kbar, m.env.zero, h)
		r.l[i].to(r.lbar, m.env.zero, h)
		if i == 0 && r.dense {
			addScaled(1, r.f0bar, r.kbar)
			addScaled(1, r.f0bar, r.lbar)
		}
		tau, err := m.pullStage(i, bar.theta)
		if err != nil {
			return err
		}
		tbar += tau
		hbar += m.tab.C[i]*tau + (dot(m.k[i], r.kbar)+dot(m.l[i], r.lbar))/h
	}
	copy(bar.y, r.y1bar)
	r.sum.to(bar.y, bar.y, 1)
	if r.dense {
		n := len(bar.y)
		for i := range bar.y {
			bar.y[i] += bar.dense[i] - 3*bar.dense[2*n+i] + 2*bar.dense[3*n+i]
		}
	}
	bar.grid[r.n] += tbar - hbar
	bar.grid[r.n+1] += hbar
	return nil
}

// pullDense takes the cotangents of the cubic's coefficients: it adds to ȳ₁, sets f̄₀, leaves f̄₁ in out, and returns
// (∂f/∂t)ᵀ f̄₁.
func (m *imex[T]) pullDense(bar *cotangents[T]) (float64, error) {
	r, h, n := m.back, T(m.t1-m.t), len(bar.y)
	c1, c2, c3 := bar.dense[n:2*n], bar.dense[2*n:3*n], bar.dense[3*n:]
	for i := range r.y1bar {
		r.y1bar[i] += 3*c2[i] - 2*c3[i]
		r.f0bar[i] = h * (c1[i] - 2*c2[i] + c3[i])
		r.out[i] = h * (c3[i] - c2[i])
	}
	tau, err := m.env.vjp(m.t1, r.y1, r.out, nil, r.e, bar.theta)
	addScaled(1, r.e, r.y1bar)
	return tau, err
}

// pullStage makes Ȳ_i, leaves x_i in kbar, and returns τ_i.
func (m *imex[T]) pullStage(i int, theta []T) (float64, error) {
	r, t, y := m.back, m.time(i), m.back.args[i]
	var tau float64
	clear(r.e)
	if !isZero(r.lbar) {
		wt, err := m.env.vjp(t, y, r.lbar, nil, r.e, theta)
		if err != nil {
			return 0, err
		}
		tau += wt
		for j, v := range r.lbar {
			r.abar[i][j] = -v
		}
		if wt, err = m.part.vjp(t, y, r.abar[i], nil, r.out, theta); err != nil {
			return 0, err
		}
		tau += wt
		addScaled(1, r.out, r.e)
	}
	var wt float64
	var err error
	if i == 0 {
		wt, err = m.part.vjp(t, y, r.kbar, nil, r.abar[i], theta)
	} else {
		g := m.tab.Gamma * (m.t1 - m.t)
		addScaled(g, r.e, r.kbar)
		wt, err = r.adj.solve(t, y, g, r.kbar, r.abar[i], theta)
	}
	addScaled(1, r.e, r.abar[i])
	return tau + wt, err
}

var _ differentiable[float64] = (*imex[float64])(nil)
