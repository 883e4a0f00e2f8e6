package solvers

// erkReplay is the reverse of a step of an explicit Runge–Kutta method. With a bar for ∂L/∂, and P and c̄ only where the
// interpolant was used (c̄ by its φ_j),
//
//	k̄_i = h ( b_i ȳ₁ + Σ_{l>i} a_li Ȳ_l + Σ_j P_ij c̄_{j+1} ),   i = s..1
//	Ȳ_i = (∂f/∂y)ᵀ k̄_i,   θ̄ += (∂f/∂θ)ᵀ k̄_i,   τ_i = (∂f/∂t)ᵀ k̄_i     at t + c_i h, Y_i
//	ȳ₀  = ȳ₁ + Σ Ȳ_i + c̄_0
//	t̄   = Σ τ_i,   h̄ = Σ ( c_i τ_i + k_i·k̄_i / h ).
//
// Every h but that of the times stands before a k_i, whence the last sum. (Sanz-Serna, "Symplectic Runge-Kutta schemes for
// adjoint equations", SIAM Rev. 58 (2016).) An FSAL stage takes part only where the interpolant uses it.
type erkReplay[T Float] struct {
	n     int  // the step replayed
	dense bool // with the interpolant
	slot  int  // the first of System.Linearize; −1: there is none
	kept  bool // the step's stages are those that the tape has, in slots
	used  int  // stages that the new state depends on

	args [][]T // Y_i
	abar [][]T // Ȳ_i
	cbar [][]T // c̄_j
	y1   []T   // ȳ₁
	kbar []T
	coef []T

	slots keptStages // of kept stages
	k     [][]T      // k_i; nil where nobody wants the gradient by the times

	cols, denseCols []combination[T] // k̄_i/h, without and with the interpolant
	sum, denseSum   combination[T]   // ȳ₀ − ȳ₁
}

func newERKReplay[T Float](m *erk[T]) *erkReplay[T] {
	dim, all := m.env.sys.Dim, len(m.k)
	r := &erkReplay[T]{
		used: m.s,
		slot: -1,
		args: vectors[T](all, dim),
		abar: vectors[T](all, dim),
		cbar: vectors[T](len(m.p)+1, dim),
		y1:   make([]T, dim),
		kbar: make([]T, dim),
		coef: make([]T, 0, (len(m.p)+1)*dim),
		k:    make([][]T, all),
	}
	if sys := &m.env.sys; sys.Linearize != nil && sys.Pullback != nil {
		r.slot = *m.env.slots
		*m.env.slots += all
	}
	for r.used > 1 && m.tab.B[r.used-1] == 0 {
		r.used--
	}
	row := func(l int) []float64 {
		if l < m.s {
			return m.tab.A[l]
		}
		return m.in.A[l-m.s]
	}
	r.cols = make([]combination[T], r.used)
	r.denseCols = make([]combination[T], all)
	room := newTermRoom[T](r.used + all + 1 + all*(all+1)/2 + all*len(m.p) + r.used*(r.used+1)/2)
	room.reserve(&r.sum, r.used)
	room.reserve(&r.denseSum, all+1)
	for i := range r.denseCols {
		room.reserve(&r.denseCols[i], all-i+len(m.p))
		if i < m.s {
			r.denseCols[i].add(m.tab.B[i], r.y1)
		}
		for l := i + 1; l < all; l++ {
			r.denseCols[i].add(row(l)[i], r.abar[l])
		}
		for j, v := range m.in.P[i] {
			r.denseCols[i].add(v, r.cbar[j+1])
		}
		r.denseSum.add(1, r.abar[i])
	}
	r.denseSum.add(1, r.cbar[0])
	for i := range r.cols {
		room.reserve(&r.cols[i], r.used-i)
		r.cols[i].add(m.tab.B[i], r.y1)
		for l := i + 1; l < r.used; l++ {
			r.cols[i].add(row(l)[i], r.abar[l])
		}
		r.sum.add(1, r.abar[i])
	}
	return r
}

func (m *erk[T]) carrySize() int { return 0 }

func (m *erk[T]) carry([]T) {}

// replay evaluates the stages that later ones or the interpolant need; the last stage's value comes with its VJP, and f
// at the step's end is there from the step after it. With System.Linearize every stage is evaluated once, its VJP
// included, and with System.Keep none whose step the tape has kept.
func (m *erk[T]) replay(tp *Tape[T], n int, dense bool) ([]T, error) {
	if m.back == nil {
		m.back = newERKReplay(m)
	}
	r := m.back
	before := r.kept
	r.slots, r.kept = tp.stages.of(n, dense)
	if r.kept = r.kept && m.env.sys.Keep > 0; r.kept {
		return m.recall(tp, n, dense), nil
	}
	known := -1
	if dense && r.n == n+1 && !before && r.used > 1 && m.end >= 0 {
		known = m.end
		copy(m.k[known], m.k[0])
	}
	r.n, r.dense = n, dense
	copy(r.k, m.k)
	m.t, m.t1, m.y = tp.t[n], tp.t[n+1], tp.at(n)
	last, values := r.used, r.used-1
	if dense {
		last, values = len(m.k), len(m.k)
	}
	for i := 0; i < last; i++ {
		m.rows[i].to(r.args[i], m.y, m.t1-m.t)
		if r.slot >= 0 {
			if err := m.env.linearize(r.slot+i, m.time(i), r.args[i], m.k[i]); err != nil {
				return nil, err
			}
		} else if i < values && i != known {
			if err := m.env.f(m.time(i), r.args[i], m.k[i]); err != nil {
				return nil, err
			}
		}
	}
	if !dense {
		return nil, nil
	}
	r.coef = m.coefficients(r.coef[:0])
	return r.coef, nil
}

// recall is replay of a step whose stages the tape has kept.
func (m *erk[T]) recall(tp *Tape[T], n int, dense bool) []T {
	r := m.back
	r.n, r.dense = n, dense
	m.t, m.t1, m.y = tp.t[n], tp.t[n+1], tp.at(n)
	for i := range r.k {
		r.k[i] = nil
		if v := r.slots.values; v >= 0 && (i < m.s || dense) {
			r.k[i] = tp.stages.values.at(v + i)
		}
	}
	if !dense {
		return nil
	}
	for i, k := range r.k {
		copy(m.k[i], k)
	}
	r.coef = m.coefficients(r.coef[:0])
	return r.coef
}

// slotOf is that of stage i of the step.
func (r *erkReplay[T]) slotOf(i, s int) int {
	if r.kept {
		return r.slots.slot(i, s)
	}
	return r.slot + i
}

func (m *erk[T]) pullback(bar *cotangents[T]) error {
	r, h := m.back, m.t1-m.t
	copy(r.y1, bar.y)
	cols, sum := r.cols, &r.sum
	if r.dense {
		cols, sum = r.denseCols, &r.denseSum
		for j := range r.cbar {
			copy(r.cbar[j], bar.dense[j*len(bar.y):])
		}
		if m.in.Nested {
			transposed(r.cbar)
		}
	}
	var tbar, hbar float64
	for i := len(cols) - 1; i >= 0; i-- {
		cols[i].to(r.kbar, m.env.zero, h)
		if isZero(r.kbar) {
			clear(r.abar[i])
			continue
		}
		var tau float64
		var err error
		if r.slot >= 0 {
			tau, err = m.env.pullback(r.slotOf(i, m.s), r.kbar, r.abar[i], bar.theta)
		} else {
			var value []T
			if !r.dense && i == r.used-1 {
				value = m.k[i]
			}
			tau, err = m.env.vjp(m.time(i), r.args[i], r.kbar, value, r.abar[i], bar.theta)
		}
		if err != nil {
			return err
		}
		tbar += tau
		if hbar += m.c[i] * tau; r.k[i] != nil {
			hbar += dot(r.k[i], r.kbar) / h
		}
	}
	sum.to(bar.y, bar.y, 1)
	bar.grid[r.n] += tbar - hbar
	bar.grid[r.n+1] += hbar
	return nil
}

var _ differentiable[float64] = (*erk[float64])(nil)
