package solvers

// ExplicitRK is the explicit Runge–Kutta method of any tableau. The tableau is checked for its shape and its conditions
// of first order when a solve begins; it must not change during it.
type ExplicitRK struct{ Tableau *Tableau }

// Name implements [Method]: the tableau's name, or "ExplicitRK" where it has none.
func (m ExplicitRK) Name() string {
	if m.Tableau == nil || m.Tableau.Name == "" {
		return "ExplicitRK"
	}
	return m.Tableau.Name
}

// Order implements [Method]: what the tableau says.
func (m ExplicitRK) Order() int {
	if m.Tableau == nil {
		return 0
	}
	return m.Tableau.Order
}

// Info implements [Method]. Of a tableau that isn't sound it has the name alone.
func (m ExplicitRK) Info() Info {
	if m.check() != nil {
		return Info{Name: m.Name(), Family: "explicit Runge–Kutta"}
	}
	i := m.Tableau.info()
	i.Name = m.Name()
	return i
}

func (m ExplicitRK) check() error {
	if m.Tableau == nil {
		return badInput("ExplicitRK has no Tableau")
	}
	return m.Tableau.Check()
}

func (m ExplicitRK) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newExplicitRK(m, e)
}

func (m ExplicitRK) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newExplicitRK(m, e)
}

func newExplicitRK[T Float](m ExplicitRK, e *environment[T]) (stepper[T], error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	return newERK(e, m.Tableau), nil
}

var _ Method = ExplicitRK{}

// TableauOf returns the tableau of an explicit Runge–Kutta method, which must not be changed; false for any other method.
func TableauOf(m Method) (*Tableau, bool) {
	if m == nil {
		return nil, false
	}
	s, err := m.newStepper64(newEnvironment(System[float64]{Dim: 1}, &Settings{Method: m, Norm: RMS{}}))
	if err != nil {
		return nil, false
	}
	rk, ok := s.(*erk[float64])
	if !ok {
		return nil, false
	}
	return rk.tab, true
}
