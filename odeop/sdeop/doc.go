// Package sdeop solves stochastic differential equations inside of Gorgonia graphs, with gradients.
//
//	dy = f(t, y) dt + g(t, y) dW    (Itô)        or      dy = f(t, y) dt + g(t, y) ∘ dW    (Stratonovich)
//
// for a batch y of shape (B, d), each row with a Brownian motion of its own:
//
//	model := sdeop.SDE{Drift: f, Diffusion: g, Noise: sdeop.Diagonal, Calculus: sdeop.Stratonovich}
//	ys, err := sdeop.Solve(model, y0, []float64{0, 0.5, 1}, sdeop.Method(sdeop.Heun{}), sdeop.Step(0.01), sdeop.Seed(7))
//	// (3, B, d); gorgonia.Grad flows to y0, to the parameters of f and g, to Args and to PieceArgs, which change at the times
//
// Drift and diffusion are odeop.Fields. A method is written once, as one step in Gorgonia's nodes (methods.go); the step is
// traced, compiled, and differentiated as a whole, so that a new method takes some lines, and its gradient is exact.
//
// # Noise
//
// The path is a function of the seed, of the number given by Path and of the shape of the noise, and the same for all
// steps and methods that need no Lévy areas, and for all that do (package solvers/sde). So a solve with half the step
// sees the same path, a rejected step leaves no bias, and the backward pass asks for the noise again instead of keeping
// it. Path is a node: a training loop counts it up to see new noise. With Streams a row has the noise of a number that
// it is given, at any place of any batch. The noise is resolved to 2⁻²⁰ of the whole time, or with Streams of that
// between two times; steps that are shorter are refused.
//
// # Gradients
//
// Backprop keeps the states of all steps, or every k-th, and is exact for the numbers computed, at given noise.
// Reversible, for ReversibleHeun, keeps the last alone and steps back (Kidger et al. 2021, Efficient and accurate
// gradients for neural SDEs); it is exact but for the rounding of the way back.
package sdeop
