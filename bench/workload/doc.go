// Package workload holds the computations that gorgonode is timed with, and times them. Every one of them is defined to
// the last weight, so that any library on any machine solves the same problem; bench/peers has them for other libraries.
//
// Weights and initial values come from SplitMix64 (splitmix.go), but for the spiral's, which are in spiral.json: a
// network trained on the spiral of torchdiffeq's example, with 20 starts. A measurement runs the way a user's program
// does: an expression graph with a solve in it, run by a TapeMachine. W5 are the classic problems of bench/problems,
// which are solved by package solvers alone.
package workload
