package solvers

// colors divides the columns of a pattern into groups in which no two have a row in common, so that one directional
// derivative gives a whole group:
//
//	out = J Σ_{j ∈ group} e_j,   J_ij = out_i   for the rows i of column j.
//
// Each column takes the first group that it fits into. A band needs lower + upper + 1 groups, blocks as many as their size.
// (Curtis, Powell and Reid, "On the estimation of sparse Jacobian matrices", IMA J. Appl. Math. 13 (1974).)
func colors(cols [][]int) [][]int {
	var groups [][]int
	var taken [][]bool
	for j, rows := range cols {
		g := 0
		for ; g < len(groups); g++ {
			if free(taken[g], rows) {
				break
			}
		}
		if g == len(groups) {
			groups = append(groups, nil)
			taken = append(taken, make([]bool, len(cols)))
		}
		groups[g] = append(groups[g], j)
		for _, i := range rows {
			taken[g][i] = true
		}
	}
	return groups
}

func free(taken []bool, rows []int) bool {
	for _, i := range rows {
		if taken[i] {
			return false
		}
	}
	return true
}
