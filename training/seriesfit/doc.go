// Package seriesfit is what fits of models of many series (package layers/series) have in common, whatever the model: how
// series are held out, a training in epochs of which the best weights are kept, what is measured of classes, and the files
// of a run folder. training/sequence and training/generative are built on it.
//
//	parts, err := seriesfit.Deal(set, seed, 0.15, 0.15, seriesfit.Parts{})
//	trained, err := seriesfit.Epochs{Loop: loop, Batches: n, Epochs: 30, Look: validate}.Run(ctx)
//	metrics := seriesfit.ClassMetrics(logits, classes, nil)
//	err = seriesfit.Save(w, "sequence", params, config)
package seriesfit
