package odeop

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// PerRow solves each row of y0, of shape (rows, ...), on its own: with steps of its own, to its own tolerance, as if it were
// alone, and to the same digits. A row that needs few steps takes few, and the others don't wait for it, so that the
// work is the sum of what each needs. All rows that want a value of the field get it from one evaluation.
//
// A row's step of its own costs some microseconds beside the field, 15 with the gradient, however small the row is:
// decisions, norms and a record for each. With a field of a few hundred operations a row that is 4 to 13 times what a row's
// part of a shared step costs. So it pays in time where the hardest rows need many times the steps of most, or where the
// field is costly; where each row must meet the tolerance on its own, or has times of its own, that is its price.
//
// The field is written as for any other solve, with t a number and y of shape (rows, ...), and is called with a batch of one
// row, y of shape (1, ...), which is evaluated for many. Args are shared by the rows; what belongs to each row enters
// through [RowArgs]. A field must not mix the rows, as a batch normalisation does: when the node is made, the field is
// compared at random places with what it gives each row alone, and a difference is an error; mixing that none of these
// places shows goes unnoticed. An Op that has no lowering or a dropout mask is an error.
//
// The order of the args is that of Args and then that of RowArgs. Tolerances of single components and a norm are those of a
// row. The gradient mode is Backprop. A row that fails is an error that names it, unless [AllowFailedRows] is given; the
// others are solved in either case. [RecordRows] keeps what happened to each.
func PerRow() Option {
	return func(c *config) error {
		c.perRow = true
		return nil
	}
}

// RowArgs hands nodes whose first axis is that of the rows to the field of a [PerRow] solve, behind those of Args: the field
// sees a row's part, of shape (1, ...). Gradients flow to them.
func RowArgs(nodes ...*gorgonia.Node) Option {
	nodes = slices.Clone(nodes)
	return func(c *config) error {
		for i, n := range nodes {
			if n == nil {
				return errors.Errorf("odeop: row arg %d is nil", i)
			}
		}
		c.rowArgs = nodes
		return nil
	}
}

// AllowFailedRows lets a [PerRow] solve go on where rows fail, by too many steps, say. The states of a failed row that were
// to be saved after its failure are NaN, and its cotangents count as zero: take it out of a loss with graph.Where, which
// forgives what it does not choose. RecordRows says which rows failed, and why.
func AllowFailedRows() Option {
	return func(c *config) error {
		c.allowFailed = true
		return nil
	}
}

// RecordRows keeps what happened to each row of the newest run of a [PerRow] solve in s.
func RecordRows(s *RowStats) Option {
	return func(c *config) error {
		if s == nil {
			return errors.New("odeop: record rows: no stats")
		}
		c.rowStats = s
		return nil
	}
}

// SolveRows is [Solve] with [PerRow] and times for each row: times[i] are those of row i, strictly monotonic, and its
// first is where y0[i] stands. The states have the shape (most times of a row, shape of y0...), so that ys[j][i] is the
// state of row i at times[i][j]; a row with fewer times than another stays at its last state. A row may have a single
// time: then it stays at y0[i].
//
// The room behind a row's times, j ≥ len(times[i]), holds its last state again, with gradients, so that a sum over all of ys
// counts that state more than once. A loss multiplies by a mask of 0 and 1 there, and divides by the sum of the mask
// where it is a mean; [SolveRowsFinal] has no such room.
func SolveRows(f Field, y0 *gorgonia.Node, times [][]float64, opts ...Option) (*gorgonia.Node, error) {
	return solveRows(f, y0, times, nil, false, opts)
}

// SolveRowsFinal is SolveRows that returns the last state of each row alone, of y0's shape.
func SolveRowsFinal(f Field, y0 *gorgonia.Node, times [][]float64, opts ...Option) (*gorgonia.Node, error) {
	return solveRows(f, y0, times, nil, true, opts)
}

// SolveRowsAt is SolveRows at times that are a node, a matrix of shape (rows, times) of y0's dtype and graph; gradients flow
// to every one of them. Times that repeat a row's last are the room that is left over: the row stays at its last state, and
// they have no gradient.
func SolveRowsAt(f Field, y0, times *gorgonia.Node, opts ...Option) (*gorgonia.Node, error) {
	if times == nil {
		return nil, errors.New("odeop: solve rows: no times")
	}
	return solveRows(f, y0, nil, times, false, opts)
}

func solveRows(f Field, y0 *gorgonia.Node, times [][]float64, at *gorgonia.Node, final bool, opts []Option) (
	*gorgonia.Node, error,
) {
	p, err := newRowsProblem(f, y0, times, at, final, opts)
	if err != nil {
		return nil, err
	}
	return p.applyRows()
}

// newRowsProblem is newProblem with times for each row.
func newRowsProblem(f Field, y0 *gorgonia.Node, times [][]float64, at *gorgonia.Node, final bool, opts []Option) (*problem,
	error) {
	p, err := newUntimed(f, y0, append(slices.Clone(opts), PerRow()))
	if err != nil {
		return nil, err
	}
	if err := p.checkSettings(); err != nil {
		return nil, err
	}
	p.final, p.at = final, at
	rows := y0.Shape()[0]
	if at == nil {
		if p.rowTimes, err = padded(p.name, times, rows); err != nil {
			return nil, err
		}
		p.n = len(p.rowTimes[0])
		return p, nil
	}
	switch shape := at.Shape(); {
	case at.Graph() != y0.Graph():
		return nil, errors.Errorf("%s: the times (%q) are in another graph than y0", p.name, at.Name())
	case at.Dtype() != p.dtype:
		return nil, errors.Errorf("%s: the times (%q) are %v, and y0 is %v", p.name, at.Name(), at.Dtype(), p.dtype)
	case len(shape) != 2 || shape[0] != rows:
		return nil, errors.Errorf("%s: the times (%q) have shape %v, want a matrix of %d rows", p.name, at.Name(), shape, rows)
	}
	p.n = at.Shape()[1]
	return p, nil
}

// padded checks the times of the rows and makes them equally many.
func padded(name string, times [][]float64, rows int) ([][]float64, error) {
	if len(times) != rows {
		return nil, errors.Errorf("%s: times for %d rows, and y0 has %d", name, len(times), rows)
	}
	n := 0
	for i, ts := range times {
		if len(ts) == 0 {
			return nil, errors.Errorf("%s: row %d has no times", name, i)
		}
		n = max(n, len(ts))
	}
	all := make([][]float64, rows)
	for i, ts := range times {
		if distinct(ts) < len(ts) {
			return nil, errors.Errorf("%s: row %d: times must be strictly monotonic, and the last two are both %g",
				name, i, ts[len(ts)-1])
		}
		all[i] = append(slices.Clone(ts), slices.Repeat(ts[len(ts)-1:], n-len(ts))...)
		if err := checkRowTimes(name, i, all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// distinct is how many times there are before those that repeat the last.
func distinct(ts []float64) int {
	n := len(ts)
	for n > 1 && ts[n-2] == ts[n-1] {
		n--
	}
	return n
}

// checkRowTimes checks the times of a row, which may repeat the last.
func checkRowTimes(name string, row int, ts []float64) error {
	ts = ts[:distinct(ts)]
	name = fmt.Sprintf("%s: row %d", name, row)
	if len(ts) == 1 {
		return checkTime(name, 0, ts[0])
	}
	return checkTimes(name, ts)
}

// checkRows refuses what goes with PerRow alone, and what doesn't go with it.
func (p *problem) checkRows() error {
	if !p.perRow {
		switch {
		case len(p.rowArgs) > 0:
			return errors.Errorf("%s: RowArgs are for a solve with PerRow", p.name)
		case p.allowFailed:
			return errors.Errorf("%s: AllowFailedRows is for a solve with PerRow", p.name)
		case p.rowStats != nil:
			return errors.Errorf("%s: RecordRows is for a solve with PerRow", p.name)
		}
		return nil
	}
	shape := p.y0.Shape()
	if len(shape) == 0 {
		return errors.Errorf("%s: per row: y0 (%q) is a number, which has no rows", p.name, p.y0.Name())
	}
	if err := p.keepStates("PerRow"); err != nil {
		return err
	}
	for i, a := range p.rowArgs {
		switch {
		case a.Graph() != p.y0.Graph():
			return errors.Errorf("%s: row arg %d (%q) is in another graph than y0", p.name, i, a.Name())
		case a.Dtype() != p.dtype:
			return errors.Errorf("%s: row arg %d (%q) is %v, and y0 is %v", p.name, i, a.Name(), a.Dtype(), p.dtype)
		case a.Dims() == 0 || a.Shape()[0] != shape[0]:
			return errors.Errorf("%s: row arg %d (%q) has shape %v, and y0 has %d rows", p.name, i, a.Name(), a.Shape(), shape[0])
		}
	}
	return nil
}

// hintRowArgs adds to what is wrong with the field of one row the arg that has a part for each row.
func (p *problem) hintRowArgs(err error) error {
	rows := p.y0.Shape()[0]
	for i, a := range p.args {
		if s := a.Shape(); len(s) > 0 && s[0] == rows && rows > 1 {
			return errors.WithMessagef(err, "arg %d (%q) of shape %v is handed whole to each row; if it has a part for each of the "+
				"%d rows, give it to RowArgs instead of Args", i, a.Name(), s, rows)
		}
	}
	return err
}

// oneRow is the shape of one row of a node, as a batch.
func oneRow(n *gorgonia.Node) tensor.Shape {
	s := n.Shape().Clone()
	s[0] = 1
	return s
}

// rowSpecs describes the args that the field sees of one row.
func (p *problem) rowSpecs() ([]graph.Spec, error) {
	specs, err := argSpecs(p.name, p.dtype, p.args)
	for i, a := range p.rowArgs {
		specs = append(specs, graph.Input(rowArgName(i, a), p.dtype, oneRow(a)...))
	}
	return specs, err
}
