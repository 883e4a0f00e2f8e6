package sdeop

import (
	"math"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// march goes along one path from step to step.
type march[T graph.Float] struct {
	*solve[T]
	noise  *noise
	theta  [][]T // of the run: args, piece args, parameters
	dw, dh []float64
	plan   *graph.Plan[T]
	in     [][]T // of the plan: t, h, states, motions, θ
	out    [][]T // next states and the error

	t                  float64
	h                  float64 // the next step under error control; 0: none yet
	states             [][]T
	accepted, rejected int
}

// newMarch readies a run; done gives its plan back.
func (s *solve[T]) newMarch(d draws, theta [][]T) (m *march[T], done func(), err error) {
	noise, err := s.newNoise(d)
	if err != nil {
		return nil, nil, errors.WithMessage(err, s.name)
	}
	c := s.step
	size, motions := s.inputs[0].TotalSize(), s.batch*s.motions
	m = &march[T]{solve: s, noise: noise, theta: theta, dw: make([]float64, motions), plan: c.forward.Get()}
	m.in = [][]T{make([]T, 1), make([]T, 1)}
	for range c.states {
		m.states = append(m.states, make([]T, size))
	}
	m.in = append(m.in, m.states...)
	for range c.motions {
		m.in = append(m.in, make([]T, motions))
	}
	if c.motions == 2 {
		m.dh = make([]float64, motions)
	}
	m.in = append(m.in, theta...)
	m.enter(0, m.in)
	for range c.fn.Outputs() {
		m.out = append(m.out, make([]T, size))
	}
	return m, func() { c.forward.Put(m.plan) }, nil
}

// begin stands at the first time.
func (m *march[T]) begin(y0 []T) {
	m.t, m.h = m.times[0], m.solve.config.step
	for _, y := range m.states {
		copy(y, y0)
	}
}

// enter goes to the piece that begins at the k-th time: its noise, and its entries of the piece args in the inputs of a
// plan.
func (m *march[T]) enter(k int, in [][]T) {
	m.noise.enter(k)
	at := m.solve.step.inputs() + len(m.args)
	for i := range m.pieces {
		all := m.theta[len(m.args)+i]
		size := len(all) / (len(m.times) - 1)
		in[at+i] = all[k*size : (k+1)*size]
	}
}

// draw puts the interval [t, u] and its noise into the inputs of a plan.
func (m *march[T]) draw(in [][]T, t, u float64) error {
	if err := m.noise.increment(t, u, m.dw, m.dh); err != nil {
		return err
	}
	in[0][0], in[1][0] = T(t), T(u-t)
	at := 2 + m.solve.step.states
	for i, v := range m.dw {
		in[at][i] = T(v)
	}
	for i, v := range m.dh {
		in[at+1][i] = T(v)
	}
	return nil
}

// try takes the step to u and leaves its results in out.
func (m *march[T]) try(u float64) error {
	if m.accepted+m.rejected >= m.maxSteps {
		return m.failure(solvers.MaxStepsReached, 0, -1, nil)
	}
	if err := m.draw(m.in, m.t, u); err != nil {
		return err
	}
	return m.plan.Run(m.in, m.out)
}

// accept goes to u.
func (m *march[T]) accept(u float64, r *tape[T]) {
	for i, y := range m.states {
		copy(y, m.out[i])
	}
	m.t = u
	m.accepted++
	r.keep(m)
}

// reach goes to the time end.
func (m *march[T]) reach(end float64, r *tape[T]) error {
	if m.rtol > 0 {
		return m.adapt(end, r)
	}
	begin := m.t
	steps := m.stepsOf(end - begin)
	for i := 1.; i <= steps; i++ {
		u := begin + (end-begin)*(i/steps)
		if i == steps {
			u = end
		}
		if err := m.try(u); err != nil {
			return err
		}
		if at := nonFinite(m.out[0]); at >= 0 {
			return m.failure(solvers.NonFinite, u-m.t, at, nil)
		}
		m.accept(u, r)
	}
	return nil
}

// stepsOf is how many equal steps an interval takes.
func (p *problem) stepsOf(length float64) float64 {
	if p.count > 0 {
		return float64(p.count)
	}
	return max(1, math.Ceil(length/p.step*(1-1e-12)))
}

// adapt goes to end by steps that the error chooses: after one of size h with the scaled error E, the next has size
// h·0.9·E^(−1/q), q the order of the estimate, changed by a factor of 0.2 to 5; a rejected one is tried smaller on the
// same path.
func (m *march[T]) adapt(end float64, r *tape[T]) error {
	if m.h == 0 {
		m.h = (m.times[len(m.times)-1] - m.times[0]) / 100
	}
	order := m.method.Info().ErrorOrder
	span := m.times[len(m.times)-1] - m.times[0]
	for m.t < end {
		u := m.t + m.h
		if u > end-resolution*span || u >= end {
			u = end
		}
		if err := m.try(u); err != nil {
			return err
		}
		e, at := m.scaledError()
		if e <= 1 {
			if next := (u - m.t) * factor(e, order); u < end {
				m.h = next
			} else if next < u-m.t { // otherwise a step that was cut short says nothing of longer ones
				m.h = next
			}
			m.accept(u, r)
			continue
		}
		m.rejected++
		m.h = (u - m.t) * min(factor(e, order), 1)
		if m.h < resolution*span || m.t+m.h == m.t {
			status := solvers.StepTooSmall
			if math.IsInf(e, 1) {
				status = solvers.NonFinite
			}
			return m.failure(status, u-m.t, at, nil)
		}
	}
	return nil
}

// factor is that of the step after an error.
func factor(e, order float64) float64 {
	if math.IsInf(e, 1) {
		return 0.2
	}
	return min(max(0.9*math.Pow(e, -1/order), 0.2), 5)
}

// scaledError is the root mean square of the errors in units of atol + rtol·max(|y|, |y′|), and the worst element. It
// is +Inf for states that are not finite.
func (m *march[T]) scaledError() (e float64, worst int) {
	if at := nonFinite(m.out[0]); at >= 0 {
		return math.Inf(1), at
	}
	var sum, most float64
	y, next, err := m.states[0], m.out[0], m.out[len(m.out)-1]
	for i, d := range err {
		q := float64(d) / (m.atol + m.rtol*max(math.Abs(float64(y[i])), math.Abs(float64(next[i]))))
		q *= q
		sum += q
		if q > most {
			most, worst = q, i
		}
	}
	if e = math.Sqrt(sum / float64(len(y))); math.IsNaN(e) {
		return math.Inf(1), worst
	}
	return e, worst
}

// nonFinite finds an element that is NaN or infinite, or returns −1.
func nonFinite[T graph.Float](y []T) int {
	for i, v := range y {
		if v-v != 0 {
			return i
		}
	}
	return -1
}

// failure says where the solve ended.
func (m *march[T]) failure(status solvers.Status, h float64, component int, cause error) error {
	d, row := m.inputs[0][1], 0
	if component >= 0 {
		row, component = component/d, component%d
	}
	err := error(&solvers.Error{Status: status, Method: m.method.Name(), T: m.t, Step: h, Component: component, Err: cause})
	if component >= 0 {
		err = errors.WithMessagef(err, "row %d", row)
	}
	return err
}
