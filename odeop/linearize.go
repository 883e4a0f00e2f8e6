package odeop

import (
	"sync"
	"sync/atomic"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// linearization is the reverse derivative of a field in two halves (graph.Func.Linearize), with which a backward pass
// over an explicit step evaluates the field once a stage, or not at all where the forward pass has. A field that cannot
// be taken apart has none, and its replay evaluates it twice.
type linearization[T graph.Float] struct {
	once    sync.Once
	forward *graph.Plans[T] // t, y, θ → f, residuals
	reverse *graph.Plans[T] // t, y, θ, residuals, w → wᵀ∂f/∂t, wᵀ∂f/∂y, wᵀ∂f/∂θ; nil: there is none
	kept    []int           // sizes of what is kept of a point: t, y, residuals

	mu sync.Mutex
	// as many as were in use at one time, the newest last: a collection would empty a sync.Pool before each run
	idle []*points[T]
}

func (l *linearization[T]) compile(fn *graph.Func) {
	l.once.Do(func() {
		forward, reverse, err := fn.Pure().Linearize()
		if err != nil {
			return
		}
		l.kept = []int{1, fn.Inputs()[1].Shape.TotalSize()}
		for _, shape := range forward.Outputs()[1:] {
			l.kept = append(l.kept, shape.TotalSize())
		}
		if l.forward, err = graph.NewPlans[T](forward); err != nil {
			return
		}
		if l.reverse, err = graph.NewPlans[T](reverse); err != nil {
			l.reverse = nil
		}
	})
}

// points are where a field is linearized, by slot: memory that one pass after the other uses, each alone.
type points[T graph.Float] struct {
	of      *compiled[T]
	at      []point[T]
	forward *graph.Plan[T]
	reverse *graph.Plan[T]
	theta   [][]T
	wtheta  []T
	grads   [][]T // wᵀ∂f/∂t, wᵀ∂f/∂y, and wtheta in parts
}

// point is what a slot keeps, as the arguments of both halves.
type point[T graph.Float] struct {
	in  [][]T // t, y, θ, residuals, w
	out [][]T // f, residuals
}

// linearizes reports whether the field can be taken apart.
func (c *compiled[T]) linearizes() bool {
	c.linearized.compile(c.fn)
	return c.linearized.reverse != nil
}

// withLinearization gives sys the two halves, for one goroutine. done gives back the points that it has used.
func (c *compiled[T]) withLinearization(sys *solvers.System[T], theta [][]T) (done func()) {
	if !c.linearizes() {
		return func() {}
	}
	var p *points[T]
	sys.Linearize = func(slot int, t float64, y, dydt []T) error {
		if p == nil {
			p = c.points()
			p.bind(theta)
		}
		return p.linearize(slot, t, y, dydt)
	}
	sys.Pullback = func(slot int, w, wy, wt []T) (float64, error) { return p.pullback(slot, w, wy, wt) }
	return func() {
		p.release()
		p.giveBack()
	}
}

// points takes some that are idle, or makes them.
func (c *compiled[T]) points() *points[T] {
	l := &c.linearized
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.idle); n > 0 {
		p := l.idle[n-1]
		l.idle = l.idle[:n-1]
		return p
	}
	p := &points[T]{of: c, wtheta: make([]T, c.total)}
	p.grads = append([][]T{make([]T, 1), nil}, c.split(p.wtheta)...)
	return p
}

// giveBack makes points idle.
func (p *points[T]) giveBack() {
	if p != nil {
		l := &p.of.linearized
		l.mu.Lock()
		defer l.mu.Unlock()
		l.idle = append(l.idle, p)
	}
}

// bind lets the points be used at θ, until release.
func (p *points[T]) bind(theta [][]T) {
	l := &p.of.linearized
	p.forward, p.reverse, p.theta = l.forward.Get(), l.reverse.Get(), theta
	for _, q := range p.at {
		copy(q.in[2:], theta)
	}
}

// release ends what bind began. The points stay.
func (p *points[T]) release() {
	if p != nil {
		p.of.linearized.forward.Put(p.forward)
		p.of.linearized.reverse.Put(p.reverse)
		p.forward, p.reverse = nil, nil
	}
}

func (p *points[T]) linearize(slot int, time float64, y, dydt []T) error {
	for len(p.at) <= slot {
		p.grow()
	}
	q := &p.at[slot]
	q.in[0][0], q.out[0] = T(time), dydt
	copy(q.in[1], y)
	return p.forward.Run(q.in[:2+len(p.theta)], q.out)
}

func (p *points[T]) pullback(slot int, w, wy, wt []T) (float64, error) {
	q := &p.at[slot]
	q.in[len(q.in)-1], p.grads[1] = w, wy
	if err := p.reverse.Run(q.in, p.grads); err != nil {
		return 0, err
	}
	accumulate(wt, p.wtheta)
	return float64(p.grads[0][0]), nil
}

// blockSize is about how many numbers points are made for at once.
const blockSize = 1 << 13

// line is how many numbers a cache line has at least; what a point keeps begins at a multiple.
const line = 16

// size is how many numbers a point takes.
func (l *linearization[T]) size() (n int) {
	for _, k := range l.kept {
		n += (k + line - 1) / line * line
	}
	return n
}

// grow makes further points, no more than there are.
func (p *points[T]) grow() {
	l, parts := &p.of.linearized, len(p.theta)
	size := l.size()
	n := max(1, min(len(p.at), blockSize/size))
	flat := make([]T, n*size)
	heads := make([][]T, n*(2*len(l.kept)+parts))
	for range n {
		q := point[T]{}
		q.in, heads = heads[:len(l.kept)+parts+1:len(l.kept)+parts+1], heads[len(l.kept)+parts+1:]
		q.out, heads = heads[:len(l.kept)-1:len(l.kept)-1], heads[len(l.kept)-1:]
		copy(q.in[2:], p.theta)
		for i, k := range l.kept {
			v := flat[:k:k]
			flat = flat[(k+line-1)/line*line:]
			if i < 2 {
				q.in[i] = v
			} else {
				q.in[parts+i], q.out[i-1] = v, v
			}
		}
		p.at = append(p.at, q)
	}
}

// keep lets a solve with a tape linearize the field at the stages of its steps, and keep so many bytes of that. nil: it
// doesn't.
func (c *compiled[T]) keep(sys *solvers.System[T], theta [][]T, memory int) *points[T] {
	if c.effects || memory <= 0 || !c.linearizes() {
		return nil
	}
	p, l := c.points(), &c.linearized
	sys.Keep = memory / ((l.size()+c.dim)*bytesOf[T]() + 3*8*(2*len(l.kept)+len(theta)))
	p.bind(theta)
	sys.Linearize, sys.Pullback = p.linearize, p.pullback
	return p
}

// bytesOf is the size of a number.
func bytesOf[T graph.Float]() int {
	var x T
	if _, single := any(x).(float32); single {
		return 4
	}
	return 8
}

// withPoints is what a forward pass hands to the backward pass: what its mode wants back, and the points that it has
// kept, for the first backward pass that asks.
type withPoints[T graph.Float] struct {
	state  any
	points atomic.Pointer[points[T]]
}

// with adds the points to what a mode wants back.
func (p *points[T]) with(state any) any {
	if p == nil || state == nil {
		p.giveBack()
		return state
	}
	r := &withPoints[T]{state: state}
	r.points.Store(p)
	return r
}

// recall takes it apart, and gives sys, with θ as it was, the points that the forward pass has kept; done gives them back.
func recall[T graph.Float](state any, sys *solvers.System[T], theta [][]T) (_ any, done func()) {
	r, ok := state.(*withPoints[T])
	if !ok {
		return state, func() {}
	}
	p := r.points.Swap(nil)
	if p == nil {
		return r.state, func() {}
	}
	p.bind(theta)
	sys.Linearize, sys.Pullback, sys.Keep = p.linearize, p.pullback, len(p.at)
	return r.state, func() {
		p.release()
		p.giveBack()
	}
}
