package flow

import (
	"math"

	"github.com/pkg/errors"
)

// squaredDistances is ‖a_i − b_j‖².
func squaredDistances(a, b [][]float64) [][]float64 {
	c := make([][]float64, len(a))
	for i, x := range a {
		c[i] = make([]float64, len(b))
		for j, y := range b {
			for k := range x {
				c[i][j] += (x[k] - y[k]) * (x[k] - y[k])
			}
		}
	}
	return c
}

// assign solves the assignment problem: the permutation of columns for which Σ_i cost[i][columns[i]] is least. It is the
// Hungarian method as shortest augmenting paths under dual prices, O(n³) (Kuhn 1955; Jonker and Volgenant 1987).
//
// The invariant is cost[i][j] − row[i] − col[j] ≥ 0, with equality on what is assigned. Each row i enters by the cheapest
// path of alternately free and assigned edges to a free column, found as Dijkstra would, after which the prices move by the
// distances.
func assign(cost [][]float64) (columns []int, err error) {
	n := len(cost)
	for i, r := range cost {
		if len(r) != n {
			return nil, errors.Errorf("flow: assignment: row %d has %d costs, want %d", i, len(r), n)
		}
		for j, v := range r {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, errors.Errorf("flow: assignment: the cost of %d and %d is %g", i, j, v)
			}
		}
	}
	const free = -1
	row, col := make([]float64, n), make([]float64, n)
	owner := make([]int, n) // the row of a column
	for j := range owner {
		owner[j] = free
	}
	distance, done, from := make([]float64, n), make([]bool, n), make([]int, n)
	for start := range n {
		for j := range n {
			distance[j], done[j] = math.Inf(1), false
		}
		i, last, length := start, free, 0.0
		for {
			next := free
			for j := range n {
				if done[j] {
					continue
				}
				if d := length + cost[i][j] - row[i] - col[j]; d < distance[j] {
					distance[j], from[j] = d, last
				}
				if next == free || distance[j] < distance[next] {
					next = j
				}
			}
			done[next], last, length = true, next, distance[next]
			if owner[next] == free {
				break
			}
			i = owner[next]
		}
		row[start] += length
		for j := range n {
			if done[j] && j != last {
				row[owner[j]] += length - distance[j]
				col[j] -= length - distance[j]
			}
		}
		for j := last; j != free; j = from[j] {
			if from[j] == free {
				owner[j] = start
			} else {
				owner[j] = owner[from[j]]
			}
		}
	}
	columns = make([]int, n)
	for j, i := range owner {
		columns[i] = j
	}
	return columns, nil
}
