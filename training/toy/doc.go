// Package toy has the synthetic data that densities and classifiers are tried on: points of the plane that are easy to look
// at and hard to fit, drawn from a seed, with their log-density where it is known, so that a model can be compared with the
// truth.
//
//	moons := toy.TwoMoons(0.1)
//	rows := moons.Sample(1000, seed)
//	best := moons.Entropy() // no model has a smaller mean of −ln p on such rows
//
// A sample is a function of the set, n and the seed.
package toy
