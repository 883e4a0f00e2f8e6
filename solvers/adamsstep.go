package solvers

// noCorrector is the number of a corrector's old values of f for a method that only predicts.
const noCorrector = -1

// adams steps all Adams methods: Adams, whose order is chosen step by step, and the two of fixed order. The history is
// the last values of f themselves and their times; a step computes its coefficients afresh from the times
// (adamsWeights), so that steps of any sizes may follow each other, and a rejected attempt leaves nothing to undo.
type adams[T Float] struct {
	env    *environment[T]
	choice *adamsChoice   // of order and step; nil for a fixed order
	start  *adamsStart[T] // nil: none needed
	kp, kc int            // values of f that predictor and corrector use at the highest order

	// The history. f[0] is f at the current point once have is true; the times are there from the step before.
	f     [][]T
	past  [maxAdams + 1]float64
	count int
	have  bool
	own   bool // the last step was no start step

	// The last attempt: a step of order k, 0 for one of the start, from (t, y) to (t1, y1).
	k       int
	t, t1   float64
	y, y1   []T
	w       adamsWeights
	spare   []T // f(t1, y1) where pending
	pending bool

	p, fp   []T // the prediction, and f there
	e       []T // fp − P_k(1)
	diff    []T // another such difference
	weight  []float64
	weights [maxAdams + 1]float64
	r       [maxAdams + 1][maxAdams + 1]float64
	back    *adamsReplay[T]
}

func newAdams[T Float](e *environment[T], kp, kc int) *adams[T] {
	n := e.sys.Dim
	v := vectors[T](4+kp+1, n)
	return &adams[T]{
		env: e, kp: kp, kc: kc,
		p: v[0], fp: v[1], e: v[2], spare: v[3], f: v[4:],
	}
}

func (m *adams[T]) reset() {
	m.count, m.have, m.own, m.pending = 0, false, false, false
	if m.choice != nil {
		m.choice.reset()
	}
	if m.start != nil {
		m.start.reset()
	}
}

// order is that of the next attempt.
func (m *adams[T]) order() int {
	switch {
	case m.choice != nil:
		return m.choice.k
	case m.start != nil && m.count < m.kp:
		return 0
	}
	return m.kp
}

func (m *adams[T]) controlOrder() int { return max(1, m.order()) + 1 }

// guide sets the order of the next step.
func (m *adams[T]) guide(carry []T) {
	if m.choice != nil {
		m.choice.k = int(carry[0])
	}
}

// slope evaluates f at the current point unless the step before did.
func (m *adams[T]) slope(t float64, y []T) ([]T, error) {
	if m.count == 0 {
		m.past[0], m.count = t, 1
	}
	if m.have {
		return m.f[0], nil
	}
	if m.start != nil && !m.own {
		f, err := m.start.slope(t, y)
		if err != nil {
			return nil, err
		}
		copy(m.f[0], f)
	} else if err := m.env.f(t, y, m.f[0]); err != nil {
		return nil, err
	}
	m.have = true
	return m.f[0], nil
}

func (m *adams[T]) attempt(t, t1 float64, y, y1 []T) (outcome, error) {
	if _, err := m.slope(t, y); err != nil {
		return outcome{}, err
	}
	m.k, m.pending = m.order(), false
	m.t, m.t1, m.y, m.y1 = t, t1, y, y1
	if m.k == 0 {
		return m.start.attempt(t, t1, y, y1)
	}
	if m.choice != nil {
		return m.chosen()
	}
	m.w.on(t, t1, m.past[:m.kp])
	b := &m.weights
	m.w.predictor(m.kp, b[:])
	if m.kc == noCorrector {
		weighted(y1, y, b[:m.kp], m.f)
		return outcome{}, nil
	}
	weighted(m.p, y, b[:m.kp], m.f)
	if err := m.env.f(t1, m.p, m.fp); err != nil {
		return outcome{}, err
	}
	end := m.w.corrector(m.kc, b[:])
	weighted(y1, y, b[:m.kc], m.f)
	addScaled(end, m.fp, y1)
	return outcome{}, nil
}

func (m *adams[T]) accept() {
	last := len(m.f) - 1
	oldest := m.f[last]
	copy(m.f[1:], m.f[:last])
	m.f[0] = oldest
	if m.pending {
		m.f[0], m.spare = m.spare, m.f[0]
	}
	copy(m.past[1:last+1], m.past[:last])
	m.past[0] = m.t1
	m.count = min(m.count+1, last+1)
	m.have, m.own = m.pending, m.k > 0
	if m.k == 0 {
		m.start.accept()
	} else if m.choice != nil {
		m.choice.advance()
	}
}

// weighted writes y + Σ b_j f_j to dst, summed in float64. dst must be none of the f_j.
func weighted[T Float](dst, y []T, b []float64, f [][]T) {
	f = f[:len(b)]
	var acc [64]float64
	for from := 0; from < len(dst); from += len(acc) {
		to := min(from+len(acc), len(dst))
		s := acc[:to-from]
		clear(s)
		j := 0
		for ; j+4 <= len(b); j += 4 {
			b0, b1, b2, b3 := b[j], b[j+1], b[j+2], b[j+3]
			f0, f1, f2, f3 := f[j][from:to], f[j+1][from:to], f[j+2][from:to], f[j+3][from:to]
			f0, f1, f2, f3 = f0[:len(s)], f1[:len(s)], f2[:len(s)], f3[:len(s)]
			for i := range s {
				s[i] += (b0*float64(f0[i]) + b1*float64(f1[i])) + (b2*float64(f2[i]) + b3*float64(f3[i]))
			}
		}
		for ; j < len(b); j++ {
			b0, f0 := b[j], f[j][from:to]
			f0 = f0[:len(s)]
			for i := range s {
				s[i] += b0 * float64(f0[i])
			}
		}
		d, v := dst[from:to], y[from:to]
		v = v[:len(s)]
		d = d[:len(s)]
		for i, x := range s {
			d[i] = v[i] + T(x)
		}
	}
}
