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
