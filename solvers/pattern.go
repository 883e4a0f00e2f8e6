package solvers

import "slices"

// Pattern says which entries of the Jacobian ∂f/∂y may differ from zero. Implicit methods need far less work where these
// are few: columns that share no row are evaluated together, and the factorisation stays within the pattern.
//
// The zero value, and [Dense], promise nothing: every entry may differ from zero. A pattern that leaves out an entry
// slows the convergence of Newton's method or prevents it, but doesn't change what it converges to, nor a gradient.
type Pattern struct {
	kind         patternKind
	lower, upper int
	blocks, size int
	rows, cols   []int
}

type patternKind int

const (
	densePattern patternKind = iota
	bandedPattern
	blockPattern
	sparsePattern
)

// Dense is the pattern with every entry.
func Dense() Pattern { return Pattern{} }

// Banded is the pattern of the entries (i, j) with −lower ≤ j−i ≤ upper.
func Banded(lower, upper int) Pattern {
	return Pattern{kind: bandedPattern, lower: lower, upper: upper}
}

// BlockDiagonal is the pattern of blocks of size components each that don't depend on each other: the rows of a batch,
// lying one behind the other.
func BlockDiagonal(blocks, size int) Pattern {
	return Pattern{kind: blockPattern, blocks: blocks, size: size}
}

// Sparse is the pattern of the entries (rows[k], cols[k]), in any order, repeated or not. The slices are copied.
func Sparse(rows, cols []int) Pattern {
	return Pattern{kind: sparsePattern, rows: slices.Clone(rows), cols: slices.Clone(cols)}
}

// check refuses a pattern that isn't one of an n×n matrix.
func (p *Pattern) check(n int) error {
	switch p.kind {
	case bandedPattern:
		if p.lower < 0 || p.upper < 0 {
			return badInput("System.Pattern is banded with bandwidths %d and %d", p.lower, p.upper)
		}
	case blockPattern:
		if p.blocks < 1 || p.size < 1 || p.blocks*p.size != n {
			return badInput("System.Pattern has %d blocks of %d; System.Dim is %d", p.blocks, p.size, n)
		}
	case sparsePattern:
		if len(p.rows) != len(p.cols) {
			return badInput("System.Pattern has %d row indices and %d column indices", len(p.rows), len(p.cols))
		}
		for k, i := range p.rows {
			if j := p.cols[k]; i < 0 || i >= n || j < 0 || j >= n {
				return badInput("System.Pattern has the entry (%d, %d); System.Dim is %d", i, j, n)
			}
		}
	}
	return nil
}

// Transposed is the pattern of the transpose: that of the adjoint equation a' = −(∂f/∂y)ᵀ a.
func (p Pattern) Transposed() Pattern {
	p.lower, p.upper = p.upper, p.lower
	p.rows, p.cols = p.cols, p.rows
	return p
}

// Repeated is the pattern of the n×n matrix of p k times along the diagonal: k copies of a system that don't depend on each
// other.
func (p Pattern) Repeated(k, n int) Pattern {
	switch p.kind {
	case densePattern:
		return BlockDiagonal(k, n)
	case blockPattern:
		return BlockDiagonal(k*p.blocks, p.size)
	case sparsePattern:
		rows, cols := make([]int, 0, k*len(p.rows)), make([]int, 0, k*len(p.rows))
		for c := range k {
			for e, i := range p.rows {
				rows, cols = append(rows, c*n+i), append(cols, c*n+p.cols[e])
			}
		}
		return Pattern{kind: sparsePattern, rows: rows, cols: cols}
	}
	return p // a band's copies lie within the band
}

// WithAdjoint is the pattern of the n components of y and the n of a together, where y' = f and a' = −(∂f/∂y)ᵀ a:
// component i of a' depends on y_j where some f_k depends on both y_i and y_j.
func (p Pattern) WithAdjoint(n int) Pattern {
	if p.kind == densePattern {
		return p
	}
	cols := p.columns(n)
	depends := make([][]int, n) // on what f_k depends
	for j, rows := range cols {
		for _, k := range rows {
			depends[k] = append(depends[k], j)
		}
	}
	var is, js []int
	for j, rows := range cols {
		for _, k := range rows {
			is, js = append(is, k, n+j), append(js, j, n+k)
			for _, i := range depends[k] {
				is, js = append(is, n+i), append(js, j)
			}
		}
	}
	return Pattern{kind: sparsePattern, rows: is, cols: js}
}

// columns lists the rows of each column of the pattern, in ascending order, the diagonal among them.
func (p *Pattern) columns(n int) [][]int {
	cols := make([][]int, n)
	for j := range cols {
		lo, hi := 0, n
		switch p.kind {
		case bandedPattern:
			lo, hi = max(0, j-p.upper), min(n, j+p.lower+1)
		case blockPattern:
			lo = j / p.size * p.size
			hi = lo + p.size
		case sparsePattern:
			lo, hi = j, j+1
		}
		for i := lo; i < hi; i++ {
			cols[j] = append(cols[j], i)
		}
	}
	for k, i := range p.rows {
		cols[p.cols[k]] = append(cols[p.cols[k]], i)
	}
	for j := range cols {
		slices.Sort(cols[j])
		cols[j] = slices.Compact(cols[j])
	}
	return cols
}
