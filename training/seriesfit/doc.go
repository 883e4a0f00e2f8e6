// Package seriesfit is what fits of models of many series (package layers/series) have in common, whatever the model: how
// series are held out, a training in epochs of which the best weights are kept, and what is measured of classes.
// training/sequence and training/generative are built on it.
//
//	parts, err := seriesfit.Deal(set, seed, 0.15, 0.15, seriesfit.Parts{Test: own}, seriesfit.Channels)
//	trained, err := seriesfit.Epochs{Loop: loop, Batches: n, Epochs: 30, Look: validate}.Run(ctx)
//	metrics := seriesfit.ClassMetrics(logits, classes, nil)
package seriesfit
