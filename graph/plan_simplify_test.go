package graph

import (
	"testing"

	"gorgonia.org/tensor"
)

// Products with a factor that is zero but for some rows or columns.
func TestPlanEmbeddedFactors(t *testing.T) {
	shape := func(trans bool, lead, m, n int) tensor.Shape {
		if trans {
			m, n = n, m
		}
		return tensor.Shape{lead, m, n}
	}
	for mode := range 32 {
		bit := func(i int) bool { return mode>>i&1 == 1 }
		tx, ty, second, last, stepped := bit(0), bit(1), bit(2), bit(3), bit(4)
		build := func(b *builder) ([]*expr, []*expr) {
			x, y := b.input("x", shape(tx, 2, 5, 7)), b.input("y", shape(ty, 2, 7, 6))
			pair := [2]*expr{x, y}
			i, axis := flag(second), 1+flag(last)
			full := pair[i].shape.Clone()
			start, step := []int{0, 0, 0}, []int{1, 1, 1}
			full[axis], start[axis], step[axis] = 7, 1, 1+flag(stepped)
			narrow := full.Clone()
			narrow[axis] = 3
			part := b.input("part", narrow)
			pair[i] = b.embed(part, start, step, full)
			k := func(e *expr, trans bool, contracted int) int { // length of an axis of a factor
				if trans {
					contracted = 3 - contracted
				}
				return e.shape[contracted]
			}
			if k(pair[0], tx, 2) != k(pair[1], ty, 1) { // the other factor has to follow
				other := 1 - i
				s := pair[other].shape.Clone()
				s[map[bool]int{false: 1 + flag(other == 0), true: 2 - flag(other == 0)}[[]bool{tx, ty}[other]]] = 7
				pair[other] = b.input("other", s)
			}
			return []*expr{pair[1-i], part}, []*expr{b.matmul(pair[0], pair[1], tx, ty)}
		}
		checkPlan(t, normal(), build)
	}
}

// An embedding of an embedding along one axis, as unit vectors in a part of a state make it: rows 3 and 1 of the
// product's seven.
func TestPlanEmbeddedTwice(t *testing.T) {
	for mode := range 4 {
		tx, second := mode&1 == 1, mode&2 == 2
		checkPlan(t, normal(), func(b *builder) ([]*expr, []*expr) {
			part, y := b.input("part", tensor.Shape{1, 5}), b.input("y", tensor.Shape{5, 4})
			twice := b.embed(b.embed(part, []int{1, 0}, []int{1, 1}, tensor.Shape{3, 5}), []int{2, 0}, []int{1, 1},
				tensor.Shape{7, 5})
			if second {
				return []*expr{part, y}, []*expr{b.matmul(b.transpose(y, []int{1, 0}), twice, false, true)}
			}
			if tx {
				part = b.input("column", tensor.Shape{5, 1})
				twice = b.embed(b.embed(part, []int{0, 1}, []int{1, 1}, tensor.Shape{5, 3}), []int{0, 2}, []int{1, 1},
					tensor.Shape{5, 7})
			}
			return []*expr{part, y}, []*expr{b.matmul(twice, y, tx, false)}
		})
	}
}

// The last layer of a flow with an exact divergence computes columns, not matrices that are zero but for a column, and
// packing the outputs of a call together and taking them apart again costs nothing: what is left are the parts of the
// state, and the two columns of a weight.
func TestPlanFlow(t *testing.T) {
	f, err := flowFunc(40, []int{2, 8, 8, 2}, true)
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.ValueVJP()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		f     *Func
		moves int
	}{{f, 1}, {r, 4}} {
		p, err := Compile[float32](c.f)
		if err != nil {
			t.Fatal(err)
		}
		moves := 0
		for _, s := range p.steps {
			if _, ok := s.(*moveStep[float32]); ok {
				moves++
			}
		}
		if moves != c.moves {
			t.Errorf("%s: %d steps that move data, want %d", c.f.name, moves, c.moves)
		}
	}
}

// A row times a matrix that lies by columns runs as the matrix times a column.
func TestPlanUpright(t *testing.T) {
	build := func(b *builder) ([]*expr, []*expr) {
		x, w, c := b.input("x", tensor.Shape{1, 9}), b.input("w", tensor.Shape{21, 9}), b.input("c", tensor.Shape{21})
		y := b.matmul(x, w, false, true)
		return []*expr{x, w, c}, []*expr{y, b.unary(kindTanh,
			b.add(b.matmul(b.unary(kindSin, x), w, false, true), b.spread(c, y.shape)))}
	}
	checkPlan(t, normal(), build)
	p, err := Compile[float64](buildFunc(tensor.Float64, build))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.steps {
		switch s := s.(type) {
		case *turnStep[float64]:
			t.Error("the matrix is turned over")
		case *productStep[float64]:
			if s.n != 1 {
				t.Errorf("a product of %d columns", s.n)
			}
		}
	}
}
