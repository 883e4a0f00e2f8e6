// Package generative fits generative models to collections of irregular series (package layers/series), and asks them: what
// a series is between its rows and behind them, with how much doubt, what a new series may look like, and of what class one
// is.
//
//	set, err := seriesdata.LoadLong("visits.csv", seriesdata.LongOptions{Label: "outcome"})
//	fitted, err := generative.Fit(ctx, set, generative.Config{Model: "latent-ode"}, generative.Options{})
//	fmt.Println(fitted.Metrics["test"]["scaled_rmse"], fitted.Metrics["test"]["coverage"])
//	p, err := fitted.Predict(ctx, others, generative.PredictOptions{Times: times, Quantiles: []float64{0.05, 0.95}})
//	drawn, err := fitted.Generate(ctx, 10, times, 1)
//
// Such a model takes a series for the noisy trace of a state z that begins at z(0) and follows one differential equation,
// the same for all series. An encoder reads a series and gives the distribution of z(0); both are trained together, by a
// lower bound of the likelihood. The model "latent-ode" is package layers/latent's; with "sde", package layers/sde's, the
// equation has noise in it, so that a series is not settled by its state at 0. What stands here is the way from a table to a
// forecast.
//
// # Clock
//
// z(0) stands at time 0 of a series: at its own first row, or for all series at Config.Origin, if their times are counted
// from something that they share, as an admission or the beginning of a year. No row may come before it.
//
// # Objectives
//
// Interpolate encodes a series and decodes it where it was encoded. A part of its values, Config.Hide, drawn anew in each
// step, is kept from the encoder and decoded all the same, so that what is learned is to fill gaps. Extrapolate encodes what
// comes until Config.Split and decodes what comes after. A model that was trained so reads no row behind the split, also in
// a prediction.
//
// # What is measured
//
// Series are held out whole, and what scaling learns it learns from the training part. The weights that are kept are those
// of the epoch with the best bound, or with classes the best loss, on the validation part. Metrics are of series that were
// not trained on, and errors of values that the encoder did not see: a part of those of a series is hidden and decoded from
// the others, or after the split from those before it.
package generative
