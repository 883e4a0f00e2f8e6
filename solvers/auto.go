package solvers

import "math"

// Auto begins with Dopri5 and goes over to a method for stiff problems where stability rather than accuracy bounds the
// steps, or would at looser tolerances, and back where it doesn't any more. Both directions wait for a number of steps
// in a row that say so.
//
// Stiffness is seen in the last two stages of Dopri5, which lie at the same time: their arguments differ by Δg and
// their slopes by Δk ≈ J Δg, and as Δg is rich in the fastest decaying components
//
//	−h ⟨Δg, Δk⟩/⟨Δg, Δg⟩,   h ‖Δk‖/‖Δg‖,   h of the step,
//
// approach h times the rate of the fastest decay and h times the largest eigenvalue, whose bound for stability is 3.3
// (Hairer and Wanner II, IV.2; Shampine, "Stiffness and nonstiff differential equation solvers II", ACM TOMS 3 (1977)).
// The second alone is no evidence at loose tolerances: a solution that turns or grows fast, as Lorenz's does, has it too.
//
// Where the solution varies as fast as its fastest components, the error of Dopri5's step bounds both by a multiple of
// rtol^(1/5), of about 9 for the first on Lorenz's equations and 18 for the second. Rates far beyond that aren't the
// solution's, and a method for stiff problems takes longer steps even where Dopri5 is stable. The way back asks for
// h‖J‖ well below all these bounds, in the norm of the row sums.
type Auto struct {
	// Stiff is the other method: Kvaerno5, TRBDF2, another ESDIRK method, Radau, Rodas5P or BDF, without Krylov. Nil:
	// Kvaerno5, or Radau with 5 stages where the relative tolerance is at most 1e-7.
	Stiff Method
}

// autoTight is the relative tolerance from which on Radau of order 9 needs fewer evaluations than Kvaerno5 for the same
// error on every problem of docs/work-precision.md, and less time.
const autoTight = 1e-7

// stiffAt is the other method for a relative tolerance.
func (m Auto) stiffAt(rtol float64) Method {
	if m.Stiff == nil && rtol <= autoTight {
		return Radau{Stages: 5}
	}
	return m.stiff()
}

func (m Auto) stiff() Method {
	if m.Stiff == nil {
		return Kvaerno5{}
	}
	return m.Stiff
}

// Name implements [Method].
func (Auto) Name() string { return "auto" }

// Order implements [Method]: the lower of both methods'.
func (m Auto) Order() int { return min(dopri5.Order, m.stiff().Order()) }

// Info implements [Method].
func (m Auto) Info() Info {
	a, b := Dopri5{}.Info(), m.stiff().Info()
	stiff := b.Name
	if m.Stiff == nil {
		stiff += " or " + m.stiffAt(autoTight).Name()
	}
	return Info{
		Name:          m.Name(),
		Family:        "automatic switching between " + a.Name + " and " + stiff,
		Order:         m.Order(),
		EmbeddedOrder: min(a.EmbeddedOrder, b.EmbeddedOrder),
		DenseOrder:    min(a.DenseOrder, b.DenseOrder),
		Stages:        max(a.Stages, b.Stages),
		Implicit:      true,
		Reference:     "E. Hairer and G. Wanner, Solving Ordinary Differential Equations II, IV.2",
	}
}

func (m Auto) newStepper32(e *environment[float32]) (stepper[float32], error) { return newAuto(m, e) }
func (m Auto) newStepper64(e *environment[float64]) (stepper[float64], error) { return newAuto(m, e) }

const (
	autoDecay    = 2  // of h times a rate of decay: steps at the bound of stability, 3.3, oscillate below it
	autoFastest  = 3  // of h times the largest eigenvalue
	autoFollowed = 20 // times rtol^(1/5), in place of autoDecay where less, and twice that in place of autoFastest: see [Auto]
	autoStiff    = 15 // steps beyond a bound, with less than autoSmooth in a row within both
	autoSmooth   = 6
	autoBack     = 0.5 // h‖J‖ of the stiff method's steps, and a part of autoFollowed's bound at most
	autoBackPart = 0.4
	autoNonstiff = 20 // steps with it in a row
)

// withJacobian is a stepper for stiff problems that Auto can work with.
type withJacobian[T Float] interface {
	differentiable[T]
	matrix() *jacobian[T]
}

func (m *esdirk[T]) matrix() *jacobian[T]     { return m.eqs.jac }
func (m *bdf[T]) matrix() *jacobian[T]        { return m.eqs.jac }
func (m *rosenbrock[T]) matrix() *jacobian[T] { return m.jac }
func (m *radau[T]) matrix() *jacobian[T]      { return m.jac }

func newAuto[T Float](m Auto, env *environment[T]) (stepper[T], error) {
	rtol, _ := env.loosest()
	method := m.stiffAt(rtol)
	s, err := newStepper(method, env)
	if err != nil {
		return nil, err
	}
	stiff, ok := s.(withJacobian[T])
	if !ok || stiff.matrix().layout == nil {
		return nil, badInput("Auto can't go over to %s", method.Name())
	}
	a := &auto[T]{env: env, dopri: newERK(env, &dopri5), stiff: stiff}
	followed := autoFollowed * math.Pow(rtol, 0.2)
	a.decay, a.fastest, a.back = math.Min(autoDecay, followed), math.Min(autoFastest, 2*followed),
		math.Min(autoBack, autoBackPart*followed)
	a.diff, a.slopes = make([]T, env.sys.Dim), make([]float64, env.sys.Dim)
	return a, nil
}

// auto steps with one of two methods.
type auto[T Float] struct {
	env   *environment[T]
	dopri *erk[T]
	stiff withJacobian[T]

	on   bool // the stiff method steps
	next bool // and will step from the current point
	last bool // and took the step accepted last

	decay, fastest, back float64 // bounds, see autoDecay

	beyond, within int // steps in a row, see autoStiff
	small          int // see autoNonstiff
	h              float64
	diff           []T
	slopes         []float64

	replayed differentiable[T] // the method of the step replayed last
}

func (m *auto[T]) active() stepper[T] {
	if m.on {
		return m.stiff
	}
	return m.dopri
}

func (m *auto[T]) reset() {
	m.on = m.next
	m.beyond, m.within, m.small = 0, 0, 0
	m.dopri.reset()
	m.stiff.reset()
}

// forget makes the next attempt one of Dopri5's again.
func (m *auto[T]) forget() {
	m.next = false
	m.reset()
}

// turn goes over to the other method if that was decided: not before the next step, for the last one's interpolant.
func (m *auto[T]) turn() {
	if m.on == m.next {
		return
	}
	m.on = m.next
	m.beyond, m.within, m.small = 0, 0, 0
	m.active().reset()
}

func (m *auto[T]) controlOrder() int { return m.active().controlOrder() }

func (m *auto[T]) slope(t float64, y []T) ([]T, error) {
	m.turn()
	return m.active().slope(t, y)
}

func (m *auto[T]) attempt(t, t1 float64, y, y1 []T) (outcome, error) {
	m.turn()
	m.h = t1 - t
	return m.active().attempt(t, t1, y, y1)
}

func (m *auto[T]) interpolant(dst []T) ([]T, error) {
	if m.last {
		return m.stiff.interpolant(dst)
	}
	return m.dopri.interpolant(dst)
}

func (m *auto[T]) accept() {
	m.last = m.on
	if m.on {
		m.watchSmooth()
	} else {
		m.watchStiff()
	}
	m.active().accept()
}

// watchStiff counts the steps of Dopri5 that are short for decays that the solution doesn't have.
func (m *auto[T]) watchStiff() {
	d := m.dopri
	k7, k6, g7, g6 := d.k[d.s-1], d.k[d.s-2], d.y1, d.arg
	for i := range m.diff {
		m.diff[i] = k7[i] - k6[i]
	}
	m.env.size(m.diff, g7)
	copy(m.slopes, m.env.scaled)
	for i := range m.diff {
		m.diff[i] = g7[i] - g6[i]
	}
	m.env.size(m.diff, g7)
	var gg, gk, kk float64
	for i, g := range m.env.scaled {
		k := m.h * m.slopes[i]
		gg, gk, kk = gg+g*g, gk+g*k, kk+k*k
	}
	if gg > 0 && (-gk > m.decay*gg || kk > m.fastest*m.fastest*gg) {
		m.within = 0
		m.beyond++
		m.next = m.beyond >= autoStiff
		return
	}
	if m.within++; m.within >= autoSmooth {
		m.beyond = 0
	}
}

// watchSmooth counts the steps of the stiff method that Dopri5 could take.
func (m *auto[T]) watchSmooth() {
	if !(math.Abs(m.h)*m.stiff.matrix().rowSum() <= m.back) {
		m.small = 0
		return
	}
	m.small++
	m.next = m.small < autoNonstiff
}

// rowSum is the norm max_i Σ_j |J_ij| of the Jacobian evaluated last.
func (j *jacobian[T]) rowSum() float64 {
	width := j.layout.size
	if j.layout.blocks == 0 {
		width = j.layout.lower + j.layout.upper + 1
	}
	var norm float64
	for at := 0; at < len(j.v); at += width {
		var s float64
		for _, v := range j.v[at : at+width] {
			s += max(v, -v)
		}
		if s > norm || s != s {
			norm = s
		}
	}
	return norm
}

var _ Method = Auto{}
