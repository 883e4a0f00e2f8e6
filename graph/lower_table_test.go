package graph

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func unaryCase(name string, f func(*G.Node) (*G.Node, error), opts ...func(*lowering)) lowering {
	c := lowering{name: name, in: shapes(shape(2, 3)), build: func(x ...*G.Node) *G.Node { return G.Must(f(x[0])) }}
	for _, o := range opts {
		o(&c)
	}
	return c
}

func binaryCase(name string, f func(a, b *G.Node) (*G.Node, error), a, b tensor.Shape, opts ...func(*lowering)) lowering {
	c := lowering{name: name, in: shapes(a, b), build: func(x ...*G.Node) *G.Node { return G.Must(f(x[0], x[1])) }}
	for _, o := range opts {
		o(&c)
	}
	return c
}

func positive(c *lowering) { c.positive = true }
func first(c *lowering)    { c.first = true }

// withNumber is f with a constant on one side.
func withNumber(f func(a, b *G.Node) (*G.Node, error), left bool) func(*G.Node) (*G.Node, error) {
	return func(x *G.Node) (*G.Node, error) {
		if left {
			return f(num(x, 0.7), x)
		}
		return f(x, num(x, 0.7))
	}
}

func retSame(f func(a, b *G.Node, same bool) (*G.Node, error)) func(a, b *G.Node) (*G.Node, error) {
	return func(a, b *G.Node) (*G.Node, error) { return f(a, b, true) }
}

var binaries = map[string]func(a, b *G.Node) (*G.Node, error){
	"add": G.Add, "sub": G.Sub, "mul": G.HadamardProd, "div": G.HadamardDiv, "pow": G.Pow,
	"lt": retSame(G.Lt), "gt": retSame(G.Gt), "lte": retSame(G.Lte), "gte": retSame(G.Gte), "eq": retSame(G.Eq),
	"ne": retSame(G.Ne),
}

var broadcasts = map[string]func(a, b *G.Node, l, r []byte) (*G.Node, error){
	"add": G.BroadcastAdd, "sub": G.BroadcastSub, "mul": G.BroadcastHadamardProd, "div": G.BroadcastHadamardDiv,
	"pow": G.BroadcastPow,
	"lt":  sameAll(G.BroadcastLt), "gt": sameAll(G.BroadcastGt), "lte": sameAll(G.BroadcastLte), "gte": sameAll(G.BroadcastGte),
	"eq": sameAll(G.BroadcastEq), "ne": sameAll(G.BroadcastNe),
}

func sameAll(f func(a, b *G.Node, same bool, l, r []byte) (*G.Node, error)) func(a, b *G.Node, l, r []byte) (*G.Node,
	error) {
	return func(a, b *G.Node, l, r []byte) (*G.Node, error) { return f(a, b, true, l, r) }
}

func elementwiseCases() []lowering {
	cs := []lowering{
		unaryCase("abs", G.Abs, first), unaryCase("sign", G.Sign, first), unaryCase("ceil", G.Ceil, first),
		unaryCase("floor", G.Floor, first),
		unaryCase("sin", G.Sin), unaryCase("cos", G.Cos), unaryCase("exp", G.Exp), unaryCase("log", G.Log, positive),
		unaryCase("log2", G.Log2, positive), unaryCase("neg", G.Neg), unaryCase("square", G.Square),
		unaryCase("sqrt", G.Sqrt, positive),
		unaryCase("inverse", G.Inverse, positive), unaryCase("inverse sqrt", G.InverseSqrt, positive), unaryCase("cube", G.Cube),
		unaryCase("tanh", G.Tanh), unaryCase("sigmoid", G.Sigmoid), unaryCase("log1p", G.Log1p, positive),
		unaryCase("expm1", G.Expm1),
		unaryCase("softplus", G.Softplus), unaryCase("mish", G.Mish), unaryCase("rectify", G.Rectify, first),
		unaryCase("leaky relu", func(x *G.Node) (*G.Node, error) { return G.LeakyRelu(x, 0.1) }, first),
		unaryCase("neg neg", func(x *G.Node) (*G.Node, error) { return G.Neg(G.Must(G.Neg(x))) }),
		unaryCase("log of sigmoid", func(x *G.Node) (*G.Node, error) { return G.Log(G.Must(G.Sigmoid(x))) }),
		unaryCase("log of 1+x", func(x *G.Node) (*G.Node, error) { return G.Log(G.Must(G.Add(num(x, 1), x))) }, positive),
		unaryCase("exp − 1", func(x *G.Node) (*G.Node, error) { return G.Sub(G.Must(G.Exp(x)), num(x, 1)) }),
		unaryCase("pow 2", func(x *G.Node) (*G.Node, error) { return G.Pow(x, num(x, 2)) }),
		unaryCase("pow 3", func(x *G.Node) (*G.Node, error) { return G.Pow(x, num(x, 3)) }),
		unaryCase("pow 4", func(x *G.Node) (*G.Node, error) { return G.Pow(x, num(x, 4)) }),
		unaryCase("identity", func(x *G.Node) (*G.Node, error) { return x, nil }),
		unaryCase("reduce add", func(x *G.Node) (*G.Node, error) { return G.ReduceAdd(G.Nodes{x, G.Must(G.Sin(x)), x}) }),
		unaryCase("reduce mul", func(x *G.Node) (*G.Node, error) {
			return G.ReduceMul(G.Nodes{G.Must(G.Sum(x)), G.Must(G.Sum(G.Must(G.Sin(x)))), x})
		}),
		binaryCase("div of numbers", G.Div, shape(), shape(), positive),
		binaryCase("max between", G.MaxBetween, shape(2, 3), shape(2, 3), first),
		binaryCase("min between", G.MinBetween, shape(2, 3), shape(2, 3), first),
		binaryCase("binary cross entropy", G.BinaryXent, shape(2, 3), shape(2, 3), func(c *lowering) {
			c.at = func(r *rand.Rand, i, j int) float64 { return 0.1 + 0.8*r.Float64() }
		}),
	}
	for _, c := range cs { // of odd shapes too
		if len(c.in) != 1 || strings.HasPrefix(c.name, "reduce") {
			continue
		}
		for _, s := range []tensor.Shape{shape(), shape(4), shape(1, 1), shape(1, 3), shape(3, 1)} {
			odd := c
			odd.name, odd.in = fmt.Sprintf("%s%v", c.name, s), shapes(s)
			cs = append(cs, odd)
		}
	}
	for name, f := range binaries {
		kind := func(c *lowering) {
			c.positive = name == "div" || name == "pow"
			c.first = name[0] != 'a' && name[0] != 's' && name[0] != 'm' && name[0] != 'd' && name[0] != 'p'
		}
		for _, s := range []tensor.Shape{shape(2, 3), shape(4), shape(1, 1), shape(1, 3), shape(3, 1), shape(2, 1, 3),
			shape(2, 2, 1, 3)} {
			cs = append(cs, binaryCase(fmt.Sprintf("%s%v", name, s), f, s, s, kind))
		}
		cs = append(cs, binaryCase(name+" number left", f, shape(), shape(2, 3), kind),
			binaryCase(name+" number right", f, shape(2, 3), shape(), kind),
			binaryCase(name+" numbers", f, shape(), shape(), kind),
			unaryCase(name+" constant left", withNumber(f, true), kind),
			unaryCase(name+" constant right", withNumber(f, false), kind))
	}
	for name, f := range broadcasts {
		kind := func(c *lowering) {
			c.positive = name == "div" || name == "pow"
			c.first = name[0] != 'a' && name[0] != 's' && name[0] != 'm' && name[0] != 'd' && name[0] != 'p'
		}
		by := func(l, r []byte) func(a, b *G.Node) (*G.Node, error) {
			return func(a, b *G.Node) (*G.Node, error) { return f(a, b, l, r) }
		}
		cs = append(cs,
			binaryCase("broadcast "+name+" rows", by(nil, []byte{0}), shape(3, 2), shape(2), kind),
			binaryCase("broadcast "+name+" columns", by(nil, []byte{1}), shape(3, 2), shape(3), kind),
			binaryCase("broadcast "+name+" left", by([]byte{0}, nil), shape(1, 2), shape(3, 2), kind),
			binaryCase("broadcast "+name+" one row", by(nil, []byte{0}), shape(1, 2), shape(2), kind),
			binaryCase("broadcast "+name+" rank 3", by(nil, []byte{0, 2}), shape(2, 3, 2), shape(1, 3, 1), kind),
			binaryCase("broadcast "+name+" rank 4", by(nil, []byte{0, 2, 3}), shape(2, 3, 2, 2), shape(1, 3, 1, 1), kind),
			binaryCase("broadcast "+name+" auto", func(a, b *G.Node) (*G.Node, error) {
				return G.Auto(f, a, b)
			}, shape(3, 1), shape(3, 4), kind),
		)
	}
	return cs
}

func TestLowerElementwise(t *testing.T) { testLowerings(t, elementwiseCases()) }

func testLowerings(t *testing.T, cs []lowering) {
	for i := range cs {
		t.Run(cs[i].name, func(t *testing.T) { testLowering(t, &cs[i]) })
	}
}
