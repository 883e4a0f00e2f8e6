package solvers

// InterpolateSlope writes the derivative by time of what Interpolate gives to dst. At the end of a step it is the
// interpolant's from before.
func (it *Integrator[T]) InterpolateSlope(t float64, dst []T) error {
	if len(dst) != len(it.y) {
		return badInput("InterpolateSlope into %d components; the state has %d", len(dst), len(it.y))
	}
	if !(it.dir*(t-it.prev) >= 0 && it.dir*(it.t-t) >= 0) || it.prev == it.t {
		return badInput("InterpolateSlope at t=%g outside the last step, from t=%g to t=%g", t, it.prev, it.t)
	}
	poly, err := it.polynomial()
	if err != nil {
		return err
	}
	n, h := len(dst), it.full-it.prev
	theta := T((t - it.prev) / h)
	clear(dst)
	for j := len(poly)/n - 1; j >= 1; j-- {
		for i, c := range poly[j*n : (j+1)*n] {
			dst[i] = dst[i]*theta + T(j)*c
		}
	}
	for i := range dst {
		dst[i] /= T(h)
	}
	return nil
}
