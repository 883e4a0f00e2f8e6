package solvers

// esdirkReplay is the reverse of a step of an ESDIRK method. As for an explicit method (see erkReplay), but a stage
// depends on its own slope, so that its cotangent solves the transposed equation of the stage:
//
//	κ_i = h ( b_i ȳ₁ + Σ_{l>i} a_li Ȳ_l + Σ_j P_ij c̄_{j+1} )
//	(I − hγJ_iᵀ) k̄_i = κ_i,   Ȳ_i = J_iᵀ k̄_i,   θ̄ += (∂f/∂θ)ᵀ k̄_i,   τ_i = (∂f/∂t)ᵀ k̄_i     at t + c_i h, Y_i
//	ȳ₀  = ȳ₁ + Σ Ȳ_i + c̄_0
//	t̄   = Σ τ_i,   h̄ = Σ ( c_i τ_i + k_i·k̄_i / h ).
//
// The replay solves the stages to rounding, whatever the solve did, and k_1 is f(t, y): what it differentiates is the
// step with its equations solved exactly, which is the recorded one but for what Newton's method left over.
type esdirkReplay[T Float] struct {
	n     int
	dense bool

	args [][]T // Y_i
	abar [][]T // Ȳ_i
	cbar [][]T
	y1   []T
	kbar []T
	coef []T
	adj  adjointEquation[T]

	cols, denseCols []combination[T] // κ_i/h, without and with the interpolant
	sum             combination[T]   // Σ Ȳ_i
}

func newESDIRKReplay[T Float](m *esdirk[T]) *esdirkReplay[T] {
	dim, s := m.env.sys.Dim, m.s
	r := &esdirkReplay[T]{
		args:      vectors[T](s, dim),
		abar:      vectors[T](s, dim),
		cbar:      vectors[T](len(m.p)+1, dim),
		y1:        make([]T, dim),
		kbar:      make([]T, dim),
		coef:      make([]T, 0, (len(m.p)+1)*dim),
		cols:      make([]combination[T], s),
		denseCols: make([]combination[T], s),
		adj:       newAdjointEquation(m.eqs),
	}
	for i := range s {
		b := m.tab.Gamma
		if i < s-1 {
			b = m.tab.A[s-1][i]
		}
		for _, c := range []*combination[T]{&r.cols[i], &r.denseCols[i]} {
			c.reserve(s - i + len(m.p))
			c.add(b, r.y1)
			for l := i + 1; l < s; l++ {
				c.add(m.tab.A[l][i], r.abar[l])
			}
		}
		for j, v := range m.tab.P[i] {
			r.denseCols[i].add(v, r.cbar[j+1])
		}
	}
	r.sum.reserve(s)
	for i := range r.abar {
		r.sum.add(1, r.abar[i])
	}
	return r
}

func (m *esdirk[T]) carrySize() int { return 0 }

func (m *esdirk[T]) carry([]T) {}

func (m *esdirk[T]) replay(tp *Tape[T], n int, dense bool) ([]T, error) {
	if m.back == nil {
		m.back = newESDIRKReplay(m)
		m.env.exact = true
	}
	r := m.back
	r.n, r.dense = n, dense
	m.t, m.t1, m.y = tp.t[n], tp.t[n+1], tp.at(n)
	copy(r.args[0], m.y)
	if err := m.env.f(m.t, m.y, m.k[0]); err != nil {
		return nil, err
	}
	m.exact = true
	m.eqs.moved()
	fail, err := m.stages(r.args)
	if err == nil {
		err = fail
	}
	if err != nil || !dense {
		return nil, err
	}
	r.coef = m.coefficients(r.coef[:0])
	return r.coef, nil
}

func (m *esdirk[T]) pullback(bar *cotangents[T]) error {
	r, h := m.back, m.t1-m.t
	copy(r.y1, bar.y)
	cols := r.cols
	if r.dense {
		cols = r.denseCols
		for j := range r.cbar {
			copy(r.cbar[j], bar.dense[j*len(bar.y):])
		}
	}
	var tbar, hbar float64
	for i := m.s - 1; i >= 0; i-- {
		cols[i].to(r.kbar, m.env.zero, h)
		var tau float64
		var err error
		switch {
		case isZero(r.kbar):
			clear(r.abar[i])
			continue
		case i == 0:
			tau, err = m.env.vjp(m.t, r.args[0], r.kbar, nil, r.abar[0], bar.theta)
		default:
			tau, err = r.adj.solve(m.time(i), r.args[i], m.tab.Gamma*h, r.kbar, r.abar[i], bar.theta)
		}
		if err != nil {
			return err
		}
		tbar += tau
		hbar += m.tab.C[i]*tau + dot(m.k[i], r.kbar)/h
	}
	r.sum.to(bar.y, bar.y, 1)
	if r.dense {
		for i, v := range r.cbar[0] {
			bar.y[i] += v
		}
	}
	bar.grid[r.n] += tbar - hbar
	bar.grid[r.n+1] += hbar
	return nil
}

var _ differentiable[float64] = (*esdirk[float64])(nil)
