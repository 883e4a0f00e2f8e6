package main

import (
	"math/rand/v2"

	"gorgonode/internal/separable"
	"gorgonode/solvers"
)

// checkSeparable refuses a symplectic method for a model whose first half of variables are no positions or whose second
// half no momenta: it looks at f near the initial values, with the parameters of the solve. Where f has no values there,
// the solve will say so.
func (q *problem) checkSeparable(sys solvers.System[float64], y0 []float64) error {
	m := q.settings.Method
	switch {
	case !m.Info().Separable || sys.Dim%2 != 0: // an odd number is an error of the method
		return nil
	case q.sens != nil:
		return badInputf("%s: variables and their sensitivities do not divide into positions and momenta; choose another "+
			"--method", m.Name())
	}
	rng := rand.New(rand.NewPCG(1, 1))
	near := func() []float64 {
		y := make([]float64, len(y0))
		for i, v := range y0 {
			y[i] = v + 0.1*rng.NormFloat64()*max(v, -v, 1)
		}
		return y
	}
	for range 3 {
		i, err := separable.Dependence(sys.F, sys.Dim/2, q.t0, near(), near())
		if err != nil || i < 0 {
			continue
		}
		own := "momenta"
		if i < sys.Dim/2 {
			own = "positions"
		}
		return badInputf("%s is for q' = v(p, t), p' = a(q, t), where the first half of the variables are positions q and "+
			"the others momenta p; here %s' depends on the %s; choose another --method, or order the variables so",
			m.Name(), q.variable(i), own)
	}
	return nil
}
