package ude

import "math"

// bound is a bound of an unknown, seen from a value inside.
type bound struct {
	value    float64
	inward   float64 // 1 for a lower bound, −1 for an upper one
	distance float64
}

// nearPart is the part of its range within which an unknown is near to a bound.
const nearPart = 0.01

// near is the bound near to which the unknown lies at the coordinate u. With one bound alone, the range is from there to
// the first value. Distances are by the coordinate: near to a bound, differences of values have lost their digits.
func (x unknown) near(u float64) (b bound, near bool) {
	low, high := x.free.Low, x.free.High
	size := math.Abs(x.first - low)
	switch {
	case x.low() && x.high():
		size = high - low
		if u < 0 {
			b = bound{low, 1, size / (1 + math.Exp(-u))}
		} else {
			b = bound{high, -1, size / (1 + math.Exp(u))}
		}
	case x.low():
		b = bound{low, 1, math.Exp(u)}
	case x.high():
		size = math.Abs(high - x.first)
		b = bound{high, -1, math.Exp(u)}
	default:
		return bound{}, false
	}
	return b, b.distance <= nearPart*size
}

// active reports whether the cost is least at the bound: whether its slope there, to first order from the slope and the
// curvature by the unknown's value, still pushes outwards. In the coordinate without bounds there is no telling: its slope
// goes to zero at every bound.
func (b bound) active(slope, curvature float64) bool { return b.inward*slope > curvature*b.distance }
