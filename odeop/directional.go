package odeop

import (
	"slices"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// withDirectional gives sys, the field bound to θ, what Rosenbrock methods and their gradients want: its TimeDerivative
// and its TangentVJP, for one goroutine. Their plans are lent.
func (c *compiled[T]) withDirectional(sys *solvers.System[T], theta [][]T, lent *loans[T]) {
	t, tau := make([]T, 1), make([]T, 1)
	in := append([][]T{t, nil}, theta...)

	var slope *graph.Plan[T]
	var sin, sout [][]T
	sys.TimeDerivative = func(time float64, y, dfdt []T) error {
		if !c.timed {
			clear(dfdt)
			return nil
		}
		if slope == nil {
			plans, err := c.time()
			if err != nil {
				return err
			}
			slope = lent.take(plans)
			sin, sout = append(slices.Clone(in), []T{1}), [][]T{make([]T, c.dim), nil}
		}
		t[0], sin[1], sout[1] = T(time), y, dfdt
		return slope.Run(sin, sout)
	}

	var reverse *graph.Plan[T]
	var rin, rout [][]T
	var wt []T
	sys.TangentVJP = func(time float64, y []T, scale float64, v, w, wy, wtheta []T) (float64, error) {
		if reverse == nil {
			plans, err := c.tangentVJP()
			if err != nil {
				return 0, err
			}
			reverse = lent.take(plans)
			rin = append(slices.Clone(in), tau, nil, nil)
			wt = make([]T, c.total)
			rout = append([][]T{make([]T, 1), nil}, c.split(wt)...)
		}
		n := len(rin)
		t[0], tau[0], rin[1], rin[n-2], rin[n-1], rout[1] = T(time), T(scale), y, v, w, wy
		if err := reverse.Run(rin, rout); err != nil {
			return 0, err
		}
		accumulate(wtheta, wt)
		return float64(rout[0][0]), nil
	}
}
