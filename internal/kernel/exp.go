package kernel

import "math"

// Exp sets dst = eˣ, to less than 1 ulp in float64 and 0.6 ulp in float32.
//
// x = (64k + i)·ln2/64 + r with |r| ≤ ln2/128, so that eˣ = 2ᵏ·2^(i/64)·eʳ: a shift of the exponent, a table, a short
// series.
func Exp[T Float](dst, x []T) {
	switch x := any(x).(type) {
	case []float64:
		exp64(any(dst).([]float64), x)
	case []float32:
		exp32(any(dst).([]float32), x)
	}
}

const (
	expLimit  = 708 // up to here 2ᵏ is a normal number, with the factor 2 that rounding may bring
	perStep   = 0x1.71547652b82fep+6
	stepHigh  = 0x1.62e42fefp-7 // ln2/64 in two parts, the first short enough for exact multiples
	stepLow   = 0x1.473de6af278edp-40
	roundOff  = 0x1.8p52 // added and taken away, leaves the nearest integer
	tableMask = 63
)

func exp64(dst, x []float64) {
	dst = dst[:len(x)]
	for i, v := range x {
		if !(math.Abs(v) < expLimit) {
			dst[i] = math.Exp(v)
			continue
		}
		z := v*perStep + roundOff
		k := math.Float64bits(z)
		z -= roundOff
		r := v - z*stepHigh - z*stepLow
		r2 := r * r
		p := r + r2*(0.5+r*(1./6)+r2*(1./24+r*(1./120)))
		t := &expTable[k&tableMask]
		y := t[0] + (t[1] + t[0]*p)
		dst[i] = math.Float64frombits(math.Float64bits(y) + k>>6<<52)
	}
}

func exp32(dst, x []float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		if !(v > -110 && v < 100) {
			dst[i] = float32(math.Exp(float64(v)))
			continue
		}
		v := float64(v)
		z := v*perStep + roundOff
		k := math.Float64bits(z)
		z -= roundOff
		r := v - z*(stepHigh+stepLow)
		p := r + r*r*(0.5+r*(1./6))
		t := expTable[k&tableMask][0]
		dst[i] = float32(math.Float64frombits(math.Float64bits(t+t*p) + k>>6<<52))
	}
}

// block is the length of the stack buffers of functions that are built on Exp.
const block = 64

// Sigmoid sets dst = 1/(1 + e⁻ˣ), written with e^−|x| so that neither tail overflows.
func Sigmoid[T Float](dst, x []T) {
	var buf [block]float64
	for len(x) > 0 {
		n := min(len(x), block)
		z, d := buf[:n], dst[:n]
		decay(z, x[:n])
		for i, v := range x[:n] {
			e := z[i]
			top := 1.
			if v < 0 {
				top = e
			}
			d[i] = T(top / (1 + e))
		}
		x, dst = x[n:], dst[n:]
	}
}

// Softplus sets dst = ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|).
func Softplus[T Float](dst, x []T) {
	var buf [block]float64
	for len(x) > 0 {
		n := min(len(x), block)
		z, d := buf[:n], dst[:n]
		decay(z, x[:n])
		for i, v := range x[:n] {
			d[i] = T(float64(max(v, 0)) + math.Log1p(z[i]))
		}
		x, dst = x[n:], dst[n:]
	}
}

// decay sets z = e^−|x|.
func decay[T Float](z []float64, x []T) {
	x = x[:len(z)]
	for i, v := range x {
		z[i] = -math.Abs(float64(v))
	}
	exp64(z, z)
}
