package graph

import (
	"testing"

	"gorgonia.org/tensor"
)

// productShapes are (m, n, k) of the products that a plan computes apart from tile programs.
func productShapes[T Float](p *Plan[T]) (shapes [][3]int) {
	for _, s := range p.steps {
		if s, ok := s.(*productStep[T]); ok {
			shapes = append(shapes, [3]int{s.m, s.n, s.k})
		}
	}
	return shapes
}

// The tangent of a first layer in the direction of an axis is one row of its weight for the whole batch, and computed once.
func TestPlanRepeatedRow(t *testing.T) {
	for _, trans := range []bool{false, true} {
		build := func(b *builder) ([]*expr, []*expr) {
			w, x := b.input("w", tensor.Shape{3, 5}), b.input("x", tensor.Shape{4, 5})
			units := make([]float64, 12)
			for i := range 4 {
				units[3*i+1] = 1
			}
			e := b.constant(units, tensor.Shape{4, 3})
			if trans {
				e = b.transpose(e, []int{1, 0})
			}
			return []*expr{w, x}, []*expr{b.mul(x, b.matmul(e, w, trans, false))}
		}
		checkPlan(t, normal(), build)
		p, err := Compile[float64](buildFunc(tensor.Float64, build))
		if err != nil {
			t.Fatal(err)
		}
		if got := productShapes(p); len(got) != 1 || got[0] != [3]int{1, 5, 3} {
			t.Errorf("transposed %v: products of sizes %v, want one row", trans, got)
		}
	}
	b := newBuilder(tensor.Float64)
	if e := b.constant([]float64{1, 2, 1, 3}, tensor.Shape{2, 2}); e.kind != kindConst {
		t.Errorf("different rows became %v", e)
	}
}

// What is made of a constant alone is computed once, also where the constant repeats a row.
func TestPlanRepeatedConstant(t *testing.T) {
	build := func(b *builder) ([]*expr, []*expr) {
		x, c := b.input("x", tensor.Shape{1, 3}), b.constant([]float64{1, 2, 3, 1, 2, 3}, tensor.Shape{2, 3})
		return []*expr{x}, []*expr{b.mul(x, b.unary(kindExp, b.sum(c, []int{0})))}
	}
	checkPlan(t, normal(), build)
	p, err := Compile[float64](buildFunc(tensor.Float64, build))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.steps) != 1 {
		t.Errorf("%d steps, want the product with x", len(p.steps))
	}
}

// The gradient of a weight of few outputs is computed transposed, with long rows, and has the digits that it has otherwise.
func TestPlanUpended(t *testing.T) {
	for n := 1; n <= fewColumns+1; n++ {
		for _, stored := range []bool{false, true} {
			build := func(b *builder) ([]*expr, []*expr) {
				h, w := b.input("h", tensor.Shape{longSum, 40}), b.input("w", tensor.Shape{longSum, n})
				if stored {
					w = b.input("w", tensor.Shape{n, longSum})
				}
				return []*expr{h, w}, []*expr{b.matmul(h, w, true, stored)}
			}
			checkPlan(t, normal(), build)
			f := buildFunc(tensor.Float64, build)
			p, err := Compile[float64](f)
			if err != nil {
				t.Fatal(err)
			}
			plain, err := compile[float64](f, f.outputs)
			if err != nil {
				t.Fatal(err)
			}
			want := [3]int{n, 40, longSum}
			if n > fewColumns {
				want = [3]int{40, n, longSum}
			}
			if got := productShapes(p); len(got) != 1 || got[0] != want {
				t.Errorf("%d columns: products of sizes %v, want %v", n, got, want)
			}
			in := filled(f, normal())
			got, as := outputsFor[float64](f), outputsFor[float64](f)
			if err := p.Run(in, got); err != nil {
				t.Fatal(err)
			}
			if err := plain.Run(in, as); err != nil {
				t.Fatal(err)
			}
			for i, v := range as[0] {
				if got[0][i] != v {
					t.Fatalf("%d columns, element %d: %v, not %v", n, i, got[0][i], v)
				}
			}
		}
	}
}
