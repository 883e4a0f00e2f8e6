package odeop

import (
	"sync"

	"gorgonode/graph"
)

// derivatives are those of a field, each compiled when it is first wanted. All are without side effects, and so is pure.
// In them d = τ ∂f/∂t + (∂f/∂y) v, the derivative in the direction (τ, v), which Rosenbrock methods are made of.
type derivatives[T graph.Float] struct {
	pure        derivative[T] // t, y, θ → f
	reverse     derivative[T] // t, y, θ, w → f, wᵀ∂f/∂t, wᵀ∂f/∂y, wᵀ∂f/∂θ
	forward     derivative[T] // t, y, θ, v → f, (∂f/∂y) v
	time        derivative[T] // t, y, θ, τ → f, τ ∂f/∂t
	tangentVJP  derivative[T] // t, y, θ, τ, v, w → wᵀ∂d/∂t, wᵀ∂d/∂y, wᵀ∂d/∂θ
	transposed  derivative[T] // t, y, θ, w → f, (∂f/∂y)ᵀ w
	second      derivative[T] // t, y, θ, w, v, ω → the derivative of (∂f/∂y)ᵀ w along (v, ω)
	pushforward derivative[T] // t, y, θ, ṫ, v, θ̇ → f, that of f along (ṫ, v, θ̇)
}

// derivative is a function compiled once.
type derivative[T graph.Float] struct {
	once  sync.Once
	plans *graph.Plans[T]
	err   error
}

func (d *derivative[T]) compiled(build func() (*graph.Func, error)) (*graph.Plans[T], error) {
	d.once.Do(func() { d.plans, d.err = plansOf[T](build()) })
	return d.plans, d.err
}

// fn is the function once it is compiled.
func (d *derivative[T]) fn() *graph.Func { return d.plans.Func() }

func plansOf[T graph.Float](fn *graph.Func, err error) (*graph.Plans[T], error) {
	if err != nil {
		return nil, err
	}
	return graph.NewPlans[T](fn)
}

// pure is f without its side effects.
func (c *compiled[T]) pure() (*graph.Plans[T], error) {
	if !c.effects {
		return c.value, nil
	}
	return c.derivatives.pure.compiled(func() (*graph.Func, error) { return c.fn.Pure(), nil })
}

func (c *compiled[T]) reverse() (*graph.Plans[T], error) {
	return c.derivatives.reverse.compiled(func() (*graph.Func, error) { return c.fn.Pure().ValueVJP() })
}

func (c *compiled[T]) forward() (*graph.Plans[T], error) {
	return c.derivatives.forward.compiled(func() (*graph.Func, error) { return c.fn.Pure().JVP(1) })
}

func (c *compiled[T]) time() (*graph.Plans[T], error) {
	return c.derivatives.time.compiled(func() (*graph.Func, error) { return c.fn.Pure().JVP(0) })
}

func (c *compiled[T]) tangentVJP() (*graph.Plans[T], error) {
	return c.derivatives.tangentVJP.compiled(func() (*graph.Func, error) { return c.fn.Pure().TangentVJP(0, 1) })
}

func (c *compiled[T]) transposed() (*graph.Plans[T], error) {
	return c.derivatives.transposed.compiled(func() (*graph.Func, error) {
		vjp, err := c.fn.Pure().ValueVJP()
		if err != nil {
			return nil, err
		}
		return vjp.Select(0, 2)
	})
}

func (c *compiled[T]) second() (*graph.Plans[T], error) {
	return c.derivatives.second.compiled(func() (*graph.Func, error) {
		vjp, err := c.fn.Pure().VJP()
		if err == nil {
			vjp, err = vjp.Select(1)
		}
		if err == nil {
			vjp, err = vjp.JVP(1, len(vjp.Inputs())-1)
		}
		if err != nil {
			return nil, err
		}
		return vjp.Select(1)
	})
}

func (c *compiled[T]) pushforward() (*graph.Plans[T], error) {
	return c.derivatives.pushforward.compiled(func() (*graph.Func, error) { return c.fn.Pure().JVP() })
}

// loans are plans in use, to be given back together.
type loans[T graph.Float] struct{ undo []func() }

func (l *loans[T]) take(plans *graph.Plans[T]) *graph.Plan[T] {
	plan := plans.Get()
	l.undo = append(l.undo, func() { plans.Put(plan) })
	return plan
}

func (l *loans[T]) done() {
	for _, f := range l.undo {
		f()
	}
	l.undo = nil
}
