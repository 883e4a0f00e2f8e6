// Package sequence fits models to collections of irregular series (package layers/series) and asks them: what class a
// series is of, what value belongs to each of its rows, and what its next row will be.
//
//	set, err := seriesdata.LoadLong("visits.csv", seriesdata.LongOptions{Label: "outcome"})
//	fitted, err := sequence.Fit(ctx, set, sequence.Config{Model: "cfc", Balance: true}, sequence.Options{})
//	fmt.Println(fitted.Metrics["test"]["auc"])
//	p, err := fitted.Predict(ctx, others, 0)                            // p.Probabilities[i][c]
//
// One Config serves all models (Models lists them): a recurrent cell or a controlled differential equation makes a state
// of what was seen, and an affine head an answer of the state. Series are held out whole, for validation and for a test;
// what scaling learns it learns from the training part alone; the weights that are kept are those of the epoch with the
// lowest loss on the validation part. Training is in float32 and a function of the set, the Config and its seed.
//
// # What a task sees
//
//   - Classify: the class of a series from all its rows. Static values are joined to the state before the head.
//   - Regress: the targets of each row, from that row and those before.
//   - Forecast: the next row, from all rows up to this one and the time until the next. What is missing in a row is
//     forecast like what is not, so a forecast also fills gaps, from the past.
//
// With Gaussian noise Regress and Forecast give a mean and a standard deviation of each value, and so quantiles.
package sequence
