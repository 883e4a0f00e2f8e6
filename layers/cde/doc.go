// Package cde has neural controlled differential equations: models of irregular series that are driven by a path through
// the observations (Kidger et al. 2020, Neural controlled differential equations for irregular time series),
//
//	z(0) = ζ(X(0)),   dz = f(z) dX(s)
//
// where f(z) is a matrix of shape (hidden, channels), a network's output.
//
// # From a series to a path
//
// NewPath turns the observations of one series, with gaps and times of its own, into a path X of piecewise polynomials.
// Time is a channel of it, and the solution does not depend on the pace at which a path is walked: that is what makes
// ragged batches cheap. All paths are parametrised by s, knot i standing at s = i, whatever its time is; a series that
// has ended stands still, so that its state does. Stack makes a Control, the batch, of several paths.
//
//	path, err := cde.NewPath(times, values, cde.Options{Interpolation: cde.Hermite, Intensity: true})
//	control, err := cde.Stack(paths, 0)
//	x, err := control.Nodes(g, tensor.Float64)
//	model, err := cde.New(rng, "cde", control.Channels(), 32)
//	z, err := model.Forward(x)                             // (batch, 32), the state of every series at its end
//
// A long series is made short by Path.LogSignatures, the log-ODE method (Morrill et al. 2021, Neural rough differential
// equations for long time series).
//
// # How it is solved
//
// A recurrence walks from knot to knot, all in one Op (graph.Scan). By default it takes constant steps: rows do not
// meet, and a series gives the same digits alone as in a batch. WithAdaptive has odeop control the error between two
// knots, and WithRows does so for each row by itself.
package cde
