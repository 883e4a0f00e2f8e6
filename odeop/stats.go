package odeop

import (
	"sync"

	"gorgonode/solvers"
)

// Stats holds the statistics of the newest run of a solve that it was given to with Record. The zero value is ready. It
// may be read while the graph runs. Of several solves that it was given to, or of clones of a graph that run at once, it
// holds whichever wrote last.
type Stats struct {
	mu                sync.Mutex
	forward, backward solvers.Stats
	status            solvers.Status
}

// Forward counts the work of the newest forward solve.
func (s *Stats) Forward() solvers.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forward
}

// Backward counts the work of the newest run's backward pass, a forward solve that had to be repeated for it included. It
// is zero as long as there was none.
func (s *Stats) Backward() solvers.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.backward
}

// Status is how the newest forward solve ended.
func (s *Stats) Status() solvers.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

func (s *Stats) setForward(w solvers.Stats, st solvers.Status) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forward, s.backward, s.status = w, solvers.Stats{}, st
}

func (s *Stats) setBackward(w solvers.Stats) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backward = w
}
