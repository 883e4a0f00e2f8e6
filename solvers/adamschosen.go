package solvers

import "math"

// chosen is an attempt under control of the order, k in predictor and corrector, with estimates. With
//
//	e = f(t₁, p) − P_k(1),   e_{k−1} = e + φ_{k−1} = f(t₁, p) − P_{k−1}(1),   e_{k−2} = e_{k−1} + φ_{k−2}
//
// the corrector is y₁ = p + h g_k e, and the correctors of orders k and k + 1 differ by h (g_{k−1} − g_k) e on the nodes as
// they are.
func (m *adams[T]) chosen() (outcome, error) {
	k, c, w := m.k, m.choice, &m.w
	h := math.Abs(m.t1 - m.t)
	w.on(m.t, m.t1, m.past[:min(m.count, k+1)])
	b := &m.weights
	w.predictor(k, b[:])
	weighted(m.p, m.y, b[:k], m.f)
	if err := m.env.f(m.t1, m.p, m.fp); err != nil {
		return outcome{}, err
	}
	weighted(m.e, m.env.zero, w.lambda[k][:k], m.f)
	end := T(w.h * w.g[k])
	for i, v := range m.fp {
		e := v - m.e[i]
		m.e[i] = e
		m.y1[i] = m.p[i] + end*e
	}
	m.scale()

	c.below2, c.below, c.above = noEstimate, noEstimate, noEstimate
	if k > 1 {
		w.difference(k, b[:])
		weighted(m.diff, m.e, b[:k], m.f)
		c.below = m.estimate(k-1, m.diff)
	}
	c.at = m.estimate(k, m.e)
	if k > 2 && c.below <= c.at {
		w.difference(k-1, b[:])
		weighted(m.diff, m.diff, b[:k-1], m.f)
		c.below2 = m.estimate(k-2, m.diff)
		m.estimate(k, m.e) // the last error measured is this one
	}
	err := c.at * (w.g[k-1] - w.g[k]) / (adamsMoulton[k] * w.sigma[k])
	if !(err <= 1 || m.env.exact) || nonFinite(m.y1) >= 0 {
		return outcome{err: err, factor: m.rejected()}, nil
	}
	if err := m.env.f(m.t1, m.y1, m.spare); err != nil {
		return outcome{}, err
	}
	if nonFinite(m.spare) >= 0 && !m.env.exact {
		return outcome{fail: ErrNonFinite, factor: m.rejected()}, nil
	}
	m.pending = true
	if c.raisable(h) && m.count > k {
		weighted(m.diff, m.env.zero, w.lambda[k+1][:k+1], m.f)
		for i, v := range m.spare {
			m.diff[i] -= v
		}
		c.above = m.estimate(k+1, m.diff)
	}
	return outcome{err: err, factor: c.accepted(w.spread(k))}, nil
}

// scale computes what differences are multiplied by to be measured: see environment.errorNorm.
func (m *adams[T]) scale() {
	e, y, y1 := m.env, m.y[:len(m.weight)], m.y1[:len(m.weight)]
	atol, rtol := e.atol, e.rtol
	for i := range m.weight {
		a, b := math.Abs(float64(y[i])), math.Abs(float64(y1[i]))
		if b > a {
			a = b
		}
		if e.atols != nil {
			atol, rtol = e.atols[i], e.rtols[i]
		}
		m.weight[i] = 1 / (atol + rtol*a)
	}
}

// estimate is E_i for the i-th difference v.
func (m *adams[T]) estimate(i int, v []T) float64 {
	s := m.env.scaled[:len(v)]
	for j, w := range m.weight[:len(v)] {
		s[j] = float64(v[j]) * w
	}
	return math.Abs(m.w.h) * adamsMoulton[i] * m.w.sigma[i] * m.env.norm.Norm(s)
}

// rejected chooses the next attempt. After several failures it begins anew, without the history.
func (m *adams[T]) rejected() float64 {
	factor := m.choice.rejected()
	if m.choice.fails >= maxAdamsFails {
		m.count = 1
	}
	return factor
}
