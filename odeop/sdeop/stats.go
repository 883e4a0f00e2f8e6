package sdeop

import "sync"

// Stats counts the steps of the newest run of a solve that it was given to with Record. The zero value is ready.
type Stats struct {
	mu                 sync.Mutex
	accepted, rejected int
}

// Steps is how many steps were accepted and rejected.
func (s *Stats) Steps() (accepted, rejected int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted, s.rejected
}

func (s *Stats) set(accepted, rejected int) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted, s.rejected = accepted, rejected
}
