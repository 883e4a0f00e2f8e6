package solvers

// Adams is the predictor and corrector method of Adams, Bashforth and Moulton of variable order and step, for problems
// that are smooth, not stiff, and whose f is dear: an accepted step takes two evaluations of f whatever the order.
//
// A step of order k predicts with the polynomial through the last k values of f, evaluates, corrects with the one
// through the new value as well, and evaluates again (PECE with local extrapolation: the states are of order k + 1). A solve
// starts at order 1 with no other method's help; order and step grow together until the error stops them. The coefficients
// are those of the grid as it is, so that irregular steps keep the order.
//
// L. F. Shampine and M. K. Gordon, Computer Solution of Ordinary Differential Equations: The Initial Value Problem, 1975,
// chapters 5 to 7 and 9; Hairer, Nørsett and Wanner I, III.5 and III.7.
//
// With Settings.Step the order follows the estimates all the same, and the first step, of order 1, sets the accuracy:
// for steps of one's own there is [AdamsMoulton].
type Adams struct {
	// MaxOrder bounds the order, 1 to 12. Zero: 12.
	MaxOrder int
}

// Name implements [Method].
func (Adams) Name() string { return "adams" }

// Order implements [Method]: the highest order.
func (m Adams) Order() int {
	if m.MaxOrder == 0 {
		return maxAdams
	}
	return m.MaxOrder
}

// Info implements [Method].
func (m Adams) Info() Info {
	return Info{
		Name:          m.Name(),
		Family:        "variable-order Adams",
		Order:         m.Order(),
		EmbeddedOrder: m.Order(),
		DenseOrder:    m.Order(),
		Stages:        2,
		Reference:     "L. F. Shampine and M. K. Gordon, Computer Solution of Ordinary Differential Equations, Freeman, 1975",
	}
}

func (m Adams) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newVariableAdams(m, e)
}

func (m Adams) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newVariableAdams(m, e)
}

func newVariableAdams[T Float](m Adams, e *environment[T]) (stepper[T], error) {
	if m.MaxOrder < 0 || m.MaxOrder > maxAdams {
		return nil, badInput("Adams.MaxOrder is %d; it must be 1 to %d, or zero for %d", m.MaxOrder, maxAdams, maxAdams)
	}
	s := newAdams(e, m.Order(), m.Order())
	s.choice = &adamsChoice{top: m.Order()}
	s.diff, s.weight = make([]T, e.sys.Dim), make([]float64, e.sys.Dim)
	s.reset()
	return s, nil
}

var _ Method = Adams{}
