// Package sde has the noise of stochastic differential equations: Brownian motion that can be asked for at any times,
// in any order, any number of times, and is the same path for the same seed whatever steps are taken.
//
//	w, err := sde.NewBrownian(dim, 0, 1, sde.Options{Seed: 7})
//	err = w.Increment(0.25, 0.5, dw, nil)     // W(0.5) − W(0.25)
//
// A path is a function of its seed and its number alone: nothing is stored but the way down to the newest time, whose
// length the resolution bounds, and nothing recurses. So a rejected step, a backward pass and a solve with half the
// step see one path. Package odeop/sdeop solves with it.
package sde
