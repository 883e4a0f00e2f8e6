package kernel

import "math"

// fma is x·y + z, rounded once.
func fma[T Float](x, y, z T) T {
	if _, ok := any(x).(float64); ok {
		return T(math.FMA(float64(x), float64(y), float64(z)))
	}
	// The product of two float32 is exact in float64. The sum is rounded to odd there, so that rounding it once more
	// to float32 gives what rounding the exact sum gives (Boldo and Melquiond, "Emulation of FMA and correctly rounded
	// sums", 2008).
	p, c := float64(x)*float64(y), float64(z)
	s := p + c
	if math.IsInf(s, 0) || s != s {
		return T(s)
	}
	t := s - p
	if e := (p - (s - t)) + (c - t); e != 0 && math.Float64bits(s)&1 == 0 {
		if (e > 0) == (s > 0) {
			s = math.Float64frombits(math.Float64bits(s) + 1)
		} else {
			s = math.Float64frombits(math.Float64bits(s) - 1)
		}
	}
	return T(s)
}
