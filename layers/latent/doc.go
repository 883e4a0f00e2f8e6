// Package latent has latent ordinary differential equations: generative models of series with times of their own, of their
// own length and with gaps (Chen et al. 2018, Neural ordinary differential equations, section 5; Rubanova, Chen and
// Duvenaud 2019, Latent ordinary differential equations for irregularly-sampled time series).
//
//	z₀ ~ N(0, I),   dz/dt = f(z),   x_i ~ N(g(z(t_i)), σ²)
//
// A series is a state z₀ and what follows from it, so it can be asked for at any time from then on, also between and after
// what was observed. An Encoder reads a series and gives the normal distribution q(z₀) that stands for its posterior;
// both are trained together, by a bound of the likelihood.
//
//	in, err := series.NewInputs(g, tensor.Float64, shape)
//	cell, err := recurrent.NewGRU(rng, "gru", d, 25, recurrent.WithMask(), recurrent.WithElapsed())
//	encoder, err := latent.NewRecurrentEncoder(rng, "encoder", cell, 4)
//	model, err := latent.New("model", encoder, field, output, latent.WithSigma(0.3))
//	noise, err := latent.NewNoise(g, tensor.Float64, 1, shape.Batch, 4, seed)
//	seen := latent.From(in)
//	bound, err := model.Bound(seen, seen, noise.Node(), latent.Objective{})
//	loop := training.Loop{Cost: bound.Cost, Params: model.Params(), …} // Feed: in.Feed(batch), noise.Draw(step)
//
// # Times
//
// z₀ is the state at time 0, and times are counted from there; none is negative. Subtract what a series' clock showed then:
// the first time, or the beginning of a window that all series share.
//
// # Encoders
//
//	NewRecurrentEncoder   a cell that goes through the series backwards, to time 0: a GRU, or an ODE-RNN
//	NewAttentionEncoder   attention to the observations from reference times (Shukla and Marlin 2021)
//
// # Solving
//
// By default each interval between two times is n steps of the classical Runge–Kutta method, in one recurrence for the
// whole batch (graph.Scan): WithRK4 sets n. WithSolve has each path solved to a tolerance, with steps of its own and one
// solve from its first to its last time (odeop.SolveRowsAt), which is exact, and slower. Either way paths do not meet:
// what a series gives does not depend on the others of its batch, whatever the padding and the missing values hold.
//
// # What it is good for
//
// Interpolation decodes where it encodes; extrapolation encodes what [SplitAt] puts before a time and decodes what is
// after it. Model.Predict gives means and quantiles at any times, at those of missing values too (imputation), and
// Model.Generate draws new series. ClassLoss trains a layer that names a class, of a series by its z₀ or of a time by its
// state. WithIntensity makes the times of observations part of what is modelled, as a Poisson process.
package latent
