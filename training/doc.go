// Package training is what stands around a model while it is trained: the data that goes in, and what is kept of what
// comes out. Models come from layers, gradients from odeop.
//
// # From a table to a forecast
//
// Fit does all of it for a series: a Forecaster, which is a neural differential equation whose states are the rows, is
// trained on the rows before the held-out ones. The Fitted that it returns forecasts, says how far off it is, draws
// (NewReport) and is kept (Save, LoadFitted):
//
//	s, err := training.LoadCSV("lynx.csv", training.CSVOptions{})
//	fit, err := training.Fit(ctx, s, training.FitConfig{HoldOut: 3}, training.FitOptions{})
//	next, err := fit.Forecast([]float64{1921, 1922, 1923})
//
// Command gorgonode is this with flags.
//
// # Training
//
// A Loop lowers a cost, a number in any Gorgonia graph, by changing parameters: gradient, clipping, learning rate, weight
// decay, a step at a time. Where the cost or its gradient isn't finite, nothing changes.
//
//	loop := training.Loop{Cost: cost, Params: model.Params(), LearnRate: training.Cosine(0.02, 0.0002, 500)}
//	err := loop.Run(ctx, 0, 500)
//
// With an Opponent, who raises the cost that the other parameters lower, it is a game, as that of a GAN, and an Average
// of what either goes through is often nearer to the solution than the last step.
//
// The parts that follow know nothing of graphs.
//
// # Data
//
// A Series is a table of values at increasing times, with gaps. LoadCSV reads one, HoldOut sets its last rows aside,
// FitTransform learns from the others how to scale it, and Segments deals it out in batches of short windows:
//
//	s, err := training.LoadCSV("lynx.csv", training.CSVOptions{})
//	train, test, err := s.HoldOut(5)
//	scale, err := training.FitTransform(train, training.TransformOptions{Scaling: training.LogStandardise})
//	scaled, err := scale.Forward(train)
//	windows, err := training.NewSegments(scaled, training.SegmentOptions{Length: 4, Batch: 8, Seed: 1})
//	batch, err := windows.Batch(step)
//
// # What is kept
//
// A run is a folder. CreateRun begins it beside its final place, Commit puts it there whole, OpenRun refuses one that
// isn't. In it stand a model, measurements (MetricsWriter, lines of JSON), what a Report says (SaveJSON), and pictures
// (FitPlot, PhasePlot, HeatPlot, LossPlot; SaveFigure). Files that are replaced are replaced in one go, by WriteFile: a
// crash leaves the old one or the new one, never half of one.
//
// Every package that fits something keeps it the same way: SaveModel writes config.json, at whose head a Kind says what
// it is of, and weights.safetensors, a tensor for each graph.Param. LoadConfig refuses another kind or format, and
// LoadWeights other names, shapes, and numbers that are not finite:
//
//	type saved struct {
//		training.Kind
//		Width int `json:"width"`
//	}
//	var kind = training.Kind{Format: 1, Model: "mine"}
//
//	err := w.SaveModel(saved{kind, 16}, model.Params()) // w is a RunWriter
//	…
//	var s saved
//	err := run.LoadConfig(kind, &s)
//	model, err := newModel(s.Width)
//	err = run.LoadWeights(model.Params())
//
// SaveParams and LoadParams do without a run, SaveTensors and LoadTensors without parameters.
//
// # While it runs
//
// Progress shows how far it is; EarlyStopping says when it's enough, and when it has failed; a Snapshot brings back the
// parameters of the best step.
//
// # The rooms beside
//
// training/ude fits equations with unknown terms and parameters, training/density flows, training/sequence models that
// answer for irregular series, training/generative models that such series are draws of; training/seriesdata reads them,
// and training/seriesfit is what both fits share; training/toy draws points of the plane.
//
// # Rules
//
// Everything is a function of its input and of seeds that the caller gives; nothing but a progress bar reads a clock.
// Two runs with the same seed leave the same bytes. Bad input is an error with its place in it, and never costs what
// was there before.
package training
