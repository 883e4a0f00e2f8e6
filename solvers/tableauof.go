package solvers

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
