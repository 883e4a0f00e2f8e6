package odeop

import (
	"sync"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// directional are the derivatives of a field in a direction (τ, v) of time and state, d = τ ∂f/∂t + (∂f/∂y) v, that Rosenbrock methods
// and their gradients are made of. Each is compiled when it is first wanted, without side effects.
type directional[T graph.Float] struct {
	timeOnce sync.Once
	time     *graph.Plans[T] // t, y, θ, τ → f, τ ∂f/∂t; nil where f doesn't depend on t
	timeErr  error

	reverseOnce sync.Once
	reverse     *graph.Plans[T] // t, y, θ, τ, v, w → wᵀ∂d/∂t, wᵀ∂d/∂y, wᵀ∂d/∂θ
	reverseErr  error
}

func (d *directional[T]) compileTime(fn *graph.Func) error {
	d.timeOnce.Do(func() {
		if fn = fn.Pure(); fn.DependsOn(0) {
			d.time, d.timeErr = plansOf[T](fn.JVP(0))
		}
	})
	return d.timeErr
}

func (d *directional[T]) compileReverse(fn *graph.Func) error {
	d.reverseOnce.Do(func() {
		d.reverse, d.reverseErr = plansOf[T](secondDerivative(fn.Pure()))
	})
	return d.reverseErr
}

// secondDerivative is t, y, θ, τ, v, w → wᵀ∂d/∂(t, y, θ).
func secondDerivative(fn *graph.Func) (*graph.Func, error) {
	d, err := fn.JVP(0, 1)
	if err != nil {
		return nil, err
	}
	if d, err = d.Select(1); err != nil {
		return nil, err
	}
	if d, err = d.VJP(); err != nil {
		return nil, err
	}
	wrt := make([]int, len(fn.Inputs()))
	for i := range wrt {
		wrt[i] = i
	}
	return d.Select(wrt...)
}

func plansOf[T graph.Float](fn *graph.Func, err error) (*graph.Plans[T], error) {
	if err != nil {
		return nil, err
	}
	return graph.NewPlans[T](fn)
}

// withDirectional gives sys, the field bound to θ, its TimeDerivative and its TangentVJP, for one goroutine. done gives their plans back.
func (c *compiled[T]) withDirectional(sys *solvers.System[T], theta [][]T) (done func()) {
	d := &c.directional
	var slope, reverse *graph.Plan[T]

	t, tau := make([]T, 1), make([]T, 1)
	in := append([][]T{t, nil}, theta...)
	var sin, sout [][]T
	sys.TimeDerivative = func(time float64, y, dfdt []T) error {
		if err := d.compileTime(c.fn); err != nil {
			return err
		}
		if d.time == nil {
			clear(dfdt)
			return nil
		}
		if slope == nil {
			slope = d.time.Get()
			sin, sout = append(append([][]T(nil), in...), []T{1}), [][]T{make([]T, c.dim), nil}
		}
		t[0], sin[1], sout[1] = T(time), y, dfdt
		return slope.Run(sin, sout)
	}

	var rin, rout [][]T
	var wt []T
	sys.TangentVJP = func(time float64, y []T, scale float64, v, w, wy, wtheta []T) (float64, error) {
		if reverse == nil {
			if err := d.compileReverse(c.fn); err != nil {
				return 0, err
			}
			reverse = d.reverse.Get()
			rin = append(append([][]T(nil), in...), tau, nil, nil)
			wt = make([]T, c.total)
			rout = [][]T{make([]T, 1), nil}
			for at, i := 0, 0; i < len(c.theta); at, i = at+c.theta[i], i+1 {
				rout = append(rout, wt[at:at+c.theta[i]])
			}
		}
		n := len(rin)
		t[0], tau[0], rin[1], rin[n-2], rin[n-1], rout[1] = T(time), T(scale), y, v, w, wy
		if err := reverse.Run(rin, rout); err != nil {
			return 0, err
		}
		for i, v := range wt {
			wtheta[i] += v
		}
		return float64(rout[0][0]), nil
	}
	return func() {
		if slope != nil {
			d.time.Put(slope)
		}
		if reverse != nil {
			d.reverse.Put(reverse)
		}
	}
}
