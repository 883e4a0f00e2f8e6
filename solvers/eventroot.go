package solvers

import "math"

// bracket is an interval at whose ends a function has different signs, or is zero at b.
type bracket struct{ a, b, fa, fb float64 }

// best is the end where the function is smaller.
func (r *bracket) best() float64 {
	if math.Abs(r.fa) < math.Abs(r.fb) {
		return r.a
	}
	return r.b
}

// shrink narrows the bracket to about tol by the method of Oliveira and Takahashi, "An enhancement of the bisection method
// average performance preserving minmax optimality", ACM TOMS 47 (2021), algorithm 1, ITP: it takes at most one
// evaluation more than bisection does, and usually few. κ1 = 0.2/(b−a), κ2 = 2 and n0 = 1 are theirs.
func (r *bracket) shrink(tol float64, f func(float64) (float64, error)) error {
	if r.fb == 0 {
		r.a, r.fa = r.b, 0
		return nil
	}
	kappa := 0.2 / (r.b - r.a)
	left := math.Ceil(math.Log2((r.b-r.a)/(2*tol))) + 1
	for ; r.b-r.a > 2*tol && left >= 0; left-- {
		mid := r.a + (r.b-r.a)/2
		reach := tol*math.Exp2(left) - (r.b-r.a)/2
		x := (r.fb*r.a - r.fa*r.b) / (r.fb - r.fa)
		side := math.Copysign(1, mid-x)
		if d := kappa * (r.b - r.a) * (r.b - r.a); d <= math.Abs(mid-x) {
			x += side * d
		} else {
			x = mid
		}
		if !(math.Abs(x-mid) <= reach) {
			x = mid - side*reach
		}
		if !(x > r.a && x < r.b) {
			if x = mid; !(x > r.a && x < r.b) {
				return nil
			}
		}
		v, err := f(x)
		switch {
		case err != nil:
			return err
		case v == 0:
			r.a, r.b, r.fa, r.fb = x, x, 0, 0
		case (v > 0) == (r.fb > 0):
			r.b, r.fb = x, v
		default:
			r.a, r.fa = x, v
		}
	}
	return nil
}
