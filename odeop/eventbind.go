package odeop

import (
	"gorgonode/graph"
	"gorgonode/solvers"
)

// binding are the functions of the events of one run. A tape keeps them, and its backward pass gives them its own θ: that of
// the forward pass is the machine's.
type binding[T graph.Float] struct {
	theta [][]T
	all   []*attached[T]
}

// bind gives the solver its events.
func (h *hybrid[T]) bind(theta [][]T) (*binding[T], []solvers.Event[T]) {
	b := &binding[T]{theta: theta}
	bind := func(role string, c *beside[T]) *attached[T] {
		f := c.attach(role, &b.theta)
		b.all = append(b.all, f)
		return f
	}
	var events []solvers.Event[T]
	one, value := []T{1}, make([]T, 1)
	for i, e := range h.events {
		when := bind(e.label(i)+": when", e.when)
		s := solvers.Event[T]{Name: e.Name, Direction: e.Direction, Terminal: e.Terminal, Count: e.Count, Samples: e.Samples}
		s.G = func(t float64, y []T) (float64, error) {
			err := when.run(t, y, value)
			return float64(value[0]), err
		}
		s.Gradient = func(t float64, y, gy, gtheta []T) (float64, error) { return when.vjp(t, y, one, gy, gtheta) }
		if e.jump != nil {
			jump := bind(e.label(i)+": map", e.jump)
			s.Map, s.MapVJP = jump.run, jump.vjp
		}
		events = append(events, s)
	}
	return b, events
}

func (b *binding[T]) release() {
	for _, f := range b.all {
		f.release()
	}
	b.theta = nil
}
