// Package ude fits differential equations that are written as text to tables of measurements: free parameters, initial
// values, and universal differential equations, whose unknown terms are networks (Rackauckas et al., "Universal
// differential equations for scientific machine learning", arXiv:2001.04385, 2020).
//
//	model, err := ude.ParseModel("prey.ode", text)   // par b=0.02 free>0, net f(x, y) = mlp(hidden=[16,16])
//	fit, err := ude.Fit(ctx, model, series, ude.Config{Noise: "lognormal"}, ude.Options{})
//	table := fit.Estimates()                         // values, standard errors, intervals
//	next, err := fit.Forecast(times)
//
// docs/ode-format.md describes the models and docs/universal-differential-equations.md leads through an example. Command
// gorgonode fit --ode is this with flags.
//
// # What is minimised
//
// The unknowns θ are the free parameters and initial values, in coordinates without bounds (a logarithm, a logit), and
// the weights of the networks. The cost is the negative log-likelihood of the data, with a scale of the noise for each
// column that is at its best value at every θ (profiled out), and half of Decay·‖w‖² for the weights w. Its gradient is
// odeop's by Backprop, exact for the numbers computed.
//
// # How
//
// Over many periods of an oscillation the cost has valleys in which the model forgets the oscillation. So a fit begins
// with an easier problem: collocation.go matches slopes of smoothed data, shooting.go solves over segments that are
// tied to each other more and more strongly, or over a growing horizon. descend.go has the optimisers, fit.go the order
// of these stages. estimates.go and profile.go say how certain the estimates are, missing.go what the networks have learned.
package ude
