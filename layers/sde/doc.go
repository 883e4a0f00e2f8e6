// Package sde has models whose dynamics are stochastic differential equations with networks in them, solved by package
// odeop/sdeop.
//
// # Latent SDE
//
// A Latent explains series by a hidden state z that follows a prior equation, and infers z by a posterior equation with the
// same diffusion (Li, Wong, Chen and Duvenaud 2020, Scalable gradients for stochastic differential equations, section 5):
//
//	prior       dz = h(z) dt + g(z) dW,          z(t₀) ~ N(m, s²)
//	posterior   dz = f(z, c, τ) dt + g(z) dW,    z(t₀) ~ N(μ, σ²),    μ, σ and the context c from an encoder of the series
//	data        x ~ N(decoder(z), r²), or Laplace
//
// It is trained on the evidence lower bound, whose Kullback–Leibler divergence between the two laws of paths is an integral
// along the solution, see SolveWithKL. After that it draws paths of the prior, which look like the data, and of the
// posterior, which go through the data and say how sure they are between and behind them.
//
//	model, err := sde.NewLatent(rng, "latent", sde.LatentConfig{Channels: 1, State: 2, Solve: []sdeop.Option{sdeop.Step(0.05)}})
//	terms, err := model.Loss(sde.Observations{Times: times, Values: x, Mask: mask}, sde.Draw{Seed: 1, Path: step}, klWeight)
//	loop := training.Loop{Cost: terms.Loss, Params: model.Params(), …}
//
// Series have times, gaps and lengths of their own, as a series.Batch has them, and no union of their times is made: while
// the solve goes from k to k+1, each series goes from its k-th row to the next in Substeps steps (see the type pieces). A
// series has the same numbers alone as in any batch, if Draw.Streams says whose noise is whose. Predict, Sample and
// Generate are for a trained model: imputation, forecast and new series.
//
//	in, err := series.NewInputs(g, tensor.Float64, shape)
//	terms, err := model.Loss(sde.From(in), sde.Draw{Seed: 1, Path: step}, klWeight) // in.Feed(batch)
//	p, err := model.Predict(batch, times, latent.PredictOptions{Quantiles: []float64{0.05, 0.95}})
//
// # SDE-GAN
//
// A Generator turns initial noise and a Brownian motion into paths, and a Discriminator, a controlled differential equation
// that is driven by a path, tells generated paths from real ones by a Wasserstein distance (Kidger, Foster, Li, Oberhauser
// and Lyons 2021, Neural SDEs as infinite-dimensional GANs). ClipLipschitz after each step keeps the discriminator
// Lipschitz, as the distance wants (Kidger, Foster, Li and Lyons 2021, Efficient and accurate gradients for neural SDEs,
// section 5). A training.Loop lets both sides move at once, by one gradient:
//
//	loss, err := sde.DiscriminatorLoss(real, fake) // of scores
//	loop := training.Loop{
//		Cost: loss, Params: disc.Params(), Opponent: &training.Opponent{Params: gen.Params()},
//		After: func(int) error { return sde.ClipLipschitz(disc.Params()...) }, …
//	}
//
// # What is drawn
//
// Everything random is a function of a Draw, a seed and a node that counts paths: a training loop that counts it up sees new
// noise in each step, and a run can be repeated. Each row of a batch has noise of its own, by its place or by its number.
package sde
