package ude

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

const (
	// An eigenvalue of the information, scaled to a diagonal of ones, that is this small a part of the greatest is zero:
	// its root, 3e-7, is how well solves at tolerances of 1e-6 tell derivatives.
	singular = 1e-13
	// A unit null vector has no part in an unknown where its component is below this. Rounding of about 1e-15 turns it by
	// as much as that over the least eigenvalue that is not zero.
	noPart = 1e-6
)

// covariance is the inverse of an information matrix without the unknowns that are held, whose rows are zero. Where the
// matrix is singular it is the pseudo-inverse, of the matrix scaled to a diagonal of ones so that units do not matter, and the
// unknowns that have a part in the null space are undetermined. For the others it is the covariance whatever is fixed to
// make the matrix regular: they are linear forms that vanish on the null space.
func covariance(info *mat.SymDense, held []bool) (inverse *mat.SymDense, undetermined []bool, err error) {
	k := info.SymmetricDim()
	inverse, undetermined = mat.NewSymDense(k, nil), make([]bool, k)
	var at []int // of the scaled matrix's rows
	for i := range k {
		switch d := info.At(i, i); {
		case held[i]:
		case !(d > 0) || math.IsInf(d, 1):
			undetermined[i] = true
		default:
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return inverse, undetermined, nil
	}
	scaled, root := mat.NewSymDense(len(at), nil), make([]float64, len(at))
	for a, i := range at {
		root[a] = math.Sqrt(info.At(i, i))
		for b, j := range at[:a+1] {
			scaled.SetSym(a, b, info.At(i, j)/(root[a]*root[b]))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(scaled, true) {
		return nil, nil, errors.New("ude: the eigenvalues of the information were not found")
	}
	values := eigen.Values(nil) // ascending
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	null := 0
	for null < len(values) && values[null] <= singular*values[len(values)-1] {
		null++
	}
	for a, i := range at {
		part := 0.0
		for n := range null {
			part = math.Hypot(part, vectors.At(a, n))
		}
		undetermined[i] = part > noPart
		for n := null; n < len(values); n++ {
			vectors.Set(a, n, vectors.At(a, n)/math.Sqrt(values[n]))
		}
	}
	var outer mat.SymDense
	outer.SymOuterK(1, vectors.Slice(0, len(at), null, len(at)))
	for a, i := range at {
		for b, j := range at[:a+1] {
			inverse.SetSym(i, j, outer.At(a, b)/(root[a]*root[b]))
		}
	}
	return inverse, undetermined, nil
}
