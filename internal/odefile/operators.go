package odefile

import (
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
)

// operator emits an operator whose operands are not all known.
func (b *emitter) operator(op opcode, x []term) (term, error) {
	switch op {
	case opNeg:
		return b.neg(x[0])
	case opNot:
		return b.comparison("==", G.Eq, x[0], known(0))
	case opAdd:
		return b.add(x[0], x[1])
	case opSub:
		return b.sub(x[0], x[1])
	case opMul:
		return b.mul(x[0], x[1])
	case opDiv:
		return b.div(x[0], x[1])
	case opPow:
		return b.pow(x[0], x[1])
	case opAnd, opOr:
		return b.logical(op, x[0], x[1])
	case opEq:
		return b.comparison("==", G.Eq, x[0], x[1])
	case opNe:
		return b.comparison("!=", G.Ne, x[0], x[1])
	case opLt:
		return b.comparison("<", G.Lt, x[0], x[1])
	case opLe:
		return b.comparison("<=", G.Lte, x[0], x[1])
	case opGt:
		return b.comparison(">", G.Gt, x[0], x[1])
	case opGe:
		return b.comparison(">=", G.Gte, x[0], x[1])
	}
	return term{}, errors.Errorf("internal error: no operator %s", op)
}

func (b *emitter) neg(x term) (term, error) {
	if x.node == nil {
		return known(-x.value), nil
	}
	// Gorgonia returns x for −(−x), a node that was made before.
	return b.mul(known(-1), x)
}

func (b *emitter) add(x, y term) (term, error) {
	if x.node == nil && y.node == nil {
		return known(x.value + y.value), nil
	}
	return b.binary("+", G.Add, x, y)
}

func (b *emitter) sub(x, y term) (term, error) {
	if x.node == nil && y.node == nil {
		return known(x.value - y.value), nil
	}
	return b.binary("-", G.Sub, x, y)
}

func (b *emitter) mul(x, y term) (term, error) {
	if x.node == nil && y.node == nil {
		return known(x.value * y.value), nil
	}
	return b.binary("*", G.HadamardProd, x, y)
}

func (b *emitter) div(x, y term) (term, error) {
	if x.node == nil && y.node == nil {
		return known(x.value / y.value), nil
	}
	return b.binary("/", G.HadamardDiv, x, y)
}

// maxPower is the largest exponent that is multiplied out.
const maxPower = 16

// pow multiplies small whole powers out, which is faster, and exact in the derivative at x = 0 and for negative x.
func (b *emitter) pow(x, y term) (term, error) {
	n := math.Abs(y.value)
	if y.node != nil || n != math.Trunc(n) || n > maxPower {
		return b.binary("^", G.Pow, x, y)
	}
	p, err := b.power(x, int(n))
	if err != nil || y.value >= 0 {
		return p, err
	}
	return b.div(known(1), p)
}

func (b *emitter) power(x term, n int) (term, error) {
	switch n {
	case 0:
		return known(1), nil
	case 1:
		return x, nil
	}
	half, err := b.power(x, n/2)
	if err != nil {
		return term{}, err
	}
	p, err := b.unary("square", G.Square, half)
	if err != nil || n%2 == 0 {
		return p, err
	}
	return b.mul(p, x)
}

func (b *emitter) comparison(sign string, f func(x, y *G.Node, retSame bool) (*G.Node, error), x, y term) (term, error) {
	if b.holds(x, y) {
		side, err := b.side(x, y)
		if err != nil {
			return term{}, err
		}
		x, y = side, known(0)
	}
	c, err := b.binary(sign, func(x, y *G.Node) (*G.Node, error) { return f(x, y, true) }, x, y)
	c.truth = true
	return c, err
}

// logical is 1 or 0: & is a product and | the larger of two truths.
func (b *emitter) logical(op opcode, x, y term) (term, error) {
	for _, t := range []*term{&x, &y} {
		if t.node == nil {
			*t = known(truth(t.value != 0))
		} else if !t.truth {
			var err error
			if *t, err = b.comparison("!=", G.Ne, *t, known(0)); err != nil {
				return term{}, err
			}
		}
	}
	var out term
	var err error
	if op == opAnd {
		out, err = b.mul(x, y)
	} else {
		out, err = b.larger(x, y)
	}
	out.truth = true
	return out, err
}

func (b *emitter) larger(x, y term) (term, error) { return b.binary("max", G.MaxBetween, x, y) }
