// Package seriesdata reads collections of series, with times and gaps of their own (package layers/series), and deals them
// out to a training loop.
//
//	set, err := seriesdata.LoadLong("visits.csv", seriesdata.LongOptions{Label: "outcome"}) // or LoadTS
//	parts, err := seriesdata.Split(set, seed, 0.6, 0.2, 0.2)
//	scaling, err := seriesdata.FitScaling(parts[0], seriesdata.ScalingOptions{})
//	train, err := scaling.Forward(parts[0])
//	loader, err := seriesdata.NewLoader(train, seriesdata.LoaderOptions{Batch: 64, Seed: seed})
//	batch, err := loader.Batch(step)
//
// Whole series are held out, never a part of one, and what Scaling learns it learns from the training part alone. Everything
// is a function of its input and of seeds; Batch is one of the step too, so a run that goes on sees what it would have seen.
// What is wrong in a file is a *training.ParseError with its line.
package seriesdata
