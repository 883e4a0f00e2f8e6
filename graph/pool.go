package graph

import "sync"

// Plans hands out compiled plans of one function to goroutines: as many exist as were in use at one time.
type Plans[T Float] struct {
	fn *Func

	mu    sync.Mutex
	first *Plan[T]
	idle  []*Plan[T]
}

// NewPlans compiles f once, so that an error shows here.
func NewPlans[T Float](f *Func) (*Plans[T], error) {
	p, err := Compile[T](f)
	if err != nil {
		return nil, err
	}
	return &Plans[T]{fn: f, first: p, idle: []*Plan[T]{p}}, nil
}

// Func is the function of the plans.
func (ps *Plans[T]) Func() *Func { return ps.fn }

// Get takes a plan for one goroutine; Put gives it back.
func (ps *Plans[T]) Get() *Plan[T] {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if n := len(ps.idle); n > 0 {
		p := ps.idle[n-1]
		ps.idle = ps.idle[:n-1]
		return p
	}
	return ps.first.Clone()
}

// Put gives back a plan that Get handed out.
func (ps *Plans[T]) Put(p *Plan[T]) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.idle = append(ps.idle, p)
}

// Run evaluates on a plan of the pool.
func (ps *Plans[T]) Run(in, out [][]T) error {
	p := ps.Get()
	defer ps.Put(p)
	return p.Run(in, out)
}
