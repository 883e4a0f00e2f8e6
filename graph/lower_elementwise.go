package graph

import (
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var unaryKinds = map[string]kind{
	"abs": kindAbs, "sign": kindSign, "ceil": kindCeil, "floor": kindFloor, "sin": kindSin, "cos": kindCos, "exp": kindExp,
	"ln": kindLog, "log2": kindLog2, "neg": kindNeg, "square": kindSquare, "sqrt": kindSqrt, "inv": kindInv,
	"invSqrt": kindInvSqrt, "cube": kindCube, "tanh": kindTanh, "sigmoid": kindSigmoid, "log1p": kindLog1p,
	"expm1": kindExpm1, "softplus": kindSoftplus,
}

var binaryKinds = map[string]kind{
	"+": kindAdd, "-": kindSub, "⊙": kindMul, "÷": kindDiv, "^": kindPow,
	"<": kindLt, ">": kindGt, "<=": kindLe, ">=": kindGe, "==": kindEq, "!=": kindNe,
}

// isUnary and isBinary recognise elementwise Ops by what they print.
func isUnary(n *G.Node, name string) bool {
	return n.Op() != nil && structOf(n.Op()).Type().Name() == "elemUnaryOp" && n.Op().String() == name
}

func isBinary(n *G.Node, name string) bool {
	if n.Op() == nil || structOf(n.Op()).Type().Name() != "elemBinOp" {
		return false
	}
	sign, _, _ := strings.Cut(n.Op().String(), " ")
	return sign == name
}

func (l *lowerer) lowerUnary(n *G.Node, x *expr) (*expr, error) {
	if a, axes, ok := l.logSumExpOf(n); ok {
		return l.lowerLogSumExp(a, axes)
	}
	k, ok := unaryKinds[n.Op().String()]
	if !ok {
		return nil, errors.New("unknown function")
	}
	return l.b.unary(k, x), nil
}

func (l *lowerer) lowerBinary(n *G.Node, children G.Nodes, args []*expr) (*expr, error) {
	sign, _, _ := strings.Cut(n.Op().String(), " ")
	k, ok := binaryKinds[sign]
	if !ok {
		return nil, errors.New("unknown function")
	}
	if k == kindPow {
		if e, ok, err := l.lowerNorm(n, children, args); ok || err != nil {
			return e, err
		}
	}
	return l.lowerElementwise(k, n.Shape(), args)
}

// lowerElementwise applies k to two arguments of the out shape, or numbers, which are repeated.
func (l *lowerer) lowerElementwise(k kind, shape tensor.Shape, args []*expr) (*expr, error) {
	x, err := l.fitted(args[0], shape)
	if err != nil {
		return nil, err
	}
	y, err := l.fitted(args[1], shape)
	if err != nil {
		return nil, err
	}
	if k == kindMul {
		if e := l.b.rectified(x, y); e != nil {
			return e, nil
		}
		if e := l.b.rectified(y, x); e != nil {
			return e, nil
		}
	}
	return l.b.binary(k, x, y), nil
}

// fitted gives x a shape that Gorgonia takes for equal: (n), (n,1) and (1,n), or that of all shapes of one element.
func (l *lowerer) fitted(x *expr, shape tensor.Shape) (*expr, error) {
	switch {
	case x.size() == sizeOf(shape):
		return l.b.reshape(x, shape), nil
	case x.size() == 1:
		return l.b.spread(l.b.reshape(x, tensor.Shape{}), shape), nil
	}
	return nil, errors.Errorf("shape %v does not fit %v", x.shape, shape)
}

// rectified is x ⊙ (x ≥ 0) and x ⊙ (x < 0), of which Gorgonia composes Rectify and LeakyRelu: as products they are NaN
// for infinite x.
func (b *builder) rectified(x, y *expr) *expr {
	if (y.kind != kindGe && y.kind != kindLt) || y.args[0] != x || !y.args[1].isFill(0) {
		return nil
	}
	if y.kind == kindGe {
		return b.binary(kindMax, x, y.args[1])
	}
	return b.sel(y, x, y.args[1])
}

// logSumExpOf recognises what gorgonia.LogSumExp builds of a vector: ln(Σexp(a−m) + m), where m = max a belongs outside
// of the logarithm. Nobody writes that on purpose, so it is lowered to ln Σexp a.
func (l *lowerer) logSumExpOf(n *G.Node) (a *G.Node, axes []int, ok bool) {
	if !isUnary(n, "ln") {
		return nil, nil, false
	}
	sum := l.children(n)[0]
	if !isBinary(sum, "+") {
		return nil, nil, false
	}
	parts := l.children(sum)
	s, m := parts[0], parts[1]
	if !isOp(s, "sumOp") || !isOp(m, "maxOp") {
		return nil, nil, false
	}
	e := l.children(s)[0]
	if !isUnary(e, "exp") {
		return nil, nil, false
	}
	d := l.children(e)[0]
	if !isBinary(d, "-") {
		return nil, nil, false
	}
	c := l.children(d)
	if c[1] != m || l.children(m)[0] != c[0] {
		return nil, nil, false
	}
	return c[0], intsOf(structOf(s.Op()).FieldByName("along")), true
}

func (l *lowerer) lowerLogSumExp(a *G.Node, axes []int) (*expr, error) {
	x, err := l.lower(a)
	if err != nil {
		return nil, err
	}
	b := l.b
	m := b.unary(kindStop, b.max(x, axes))
	p := b.unary(kindExp, b.sub(x, b.expand(m, x.shape)))
	return b.add(b.unary(kindLog, b.sum(p, axes)), m), nil
}

// lowerNorm recognises what gorgonia.Norm builds for p ≠ 2: (Σaᵖ)^(1/p), without the absolute value that an odd p needs.
func (l *lowerer) lowerNorm(n *G.Node, children G.Nodes, args []*expr) (*expr, bool, error) {
	root, ok := args[1].fill()
	if !ok || !isOp(children[0], "sumOp") {
		return nil, false, nil
	}
	power := l.children(children[0])[0]
	if !isBinary(power, "^") {
		return nil, false, nil
	}
	base := l.children(power)
	ex, err := l.lower(base[1])
	if err != nil {
		return nil, false, err
	}
	p, ok := ex.fill()
	odd := ok && p >= 1 && p == float64(int(p)) && int(p)%2 == 1
	if !odd || root != rounded([]float64{1 / p}, l.b.dtype)[0] {
		return nil, false, nil
	}
	x, err := l.lower(base[0])
	if err != nil {
		return nil, false, err
	}
	b := l.b
	s := b.sum(b.binary(kindPow, b.unary(kindAbs, x), b.fill(p, x.shape)),
		intsOf(structOf(children[0].Op()).FieldByName("along")))
	return b.binary(kindPow, s, b.fill(root, s.shape)), true, nil
}

func isOp(n *G.Node, name string) bool {
	return n.Op() != nil && structOf(n.Op()).Type().Name() == name && structOf(n.Op()).Type().PkgPath() == gorgoniaPath
}
