package solvers

// bdfReplay is the reverse of a BDF step. The new state is defined by
//
//	R = P'(t₁) − κσ (y₁ − Q(t₁)) − f(t₁, y₁) = 0,   ∂R/∂y₁ = 1/g − J,
//	∂R/∂y_{n−j} = β_j + κσ W_j.
//
// With λ the solution of (1/g − Jᵀ) λ = ȳ₁,
//
//	ȳ_{n−j} −= (β_j + κσ W_j) λ,   θ̄ += (∂f/∂θ)ᵀλ,   t̄_i −= λ·∂R/∂t_i.
//
// How polynomials through given values depend on their nodes,
//
//	∂P(t)/∂t_j = −P'(t_j) L_j(t),
//
// gives the derivatives by the grid, with λ·y_j for values:
//
//	λ·∂R/∂t_j = −P'(t_j) β_j − κ ( (λ·y₁ − Q(t₁))/Δ_j² + σ Q'(t_j) W_j ),   without 1/Δ_j² for j = k,
//	λ·∂R/∂t₁  = P″(t₁) − σP'(t₁) + κ ( (λ·y₁ − Q(t₁)) Σ_j 1/Δ_j² + σ Q'(t₁) ) − λ·∂f/∂t.
//
// The cotangents of the states before y_n wait for the steps that begin there.
type bdfReplay[T Float] struct {
	n     int
	first bool // the step is the first after a reset
	dense bool

	y1    []T
	bar   [maxBDF + 2][]T // ȳ_i, i modulo their number
	y1bar []T
	coef  []T
	adj   adjointEquation[T]
	lam   []T
	jlam  []T
	basis lagrangeBasis
}

func newBDFReplay[T Float](m *bdf[T]) *bdfReplay[T] {
	v := vectors[T](4+maxBDF+2, m.env.sys.Dim)
	r := &bdfReplay[T]{y1: v[0], y1bar: v[1], lam: v[2], jlam: v[3], adj: newAdjointEquation(m.eqs)}
	copy(r.bar[:], v[4:])
	return r
}

func (m *bdf[T]) carrySize() int { return 1 }

// carry writes the order of the step accepted last, 0 for the first after a reset.
func (m *bdf[T]) carry(dst []T) { dst[0] = T(m.taken) }

// guide implements [guided].
func (m *bdf[T]) guide(carry []T) { m.guided = int(carry[0]) }

// cotangent is ȳ_i.
func (r *bdfReplay[T]) cotangent(i int) []T { return r.bar[i%len(r.bar)] }

func (m *bdf[T]) replay(tp *Tape[T], n int, dense bool) ([]T, error) {
	if m.back == nil {
		m.back = newBDFReplay(m)
		m.env.exact = true
	}
	r := m.back
	m.taken = int(tp.carried(n + 1)[0])
	r.n, r.dense, r.first = n, dense, m.taken == 0
	m.k = max(m.taken, 1)
	m.points = m.k + 1
	if r.first {
		m.points = 1
	}
	m.points = min(m.points, n+1)
	for j := range m.points {
		m.time[j], m.past[j] = tp.t[n-j], tp.at(n-j)
	}
	m.t1 = tp.t[n+1]
	m.w.on(m.t1, m.time[:m.points], m.k)
	if r.first {
		copy(m.pred, m.past[0])
	} else {
		weightedStates(m.pred, m.w.predict[:m.k+1], m.past)
	}
	weightedStates(m.psi, m.w.psi[:m.points], m.past)
	m.eqs.moved()
	fail, err := m.correct(r.y1)
	if err == nil {
		err = fail
	}
	if err != nil || !dense {
		return nil, err
	}
	nodes, states := m.stepNodes()
	r.basis.on(nodes[:m.k+1])
	r.coef = coefficientsOf(&r.basis, r.coef[:0], states[:m.k+1])
	return r.coef, nil
}

// stepNodes are the nodes of P in θ = (t − t_n)/(t₁ − t_n) and its values: of t₁, t_n, t_{n−1}, ...
func (m *bdf[T]) stepNodes() (x [maxBDF + 2]float64, y [maxBDF + 2][]T) {
	h := m.t1 - m.time[0]
	x[0], y[0] = 1, m.back.y1
	for j := range m.k {
		x[j+1], y[j+1] = (m.time[j]-m.time[0])/h, m.past[j]
	}
	return x, y
}

func (m *bdf[T]) pullback(bar *cotangents[T]) error {
	r, w := m.back, &m.w
	copy(r.y1bar, bar.y)
	if r.dense {
		m.pullDense(bar)
	}
	// adjointEquation solves (I − gJᵀ) λ = g ȳ₁.
	for i, v := range r.y1bar {
		r.lam[i] = T(w.g) * v
	}
	tau, err := r.adj.solve(m.t1, r.y1, w.g, r.lam, r.jlam, bar.theta)
	if err != nil {
		return err
	}
	bar.grid[r.n+1] += tau
	for j := range m.points {
		if c := w.beta[j] + w.kappa*w.sigma*w.predict[j]; c != 0 {
			addScaled(-c, r.lam, r.cotangent(r.n-j))
		}
	}
	m.pullGrid(bar.grid)
	own := r.cotangent(r.n)
	copy(bar.y, own)
	clear(own)
	return nil
}

// pullGrid adds −λ·∂R/∂t_i, but for that of f.
func (m *bdf[T]) pullGrid(grid []float64) {
	r, w := m.back, &m.w
	h := m.t1 - m.time[0]
	var x, v [maxBDF + 3]float64 // t₁, then the past
	v[0] = dot(r.lam, r.y1)
	for j := range m.points {
		x[j+1], v[j+1] = (m.time[j]-m.t1)/h, dot(r.lam, m.past[j])
	}
	k := m.k
	r.basis.on(x[:k+1])
	grid[r.n+1] -= r.basis.curvature(v[:k+1], 0)/(h*h) - w.sigma*r.basis.slope(v[:k+1], 0)/h
	for j := range k {
		grid[r.n-j] += w.beta[j] * r.basis.slope(v[:k+1], x[j+1]) / h
	}
	if w.kappa == 0 {
		return
	}
	var squares float64
	gap := v[0]
	for j := range k + 1 {
		gap -= w.predict[j] * v[j+1]
	}
	r.basis.on(x[1 : k+2])
	for j := range k + 1 {
		var square float64
		if j < k {
			square = 1 / ((m.t1 - m.time[j]) * (m.t1 - m.time[j]))
			squares += square
		}
		grid[r.n-j] += w.kappa * (gap*square + w.sigma*w.predict[j]*r.basis.slope(v[1:k+2], x[j+1])/h)
	}
	grid[r.n+1] -= w.kappa * (gap*squares + w.sigma*r.basis.slope(v[1:k+2], 0)/h)
}

// pullDense passes on the cotangents of the interpolant's coefficients, Σ_i c_id y_i: those of the values are u_i = Σ_d
// c_id c̄_d, those of the nodes −u_i·p'(θ_i).
func (m *bdf[T]) pullDense(bar *cotangents[T]) {
	r, n, dim := m.back, m.back.n, len(bar.y)
	nodes, states := m.stepNodes()
	r.basis.on(nodes[:m.k+1])
	h := m.t1 - m.time[0]
	u := r.lam
	for i := range m.k + 1 {
		clear(u)
		for d := range m.k + 1 {
			addScaled(r.basis.c[i][d], bar.dense[d*dim:(d+1)*dim], u)
		}
		if i == 0 {
			addScaled(1, u, r.y1bar)
			continue
		}
		addScaled(1, u, r.cotangent(n+1-i))
		if i == 1 {
			continue
		}
		var v [maxBDF + 2]float64
		for l := range m.k + 1 {
			v[l] = dot(u, states[l])
		}
		s := -r.basis.slope(v[:m.k+1], nodes[i]) / h
		bar.grid[n+1-i] += s
		bar.grid[n] += s * (nodes[i] - 1)
		bar.grid[n+1] -= s * nodes[i]
	}
}

var (
	_ differentiable[float64] = (*bdf[float64])(nil)
	_ guided[float64]         = (*bdf[float64])(nil)
)
