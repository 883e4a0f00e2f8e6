package solvers

// rosenbrockReplay is the reverse of a step of a Rosenbrock method. With E = I/(γh) − J and Y_i = y + Σ_j a_ij u_j the
// stages are
//
//	E u_i = f(t + α_i h, Y_i) + Σ_j (c_ij/h) u_j + γ_i h ∂f/∂t,
//
// and in reverse, each stage by the factors of the forward step,
//
//	ū_i = Σ_{l>i} ( a_li Ȳ_l + (c_li/h) λ_l ) + Σ_l H_li (c̄_{l+1} − c̄_{l+2}),   ū_s with ȳ₁ more
//	Eᵀ λ_i = ū_i
//	Ȳ_i = (∂f/∂y)ᵀ λ_i,   θ̄ += (∂f/∂θ)ᵀ λ_i,   τ_i = (∂f/∂t)ᵀ λ_i     at t + α_i h, Y_i;   Ȳ_s with ȳ₁ more
//	ȳ₀ = Σ ( Ȳ_i + (∂d_i/∂y)ᵀ λ_i ) + c̄_0 − c̄_1,   θ̄ += (∂d_i/∂θ)ᵀ λ_i,   σ_i = (∂d_i/∂t)ᵀ λ_i
//	t̄  = Σ ( τ_i + σ_i ),   h̄ = Σ ( α_i τ_i + λ_i·( u_i/γ − Σ_j c_ij u_j )/h² + γ_i λ_i·∂f/∂t ),
//
// where d_i = J u_i + γ_i h ∂f/∂t, at (t, y), is what depends on the point by the derivatives of f: the derivative of f
// in the direction (γ_i h, u_i), whose product with a cotangent is System.TangentVJP.
type rosenbrockReplay[T Float] struct {
	n     int
	dense bool

	lam  [][]T // λ_i
	abar [][]T // Ȳ_i
	cbar [][]T
	y1   []T // ȳ₁
	ubar []T
	out  []T
	coef []T

	a, denseA, c []combination[T] // of ū_i, without and with the interpolant, and its terms in 1/h
}

func newRosenbrockReplay[T Float](m *rosenbrock[T]) *rosenbrockReplay[T] {
	dim, s, tab := m.env.sys.Dim, m.s, m.tab
	v := vectors[T](3, dim)
	r := &rosenbrockReplay[T]{
		lam: vectors[T](s, dim), abar: vectors[T](s, dim), cbar: vectors[T](len(tab.H)+2, dim),
		y1: v[0], ubar: v[1], out: v[2],
		coef: make([]T, 0, (len(tab.H)+2)*dim),
		a:    make([]combination[T], s), denseA: make([]combination[T], s), c: make([]combination[T], s),
	}
	for i := range s {
		r.c[i].reserve(s - i)
		for l := i + 1; l < s; l++ {
			r.c[i].add(tab.C[l][i], r.lam[l])
		}
		for _, c := range []*combination[T]{&r.a[i], &r.denseA[i]} {
			c.reserve(s - i + 2*len(tab.H))
			for l := i + 1; l < s; l++ {
				c.add(tab.A[l][i], r.abar[l])
			}
		}
		for l, row := range tab.H {
			r.denseA[i].add(row[i], r.cbar[l+1])
			r.denseA[i].add(-row[i], r.cbar[l+2])
		}
	}
	return r
}

func (m *rosenbrock[T]) carrySize() int { return 0 }

func (m *rosenbrock[T]) carry([]T) {}

// differentiableBy refuses a system that lacks what the reverse of a step needs.
func (m *rosenbrock[T]) differentiableBy(sys *System[T]) error {
	switch {
	case sys.TangentVJP == nil:
		return notSupported(m.tab.Name, "a gradient needs System.TangentVJP")
	case sys.Jacobian == nil && sys.JVP == nil:
		return notSupported(m.tab.Name, "a gradient needs System.Jacobian or System.JVP")
	}
	return nil
}

func (m *rosenbrock[T]) replay(tp *Tape[T], n int, dense bool) ([]T, error) {
	if m.back == nil {
		if err := m.differentiableBy(&m.env.sys); err != nil {
			return nil, err
		}
		m.back = newRosenbrockReplay(m)
	}
	r := m.back
	r.n, r.dense = n, dense
	m.t, m.t1, m.y = tp.t[n], tp.t[n+1], tp.at(n)
	if err := m.env.f(m.t, m.y, m.f0); err != nil {
		return nil, err
	}
	if err := m.derivatives(); err != nil {
		return nil, err
	}
	h := m.t1 - m.t
	if !m.lin.factor(1 / (m.tab.Gamma * h)) {
		return nil, ErrNoConvergence
	}
	for i := range m.s {
		if err := m.stage(i, h); err != nil {
			return nil, err
		}
	}
	if !dense {
		return nil, nil
	}
	m.y1 = r.y1
	m.end()
	r.coef, _ = m.interpolant(r.coef[:0])
	return r.coef, nil
}

func (m *rosenbrock[T]) pullback(bar *cotangents[T]) error {
	r, h := m.back, m.t1-m.t
	copy(r.y1, bar.y)
	clear(bar.y)
	a := r.a
	if r.dense {
		a = r.denseA
		for j := range r.cbar {
			copy(r.cbar[j], bar.dense[j*len(bar.y):])
		}
		addScaled(1, r.cbar[1], r.y1)
		addScaled(1, r.cbar[0], bar.y)
		addScaled(-1, r.cbar[1], bar.y)
	}
	var tbar, hbar float64
	for i := m.s - 1; i >= 0; i-- {
		above := m.env.zero
		if i == m.s-1 {
			above = r.y1
		}
		a[i].to(r.ubar, above, 1)
		r.c[i].to(r.ubar, r.ubar, 1/h)
		t, s, err := m.pullStage(i, h, bar)
		if err != nil {
			return err
		}
		tbar += t
		hbar += s
	}
	bar.grid[r.n] += tbar - hbar
	bar.grid[r.n+1] += hbar
	return nil
}

// pullStage takes ū_i and returns the shares of stage i in t̄ and h̄.
func (m *rosenbrock[T]) pullStage(i int, h float64, bar *cotangents[T]) (tbar, hbar float64, err error) {
	r, lam, abar := m.back, m.back.lam[i], m.back.abar[i]
	clear(lam)
	clear(abar)
	if !isZero(r.ubar) {
		for l, v := range r.ubar {
			m.rhs[l] = float64(v)
		}
		m.lin.solveTransposed(m.rhs)
		for l, v := range m.rhs {
			lam[l] = T(v)
		}
		m.rows[i].to(m.arg, m.y, 1)
		tau, err := m.env.vjp(m.time(i), m.arg, lam, nil, abar, bar.theta)
		if err != nil {
			return 0, 0, err
		}
		g := h * m.tab.GammaI[i]
		sigma, err := m.env.tangentVJP(m.t, m.y, g, m.u[i], lam, r.out, bar.theta)
		if err != nil {
			return 0, 0, err
		}
		addScaled(1, r.out, bar.y)
		m.c[i].to(m.arg, m.env.zero, 1)
		tbar = tau + sigma
		hbar = m.tab.Alpha[i]*tau + (dot(lam, m.u[i])/m.tab.Gamma-dot(lam, m.arg))/(h*h) + m.tab.GammaI[i]*dot(lam, m.ft)
	}
	if i == m.s-1 {
		addScaled(1, r.y1, abar)
	}
	addScaled(1, abar, bar.y)
	return tbar, hbar, nil
}

var _ differentiable[float64] = (*rosenbrock[float64])(nil)
