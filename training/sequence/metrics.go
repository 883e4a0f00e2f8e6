package sequence

// Metrics are what a model makes of a part of the data. Of Classify: "loss" (the weighted cross-entropy that is trained),
// "nll" (cross-entropy in nats, without weights), "accuracy" and "auc". Of Regress and Forecast: "mse" in the squared units
// of the data, "scaled_mse" in the scale of training, and with a distribution "nll", the mean of −ln p in nats and the
// data's units; "loss" is what is trained. A figure that can't be had, as the AUC of one class alone, is left out.
type Metrics map[string]float64
