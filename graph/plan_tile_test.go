package graph

import (
	"testing"

	"gorgonia.org/tensor"
)

// Programs of several tiles, in which a result may take the buffer of an argument, and registers are used again.
func TestPlanTiles(t *testing.T) {
	s := tensor.Shape{48, 48}
	cases := map[string]func(b *builder, x, row *expr) *expr{
		"a row that is gathered once": func(b *builder, x, row *expr) *expr {
			y := b.unary(kindSin, b.mul(b.unary(kindAbs, x), b.spread(row, s)))
			return b.add(b.unary(kindTanh, b.add(y, b.unary(kindCos, x))), b.unary(kindSin, b.mul(y, x)))
		},
		"element by element and turned": func(b *builder, x, _ *expr) *expr {
			y := b.matmul(x, x, false, false)
			return b.add(y, b.transpose(y, []int{1, 0}))
		},
		"element by element and as one number": func(b *builder, x, _ *expr) *expr {
			y := b.matmul(x, x, false, false)
			first := b.slice(y, []int{0, 0}, []int{1, 1}, tensor.Shape{1, 1})
			return b.add(y, b.expand(first, s))
		},
		"element by element and as a factor": func(b *builder, x, _ *expr) *expr {
			y := b.matmul(x, x, false, false)
			z := b.concat(0, y, y)
			z = b.slice(z, []int{24, 0}, []int{1, 1}, s)
			return b.add(b.unary(kindTanh, b.matmul(x, y, false, false)), b.add(y, z))
		},
		"both halves of one value": func(b *builder, x, _ *expr) *expr {
			y := b.concat(0, b.unary(kindSin, x), b.unary(kindCos, x))
			upper := b.slice(y, []int{0, 0}, []int{1, 1}, s)
			lower := b.slice(y, []int{1, 0}, []int{1, 1}, s)
			return b.sub(upper, lower)
		},
		"an argument that is read after a result is written": func(b *builder, x, _ *expr) *expr {
			y := b.matmul(x, x, false, false)
			u := b.unary(kindSin, y)
			v := b.mul(b.unary(kindCos, u), y)
			return b.matmul(u, v, false, false)
		},
	}
	for name, build := range cases {
		t.Run(name, func(t *testing.T) {
			checkPlan(t, func() func() float64 {
				draw := normal()
				return func() float64 { return 0.1 * draw() }
			}(), func(b *builder) ([]*expr, []*expr) {
				x, row := b.input("x", s), b.input("row", tensor.Shape{48})
				y := build(b, x, row)
				return []*expr{x, row}, []*expr{b.matmul(y, x, true, false)}
			})
		})
	}
}

// What a plan is expected to make of a function, counted in steps.
func TestPlanSteps(t *testing.T) {
	steps := func(build func(b *builder) ([]*expr, []*expr)) int {
		p, err := Compile[float64](buildFunc(tensor.Float64, build))
		if err != nil {
			t.Fatal(err)
		}
		return len(p.steps)
	}
	s := tensor.Shape{4, 6}
	for _, c := range []struct {
		name  string
		want  int
		build func(b *builder) ([]*expr, []*expr)
	}{
		{"constants alone", 1, func(b *builder) ([]*expr, []*expr) {
			c := b.constant([]float64{1, 2, 3}, tensor.Shape{3})
			return nil, []*expr{b.sum(b.unary(kindTanh, c), []int{0})}
		}},
		{"a chain", 1, func(b *builder) ([]*expr, []*expr) {
			x := b.input("x", s)
			return []*expr{x}, []*expr{b.unary(kindTanh, b.scale(2, b.unary(kindSin, x)))}
		}},
		{"a chain through a reshape", 1, func(b *builder) ([]*expr, []*expr) {
			x := b.input("x", s)
			return []*expr{x}, []*expr{b.unary(kindTanh, b.reshape(b.unary(kindSin, x), tensor.Shape{24}))}
		}},
		{"a layer", 1, func(b *builder) ([]*expr, []*expr) {
			x, w, c := b.input("x", s), b.input("w", tensor.Shape{6, 3}), b.input("c", tensor.Shape{3})
			y := b.matmul(x, w, false, false)
			return []*expr{x, w, c}, []*expr{b.unary(kindTanh, b.add(y, b.spread(c, y.shape)))}
		}},
		{"two products in one sum", 1, func(b *builder) ([]*expr, []*expr) {
			x, w := b.input("x", s), b.input("w", tensor.Shape{6, 3})
			return []*expr{x, w}, []*expr{b.unary(kindSigmoid, b.add(b.matmul(x, w, false, false),
				b.matmul(b.slice(x, []int{0, 0}, []int{1, 1}, s), w, false, false)))}
		}},
		{"a detour", 3, func(b *builder) ([]*expr, []*expr) {
			x := b.input("x", tensor.Shape{6, 6})
			y := b.unary(kindSin, x)
			return []*expr{x}, []*expr{b.add(y, b.spread(b.sum(y, []int{0}), y.shape))}
		}},
		{"a duplicate of another builder", 1, func(b *builder) ([]*expr, []*expr) {
			x := b.input("x", s)
			return []*expr{x}, []*expr{b.add(b.unary(kindSin, x), newBuilder(tensor.Float64).unary(kindSin, x))}
		}},
	} {
		if got := steps(c.build); got != c.want {
			t.Errorf("%s: %d steps, want %d", c.name, got, c.want)
		}
	}
}
