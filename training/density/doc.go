// Package density fits normalizing flows to tables of numbers: continuous ones, by maximum likelihood or by flow matching,
// and RealNVP and Glow.
//
//	fit, err := density.Fit(ctx, rows, density.Config{Model: density.CNF}, density.Options{})
//	logs, err := fit.LogProb(points)   // nats, in the units of the table
//	draws, err := fit.Sample(1000, 1)
//	fmt.Println(fit.HeldOut)           // the mean of −ln p on rows that it was not trained on
//
// Columns are standardised with the training rows' means and standard deviations, by an ActNorm that is not trained, before
// anything else; densities are of the table's own units all the same. Densities are always those of the exact trace,
// whatever training used. Everything is a function of the rows and the configuration, which holds the seed.
package density
