package kernel

// Comparisons give 1 where they hold and 0 elsewhere; a comparison with NaN holds for ≠ alone.

func truth[T Float](b bool) T {
	if b {
		return 1
	}
	return 0
}

// Gt sets dst = x > y.
func Gt[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	if fastGt(dst, x, y) {
		return
	}
	for i := range dst {
		dst[i] = truth[T](x[i] > y[i])
	}
}

// Ge sets dst = x ≥ y.
func Ge[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	if fastGe(dst, x, y) {
		return
	}
	for i := range dst {
		dst[i] = truth[T](x[i] >= y[i])
	}
}

// Lt sets dst = x < y.
func Lt[T Float](dst, x, y []T) { Gt(dst, y, x) }

// Le sets dst = x ≤ y.
func Le[T Float](dst, x, y []T) { Ge(dst, y, x) }

// Eq sets dst = x = y.
func Eq[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	if fastEq(dst, x, y) {
		return
	}
	for i := range dst {
		dst[i] = truth[T](x[i] == y[i])
	}
}

// Ne sets dst = x ≠ y.
func Ne[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	if fastNe(dst, x, y) {
		return
	}
	for i := range dst {
		dst[i] = truth[T](x[i] != y[i])
	}
}

// GtC sets dst = x > c.
func GtC[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastGtC(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = truth[T](x[i] > c)
	}
}

// GeC sets dst = x ≥ c.
func GeC[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastGeC(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = truth[T](x[i] >= c)
	}
}

// LtC sets dst = x < c.
func LtC[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastLtC(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = truth[T](x[i] < c)
	}
}

// LeC sets dst = x ≤ c.
func LeC[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastLeC(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = truth[T](x[i] <= c)
	}
}

// EqC sets dst = x = c.
func EqC[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastEqC(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = truth[T](x[i] == c)
	}
}

// NeC sets dst = x ≠ c.
func NeC[T Float](dst, x []T, c T) {
	x = x[:len(dst)]
	if fastNeC(dst, x, c) {
		return
	}
	for i := range dst {
		dst[i] = truth[T](x[i] != c)
	}
}

// Select sets dst = x where c ≠ 0 (NaN is) and y elsewhere.
func Select[T Float](dst, c, x, y []T) {
	c, x, y = c[:len(dst)], x[:len(dst)], y[:len(dst)]
	if fastSelect(dst, c, x, y) {
		return
	}
	for i := range dst {
		if c[i] != 0 {
			dst[i] = x[i]
		} else {
			dst[i] = y[i]
		}
	}
}
