// Package cfc has closed-form continuous-time and liquid time-constant cells for package recurrent, and the wirings of
// neural circuit policies.
//
//	cell, err := cfc.New(rng, "cfc", channels, 64)
//	rnn, err := recurrent.New(cell)
//	states, err := rnn.States(recurrent.From(inputs)) // (B, T, 64)
//
// CfC (Hasani et al. 2022) is an approximate solution in closed form of the liquid time-constant network: a cell whose
// gate is a function of the time that has passed, of each series its own. No equation is solved, so it costs what a gated
// unit costs. MixedMemory puts an LSTM before a cell, which remembers over longer times.
//
// LTC (Hasani et al. 2021) is the network itself, stepped by its fused solver. Its neurons are connected by a Wiring: all
// with all, at random, or as a neural circuit policy (Lechner et al. 2020), from sensory over inter and command to motor
// neurons. Wired is a stack of CfC cells that follows the layers of such a policy.
package cfc
