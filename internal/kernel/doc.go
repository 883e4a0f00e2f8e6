// Package kernel holds the loops that everything else spends its time in: matrix products, elementwise functions,
// reductions and strided copies over plain slices, generic over float32 and float64.
//
// A kernel knows nothing of tensors, graphs or plans. It allocates nothing, starts no goroutine, and adds in an order
// that the sizes alone determine, so that results are the same bit for bit in every run. NaN and ±Inf go through as in
// the plain loop. Destination and sources of an elementwise kernel may be the same slice, but not overlap otherwise; the
// destination of any other kernel overlaps nothing. Lengths are the caller's business: sources are at least as long as
// the destination.
//
// The portable Go code is the specification of whatever faster code stands beside it, and the same tests run through
// both. This is the only package with unsafe code.
package kernel

// Float is the element type of every kernel.
type Float interface{ float32 | float64 }
