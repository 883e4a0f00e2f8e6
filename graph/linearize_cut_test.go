package graph

import (
	"testing"

	"gorgonia.org/tensor"
)

// What the backward pass of a function keeps: the fewest numbers from which arithmetic makes all that is wanted.
func TestSmallestCut(t *testing.T) {
	const n = 12 // elements of a product
	for _, c := range []struct {
		name  string
		build func(b *builder, p, q, row *expr) []*expr // what is wanted, of two products and a function of a row
		kept  int                                       // elements
	}{
		{"one product", func(b *builder, p, q, row *expr) []*expr { return []*expr{p} }, n},
		{"arithmetic of one", func(b *builder, p, q, row *expr) []*expr {
			return []*expr{b.unary(kindSquare, p), b.scale(2, p), b.shift(1, b.unary(kindInv, p))}
		}, n},
		{"a sum of two", func(b *builder, p, q, row *expr) []*expr { return []*expr{b.unary(kindSquare, b.add(p, q))} }, n},
		{"a sum of two and one of them", func(b *builder, p, q, row *expr) []*expr { return []*expr{b.add(p, q), p} }, 2 * n},
		{"three sums of two", func(b *builder, p, q, row *expr) []*expr {
			return []*expr{b.add(p, q), b.mul(p, q), b.sub(p, q)}
		}, 2 * n},
		{"a row and what it is spread over", func(b *builder, p, q, row *expr) []*expr {
			s := b.spread(row, p.shape)
			return []*expr{b.mul(p, s), b.sub(p, s), s}
		}, n + 4},
		{"what is moved", func(b *builder, p, q, row *expr) []*expr {
			return []*expr{b.transpose(p, []int{1, 0}), b.reshape(p, tensor.Shape{n})}
		}, n},
		{"a function of a sum", func(b *builder, p, q, row *expr) []*expr {
			h := b.unary(kindTanh, b.add(p, q))
			return []*expr{b.sub(b.fill(1, h.shape), b.unary(kindSquare, h))}
		}, n},
		{"inputs", func(b *builder, p, q, row *expr) []*expr { return []*expr{b.unary(kindCube, p.args[0])} }, 0},
	} {
		b := newBuilder(tensor.Float64)
		x, w, v, r := b.input("x", tensor.Shape{3, 2}), b.input("w", tensor.Shape{2, 4}), b.input("v", tensor.Shape{2, 4}),
			b.input("r", tensor.Shape{1, 4})
		wanted := c.build(b, b.matmul(x, w, false, false), b.matmul(x, v, false, false), b.unary(kindExp, r))
		kept := smallestCut(wanted)
		total := 0
		for e := range kept {
			total += e.size()
		}
		if total != c.kept {
			t.Errorf("%s: %d elements are kept, want %d", c.name, total, c.kept)
		}
		open := topological(wanted)
		done := map[*expr]bool{}
		for _, e := range open { // computable without a product or a function
			ok := kept[e] || len(e.args) == 0
			if !ok && e.kind.again() {
				ok = true
				for _, a := range e.args {
					ok = ok && done[a]
				}
			}
			done[e] = ok
		}
		for _, e := range wanted {
			if !done[e] {
				t.Errorf("%s: %v cannot be had from what is kept", c.name, e)
			}
		}
	}
}
