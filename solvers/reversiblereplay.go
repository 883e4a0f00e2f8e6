package solvers

// reversibleReplay is the reverse of a step of a pair. With a bar for ∂L/∂ and J for ∂Ψ/∂y,
//
//	ȳ₁ += −J_{−h}(y₁)ᵀ z̄₁
//	ȳ₀  = λ ȳ₁
//	z̄₀  = z̄₁ + (1 − λ) ȳ₁ + J_h(z₀)ᵀ ȳ₁.
//
// Where z₀ was made of y₀, z̄₀ is a part of ȳ₀.
type reversibleReplay[T Float] struct {
	n      int
	dense  bool
	single bool // z₀ is y₀

	there, back *stepTape[T]
	sub         cotangents[T] // of Ψ

	y0, z0, y1 []T
	zbar       []T // z̄₁, and then z̄₀
	wy         []T
	cubic      *cubicBack[T]
	coef       []T
}

func newReversibleReplay[T Float](m *reversible[T]) *reversibleReplay[T] {
	dim := m.env.sys.Dim
	v := vectors[T](6, dim)
	return &reversibleReplay[T]{
		there: newStepTape[T](dim),
		back:  newStepTape[T](dim),
		sub:   cotangents[T]{y: v[0], grid: make([]float64, 2)},
		y0:    v[1],
		z0:    v[2],
		y1:    v[3],
		zbar:  v[4],
		wy:    v[5],
		cubic: newCubicBack[T](dim),
		coef:  make([]T, 0, 4*dim),
	}
}

func (m *reversible[T]) carrySize() int { return m.env.sys.Dim + 1 }

// carry writes z, and behind it whether it is there.
func (m *reversible[T]) carry(dst []T) {
	clear(dst)
	if m.paired {
		copy(dst, m.z)
		dst[len(m.z)] = 1
	}
}

func (m *reversible[T]) replay(tp *Tape[T], n int, dense bool) ([]T, error) {
	r := m.begin(n, dense)
	m.t, m.t1 = tp.t[n], tp.t[n+1]
	copy(r.y0, tp.at(n))
	carried := tp.carried(n)
	r.single = carried[len(r.y0)] == 0
	copy(r.z0, carried)
	if r.single {
		copy(r.z0, r.y0)
	}
	if err := m.again(m.there, r.there, m.t, m.t1, r.z0, true); err != nil {
		return nil, err
	}
	m.forth(r.y0, r.z0, r.y1)
	if err := m.again(m.back, r.back, m.t1, m.t, r.y1, false); err != nil {
		return nil, err
	}
	return m.polynomial()
}

// undo replays the step to (t1, y1, z1) from its end, and writes the states at its beginning there.
func (m *reversible[T]) undo(n int, t, t1 float64, y1, z1 []T, dense bool) ([]T, error) {
	r := m.begin(n, dense)
	m.t, m.t1 = t, t1
	r.single = n == 0
	copy(r.y1, y1)
	if err := m.again(m.back, r.back, t1, t, r.y1, true); err != nil {
		return nil, err
	}
	for i, v := range m.psi {
		r.z0[i] = z1[i] + v
	}
	if err := m.again(m.there, r.there, t, t1, r.z0, true); err != nil {
		return nil, err
	}
	for i, v := range m.psi {
		r.y0[i] = r.z0[i] + (y1[i]-r.z0[i]-v)/m.lambda
	}
	copy(y1, r.y0)
	copy(z1, r.z0)
	return m.polynomial()
}

func (m *reversible[T]) begin(n int, dense bool) *reversibleReplay[T] {
	if m.grad == nil {
		m.grad = newReversibleReplay(m)
	}
	m.grad.n, m.grad.dense = n, dense
	return m.grad
}

// again replays one half, and with increment makes its Ψ.
func (m *reversible[T]) again(rk *erk[T], tp *stepTape[T], t, t1 float64, y []T, increment bool) error {
	tp.set(t, t1, y)
	if _, err := rk.replay(&tp.Tape, 0, false); err != nil || !increment {
		return err
	}
	last := m.used - 1
	if err := m.env.f(rk.time(last), rk.back.args[last], rk.k[last]); err != nil {
		return err
	}
	rk.b.to(m.psi, m.env.zero, t1-t)
	return nil
}

// polynomial returns the interpolant's coefficients where they are asked for.
func (m *reversible[T]) polynomial() ([]T, error) {
	r := m.grad
	if !r.dense {
		return nil, nil
	}
	if err := m.env.f(m.t, r.y0, m.f0); err != nil {
		return nil, err
	}
	if m.used == 1 { // its value comes with its VJP otherwise
		if err := m.env.f(m.t1, r.y1, m.back.k[0]); err != nil {
			return nil, err
		}
	}
	r.coef = cubic(r.coef[:0], r.y0, r.y1, m.f0, m.back.k[0], m.t1-m.t)
	return r.coef, nil
}

func (m *reversible[T]) pullback(bar *cotangents[T]) error {
	r, h := m.grad, m.t1-m.t
	clear(r.sub.grid)
	r.sub.theta = bar.theta
	tbar, t1bar := 0.0, 0.0
	if r.dense {
		r.cubic.pull(bar.dense)
		tau, hbar, err := m.env.pullSlope(m.t1, h, r.y1, r.cubic.k1, m.back.k[0], r.wy, r.cubic.y1, bar.theta)
		if err != nil {
			return err
		}
		tau0, hbar0, err := m.env.pullSlope(m.t, h, r.y0, r.cubic.k0, m.f0, r.wy, r.cubic.y0, bar.theta)
		if err != nil {
			return err
		}
		hbar += hbar0
		tbar, t1bar = tau0-hbar, tau+hbar
		addTo(bar.y, r.cubic.y1)
	}
	if !isZero(r.zbar) {
		for i, v := range r.zbar {
			r.sub.y[i] = -v
		}
		if err := m.back.pullback(&r.sub); err != nil {
			return err
		}
		for i, v := range r.sub.y {
			bar.y[i] += v + r.zbar[i]
		}
		tbar += r.sub.grid[1]
		t1bar += r.sub.grid[0]
		clear(r.sub.grid)
	}
	copy(r.sub.y, bar.y)
	if err := m.there.pullback(&r.sub); err != nil {
		return err
	}
	for i, v := range bar.y {
		r.zbar[i] += r.sub.y[i] - m.lambda*v
		bar.y[i] = m.lambda * v
	}
	bar.grid[r.n] += tbar + r.sub.grid[0]
	bar.grid[r.n+1] += t1bar + r.sub.grid[1]
	if r.single {
		addTo(bar.y, r.zbar)
		clear(r.zbar)
	}
	if r.dense {
		addTo(bar.y, r.cubic.y0)
	}
	return nil
}

// stepTape is a tape of one step, by which a stepper replays one for another.
type stepTape[T Float] struct{ Tape[T] }

func newStepTape[T Float](dim int) *stepTape[T] {
	return &stepTape[T]{Tape[T]{
		dim:   dim,
		t:     make([]float64, 2),
		state: ledger[T]{size: dim, per: 2, n: 2, chunk: vectors[T](1, 2*dim)},
	}}
}

// set makes it the step from (t, y) to t1.
func (tp *stepTape[T]) set(t, t1 float64, y []T) {
	tp.t[0], tp.t[1] = t, t1
	copy(tp.at(0), y)
}

var _ differentiable[float64] = (*reversible[float64])(nil)
