package kernel

import "math"

// Exp sets dst = eˣ, to less than 1 ulp.
//
// The portable loops write x = (64k + i)·ln2/64 + r with |r| ≤ ln2/128, so that eˣ = 2ᵏ·2^(i/64)·eʳ: a shift of the
// exponent, a table, a short series.
func Exp[T Float](dst, x []T) {
	x = x[:len(dst)]
	if fastExp(dst, x) {
		return
	}
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
			dst[i] = expTail(v)
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
			dst[i] = float32(expTail(float64(v)))
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

// expTail is eˣ where the result may be no normal number.
func expTail(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > 710:
		return math.Inf(1)
	case x < -750:
		return 0
	}
	y, n := expParts(x, 0)
	return y.scaled(n).hi
}
