package solvers

// adamsReplay is the reverse of an Adams step. With a bar for ∂L/∂, b_j and b*_j, j < k, the weights of f_{n−j} in
// predictor and
// corrector and b* that of f(t₁, p), all multiples of h,
//
//	p̄   = (∂f/∂y)ᵀ b* ȳ₁   at t₁, p
//	ȳ_n = ȳ₁ + p̄ + (∂f/∂y)ᵀ f̄_n   at t_n, y_n
//	f̄_{n−j} += b*_j ȳ₁ + b_j p̄.
//
// Step n is the last one on the way back that adds to f̄_n; those of the older values wait for the steps that they belong
// to. The
// values of f are evaluated again at the states of the tape: in all, a step costs one evaluation and two VJPs. How the
// weights depend on the grid is in adamsTimes.
type adamsReplay[T Float] struct {
	n     int
	dense bool
	low   int // the values f_low, f_{low+1}, ... are there

	value, bar [][]T // f_j and f̄_j, j modulo their number
	f, fbar    [][]T // f_{n−i} and f̄_{n−i}
	b, bc      [maxAdams + 1]float64
	end        float64
	times      adamsTimes

	y1, y1bar, pbar, endbar, fpbar []T
	cbar                           [][]T
	values                         [maxAdams + 1]float64
	coef                           []T
}

func newAdamsReplay[T Float](m *adams[T], n int) *adamsReplay[T] {
	dim := m.env.sys.Dim
	v := vectors[T](5+maxAdams+2, dim)
	return &adamsReplay[T]{
		low: n + 1, value: vectors[T](m.kp, dim), bar: vectors[T](m.kp, dim),
		f: make([][]T, m.kp), fbar: make([][]T, m.kp),
		y1: v[0], y1bar: v[1], pbar: v[2], endbar: v[3], fpbar: v[4], cbar: v[5:],
	}
}

func (m *adams[T]) carrySize() int { return 1 }

// carry writes the order of the step accepted last: a rejection may lower that of the next.
func (m *adams[T]) carry(dst []T) { dst[0] = T(m.k) }

// used are the values of f in predictor and corrector of the step.
func (m *adams[T]) used() (kp, kc int) {
	if m.choice != nil {
		return m.k, m.k
	}
	return m.kp, m.kc
}

func (m *adams[T]) replay(tp *Tape[T], n int, dense bool) ([]T, error) {
	if m.back == nil {
		m.back = newAdamsReplay(m, n)
	}
	r := m.back
	r.n, r.dense = n, dense
	m.t, m.t1, m.y = tp.t[n], tp.t[n+1], tp.at(n)
	m.k = int(tp.carried(n + 1)[0])
	if m.k == 0 {
		return m.start.replay(tp, n, dense)
	}
	kp, kc := m.used()
	for r.low > n-kp+1 {
		r.low--
		if err := m.env.f(tp.t[r.low], tp.at(r.low), r.value[r.low%m.kp]); err != nil {
			return nil, err
		}
	}
	for i := range kp {
		j := (n - i) % m.kp
		r.f[i], r.fbar[i], m.past[i] = r.value[j], r.bar[j], tp.t[n-i]
	}
	m.w.on(m.t, m.t1, m.past[:kp])
	m.w.predictor(kp, r.b[:])
	weighted(m.p, m.y, r.b[:kp], r.f)
	if kc != noCorrector {
		r.end = m.w.corrector(kc, r.bc[:])
	}
	if !dense {
		return nil, nil
	}
	m.y1 = r.y1
	if kc == noCorrector {
		copy(m.y1, m.p)
	} else {
		if err := m.env.f(m.t1, m.p, m.fp); err != nil {
			return nil, err
		}
		weighted(m.y1, m.y, r.bc[:kc], r.f)
		addScaled(r.end, m.fp, m.y1)
	}
	if err := m.env.f(m.t1, m.y1, m.spare); err != nil {
		return nil, err
	}
	r.coef = m.coefficients(r.coef[:0], r.f, m.spare)
	return r.coef, nil
}

func (m *adams[T]) pullback(bar *cotangents[T]) error {
	if m.k == 0 {
		if err := m.start.pullback(bar); err != nil {
			return err
		}
	} else if err := m.pullStep(bar); err != nil {
		return err
	}
	r := m.back
	fbar := r.bar[r.n%m.kp]
	tau, err := m.vjp(m.t, m.y, fbar, nil, r.pbar, bar)
	if err != nil {
		return err
	}
	addScaled(1, r.pbar, bar.y)
	bar.grid[r.n] += tau
	clear(fbar)
	return nil
}

// vjp is the environment's, which it spares where w is zero.
func (m *adams[T]) vjp(t float64, y, w, value, wy []T, bar *cotangents[T]) (float64, error) {
	if isZero(w) {
		clear(wy)
		clear(value)
		return 0, nil
	}
	return m.env.vjp(t, y, w, value, wy, bar.theta)
}

func (m *adams[T]) pullStep(bar *cotangents[T]) error {
	r := m.back
	kp, kc := m.used()
	r.times.begin(&m.w)
	copy(r.y1bar, bar.y)
	clear(bar.y)
	if r.dense {
		if err := m.pullDense(bar); err != nil {
			return err
		}
	}
	addScaled(1, r.y1bar, bar.y)
	if kc == noCorrector {
		copy(r.pbar, r.y1bar)
	} else {
		clear(r.fpbar)
		addScaled(r.end, r.y1bar, r.fpbar)
		tau, err := m.vjp(m.t1, m.p, r.fpbar, m.fp, r.pbar, bar)
		if err != nil {
			return err
		}
		bar.grid[r.n+1] += tau
		addScaled(1, r.pbar, bar.y)
		r.times.nodes(kc, true)
		r.bc[kc] = r.end
		r.pull(kc, r.bc[:kc+1], r.y1bar, m.fp)
	}
	r.times.nodes(kp, false)
	r.pull(kp, r.b[:kp], r.pbar, nil)
	r.times.to(bar.grid, r.n)
	return nil
}

// pull adds what a combination Σ w_j f_{n−j}, j < k, with a last value at the end of the step, passes on for its
// cotangent c.
func (r *adamsReplay[T]) pull(k int, w []float64, c, end []T) {
	for j := range k {
		addScaled(w[j], c, r.fbar[j])
		r.values[j] = dot(c, r.f[j])
	}
	if end != nil {
		r.values[k] = dot(c, end)
	}
	r.times.add(w, r.values[:len(w)])
}

// pullDense passes on the cotangents of the interpolant: with c_j = 3[j=2] − 2[j=3] times the gap y₁ − y_n − Σ_m (the rest
// of c_m), that of the rest of c_m is c̄_m − (3 c̄_2 − 2 c̄_3).
func (m *adams[T]) pullDense(bar *cotangents[T]) error {
	r, k, dim := m.back, m.denseOrder(), len(bar.y)
	c := func(j int) []T { return bar.dense[j*dim : (j+1)*dim] }
	gap := r.pbar
	for i := range gap {
		gap[i] = 3*c(2)[i] - 2*c(3)[i]
	}
	addScaled(1, c(0), bar.y)
	addScaled(-1, gap, bar.y)
	addScaled(1, gap, r.y1bar)
	clear(r.endbar)
	r.times.nodes(k, true)
	for j := 0; j <= k; j++ {
		rest := r.cbar[j]
		copy(rest, c(j+1))
		addScaled(-1, gap, rest)
		addScaled(m.r[j][k], rest, r.endbar)
		r.pull(k, m.r[j][:k+1], rest, m.spare)
	}
	tau, err := m.vjp(m.t1, m.y1, r.endbar, nil, r.pbar, bar)
	if err != nil {
		return err
	}
	addScaled(1, r.pbar, r.y1bar)
	bar.grid[r.n+1] += tau
	return nil
}

// addScaled adds a x to y.
func addScaled[T Float](a float64, x, y []T) {
	c := T(a)
	for i, v := range x {
		y[i] += c * v
	}
}

var _ differentiable[float64] = (*adams[float64])(nil)
