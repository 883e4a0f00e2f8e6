package solvers

// AdamsBashforth is the explicit Adams method of a given order k: a step integrates the polynomial through the last k values
// of f,
//
//	y_{n+1} = y_n + ∫ P(t) dt,   P(t_j) = f(t_j, y_j),   j = n−k+1..n,
//
// and costs one evaluation of f. It has no error estimate and takes constant steps. The coefficients are those of the
// grid as it is, so that saved times at irregular distances keep the order. The first k − 1 steps are Runge–Kutta steps
// of order k. The higher the order, the shorter the steps with which it is stable.
//
// Hairer, Nørsett and Wanner I, III.1 and III.5.
type AdamsBashforth struct {
	// OfOrder is k, 1 to 12. Zero: 4.
	OfOrder int
}

// AdamsMoulton is the implicit Adams method of a given order k, whose polynomial also goes through the new value of f,
//
//	y_{n+1} = y_n + ∫ P(t) dt,   P(t_j) = f(t_j, y_j),   j = n−k+2..n+1,
//
// as a predictor and corrector: the Adams–Bashforth method of order k − 1 (of order 1 for k = 1) predicts, f is evaluated,
// the formula corrects once, and f is evaluated again for the steps that follow (PECE). No equations are solved. In the
// rest it is
// as [AdamsBashforth]; for the second evaluation it has an error constant some ten times smaller, and is stable with longer
// steps.
//
// Hairer, Nørsett and Wanner I, III.1 and III.5.
type AdamsMoulton struct {
	// OfOrder is k, 1 to 12. Zero: 4.
	OfOrder int
}

const defaultFixedAdams = 4

// Name implements [Method].
func (AdamsBashforth) Name() string { return "adams-bashforth" }

// Order implements [Method].
func (m AdamsBashforth) Order() int { return fixedOrder(m.OfOrder) }

// Info implements [Method].
func (m AdamsBashforth) Info() Info { return fixedAdamsInfo(m, 1) }

// Name implements [Method].
func (AdamsMoulton) Name() string { return "adams-moulton" }

// Order implements [Method].
func (m AdamsMoulton) Order() int { return fixedOrder(m.OfOrder) }

// Info implements [Method].
func (m AdamsMoulton) Info() Info { return fixedAdamsInfo(m, 2) }

func fixedOrder(k int) int {
	if k == 0 {
		return defaultFixedAdams
	}
	return k
}

func fixedAdamsInfo(m Method, stages int) Info {
	return Info{
		Name:       m.Name(),
		Family:     "fixed-order Adams",
		Order:      m.Order(),
		DenseOrder: m.Order(),
		Stages:     stages,
		Reference: "F. Bashforth and J. C. Adams, An attempt to test the theories of capillary action, Cambridge " +
			"University Press, 1883",
	}
}

// checkFixed refuses an order that there is no method of.
func checkFixed(m Method) error {
	if k := m.Order(); k < 1 || k > maxAdams {
		return badInput("%s of order %d; there are 1 to %d", m.Name(), k, maxAdams)
	}
	return nil
}

func newAdamsBashforth[T Float](m AdamsBashforth, e *environment[T]) (stepper[T], error) {
	if err := checkFixed(m); err != nil {
		return nil, err
	}
	s := newAdams(e, m.Order(), noCorrector)
	s.start = newAdamsStart(e, m.Order(), m.Order())
	s.reset()
	return s, nil
}

func newAdamsMoulton[T Float](m AdamsMoulton, e *environment[T]) (stepper[T], error) {
	if err := checkFixed(m); err != nil {
		return nil, err
	}
	k := m.Order() - 1
	s := newAdams(e, max(1, k), k)
	s.start = newAdamsStart(e, max(1, k), m.Order())
	s.reset()
	return s, nil
}

func (m AdamsBashforth) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newAdamsBashforth(m, e)
}

func (m AdamsBashforth) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newAdamsBashforth(m, e)
}

func (m AdamsMoulton) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newAdamsMoulton(m, e)
}

func (m AdamsMoulton) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newAdamsMoulton(m, e)
}

var (
	_ Method = AdamsBashforth{}
	_ Method = AdamsMoulton{}
)
