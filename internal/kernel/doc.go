// Package kernel holds the loops that everything else spends its time in: matrix products, convolutions, elementwise
// functions, reductions and strided copies over plain slices, generic over float32 and float64.
//
// A kernel knows nothing of tensors, graphs or plans. It allocates nothing, starts no goroutine, and adds in an order
// that the sizes alone determine, so that results are the same bit for bit in every run. NaN and ±Inf go through as in
// the plain loop. Destination and sources of an elementwise kernel may be the same slice, but not overlap otherwise; the
// destination of any other kernel overlaps nothing. Lengths are the caller's business: sources are at least as long as
// the destination.
//
// Each kernel is written in portable Go. On amd64 assembly stands beside it, for AVX-512 and for AVX2 with FMA, which is
// chosen at start by what the processor has; the build tag purego leaves it out. All three pass the same tests. They
// agree to a few units in the last place but not bit for bit, since the assembly fuses multiplications with additions.
// The assembly is written by the program in _generate. This is the only package with unsafe code.
package kernel

//go:generate go -C _generate run .

// Float is the element type of every kernel.
type Float interface{ float32 | float64 }
