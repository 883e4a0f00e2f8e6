package kernel

import "math"

// Tanh sets dst = tanh x, to less than 2 ulp. Where tanh x is x to the last place, it is x.
//
// In the portable loops x = a + b with a the nearest multiple of 1/8. With A = tanh a from a table and B = tanh b from
// its series,
//
//	tanh x = (A + B)/(1 + AB) = A + B(1 − A²)/(1 + AB),
//
// where the second summand is small, so that its rounding errors hardly count.
func Tanh[T Float](dst, x []T) {
	x = x[:len(dst)]
	if fastTanh(dst, x) {
		return
	}
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

// tanhTable is tanhHalf for both signs: place n mod 512 belongs to a = n/8. Its zeros are negative, so that the sign of
// a zero x survives the sum.
var tanhTable = func() (t [512][3]float64) {
	for n, e := range tanhHalf {
		t[n] = e
		t[(512-n)%512] = [3]float64{-e[0], -e[1], e[2]}
	}
	return t
}()

func tanh64(dst, x []float64) {
	dst = dst[:len(x)]
	for i, v := range x {
		if !(v < tanhEnd && v > -tanhEnd) {
			dst[i] = tanhTail(v)
			continue
		}
		z := v*8 + roundOff
		t := &tanhTable[math.Float64bits(z)%512]
		b := v - (z-roundOff)*0.125
		b2 := b * b
		b4 := b2 * b2
		tb := b * (1 + b2*(t3+b2*t5+b4*(t7+b2*t9+b4*t11)))
		dst[i] = t[0] + (t[1] + tb*t[2]/(1+t[0]*tb))
	}
}

func tanh32(dst, x []float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		v := float64(v)
		if !(v < tanhEnd && v > -tanhEnd) {
			dst[i] = float32(tanhTail(v))
			continue
		}
		z := v*8 + roundOff
		t := &tanhTable[math.Float64bits(z)%512]
		b := v - (z-roundOff)*0.125
		b2 := b * b
		tb := b * (1 + b2*(t3+b2*t5))
		dst[i] = float32(t[0] + tb*t[2]/(1+t[0]*tb))
	}
}

// tanhTail is tanh of what lies beyond the table: ±1 or NaN.
func tanhTail(x float64) float64 {
	if x != x {
		return x
	}
	return math.Copysign(1, x)
}
