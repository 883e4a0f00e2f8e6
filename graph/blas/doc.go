// Package blas lets ordinary Gorgonia layers compute with the matrix products that compiled plans use:
//
//	gorgonia.Use(blas.Implementation{})
//
// once, before any graph runs. From then on every product of every tensor in the program goes through it: of gorgonia.Mul
// under any machine, of gorgonia.Conv2d, and of tensors that are multiplied directly. Nothing else in a model changes.
//
// The products are gonum's with three differences. Sums are rounded in another order, so results differ from gonum's in
// their last digits; they are the same bit for bit in every run, with any GOMAXPROCS. A product of zero with NaN or ±Inf
// is NaN, as IEEE 754 has it, where gonum leaves out the zeros of one factor. And wide products are quicker;
// docs/performance.md says by how much.
package blas
