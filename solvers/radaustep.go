package solvers

import "math"

// radau steps the Radau IIA methods.
type radau[T Float] struct {
	env      *environment[T]
	tab      *radauCoefficients
	jac      *jacobian[T]
	stages   radauStages[T]
	rounding convergence // judges an iteration to rounding

	jacHere bool // the Jacobian is that of the current point
	jacGood bool // there is one, and the last step converged well with it

	old   [][]float64 // Z_i of the step accepted last
	oldH  float64     // its size; 0: none
	start []float64

	f0      []T // the slope at the current point, if there
	haveF0  bool
	exactF0 bool // and it is a value of f, not the slope of the last step's polynomial
	defect  []float64
	err     []T
	control radauControl

	joint *radauJoint[T]  // made where it is needed first
	back  *radauReplay[T] // made by the first replay
}

func (m *radau[T]) reset() {
	m.jacHere, m.jacGood, m.haveF0 = false, false, false
	m.oldH, m.control = 0, radauControl{}
	m.stages.test.reset()
}

func (m *radau[T]) controlOrder() int { return m.tab.s + 1 }

// slope is f where the method begins, and u'(t) of the last step after one. They differ by what the iteration left of
// R_s, which comes into an estimate of the error, filtered as it is, like an increment of that size: it spares an
// evaluation a step and no digits. (Hosea and Shampine, Appl. Numer. Math. 20 (1996), for the same choice in TR-BDF2.)
func (m *radau[T]) slope(t float64, y []T) ([]T, error) {
	if m.haveF0 {
		return m.f0, nil
	}
	if m.exactF0 = m.oldH == 0; m.exactF0 {
		if err := m.env.f(t, y, m.f0); err != nil {
			return nil, err
		}
	} else {
		combine(m.defect, 1/m.oldH, m.tab.d[m.tab.s-1], m.old)
		for i, v := range m.defect {
			m.f0[i] = T(v)
		}
	}
	m.haveF0 = true
	return m.f0, nil
}

func (m *radau[T]) attempt(t, t1 float64, y, y1 []T) (outcome, error) {
	st := &m.stages
	st.t, st.t1, st.y = t, t1, y
	var f0 []T
	if !m.env.exact {
		var err error
		if f0, err = m.slope(t, y); err != nil {
			return outcome{}, err
		}
	}
	for {
		ok, err := m.matrices(t, t1-t, y, f0)
		if err != nil {
			return outcome{}, err
		}
		if !ok && m.env.exact {
			return m.together(m.jac.failure(), y1)
		}
		if !ok {
			return m.failed(m.jac.failure()), nil
		}
		m.predict()
		failure, err := st.newton()
		switch {
		case err != nil:
			return outcome{}, err
		case failure == nil:
			return m.finish(f0, y, y1)
		case m.env.exact:
			return m.together(failure, y1)
		case m.jacHere:
			return m.failed(failure), nil
		}
		m.jacGood = false // once more, with a Jacobian of this point
	}
}

// together ends a step that no control makes shorter, where the simplified iteration failed.
func (m *radau[T]) together(failure error, y1 []T) (outcome, error) {
	if m.joint == nil {
		if m.joint = newRadauJoint(&m.stages, m.jac); m.joint == nil {
			return m.failed(failure), nil
		}
	}
	m.predict()
	failure, err := m.joint.newton()
	m.jacGood = false // J is that of a stage
	switch {
	case err != nil:
		return outcome{}, err
	case failure != nil:
		return m.failed(failure), nil
	}
	m.stages.shifted(y1, m.stages.z[m.tab.s-1])
	return outcome{}, nil
}

// sameStep is how much a step may differ from that of the factors for these to do.
const sameStep = 1e-4

// matrices brings the Jacobian and the factors up to date.
func (m *radau[T]) matrices(t, h float64, y, f0 []T) (bool, error) {
	if !m.jacGood || m.env.exact && !m.jacHere {
		if !m.exactF0 {
			f0 = nil
		}
		if err := m.jac.eval(t, y, f0); err != nil {
			return false, err
		}
		m.jacHere, m.jacGood, m.stages.h = true, true, 0
	}
	if math.Abs(m.stages.h-h) <= sameStep*math.Abs(h) {
		return true, nil
	}
	return m.stages.factor(h), nil
}

// predict starts the iteration from the continuation of the last step's polynomial.
func (m *radau[T]) predict() {
	last := m.tab.s - 1
	for i, z := range m.stages.z {
		if m.oldH == 0 {
			clear(z)
			continue
		}
		m.tab.extrapolation(m.tab.c[i]*(m.stages.t1-m.stages.t)/m.oldH, m.start)
		m.start[last]--
		combine(z, 1, m.start, m.old)
	}
}

// finish writes the new state and estimates its error.
func (m *radau[T]) finish(f0, y, y1 []T) (outcome, error) {
	st := &m.stages
	st.shifted(y1, st.z[m.tab.s-1])
	if m.env.exact {
		return outcome{}, nil
	}
	e := m.estimate(f0, y, y1)
	if !(e < 1) && (m.control.rejected || m.control.accepted == 0) {
		// Filtered once more where fast components may not have decayed yet.
		for i, v := range y {
			st.arg[i] = v + m.err[i]
		}
		if err := m.env.f(st.t, st.arg, st.f); err != nil {
			return outcome{}, err
		}
		e = m.estimate(st.f, y, y1)
	}
	out := outcome{err: e, factor: m.nextStep(e)}
	if e <= 1 && m.env.taped {
		return m.polish(out, y1)
	}
	return out, nil
}

// estimate measures (γ₀/h I − J)⁻¹ (f₀ − u'(t)).
func (m *radau[T]) estimate(f0, y, y1 []T) float64 {
	combine(m.defect, -1/(m.stages.t1-m.stages.t), m.tab.d0, m.stages.z)
	for i, v := range f0 {
		m.defect[i] += float64(v)
	}
	if !m.stages.real.solve(m.defect) {
		return math.Inf(1)
	}
	for i, v := range m.defect {
		m.err[i] = T(v)
	}
	return m.env.errorNorm(m.err, y, y1)
}

// polish goes on with the iteration of a good step to rounding.
func (m *radau[T]) polish(out outcome, y1 []T) (outcome, error) {
	st := &m.stages
	test := st.test
	st.test = m.rounding
	failure, err := st.newton()
	st.test = test
	switch {
	case err != nil:
		return out, err
	case failure != nil:
		return m.failed(failure), nil
	}
	st.shifted(y1, st.z[m.tab.s-1])
	return out, nil
}

func (m *radau[T]) accept() {
	st := &m.stages
	m.old, st.z = st.z, m.old
	m.oldH = st.t1 - st.t
	m.control.accept()
	m.jacHere, m.haveF0 = false, false
	m.jacGood = m.goodRate()
}

func (m *radau[T]) interpolant(dst []T) ([]T, error) {
	return m.polynomial(dst, m.old), nil
}

// polynomial appends the coefficients c_0 = y, c_j = Σ_i p_ij Z_i.
func (m *radau[T]) polynomial(dst []T, z [][]float64) []T {
	dst = append(dst, m.stages.y...)
	for j := range m.tab.s {
		for i := range m.stages.y {
			var v float64
			for k, p := range m.tab.p {
				v += p[j] * z[k][i]
			}
			dst = append(dst, T(v))
		}
	}
	return dst
}
