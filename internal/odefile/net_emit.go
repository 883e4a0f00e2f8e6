package odefile

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// network is an output of a network: h₀ = x, h_i = σ(h_{i−1} W_i + b_i), and a last layer without σ. Its outputs for
// the same inputs are computed once.
func (b *emitter) network(n *Net, output int, x []term) (term, error) {
	key := fmt.Sprintf("network %d", n.offset)
	for _, a := range x {
		key += " " + b.key(a)
	}
	all, err := b.made(key, func() (*G.Node, error) {
		in := make([]*G.Node, len(x))
		for i, a := range x {
			var err error
			if in[i], err = b.nodeOf(a); err != nil {
				return nil, err
			}
		}
		h, err := graph.Stack(in...)
		if err != nil {
			return nil, err
		}
		return n.build(h, b.params, n.offset)
	})
	if err != nil {
		return term{}, err
	}
	return b.element(key, all.node, output)
}

// build is the network of a vector of inputs, with the weights that stand at offset in a vector.
func (n *Net) build(x, weights *G.Node, offset int) (*G.Node, error) {
	sizes := n.Sizes()
	h, err := graph.Reshape(x, 1, sizes[0])
	for i := 0; i < len(sizes)-1 && err == nil; i++ {
		in, out := sizes[i], sizes[i+1]
		var w, bias *G.Node
		if w, err = part(weights, offset, in, out); err != nil {
			break
		}
		if bias, err = part(weights, offset+in*out, 1, out); err != nil {
			break
		}
		offset += (in + 1) * out
		if h, err = G.Mul(h, w); err != nil {
			break
		}
		if h, err = G.Add(h, bias); err != nil || i == len(sizes)-2 {
			break
		}
		h, err = n.act.Forward(h)
	}
	return h, err
}

// part is a matrix that stands at offset in a vector.
func part(vector *G.Node, offset, rows, cols int) (*G.Node, error) {
	m, err := graph.Slice(vector, G.S(offset, offset+rows*cols))
	if err != nil {
		return nil, err
	}
	return graph.Reshape(m, rows, cols)
}
