package odeop

import (
	"slices"

	"gorgonode/graph"
)

// atTheta has those derivatives that a system has not, at a value of θ, for one goroutine. done gives its plans back.
type atTheta[T graph.Float] struct {
	c  *compiled[T]
	t  []T
	in [][]T // t, y, θ
	loans[T]

	look func(fn *graph.Func, t float64, in, out [][]T) // is shown every evaluation; nil: nobody looks

	transposed, second, pushforward *call[T]
	tdot                            []T
	thetadot                        [][]T
}

// call is a plan with its arguments.
type call[T graph.Float] struct {
	plan    *graph.Plan[T]
	in, out [][]T
	fn      *graph.Func
	look    func(fn *graph.Func, t float64, in, out [][]T)
}

func (c *compiled[T]) bind(theta [][]T) *atTheta[T] {
	t := make([]T, 1)
	return &atTheta[T]{c: c, t: t, in: append([][]T{t, nil}, theta...)}
}

// begin makes a call of plans, with room for further inputs after t, y and θ.
func (b *atTheta[T]) begin(plans *graph.Plans[T], err error, inputs, outputs int) (*call[T], error) {
	if err != nil {
		return nil, err
	}
	c := &call[T]{plan: b.take(plans), in: append(slices.Clone(b.in), make([][]T, inputs)...), out: make([][]T, outputs)}
	c.fn, c.look = plans.Func(), b.look
	return c, nil
}

func (c *call[T]) run(t float64, y []T) error {
	c.in[0][0], c.in[1] = T(t), y
	err := c.plan.Run(c.in, c.out)
	if err == nil && c.look != nil {
		c.look(c.fn, t, c.in, c.out)
	}
	return err
}

// backwards writes f to dydt and (∂f/∂y)ᵀ w to wy. dydt is room for it where f isn't wanted.
func (b *atTheta[T]) backwards(t float64, y, w, dydt, wy []T) error {
	c := b.transposed
	if c == nil {
		plans, err := b.c.transposed()
		if c, err = b.begin(plans, err, 1, 2); err != nil {
			return err
		}
		b.transposed = c
	}
	c.in[len(c.in)-1], c.out[0], c.out[1] = w, dydt, wy
	return c.run(t, y)
}

// twice writes the derivative of (∂f/∂y)ᵀ w along (v, ω) of (y, w) to dst.
func (b *atTheta[T]) twice(t float64, y, w, v, omega, dst []T) error {
	c := b.second
	if c == nil {
		plans, err := b.c.second()
		if c, err = b.begin(plans, err, 3, 1); err != nil {
			return err
		}
		b.second = c
	}
	n := len(b.in)
	c.in[n], c.in[n+1], c.in[n+2], c.out[0] = w, v, omega, dst
	return c.run(t, y)
}

// along writes f to dydt and its derivative along v of y, with b.tdot and b.thetadot of t and θ, to dst.
func (b *atTheta[T]) along(t float64, y, v, dydt, dst []T) error {
	c := b.pushforward
	if c == nil {
		plans, err := b.c.pushforward()
		if c, err = b.begin(plans, err, len(b.in), 2); err != nil {
			return err
		}
		n := len(b.in)
		c.in[n] = b.tdot
		copy(c.in[n+2:], b.thetadot)
		b.pushforward = c
	}
	c.in[len(b.in)+1], c.out[0], c.out[1] = v, dydt, dst
	return c.run(t, y)
}

// directions makes b.tdot and b.thetadot, zero at first.
func (b *atTheta[T]) directions() {
	b.tdot = make([]T, 1)
	for _, v := range b.in[2:] {
		b.thetadot = append(b.thetadot, make([]T, len(v)))
	}
}
