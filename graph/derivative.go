package graph

import "math"

// slope is de/dx of an elementwise expression of one argument; nil where it is zero almost everywhere.
func (b *builder) slope(e *expr) *expr {
	x := e.args[0]
	switch e.kind {
	case kindNeg:
		return b.fill(-1, e.shape)
	case kindAbs:
		return b.unary(kindSign, x)
	case kindSin:
		return b.unary(kindCos, x)
	case kindCos:
		return b.neg(b.unary(kindSin, x))
	case kindExp:
		return e
	case kindLog:
		return b.unary(kindInv, x)
	case kindLog2:
		return b.unary(kindInv, b.scale(math.Ln2, x))
	case kindSquare:
		return b.scale(2, x)
	case kindCube:
		return b.scale(3, b.unary(kindSquare, x))
	case kindSqrt:
		return b.scale(0.5, b.unary(kindInv, e))
	case kindInv:
		return b.neg(b.unary(kindSquare, e))
	case kindInvSqrt:
		return b.scale(-0.5, b.unary(kindCube, e))
	case kindTanh:
		return b.sub(b.fill(1, e.shape), b.unary(kindSquare, e))
	case kindSigmoid:
		return b.mul(e, b.sub(b.fill(1, e.shape), e))
	case kindLog1p:
		return b.unary(kindInv, b.shift(1, x))
	case kindExpm1:
		return b.shift(1, e)
	case kindSoftplus:
		return b.unary(kindSigmoid, x)
	}
	return nil // sign, ceil, floor, stop
}

// slopes is (∂e/∂x, ∂e/∂y) of an elementwise expression of two arguments; nil where zero almost everywhere.
func (b *builder) slopes(e *expr) (dx, dy func() *expr) {
	x, y := e.args[0], e.args[1]
	one := func() *expr { return b.fill(1, e.shape) }
	switch e.kind {
	case kindAdd:
		return one, one
	case kindSub:
		return one, func() *expr { return b.fill(-1, e.shape) }
	case kindMul:
		return func() *expr { return y }, func() *expr { return x }
	case kindDiv:
		return func() *expr { return b.unary(kindInv, y) }, func() *expr { return b.neg(b.div(e, y)) }
	case kindPow:
		// ∂/∂x = y·x^(y−1), where y = 0 gives 0 even at x = 0; ∂/∂y = x^y·ln x, where x = 0 gives 0.
		zero := b.zeros(e.shape)
		return func() *expr {
				d := b.mul(y, b.binary(kindPow, x, b.shift(-1, y)))
				return b.sel(b.binary(kindEq, y, zero), zero, d)
			}, func() *expr {
				return b.mul(e, b.sel(b.binary(kindEq, x, zero), zero, b.unary(kindLog, x)))
			}
	case kindMax:
		return func() *expr { return b.binary(kindGe, x, y) }, func() *expr { return b.binary(kindLt, x, y) }
	case kindMin:
		return func() *expr { return b.binary(kindLe, x, y) }, func() *expr { return b.binary(kindGt, x, y) }
	}
	return nil, nil // comparisons
}
