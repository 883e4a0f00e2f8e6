package nodeop

import (
	"slices"
	"sync"
)

// remembered is how many outputs keep their states: as many runs of one Op can be between their forward and their
// backward pass at a time, each in a clone of the graph. With more, some recompute.
const remembered = 8

// states hands the states of the forward passes to the backward passes, through the identity of the output's memory. An
// entry refers to that memory, which therefore cannot be given to another output while it is listed.
type states struct {
	mu      sync.Mutex
	entries []entry // oldest first

	// gradients is how many gradient Ops there are, and lisp whether there was a backward pass without one.
	gradients int
	lisp      bool
}

type entry struct {
	output any // see identity
	state  any
}

func (s *states) want() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gradients++
}

func (s *states) wantInBackwardPass() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lisp = true
}

func (s *states) wanted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gradients > 0 || s.lisp
}

func (s *states) put(output, state any) {
	if state == nil || output == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	keep := remembered
	if s.gradients == 0 && !s.lisp {
		// Most likely nobody will ever ask: don't hold several tapes of an evaluation.
		keep = 1
	}
	if drop := len(s.entries) + 1 - keep; drop > 0 {
		s.entries = slices.Delete(s.entries, 0, drop) // clears what it leaves behind
	}
	s.entries = append(s.entries, entry{output, state})
}

// take returns the state of an output, or nil. The state leaves the list unless another gradient Op of the same graph
// may come for it.
func (s *states) take(output any) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range s.entries {
		if e.output != output {
			continue
		}
		if s.gradients <= 1 {
			s.entries = slices.Delete(s.entries, i, i+1)
		}
		return e.state
	}
	return nil
}
