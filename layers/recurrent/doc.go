// Package recurrent has recurrent networks for series with times of their own: gated units that are told how much time has
// passed, or whose state decays, or follows a differential equation, between two observations.
//
//	cell, err := recurrent.NewODERNN(rng, "encoder", field, channels)    // h' = f(h) between, a gated unit at observations
//	rnn, err := recurrent.New(cell)
//	h, err := rnn.Final(recurrent.From(inputs))                         // (B, H); States gives (B, T, H)
//
// # Cells
//
// A Cell is one step of a recurrence, from a state, an observation, its mask and the time since the observation before to a
// state. With x the observation and Δt that time:
//
//	NewRNN       tanh(W x + U h + b)                        Elman (1990)
//	NewGRU       gated recurrent unit                       Cho et al. (2014)
//	NewLSTM      long short-term memory                     Hochreiter and Schmidhuber (1997), with forget gates
//	NewDecay     any of the three, after h ← h exp(−ρΔt)    "RNN-Decay" of Rubanova et al. (2019)
//	NewGRUD      inputs decay to their mean, the state to 0 Che et al. (2018)
//	NewODERNN    h' = f(h) over Δt, then any of the three   Rubanova et al. (2019), algorithm 1
//	NewODELSTM   LSTM, then h' = f(h) over Δt               Lechner and Hasani (2020)
//
// The option WithElapsed makes Δt one more input, which makes an RNN, GRU or LSTM the "RNN-Δt" of the comparisons, and
// WithMask adds the mask. NewGRUField is the vector field of GRU-ODE (De Brouwer et al. 2019). Package layers/cfc has
// closed-form continuous-time and liquid time-constant cells.
//
// # One loop, one node
//
// Recurrent runs a cell over the rows of a batch as one Op in the graph: a graph.Scan whose step is compiled once, with
// backpropagation through time. What does not depend on the state, such as products of inputs and weights, is computed
// before, for all steps at once (Cell.Prepare).
//
// What a series gives does not depend on the other series of its batch, nor on its place among them, to the last digit,
// whatever its padding holds, as long as the cell does not mix rows. That goes for the adaptive solves too: each series
// steps on its own (odeop.PerRow).
//
// # What is missing
//
// Observations that the mask leaves out count as 0, whatever they hold, NaN too, and have no gradient. For standardised
// channels 0 is the mean. A network that should tell a missing value from a mean needs WithMask. An ODE-RNN does not update
// its state at a time when nothing was observed; all others do, an ODE-LSTM too, with zeros for the input.
package recurrent
