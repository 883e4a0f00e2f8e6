package solvers

// BDF is the method of numerical differentiation formulas of variable order 1 to 5 and variable step, for stiff
// problems: one system of equations a step, one or two evaluations of f. It is the method to take where f is dear or
// the system large, and accuracies are moderate.
//
// With P the polynomial through the new state and the last k, and Q that through the last k+1, a step of order k solves
//
//	P'(t₁) − κ_k σ (y₁ − Q(t₁)) = f(t₁, y₁),   σ = Σ_j 1/(t₁ − t_{n+1−j}),  j = 1..k,
//
// where κ = (−0.185, −1/9, −0.0823, −0.0415, 0) are the modifications of Klopfenstein, Shampine and Reichelt: smaller
// errors for some stability. Orders 1 and 2 are L-stable, 3 to 5 stable in a sector of 80°, 66° and 51°. The
// polynomials are those of the grid as it is, so that any sequence of steps keeps the order; the step is changed for a
// gain, or where the next would fail. The local error is held well below the tolerance, so that the error at the end of
// a stiff problem is at most some 30 tolerances.
//
// The gradient is exact for the formulas solved: the tape's states are the history.
//
// With Settings.Step the order rises by one a step from the first, of order 1, which sets the accuracy.
//
// L. F. Shampine and M. W. Reichelt, The MATLAB ODE suite, SIAM J. Sci. Comput. 18 (1997) 1-22; Hairer, Nørsett and
// Wanner I, III.5; P. N. Brown, G. D. Byrne and A. C. Hindmarsh, VODE, SIAM J. Sci. Stat. Comput. 10 (1989) 1038-1051.
type BDF struct {
	// MaxOrder bounds the order, 1 to 5. Zero: 5.
	MaxOrder int
	// Krylov solves the linear equations by GMRES, with no matrix.
	Krylov bool
}

// maxBDF is the highest order: order 6 is too little stable.
const maxBDF = 5

// bdfKappa are the κ_k.
var bdfKappa = [maxBDF + 1]float64{0, -0.185, -1. / 9, -0.0823, -0.0415, 0}

// Name implements [Method].
func (BDF) Name() string { return "bdf" }

// Order implements [Method]: the highest order.
func (m BDF) Order() int {
	if m.MaxOrder == 0 {
		return maxBDF
	}
	return m.MaxOrder
}

// Info implements [Method].
func (m BDF) Info() Info {
	return Info{
		Name:          m.Name(),
		Family:        "variable-order BDF",
		Order:         m.Order(),
		EmbeddedOrder: m.Order(),
		DenseOrder:    m.Order(),
		Stages:        1,
		Implicit:      true,
		Reference:     "L. F. Shampine and M. W. Reichelt, The MATLAB ODE suite, SIAM J. Sci. Comput. 18 (1997) 1-22",
	}
}

func (m BDF) newStepper32(e *environment[float32]) (stepper[float32], error) { return newBDF(m, e) }
func (m BDF) newStepper64(e *environment[float64]) (stepper[float64], error) { return newBDF(m, e) }

func newBDF[T Float](m BDF, env *environment[T]) (stepper[T], error) {
	if k := m.Order(); k < 1 || k > maxBDF {
		return nil, badInput("BDF.MaxOrder is %d; it must be 1 to %d, or zero for the default", k, maxBDF)
	}
	eqs, err := newDiagonal(env, m.Krylov)
	if err != nil {
		return nil, err
	}
	eqs.tolerance, eqs.slow = bdfNewtonTolerance, bdfSlow
	n := env.sys.Dim
	v := vectors[T](maxBDF+6, n)
	return &bdf[T]{env: env, eqs: eqs, max: m.Order(), f0: v[0], pred: v[1], psi: v[2], diff: v[3], past: v[4:]}, nil
}

// bdf steps the method.
type bdf[T Float] struct {
	env *environment[T]
	eqs *diagonal[T]
	max int

	k      int   // the order of the attempt
	points int   // states there are, the current one among them
	past   [][]T // y_n, y_{n−1}, ...
	time   [maxBDF + 2]float64
	f0     []T       // f at the point of a reset
	start  bool      // f0 is there
	choice bdfChoice // of order and step

	evaluatedFor float64 // g of the attempt at which the Jacobian was evaluated

	t1     float64 // of the last attempt
	y1     []T
	w      bdfWeights
	pred   []T
	psi    []T
	diff   []T
	guided int // the order that a tape prescribes; −1: none
	taken  int // the order of the step accepted last, 0 for the first

	basis lagrangeBasis
	back  *bdfReplay[T] // made by the first replay
}

func (m *bdf[T]) reset() {
	m.k, m.points, m.start, m.guided = 1, 0, false, -1
	m.choice.reset()
	m.eqs.reset()
}

func (m *bdf[T]) controlOrder() int { return m.k + 1 }

// slope returns f at the point of a reset, and later the slope of the formula accepted last.
func (m *bdf[T]) slope(t float64, y []T) ([]T, error) {
	if m.points > 1 {
		return m.f0, nil
	}
	if !m.start {
		if err := m.env.f(t, y, m.f0); err != nil {
			return nil, err
		}
		m.start = true
	}
	return m.f0, nil
}

func (m *bdf[T]) attempt(t, t1 float64, y, y1 []T) (outcome, error) {
	if m.points == 0 {
		if _, err := m.slope(t, y); err != nil {
			return outcome{}, err
		}
		copy(m.past[0], y)
		m.time[0], m.points = t, 1
	}
	m.t1, m.y1 = t1, y1
	if m.guided > 0 {
		m.k = m.guided
	}
	m.formula()
	if fail, err := m.correct(y1); fail != nil || err != nil {
		m.choice.wait = m.k + 1
		return outcome{fail: fail, factor: 0.25}, err
	}
	if m.env.exact {
		return outcome{}, nil
	}
	e := m.size(m.k, m.w.constant) // with m.pred
	if !(e <= 1) {
		return outcome{err: e, factor: m.rejectStep(e)}, nil
	}
	if m.env.taped {
		m.env.exact = true
		fail, err := m.eqs.solve(t1, m.psi, y1)
		m.env.exact = false
		if fail != nil || err != nil {
			return outcome{fail: fail, factor: 0.25}, err
		}
	}
	return outcome{err: e, factor: m.chooseNext(e)}, nil
}

// formula makes predictor and right-hand side of the attempt.
func (m *bdf[T]) formula() {
	m.w.on(m.t1, m.time[:m.points], m.k)
	if m.points == 1 {
		h := m.t1 - m.time[0]
		for i, v := range m.past[0] {
			m.pred[i] = v + T(h)*m.f0[i]
		}
	} else {
		weightedStates(m.pred, m.w.predict[:m.k+1], m.past)
	}
	weightedStates(m.psi, m.w.psi[:len(m.past)], m.past)
}

// correct solves the equations of the attempt, with a new Jacobian where an old one isn't good enough.
func (m *bdf[T]) correct(y1 []T) (fail, err error) {
	for again := false; ; again = true {
		if again {
			m.eqs.forget()
		}
		fail, err = m.prepare()
		if fail == nil && err == nil {
			copy(y1, m.pred)
			fail, err = m.eqs.solve(m.t1, m.psi, y1)
		}
		if err != nil || fail == nil || again || m.eqs.fresh {
			return fail, err
		}
	}
}

// size is bdfCaution times the norm of c times the difference between the new state and the extrapolation of degree q.
func (m *bdf[T]) size(q int, c float64) float64 {
	p := m.pred
	if q != m.k {
		p = m.diff
		var w [maxBDF + 2]float64
		extrapolate(m.t1, m.time[:q+1], w[:q+1])
		weightedStates(p, w[:q+1], m.past)
	}
	for i, v := range m.y1 {
		m.diff[i] = T(bdfCaution * c * (float64(v) - float64(p[i])))
	}
	return m.env.errorNorm(m.diff, m.past[0], m.y1)
}

// accept makes the new state the first of the history.
func (m *bdf[T]) accept() {
	if m.taken = m.k; m.points == 1 {
		m.taken = 0
	}
	g := T(1 / m.w.g)
	for i, z := range m.eqs.z {
		m.f0[i] = g * T(z)
	}
	last := len(m.past) - 1
	p := m.past[last]
	copy(m.past[1:], m.past[:last])
	copy(m.time[1:], m.time[:])
	m.past[0], m.time[0] = p, m.t1
	copy(p, m.y1)
	m.points = min(m.points+1, len(m.time))
	m.eqs.moved()
	m.guided = -1
	m.choice.commit(&m.k, m.max, m.points, m.env.exact)
}

// interpolant is the polynomial P, in θ = (t − t_n)/(t₁ − t_n).
func (m *bdf[T]) interpolant(dst []T) ([]T, error) {
	k := max(m.taken, 1)
	var x [maxBDF + 1]float64
	h := m.time[0] - m.time[1]
	for j := range k + 1 {
		x[j] = (m.time[j] - m.time[1]) / h
	}
	x[0], x[1] = 1, 0
	m.basis.on(x[:k+1])
	at := len(dst)
	dst = coefficientsOf(&m.basis, dst, m.past[:k+1])
	copy(dst[at:], m.past[1])
	return dst, nil
}

// weightedStates writes Σ w_j v_j to dst, summed in float64, over the w that aren't zero.
func weightedStates[T Float](dst []T, w []float64, v [][]T) {
	switch len(w) {
	case 2:
		a, b := v[0][:len(dst)], v[1][:len(dst)]
		for i := range dst {
			dst[i] = T(w[0]*float64(a[i]) + w[1]*float64(b[i]))
		}
		return
	}
	for i := range dst {
		var s float64
		for j, c := range w {
			if c != 0 {
				s += c * float64(v[j][i])
			}
		}
		dst[i] = T(s)
	}
}
