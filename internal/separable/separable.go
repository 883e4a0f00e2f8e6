package separable

import "math"

// Dependence compares f at (q, p) with f at (q̃, p), whose q' must be the same, and at (q, p̃), whose p' must be: y is
// (q, p), other (q̃, p̃), and the first positions components are those of q. It returns the first component whose derivative
// differs, or −1. A difference is one that no rounding explains; a NaN is taken for none. Where f ignores a half at these
// places alone, nothing is found.
func Dependence[T float32 | float64](f func(t float64, y, dydt []T) error, positions int, t float64, y, other []T) (
	component int, err error,
) {
	n := len(y)
	base, moved, at := make([]T, n), make([]T, n), make([]T, n)
	if err := f(t, y, base); err != nil {
		return -1, err
	}
	for _, half := range [][2]int{{0, positions}, {positions, n}} {
		from, to := half[0], half[1]
		copy(at, y)
		copy(at[from:to], other[from:to])
		if err := f(t, at, moved); err != nil {
			return -1, err
		}
		if i := firstApart(base[from:to], moved[from:to]); i >= 0 {
			return from + i, nil
		}
	}
	return -1, nil
}

// firstApart is the first place where two vectors differ by more than the rounding of terms that cancel, or −1.
func firstApart[T float32 | float64](a, b []T) int {
	tol := 1e-12
	var x T
	if _, single := any(x).(float32); single {
		tol = 1e-5
	}
	var scale float64
	for i := range a {
		for _, v := range []float64{math.Abs(float64(a[i])), math.Abs(float64(b[i]))} {
			if v > scale && !math.IsInf(v, 0) { // not NaN
				scale = v
			}
		}
	}
	for i := range a {
		if math.Abs(float64(a[i])-float64(b[i])) > tol*scale {
			return i
		}
	}
	return -1
}
