package solvers

// symplecticReplay is the reverse of a symplectic step. With a bar for ∂L/∂, stage i moves its half of the state by h
// w_i k_i, k_i = f(t + c_i h, Y_i), so that from the last to the first
//
//	k̄_i = h w_i ȳ  in that half, 0 in the other
//	ȳ  += (∂f/∂y)ᵀ k̄_i,   θ̄ += (∂f/∂θ)ᵀ k̄_i,   τ_i = (∂f/∂t)ᵀ k̄_i
//	t̄   = Σ τ_i,   h̄ = Σ ( c_i τ_i + k_i·k̄_i / h ).
//
// The reverse is symplectic too.
type symplecticReplay[T Float] struct {
	n     int
	dense bool
	y0    []T
	args  [][]T // Y_i
	k     [][]T
	y1    []T
	kbar  []T
	wy    []T
	cubic *cubicBack[T]
	coef  []T
}

func newSymplecticReplay[T Float](m *symplectic[T]) *symplecticReplay[T] {
	dim, s := m.env.sys.Dim, len(m.w)
	v := vectors[T](3, dim)
	return &symplecticReplay[T]{
		args:  vectors[T](s, dim),
		k:     vectors[T](s, dim),
		y1:    v[0],
		kbar:  v[1],
		wy:    v[2],
		cubic: newCubicBack[T](dim),
		coef:  make([]T, 0, 4*dim),
	}
}

func (m *symplectic[T]) carrySize() int { return 0 }

func (m *symplectic[T]) carry([]T) {}

// replay evaluates the stages; the last one's value comes with its VJP unless the interpolant is used.
func (m *symplectic[T]) replay(tp *Tape[T], n int, dense bool) ([]T, error) {
	if m.back == nil {
		m.back = newSymplecticReplay(m)
	}
	r := m.back
	r.n, r.dense, r.y0 = n, dense, tp.at(n)
	m.t, m.t1 = tp.t[n], tp.t[n+1]
	copy(r.y1, r.y0)
	for i := range m.w {
		copy(r.args[i], r.y1)
		if i == len(m.w)-1 && !dense {
			return nil, nil
		}
		if err := m.env.f(m.time(i), r.args[i], r.k[i]); err != nil {
			return nil, err
		}
		m.move(i, r.y1, r.k[i])
	}
	// The first stage is at y₀, its value f₀.
	if err := m.env.f(m.t1, r.y1, m.f1); err != nil {
		return nil, err
	}
	r.coef = cubic(r.coef[:0], r.y0, r.y1, r.k[0], m.f1, m.t1-m.t)
	return r.coef, nil
}

func (m *symplectic[T]) pullback(bar *cotangents[T]) error {
	r, h := m.back, m.t1-m.t
	var tbar, hbar float64
	if r.dense {
		r.cubic.pull(bar.dense)
		tau, eta, err := m.env.pullSlope(m.t1, h, r.y1, r.cubic.k1, m.f1, r.wy, r.cubic.y1, bar.theta)
		if err != nil {
			return err
		}
		tbar, hbar = tau, tau+eta
		addTo(bar.y, r.cubic.y1)
	}
	for i := len(m.w) - 1; i >= 0; i-- {
		clear(r.kbar)
		part, ybar := m.half(i, r.kbar), m.half(i, bar.y)
		for j := range part {
			part[j] = T(h*m.w[i]) * ybar[j]
		}
		if isZero(part) {
			continue
		}
		var value []T
		if i == len(m.w)-1 && !r.dense {
			value = r.k[i]
		}
		tau, err := m.env.vjp(m.time(i), r.args[i], r.kbar, value, r.wy, bar.theta)
		if err != nil {
			return err
		}
		tbar += tau
		hbar += m.c[i]*tau + dot(r.k[i], r.kbar)/h
		addTo(bar.y, r.wy)
	}
	if r.dense {
		tau, eta, err := m.env.pullSlope(m.t, h, r.y0, r.cubic.k0, r.k[0], r.wy, r.cubic.y0, bar.theta)
		if err != nil {
			return err
		}
		tbar += tau
		hbar += eta
		addTo(bar.y, r.cubic.y0)
	}
	bar.grid[r.n] += tbar - hbar
	bar.grid[r.n+1] += hbar
	return nil
}

var _ differentiable[float64] = (*symplectic[float64])(nil)
