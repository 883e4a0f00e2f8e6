package solvers

import (
	"math/rand"
	"slices"
	"testing"
)

// entries are those of a pattern of an n×n matrix, without the diagonal, which every pattern has.
func entries(p Pattern, n int) map[[2]int]bool {
	all := map[[2]int]bool{}
	for j, rows := range p.columns(n) {
		for _, i := range rows {
			if i != j {
				all[[2]int{i, j}] = true
			}
		}
	}
	return all
}

func TestPatternsOfDerivedSystems(t *testing.T) {
	const n = 6
	rng := rand.New(rand.NewSource(3))
	for _, p := range []Pattern{Dense(), Banded(1, 0), Banded(0, 2), BlockDiagonal(3, 2), scattered(rng, n), Sparse(nil, nil)} {
		is := entries(p, n)
		transposed := entries(p.Transposed(), n)
		if len(transposed) != len(is) {
			t.Errorf("%+v: transposed %+v", p, p.Transposed())
		}
		repeated, both := p.Repeated(3, n), p.WithAdjoint(n)
		if err := repeated.check(3 * n); err != nil {
			t.Error(err)
		}
		if err := both.check(2 * n); err != nil {
			t.Error(err)
		}
		copies, pair := entries(repeated, 3*n), entries(both, 2*n)
		for e := range is {
			if !transposed[[2]int{e[1], e[0]}] {
				t.Errorf("%+v: (%d, %d) is not transposed", p, e[0], e[1])
			}
			for c := range 3 {
				if !copies[[2]int{c*n + e[0], c*n + e[1]}] {
					t.Errorf("%+v: copy %d lacks (%d, %d)", p, c, e[0], e[1])
				}
			}
			if !pair[e] || !pair[[2]int{n + e[1], n + e[0]}] {
				t.Errorf("%+v: y and a lack (%d, %d)", p, e[0], e[1])
			}
		}
		// f_k depends on the components of row k; a_i' on y_j where one row has both.
		for k := range n {
			var row []int
			for j := range n {
				if j == k || is[[2]int{k, j}] {
					row = append(row, j)
				}
			}
			for _, i := range row {
				for _, j := range row {
					if !pair[[2]int{n + i, j}] {
						t.Errorf("%+v: a_%d does not depend on y_%d, row %v", p, i, j, row)
					}
				}
			}
		}
	}
	// Nothing but what is there: a chain's copies stay apart, and the blocks of a batch do too.
	if got := entries(Sparse([]int{0}, []int{1}).Repeated(2, 2), 4); len(got) != 2 {
		t.Errorf("copies %v", got)
	}
	pair := entries(BlockDiagonal(2, 1).WithAdjoint(2), 4)
	var list [][2]int
	for e := range pair {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b [2]int) int { return a[0] - b[0] })
	if !slices.Equal(list, [][2]int{{2, 0}, {3, 1}}) {
		t.Errorf("two components with their adjoints: %v", list)
	}
}
