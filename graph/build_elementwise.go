package graph

func (b *builder) unary(k kind, x *expr) *expr {
	if c, ok := x.fill(); ok && k != kindStop {
		return b.fill(unary64(k, c), x.shape)
	}
	switch {
	case k == kindNeg && x.kind == kindNeg:
		return x.args[0]
	case k == kindStop && (x.kind == kindStop || x.kind == kindConst):
		return x
	}
	return b.intern(&expr{kind: k, args: []*expr{x}, shape: x.shape})
}

func (b *builder) binary(k kind, x, y *expr) *expr {
	if !sameShape(x.shape, y.shape) {
		broken("%v of shapes %v and %v", k, x.shape, y.shape)
	}
	cx, xc := x.fill()
	cy, yc := y.fill()
	if xc && yc {
		return b.fill(binary64(k, cx, cy), x.shape)
	}
	switch k {
	case kindAdd:
		if xc && cx == 0 {
			return y
		}
		if yc && cy == 0 {
			return x
		}
		if y.kind == kindNeg {
			return b.binary(kindSub, x, y.args[0])
		}
	case kindSub:
		if yc && cy == 0 {
			return x
		}
		if xc && cx == 0 {
			return b.unary(kindNeg, y)
		}
		if y.kind == kindNeg {
			return b.binary(kindAdd, x, y.args[0])
		}
	case kindMul:
		if xc && cx == 1 {
			return y
		}
		if yc && cy == 1 {
			return x
		}
		if xc && cx == -1 {
			return b.unary(kindNeg, y)
		}
		if yc && cy == -1 {
			return b.unary(kindNeg, x)
		}
		if x == y {
			return b.unary(kindSquare, x)
		}
	case kindDiv:
		if yc && cy == 1 {
			return x
		}
		if xc && cx == 1 {
			return b.unary(kindInv, y)
		}
	case kindPow:
		if yc {
			switch cy {
			case 1:
				return x
			case 2:
				return b.unary(kindSquare, x)
			case 3:
				return b.unary(kindCube, x)
			}
		}
	}
	return b.intern(&expr{kind: k, args: []*expr{x, y}, shape: x.shape})
}

func (b *builder) neg(x *expr) *expr    { return b.unary(kindNeg, x) }
func (b *builder) add(x, y *expr) *expr { return b.binary(kindAdd, x, y) }
func (b *builder) sub(x, y *expr) *expr { return b.binary(kindSub, x, y) }
func (b *builder) mul(x, y *expr) *expr { return b.binary(kindMul, x, y) }
func (b *builder) div(x, y *expr) *expr { return b.binary(kindDiv, x, y) }

// scale is c·x.
func (b *builder) scale(c float64, x *expr) *expr { return b.mul(b.fill(c, x.shape), x) }

// shift is c + x.
func (b *builder) shift(c float64, x *expr) *expr { return b.add(b.fill(c, x.shape), x) }

func (b *builder) sel(c, x, y *expr) *expr {
	if !sameShape(c.shape, x.shape) || !sameShape(x.shape, y.shape) {
		broken("select of shapes %v, %v and %v", c.shape, x.shape, y.shape)
	}
	if v, ok := c.fill(); ok {
		if v != 0 {
			return x
		}
		return y
	}
	if x == y {
		return x
	}
	return b.intern(&expr{kind: kindSelect, args: []*expr{c, x, y}, shape: x.shape})
}
