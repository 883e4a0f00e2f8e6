package graph

import (
	"testing"

	"gorgonia.org/tensor"
)

// What is done to a product's result alone is no instruction of its own.
func TestPlanEpilogue(t *testing.T) {
	rows, narrow := tensor.Shape{30, 6}, tensor.Shape{30, 1}
	row := func(b *builder, c *expr, like *expr) *expr { return b.spread(c, like.shape) }
	cases := []struct {
		name  string
		wants int // instructions of tile programs, and steps that are none
		build func(b *builder, x, w, v, c *expr) *expr
	}{
		{"bias and activation", 1, func(b *builder, x, w, _, c *expr) *expr {
			y := b.matmul(x, w, false, false)
			return b.unary(kindTanh, b.add(y, row(b, c, y)))
		}},
		{"bias on the left", 1, func(b *builder, x, w, _, c *expr) *expr {
			y := b.matmul(x, w, false, false)
			return b.unary(kindSigmoid, b.add(row(b, c, y), y))
		}},
		{"activation alone", 1, func(b *builder, x, w, _, _ *expr) *expr {
			return b.unary(kindExp, b.matmul(x, w, false, false))
		}},
		{"a sum of products", 6, func(b *builder, x, w, v, c *expr) *expr {
			y := b.add(b.matmul(x, w, false, false), b.matmul(b.unary(kindStop, x), v, false, false))
			return b.unary(kindTanh, b.add(y, row(b, c, y)))
		}},
		{"a product beside an activation", 4, func(b *builder, x, w, v, c *expr) *expr {
			y := b.unary(kindTanh, b.matmul(x, w, false, false))
			z := b.add(y, b.matmul(x, v, false, false))
			return b.mul(z, y)
		}},
		{"two activations of one product", 3, func(b *builder, x, w, _, c *expr) *expr {
			y := b.matmul(x, w, false, false)
			y = b.add(y, row(b, c, y))
			return b.mul(b.unary(kindSin, y), y)
		}},
		{"a column is no row", 3, func(b *builder, x, w, v, _ *expr) *expr {
			y := b.matmul(x, w, false, false)
			column := b.slice(x, []int{0, 2}, []int{1, 1}, narrow)
			return b.add(y, b.expand(column, y.shape))
		}},
		{"one column", 1, func(b *builder, x, w, _, c *expr) *expr {
			y := b.matmul(x, b.slice(w, []int{0, 3}, []int{1, 1}, tensor.Shape{6, 1}), false, false)
			one := b.slice(c, []int{4}, []int{1}, tensor.Shape{1})
			return b.unary(kindTanh, b.add(y, row(b, one, y)))
		}},
		{"one row", 1, func(b *builder, x, w, _, c *expr) *expr {
			first := b.slice(x, []int{7, 0}, []int{1, 1}, tensor.Shape{1, 6})
			y := b.matmul(first, w, false, false)
			return b.unary(kindTanh, b.add(y, row(b, c, y)))
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			build := func(b *builder) ([]*expr, []*expr) {
				x, w, v := b.input("x", rows), b.input("w", tensor.Shape{6, 6}), b.input("v", tensor.Shape{6, 6})
				bias := b.input("c", tensor.Shape{6})
				return []*expr{x, w, v, bias}, []*expr{c.build(b, x, w, v, bias)}
			}
			checkPlan(t, normal(), build)
			p, err := Compile[float64](buildFunc(tensor.Float64, build))
			if err != nil {
				t.Fatal(err)
			}
			if n := instructions(p); n != c.wants {
				t.Errorf("%d instructions, want %d", n, c.wants)
			}
		})
	}
}

func instructions[T Float](p *Plan[T]) int {
	n := 0
	for _, s := range p.steps {
		if s, ok := s.(*tileStep[T]); ok {
			n += len(s.code)
			continue
		}
		n++
	}
	return n
}

// The reverse derivative of a perceptron runs forward once: three products with their activations, and for each of them
// the products of its two derivatives and the sum of its bias; the slope of an activation comes from its value.
func TestPlanReversePerceptron(t *testing.T) {
	f, err := Trace(mlpNodes, mlpSpecs(40, []int{8, 16, 16, 4}, tensor.Float64)...)
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.ValueVJP()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile[float64](r)
	if err != nil {
		t.Fatal(err)
	}
	products, functions, sums, turned, arithmetic := 0, 0, 0, 0, 0
	product := func(a after[float64]) {
		products++
		if a.act != nil {
			functions++
		}
	}
	for _, s := range p.steps {
		switch s := s.(type) {
		case *productStep[float64]:
			product(s.after)
		case *sumStep[float64]:
			sums++
		case *turnStep[float64]:
			turned++
		case *tileStep[float64]:
			for _, c := range s.code {
				if c.op == opProduct {
					product(c.after)
				} else {
					arithmetic++
				}
			}
		default:
			t.Errorf("a step %T", s)
		}
	}
	if products != 9 || functions != 2 || sums != 3 || turned > 3 || arithmetic != 6 {
		t.Errorf("%d products, %d activations, %d sums, %d copies of a weight, %d instructions of arithmetic; want 9, 2, 3, "+
			"at most 3, 6",
			products, functions, sums, turned, arithmetic)
	}
}
