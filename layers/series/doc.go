// Package series has the data that recurrent models, latent ODEs and controlled differential equations are trained on: many
// series, each with times of its own, of its own length, and with gaps.
//
// # From records to tensors
//
// A Series is one record. A Batch is several of them as rectangular arrays: row b of every array is series b, from its own
// first time to its own last, and what stands behind its end is padding. There is no grid on which the times of all series
// are united, so the size of a batch does not grow with the number of different times in it.
//
//	Times   (B, T)      the last time goes on in the padding
//	Deltas  (B, T)      t_i − t_{i−1}; 0 for the first row and in the padding
//	Valid   (B, T)      1 for a row of the series, 0 for padding
//	Values  (B, T, d)   0 where nothing was observed
//	Mask    (B, T, d)   1 where something was observed
//	Static  (B, s)      what does not change with time
//	Label   (B, l)      what belongs to the whole series
//	Targets (B, T, k)   what belongs to each time
//
// Differences of times are taken in float64, before the arrays become tensors: times may be seconds since 1970, and a
// float32 has no digits left for what lies between two of them.
//
// # In a graph
//
// A Gorgonia graph has fixed shapes, so a batch is made to a Shape, with empty rows where there are fewer series and padding
// where they are shorter. Inputs are the nodes of such a graph; each is made when it is asked for first, because a node that
// nothing uses is one that gorgonia.Grad refuses.
//
//	in, err := series.NewInputs(g, tensor.Float64, shape)
//	states, err := rnn.States(recurrent.From(in)) // package layers/recurrent
//	...
//	err = in.Feed(batch)
package series
