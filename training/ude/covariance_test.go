package ude

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// J has five columns, of units from 1e-4 to 1e4, and the third is the first less twice the fourth: all three are
// undetermined, and the others' covariance is the inverse of JᵀJ without the third column, whose choice fixes the gauge. A
// regular matrix is inverted, without the rows that are held.
func TestCovariance(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	units := []float64{1e4, 1, 1, 1e-4, 30}
	jac, plain := mat.NewDense(20, 5, nil), mat.NewDense(20, 4, nil) // plain is without the third column and units
	for k := range 20 {
		row := make([]float64, 5)
		for i := range row {
			row[i] = rng.NormFloat64()
		}
		row[2] = row[0] - 2*row[3]
		plain.SetRow(k, []float64{row[0], row[1], row[3], row[4]})
		for i := range row {
			row[i] *= units[i]
		}
		jac.SetRow(k, row)
	}
	var info mat.SymDense
	info.SymOuterK(1, jac.T())
	inverse, undetermined, err := covariance(&info, make([]bool, 5))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(undetermined, []bool{true, false, true, true, false}) {
		t.Errorf("undetermined %v", undetermined)
	}
	without, none, err := covariance(&info, []bool{false, false, true, false, false})
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(none, true) || without.At(2, 2) != 0 {
		t.Errorf("undetermined %v, %v", none, mat.Formatted(without))
	}
	var part mat.SymDense
	part.SymOuterK(1, plain.T())
	var chol mat.Cholesky
	if !chol.Factorize(&part) {
		t.Fatal("no Cholesky factors")
	}
	var want mat.SymDense
	if err := chol.InverseTo(&want); err != nil {
		t.Fatal(err)
	}
	for a, i := range []int{0, 1, 3, 4} {
		for b, j := range []int{0, 1, 3, 4} {
			scale := math.Sqrt(want.At(a, a) * want.At(b, b))
			if d := without.At(i, j)*units[i]*units[j] - want.At(a, b); math.Abs(d) > 1e-12*scale {
				t.Errorf("held: %d, %d is off by %g", i, j, d/scale)
			}
			d := inverse.At(i, j)*units[i]*units[j] - want.At(a, b)
			if !undetermined[i] && !undetermined[j] && math.Abs(d) > 1e-12*scale {
				t.Errorf("singular: %d, %d is off by %g", i, j, d/scale)
			}
		}
	}
	nothing := mat.NewSymDense(2, []float64{0, 0, 0, math.NaN()})
	if _, all, err := covariance(nothing, []bool{false, false}); err != nil || !all[0] || !all[1] {
		t.Errorf("%v, %v", all, err)
	}
}
