package solvers

// Stats counts the work of a solve, or of a gradient. A count that a method has no use for stays zero.
type Stats struct {
	F                int // evaluations of f
	VJP              int // evaluations of System.VJP, StiffVJP and TangentVJP
	JVP              int // evaluations of System.JVP and TimeDerivative
	Jacobian         int // evaluations of System.Jacobian, or approximations of it
	Factorizations   int // LU factorisations
	NewtonIterations int // iterations of Newton's method, over all steps

	Steps    int // attempted steps, Accepted + Rejected
	Accepted int
	Rejected int
}

// Add adds the counts of b to those of s.
func (s *Stats) Add(b Stats) {
	s.F += b.F
	s.VJP += b.VJP
	s.JVP += b.JVP
	s.Jacobian += b.Jacobian
	s.Factorizations += b.Factorizations
	s.NewtonIterations += b.NewtonIterations
	s.Steps += b.Steps
	s.Accepted += b.Accepted
	s.Rejected += b.Rejected
}
