package odeop

import (
	"slices"
	"sync"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// linearization is the reverse derivative of a field in two halves (graph.Func.Linearize), with which the replay of an explicit step
// evaluates the field once a stage. A field that cannot be taken apart has none, and its replay evaluates it twice.
type linearization[T graph.Float] struct {
	once      sync.Once
	forward   *graph.Plans[T] // t, y, θ → f, residuals
	reverse   *graph.Plans[T] // t, y, θ, residuals, w → wᵀ∂f/∂t, wᵀ∂f/∂y, wᵀ∂f/∂θ; nil: there is none
	residuals []int           // sizes
}

func (l *linearization[T]) compile(fn *graph.Func) {
	l.once.Do(func() {
		forward, reverse, err := fn.Pure().Linearize()
		if err != nil {
			return
		}
		for _, shape := range forward.Outputs()[1:] {
			l.residuals = append(l.residuals, shape.TotalSize())
		}
		if l.forward, err = graph.NewPlans[T](forward); err != nil {
			return
		}
		if l.reverse, err = graph.NewPlans[T](reverse); err != nil {
			l.reverse = nil
		}
	})
}

// point is what a slot keeps: where the field was evaluated, and the residuals. It has plans of its own, which see the same arrays
// again at every step, and then needn't look whether these overlap.
type point[T graph.Float] struct {
	in  [][]T // t, y, θ, residuals, w
	out [][]T // f, residuals

	forward, reverse *graph.Plan[T]
}

// withLinearization gives sys the two halves, for one goroutine.
func (c *compiled[T]) withLinearization(sys *solvers.System[T], theta [][]T) (done func()) {
	l := &c.linearized
	l.compile(c.fn)
	if l.reverse == nil {
		return func() {}
	}
	var slots []*point[T]
	wtheta := make([]T, c.total)
	grads := [][]T{make([]T, 1), nil}
	for at, i := 0, 0; i < len(c.theta); at, i = at+c.theta[i], i+1 {
		grads = append(grads, wtheta[at:at+c.theta[i]])
	}
	sys.Linearize = func(slot int, time float64, y, dydt []T) error {
		for len(slots) <= slot {
			slots = append(slots, c.point(theta))
		}
		p := slots[slot]
		p.in[0][0], p.out[0] = T(time), dydt
		copy(p.in[1], y)
		return p.forward.Run(p.in[:2+len(theta)], p.out)
	}
	sys.Pullback = func(slot int, w, wy, wt []T) (float64, error) {
		p := slots[slot]
		p.in[len(p.in)-1], grads[1] = w, wy
		if err := p.reverse.Run(p.in, grads); err != nil {
			return 0, err
		}
		accumulate(wt, wtheta)
		return float64(grads[0][0]), nil
	}
	return func() {
		for _, p := range slots {
			l.forward.Put(p.forward)
			l.reverse.Put(p.reverse)
		}
	}
}

func (c *compiled[T]) point(theta [][]T) *point[T] {
	p := &point[T]{forward: c.linearized.forward.Get(), reverse: c.linearized.reverse.Get()}
	p.in, p.out = slices.Concat([][]T{make([]T, 1), make([]T, c.dim)}, theta), [][]T{nil}
	for _, n := range c.linearized.residuals {
		r := make([]T, n)
		p.in, p.out = append(p.in, r), append(p.out, r)
	}
	p.in = append(p.in, nil)
	return p
}
