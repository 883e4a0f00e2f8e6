package odeop

import (
	"reflect"

	"gorgonode/solvers"
)

// recording is a solve by an explicit method as a program: which evaluations it makes, and of which sums of the ones
// before it makes their arguments and its states,
//
//	k_j = f(t_j, y_n + Σ c_{ji} k_i),   y_{n+1} = y_n + Σ b_{ni} k_i.
//
// The solver itself is asked, with a system whose evaluation j answers with the j-th unit vector and whose first state is
// zero: a vector that it makes has the coefficients for components. So the coefficients are the solver's to the
// last bit, and no family of methods needs a description of its own.
type recording struct {
	evals []recordedEval
	steps []recordedStep
}

type recordedEval struct {
	step int     // n
	t    float64 // t_j
	arg  []term  // Σ c_{ji} k_i
}

type recordedStep struct {
	t0, t1 float64
	sum    []term // Σ b_{ni} k_i
}

// term is a multiple of an evaluation, of a factor each for positions and momenta, which are the same where the method
// doesn't tell these apart.
type term struct {
	of   int
	q, p float64
}

// record solves from t0 to t1 with constant steps.
func record(set solvers.Settings, t0, t1 float64) (*recording, error) {
	set.Method, _, _ = divided(set.Method, 2)
	set.Norm, set.RTols, set.ATols, set.Progress = nil, nil, nil, nil
	solve := func(n int, eval func(t float64, y, dydt []float64), step func(it *solvers.Integrator[float64])) error {
		it, err := solvers.NewIntegrator(solvers.System[float64]{Dim: 2 * n, F: func(t float64, y, dydt []float64) error {
			eval(t, y, dydt)
			return nil
		}}, make([]float64, 2*n), t0, t1, &set)
		if err != nil {
			return err
		}
		for it.Step() {
			step(it)
		}
		return it.Err()
	}
	n := 0
	count := func(_ float64, _, dydt []float64) { n++; clear(dydt) }
	if err := solve(1, count, func(*solvers.Integrator[float64]) {}); err != nil {
		return nil, err
	}
	r := &recording{}
	base := make([]float64, 2*n) // y_n
	terms := func(y []float64) (ts []term) {
		for j := range r.evals {
			if q, p := y[j]-base[j], y[n+j]-base[n+j]; q != 0 || p != 0 {
				ts = append(ts, term{j, q, p})
			}
		}
		return ts
	}
	return r, solve(n, func(t float64, y, dydt []float64) {
		clear(dydt)
		j := len(r.evals)
		dydt[j], dydt[n+j] = 1, 1
		r.evals = append(r.evals, recordedEval{step: len(r.steps), t: t, arg: terms(y)})
	}, func(it *solvers.Integrator[float64]) {
		from, _ := it.Last()
		r.steps = append(r.steps, recordedStep{t0: from, t1: it.T(), sum: terms(it.Y())})
		copy(base, it.Y())
	})
}

// divided is a separable method with halves for positions and momenta, and how many of n components are its positions; ok is
// false and the method as it was where it isn't separable.
func divided(m solvers.Method, n int) (half solvers.Method, positions int, ok bool) {
	switch m := m.(type) {
	case solvers.Verlet:
		half, positions = solvers.Verlet{}, m.Positions
	case solvers.Yoshida4:
		half, positions = solvers.Yoshida4{}, m.Positions
	case solvers.Suzuki4:
		half, positions = solvers.Suzuki4{}, m.Positions
	case solvers.KahanLi6:
		half, positions = solvers.KahanLi6{}, m.Positions
	case solvers.StepDoubling:
		inner, positions, ok := divided(m.WithDefaults().Method, n)
		m.Method = inner
		return m, positions, ok
	default:
		if v := reflect.ValueOf(m); v.Kind() == reflect.Pointer {
			if of, ok := v.Elem().Interface().(solvers.Method); ok {
				return divided(of, n)
			}
		}
		return m, 0, false
	}
	if positions == 0 {
		positions = n / 2
	}
	return half, positions, true
}
