package kernel

import "math"

// Tanh sets dst = tanh x, to less than 1.5 ulp in float64 and 0.6 ulp in float32.
//
// |x| = a + b with a the nearest multiple of 1/8. With A = tanh a from a table and B = tanh b from its series,
//
//	tanh|x| = (A + B)/(1 + AB) = A + B(1 − A²)/(1 + AB),
//
// where the second summand is small, so that its rounding errors hardly count.
func Tanh[T Float](dst, x []T) {
	switch x := any(x).(type) {
	case []float64:
		tanh64(any(dst).([]float64), x)
	case []float32:
		tanh32(any(dst).([]float32), x)
	}
}

// From here on tanh is ±1 in float64; float32 gets there earlier by rounding.
const tanhEnd = 19.0625

// Coefficients of tanh b = b(1 + b²(t3 + b²(t5 + …))).
const (
	t3  = -1. / 3
	t5  = 2. / 15
	t7  = -17. / 315
	t9  = 62. / 2835
	t11 = -1382. / 155925
)

func tanh64(dst, x []float64) {
	dst = dst[:len(x)]
	for i, v := range x {
		a := math.Abs(v)
		if !(a < tanhEnd) {
			dst[i] = tanhTail(v)
			continue
		}
		z := a*8 + roundOff
		t := &tanhTable[uint8(math.Float64bits(z))]
		b := a - (z-roundOff)*0.125
		b2 := b * b
		b4 := b2 * b2
		tb := b + b*b2*(t3+b2*t5+b4*(t7+b2*t9+b4*t11))
		dst[i] = math.Copysign(t[0]+(t[1]+tb*t[2]/(1+t[0]*tb)), v)
	}
}

func tanh32(dst, x []float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		x := float64(v)
		a := math.Abs(x)
		if !(a < tanhEnd) {
			dst[i] = float32(tanhTail(x))
			continue
		}
		z := a*8 + roundOff
		t := &tanhTable[uint8(math.Float64bits(z))]
		b := a - (z-roundOff)*0.125
		b2 := b * b
		tb := b + b*b2*(t3+b2*t5)
		dst[i] = float32(math.Copysign(t[0]+tb*t[2]/(1+t[0]*tb), x))
	}
}

// tanhTail is tanh of what lies beyond the table: ±1 or NaN.
func tanhTail(x float64) float64 {
	if x != x {
		return x
	}
	return math.Copysign(1, x)
}
