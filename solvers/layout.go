package solvers

import "slices"

// layout is how an n×n matrix of some pattern is stored and factorised: as blocks along the diagonal, of which a dense
// matrix is one, or as a band, perhaps after a renumbering.
type layout struct {
	n            int
	blocks, size int   // 0 for a band
	lower, upper int   // of a band
	place        []int // row and column i of the matrix are place[i] of the band; nil: i
}

// newLayout chooses the storage of a pattern. A sparse one is renumbered by [reverseCuthillMcKee]. A band that is so wide
// that its factorisation, with pivots n·lower·(lower+upper) products, is no cheaper than a dense one's n³/3 is stored as
// dense.
func newLayout(p *Pattern, n int) *layout {
	l := &layout{n: n}
	switch p.kind {
	case blockPattern:
		l.blocks, l.size = p.blocks, p.size
		return l
	case bandedPattern:
		l.lower, l.upper = min(p.lower, n-1), min(p.upper, n-1)
	case sparsePattern:
		cols := p.columns(n)
		l.lower, l.upper = bandwidths(cols, nil)
		place := reverseCuthillMcKee(cols)
		if lo, up := bandwidths(cols, place); lo+up < l.lower+l.upper {
			l.lower, l.upper, l.place = lo, up, place
		}
	}
	if p.kind == densePattern || 3*(l.lower+1)*(l.lower+l.upper+1) >= n*n {
		return &layout{n: n, blocks: 1, size: n}
	}
	return l
}

// dense reports whether every entry is stored, row by row.
func (l *layout) dense() bool { return l.blocks == 1 }

// len is the number of entries stored.
func (l *layout) len() int {
	if l.blocks > 0 {
		return l.blocks * l.size * l.size
	}
	return l.n * (l.lower + l.upper + 1)
}

// at is the index of the entry (i, j), which must be one that is stored: blocks lie one behind the other, row by row; a band
// row by row, each with its lower + upper + 1 entries around the diagonal.
func (l *layout) at(i, j int) int {
	if l.blocks > 0 {
		b := i / l.size * l.size
		return i*l.size + j - b
	}
	if l.place != nil {
		i, j = l.place[i], l.place[j]
	}
	return i*(l.lower+l.upper+1) + j - i + l.lower
}

// bandwidths are the largest i−j and j−i of the entries, with the numbering place.
func bandwidths(cols [][]int, place []int) (lower, upper int) {
	for j, rows := range cols {
		for _, i := range rows {
			d := i - j
			if place != nil {
				d = place[i] - place[j]
			}
			lower, upper = max(lower, d), max(upper, -d)
		}
	}
	return lower, upper
}

// reverseCuthillMcKee numbers the components of a pattern so that coupled ones are close: each connected part breadth
// first from a component of least degree, neighbours by rising degree, and all that backwards. (Cuthill and McKee,
// Proc. 24th ACM Nat. Conf. (1969); George and Liu, Computer Solution of Large Sparse Positive Definite Systems (1981).)
func reverseCuthillMcKee(cols [][]int) []int {
	n := len(cols)
	near := make([][]int, n) // the graph of the pattern and its transpose
	for j, rows := range cols {
		for _, i := range rows {
			if i != j {
				near[i], near[j] = append(near[i], j), append(near[j], i)
			}
		}
	}
	for i := range near {
		slices.Sort(near[i])
		near[i] = slices.Compact(near[i])
	}
	byDegree := func(a, b int) int { return len(near[a]) - len(near[b]) }
	order := make([]int, 0, n)
	seen := make([]bool, n)
	starts := make([]int, n)
	for i := range starts {
		starts[i] = i
	}
	slices.SortStableFunc(starts, byDegree)
	for _, start := range starts {
		if seen[start] {
			continue
		}
		seen[start] = true
		order = append(order, start)
		for at := len(order) - 1; at < len(order); at++ {
			from := len(order)
			for _, i := range near[order[at]] {
				if !seen[i] {
					seen[i] = true
					order = append(order, i)
				}
			}
			slices.SortStableFunc(order[from:], byDegree)
		}
	}
	place := make([]int, n)
	for k, i := range order {
		place[i] = n - 1 - k
	}
	return place
}
