package sdeop

import "github.com/pkg/errors"

// GradientMode is Backprop or Reversible.
type GradientMode interface{ check() error }

// Backprop keeps the states and differentiates the steps, the last first: exact for the numbers computed and the noise
// given.
type Backprop struct {
	// Every is k where each k-th state alone is kept, and those between are computed again: for n steps √n makes memory
	// least, at one more forward pass. 0 is 1, all states.
	Every int
}

func (b Backprop) check() error {
	if b.Every < 0 {
		return errors.Errorf("sdeop: backprop: every %dth state: it must not be negative", b.Every)
	}
	return nil
}

// Reversible keeps the last state and undoes the steps, for ReversibleHeun: memory does not grow with the steps but for
// their times.
type Reversible struct{}

func (Reversible) check() error { return nil }
