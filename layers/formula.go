package layers

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// formula writes arithmetic as nodes. After the first error it does nothing more; result reports it.
type formula struct {
	dtype tensor.Dtype
	err   error
}

func (f *formula) result(n *G.Node) (*G.Node, error) {
	if f.err != nil {
		return nil, f.err
	}
	return n, nil
}

func (f *formula) keep(n *G.Node, err error) *G.Node {
	if f.err == nil {
		f.err = err
	}
	return n
}

// number is a constant.
func (f *formula) number(v float64) *G.Node {
	if f.dtype == tensor.Float32 {
		return G.NewConstant(float32(v))
	}
	return G.NewConstant(v)
}

func (f *formula) apply(fn func(*G.Node) (*G.Node, error), x *G.Node) *G.Node {
	if f.err != nil {
		return nil
	}
	return f.keep(fn(x))
}

func (f *formula) binary(fn func(a, b *G.Node) (*G.Node, error), a, b *G.Node) *G.Node {
	if f.err != nil {
		return nil
	}
	return f.keep(fn(a, b))
}

func (f *formula) add(a, b *G.Node) *G.Node { return f.binary(G.Add, a, b) }
func (f *formula) sub(a, b *G.Node) *G.Node { return f.binary(G.Sub, a, b) }
func (f *formula) mul(a, b *G.Node) *G.Node { return f.binary(G.HadamardProd, a, b) }
func (f *formula) div(a, b *G.Node) *G.Node { return f.binary(G.HadamardDiv, a, b) }

// compare is 1 where the comparison holds and 0 elsewhere.
func (f *formula) compare(fn func(a, b *G.Node, retSame bool) (*G.Node, error), a, b *G.Node) *G.Node {
	if f.err != nil {
		return nil
	}
	return f.keep(fn(a, b, true))
}

// negativePart is min(x, 0).
func (f *formula) negativePart(x *G.Node) *G.Node {
	return f.mul(x, f.compare(G.Lt, x, f.number(0)))
}
