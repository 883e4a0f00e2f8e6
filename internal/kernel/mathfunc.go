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
	if fastAbs(dst, x) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Abs(float64(v)))
	}
}

// Ceil sets dst = ⌈x⌉.
func Ceil[T Float](dst, x []T) {
	x = x[:len(dst)]
	if fastCeil(dst, x) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Ceil(float64(v)))
	}
}

// Floor sets dst = ⌊x⌋.
func Floor[T Float](dst, x []T) {
	x = x[:len(dst)]
	if fastFloor(dst, x) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Floor(float64(v)))
	}
}

// Sqrt sets dst = √x.
func Sqrt[T Float](dst, x []T) {
	x = x[:len(dst)]
	if fastSqrt(dst, x) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Sqrt(float64(v)))
	}
}

// InvSqrt sets dst = 1/√x.
func InvSqrt[T Float](dst, x []T) {
	x = x[:len(dst)]
	if fastInvSqrt(dst, x) {
		return
	}
	for i, v := range x {
		dst[i] = T(1 / math.Sqrt(float64(v)))
	}
}

// Sin sets dst = sin x, to less than 1.5 ulp.
func Sin[T Float](dst, x []T) {
	for len(dst) > 0 {
		n := fastSin(dst, x)
		dst, x = dst[n:], x[n:]
		in, far, k := nextBlock(x[:len(dst)])
		var out [farBlock]T
		fastSin(out[:k], in[:k])
		finish(dst[:k], out[:k], x, far, math.Sin)
		dst, x = dst[k:], x[k:]
	}
}

// Cos sets dst = cos x, to less than 1.5 ulp.
func Cos[T Float](dst, x []T) {
	for len(dst) > 0 {
		n := fastCos(dst, x)
		dst, x = dst[n:], x[n:]
		in, far, k := nextBlock(x[:len(dst)])
		var out [farBlock]T
		fastCos(out[:k], in[:k])
		finish(dst[:k], out[:k], x, far, math.Cos)
		dst, x = dst[k:], x[k:]
	}
}

// The assembly stops at a register in which an argument is too far from 0 for its reduction. A block from there on goes
// through it again with zeros in place of such arguments, so that no result depends on its neighbours.
const (
	farBlock = 16
	farFrom  = 1 << 26
)

// nextBlock is the first block of x without the k arguments that are marked as far; all are where there is no assembly.
func nextBlock[T Float](x []T) (in [farBlock]T, far uint, k int) {
	k = copy(in[:], x)
	for i, v := range in[:k] {
		if level == portable || !(v > -farFrom && v < farFrom) {
			in[i] = 0
			far |= 1 << i
		}
	}
	return in, far, k
}

// finish stores a block, with f where the argument is far.
func finish[T Float](dst, out, x []T, far uint, f func(float64) float64) {
	for i, v := range out {
		if far>>i&1 == 1 {
			v = T(f(float64(x[i])))
		}
		dst[i] = v
	}
}

// Log sets dst = ln x, to less than 1 ulp.
func Log[T Float](dst, x []T) {
	x = x[:len(dst)]
	if !fastLog(dst, x) {
		apply(dst, x, LogOf)
	}
}

// LogOf is math.Log, which on amd64 takes numbers that are not normal for normal ones and is wrong there.
func LogOf(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

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
