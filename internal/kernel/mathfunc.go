package kernel

import "math"

// apply sets dst = f(x), computed in float64 and rounded once.
func apply[T Float](dst, x []T, f func(float64) float64) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = T(f(float64(v)))
	}
}

// Abs sets dst = |x|.
func Abs[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = T(math.Abs(float64(v)))
	}
}

// Ceil sets dst = ⌈x⌉.
func Ceil[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = T(math.Ceil(float64(v)))
	}
}

// Floor sets dst = ⌊x⌋.
func Floor[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = T(math.Floor(float64(v)))
	}
}

// Sqrt sets dst = √x.
func Sqrt[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = T(math.Sqrt(float64(v)))
	}
}

// InvSqrt sets dst = 1/√x.
func InvSqrt[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = T(1 / math.Sqrt(float64(v)))
	}
}

// Sin sets dst = sin x.
func Sin[T Float](dst, x []T) { apply(dst, x, math.Sin) }

// Cos sets dst = cos x.
func Cos[T Float](dst, x []T) { apply(dst, x, math.Cos) }

// Log sets dst = ln x.
func Log[T Float](dst, x []T) { apply(dst, x, math.Log) }

// Log2 sets dst = log₂ x.
func Log2[T Float](dst, x []T) { apply(dst, x, math.Log2) }

// Log1p sets dst = ln(1 + x).
func Log1p[T Float](dst, x []T) { apply(dst, x, math.Log1p) }

// Expm1 sets dst = eˣ − 1.
func Expm1[T Float](dst, x []T) { apply(dst, x, math.Expm1) }

// Pow sets dst = xʸ.
func Pow[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Pow(float64(x[i]), float64(y[i])))
	}
}

// PowC sets dst = xᶜ.
func PowC[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Pow(float64(x[i]), float64(c)))
	}
}

// CPow sets dst = cˣ.
func CPow[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Pow(float64(c), float64(x[i])))
	}
}
