package sdeop

import (
	"slices"
	"sync"

	"gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// compiled is a step ready to run. Its inputs are t, h, the states (y, and z for a reversible method), the motions (ΔW,
// and H with Lévy areas), and θ: args and parameters.
type compiled[T graph.Float] struct {
	fn      *graph.Func // lifted; outputs are the states and, if the method is adaptive, the error
	params  []*graph.Param
	states  int
	motions int
	forward *graph.Plans[T]

	once    sync.Once
	reverse *graph.Plans[T] // the inputs and cotangents of the states → those of the states and of θ
	err     error

	undoing sync.Once
	back    *graph.Plans[T] // the inputs, with the states after the step and parameters in an order of their own → the states before it
	order   []int           // which of the step's inputs they are
	backErr error
}

// inputs of the step before θ.
func (c *compiled[T]) inputs() int { return 2 + c.states + c.motions }

func compile[T graph.Float](p *problem) (*compiled[T], error) {
	info := p.method.Info()
	c := &compiled[T]{states: 1, motions: 1}
	if info.Reversible {
		c.states = 2
	}
	if info.LevyArea {
		c.motions = 2
	}
	fn, err := p.traceStep(c, p.method.step, p.rtol > 0)
	if err != nil {
		return nil, err
	}
	c.params = fn.Params()
	c.fn = fn.Lift() // which keeps the order of the parameters
	c.forward, err = graph.NewPlans[T](c.fn)
	return c, err
}

// traceStep traces what writes a step.
func (p *problem) traceStep(
	c interface{ inputs() int }, write func(*formula, *gorgonia.Node, *gorgonia.Node) step, estimate bool,
) (*graph.Func, error) {
	info, y := p.method.Info(), p.y0.Shape()
	specs := []graph.Spec{graph.Input("t", p.dtype), graph.Input("h", p.dtype), graph.Input("y", p.dtype, y...)}
	if info.Reversible {
		specs = append(specs, graph.Input("z", p.dtype, y...))
	}
	specs = append(specs, graph.Input("ΔW", p.dtype, p.batch, p.motions))
	if info.LevyArea {
		specs = append(specs, graph.Input("H", p.dtype, p.batch, p.motions))
	}
	fn, err := graph.Trace(func(in ...*gorgonia.Node) (gorgonia.Nodes, error) {
		s := &formula{problem: p, t: in[0], h: in[1], in: in[c.inputs():]}
		y, rest := in[2], in[3:c.inputs()]
		var z *gorgonia.Node
		if info.Reversible {
			z, rest = rest[0], rest[1:]
		}
		s.dw = rest[0]
		if info.LevyArea {
			s.dh = rest[1]
		}
		next := write(s, y, z)
		if s.err != nil {
			return nil, s.err
		}
		out := gorgonia.Nodes{next.y}
		if info.Reversible {
			out = append(out, next.z)
		}
		if estimate {
			out = append(out, next.err)
		}
		return out, nil
	}, append(specs, p.argSpecs()...)...)
	if err != nil {
		return nil, err
	}
	return fn.Named(p.name + ": " + p.method.Name()).Pure(), nil
}

// differentiated compiles the reverse derivative when it is first wanted.
func (c *compiled[T]) differentiated() (*graph.Plans[T], error) {
	c.once.Do(func() {
		states := make([]int, c.states)
		for i := range states {
			states[i] = i
		}
		var fn *graph.Func
		if fn, c.err = c.fn.Select(states...); c.err != nil {
			return
		}
		if fn, c.err = fn.VJP(); c.err != nil {
			return
		}
		for i := range c.states {
			states[i] = 2 + i
		}
		for i := c.inputs(); i < len(c.fn.Inputs()); i++ {
			states = append(states, i)
		}
		if fn, c.err = fn.Select(states...); c.err == nil {
			c.reverse, c.err = graph.NewPlans[T](fn)
		}
	})
	return c.reverse, c.err
}

// undone compiles the way back.
func (c *compiled[T]) undone(p *problem) (*graph.Plans[T], error) {
	c.undoing.Do(func() {
		fn, err := p.traceStep(c, ReversibleHeun{}.back, false)
		if err != nil {
			c.backErr = err
			return
		}
		before := len(c.fn.Inputs()) - len(c.params)
		for i := range before {
			c.order = append(c.order, i)
		}
		for _, param := range fn.Params() {
			c.order = append(c.order, before+slices.Index(c.params, param))
		}
		c.back, c.backErr = graph.NewPlans[T](fn.Lift())
	})
	return c.back, c.backErr
}
