package odeop

import "gorgonode/graph"

// beside is a function of t, y and θ beside the field, such as that of an event, ready to run.
type beside[T graph.Float] struct {
	fn    *graph.Func // lifted
	theta []int       // which entries of θ its further inputs are
	at    []int       // and where they begin in it
	size  int         // of the value
	value *graph.Plans[T]

	derivative derivative[T] // t, y, θ, w → wᵀ∂f/∂t, wᵀ∂f/∂y, wᵀ∂f/∂θ
}

// compileBeside compiles a function whose args are the first of θ. params says where each of θ's parameters is, and at where
// the entries of θ begin.
func compileBeside[T graph.Float](fn *graph.Func, params map[*graph.Param]int, at []int) (*beside[T], error) {
	fn = fn.Pure() // it is evaluated however often a search wants it
	c := &beside[T]{fn: fn.Lift(), size: fn.Outputs()[0].TotalSize()}
	for i := range fn.Inputs()[2:] {
		c.theta = append(c.theta, i)
	}
	for _, p := range fn.Params() {
		c.theta = append(c.theta, params[p])
	}
	for _, i := range c.theta {
		c.at = append(c.at, at[i])
	}
	var err error
	c.value, err = graph.NewPlans[T](c.fn)
	return c, err
}

func (c *beside[T]) reverse() (*graph.Plans[T], error) { return c.derivative.compiled(c.fn.VJP) }

// differentiable reports why the function has no gradient.
func (c *beside[T]) differentiable() error {
	_, err := c.reverse()
	return err
}

// attached is a beside at work, for one goroutine at a time. Its θ changes from pass to pass.
type attached[T graph.Float] struct {
	*beside[T]
	loans[T]
	role           string // what it is, for errors
	theta          *[][]T
	t, wt          [1]T
	value, reverse *graph.Plan[T]
	in, out        [][]T
	wtheta         [][]T
	seen           func(fn *graph.Func, t float64, in, out [][]T) // is shown every evaluation; nil: nobody looks
}

func (c *beside[T]) attach(role string, theta *[][]T) *attached[T] {
	return &attached[T]{beside: c, role: role, theta: theta}
}

// inputs are t, y and θ.
func (b *attached[T]) inputs(t float64, y []T) [][]T {
	b.t[0] = T(t)
	b.in = append(b.in[:0], b.t[:], y)
	for _, i := range b.beside.theta {
		b.in = append(b.in, (*b.theta)[i])
	}
	return b.in
}

// run writes the value.
func (b *attached[T]) run(t float64, y, dst []T) error {
	if b.value == nil {
		b.value = b.take(b.beside.value)
	}
	b.out = append(b.out[:0], dst)
	return b.evaluate(b.value, b.fn, t, b.inputs(t, y))
}

func (b *attached[T]) evaluate(p *graph.Plan[T], fn *graph.Func, t float64, in [][]T) error {
	err := p.Run(in, b.out)
	if err == nil && b.seen != nil {
		b.seen(fn, t, in, b.out)
	}
	return err
}

// vjp writes wᵀ∂f/∂y to wy, adds wᵀ∂f/∂θ to wtheta and returns wᵀ∂f/∂t.
func (b *attached[T]) vjp(t float64, y, w, wy, wtheta []T) (float64, error) {
	if b.reverse == nil {
		plans, err := b.beside.reverse()
		if err != nil {
			return 0, err
		}
		b.reverse = b.take(plans)
		for _, in := range b.fn.Inputs()[2:] {
			b.wtheta = append(b.wtheta, make([]T, in.Shape.TotalSize()))
		}
	}
	b.in = append(b.inputs(t, y), w)
	b.out = append(append(b.out[:0], b.wt[:], wy), b.wtheta...)
	if err := b.evaluate(b.reverse, b.derivative.fn(), t, b.in); err != nil {
		return 0, err
	}
	for i, part := range b.wtheta {
		accumulate(wtheta[b.at[i]:], part)
	}
	return float64(b.wt[0]), nil
}

// release gives the plans back.
func (b *attached[T]) release() {
	b.done()
	b.value, b.reverse, b.wtheta = nil, nil, nil
}
