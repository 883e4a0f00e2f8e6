package kernel

// Elementwise arithmetic. The forms with a number c take the place of a constant vector.

// Add sets dst = x + y.
func Add[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	if fastAdd(dst, x, y) {
		return
	}
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

// Sub sets dst = x − y.
func Sub[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	if fastSub(dst, x, y) {
		return
	}
	for i := range dst {
		dst[i] = x[i] - y[i]
	}
}

// Mul sets dst = x·y.
func Mul[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	if fastMul(dst, x, y) {
		return
	}
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

// Div sets dst = x/y.
func Div[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	if fastDiv(dst, x, y) {
		return
	}
	for i := range dst {
		dst[i] = x[i] / y[i]
	}
}

// Max sets dst = max(x, y), NaN if either is, and +0 for the two zeros.
func Max[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	if fastMax(dst, x, y) {
		return
	}
	for i := range dst {
		dst[i] = max(x[i], y[i])
	}
}

// Min sets dst = min(x, y), NaN if either is, and −0 for the two zeros.
func Min[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	if fastMin(dst, x, y) {
		return
	}
	for i := range dst {
		dst[i] = min(x[i], y[i])
	}
}

// AddC sets dst = x + c.
func AddC[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastAddC(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = x[i] + c
	}
}

// SubC sets dst = x − c.
func SubC[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastSubC(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = x[i] - c
	}
}

// CSub sets dst = c − x.
func CSub[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastCSub(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = c - x[i]
	}
}

// MulC sets dst = x·c.
func MulC[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastMulC(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = x[i] * c
	}
}

// DivC sets dst = x/c.
func DivC[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastDivC(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = x[i] / c
	}
}

// CDiv sets dst = c/x.
func CDiv[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastCDiv(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = c / x[i]
	}
}

// MaxC sets dst = max(x, c).
func MaxC[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastMaxC(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = max(x[i], c)
	}
}

// MinC sets dst = min(x, c).
func MinC[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastMinC(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = min(x[i], c)
	}
}

// Fill sets dst = c.
func Fill[T Float](dst []T, c T) {
	for i := range dst {
		dst[i] = c
	}
}

// Neg sets dst = −x.
func Neg[T Float](dst, x []T) {
	x = x[:len(dst)]
	if fastNeg(dst, x) {
		return
	}
	for i := range dst {
		dst[i] = -x[i]
	}
}

// Square sets dst = x².
func Square[T Float](dst, x []T) {
	x = x[:len(dst)]
	if fastSquare(dst, x) {
		return
	}
	for i, v := range x {
		dst[i] = v * v
	}
}

// Cube sets dst = x³.
func Cube[T Float](dst, x []T) {
	x = x[:len(dst)]
	if fastCube(dst, x) {
		return
	}
	for i, v := range x {
		dst[i] = v * v * v
	}
}

// Inv sets dst = 1/x.
func Inv[T Float](dst, x []T) {
	x = x[:len(dst)]
	if fastInv(dst, x) {
		return
	}
	for i, v := range x {
		dst[i] = 1 / v
	}
}

// Sign sets dst = ±1 by the sign of x; zeros and NaN stay what they are.
func Sign[T Float](dst, x []T) {
	x = x[:len(dst)]
	if fastSign(dst, x) {
		return
	}
	for i, v := range x {
		switch {
		case v > 0:
			v = 1
		case v < 0:
			v = -1
		}
		dst[i] = v
	}
}

// Copy sets dst = x.
func Copy[T Float](dst, x []T) { copy(dst, x) }
