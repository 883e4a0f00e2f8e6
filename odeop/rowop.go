package odeop

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/nodeop"
	"gorgonode/solvers"
)

// rowsSolve is a solve of rows on their own as an Op (nodeop.Function). Its inputs are y0, the times where they are a
// node, the args, the row args and the parameters.
type rowsSolve[T graph.Float] struct {
	*solve[T] // whose field is that of one row
	batched   *rowField[T]
}

func (p *problem) applyRows() (*gorgonia.Node, error) {
	if p.dtype == tensor.Float32 {
		return applyRows[float32](p)
	}
	return applyRows[float64](p)
}

// newRowsSolve makes the Op, without a node.
func newRowsSolve[T graph.Float](p *problem) (*rowsSolve[T], error) {
	field, err := newRowField[T](p)
	if err != nil {
		return nil, err
	}
	if err := checkSeparable(p, field.one); err != nil {
		return nil, err
	}
	if !p.rowWise {
		if err := field.checkRowWise(p); err != nil {
			return nil, err
		}
	}
	y0 := p.y0.Shape()
	s := &solve[T]{problem: p, id: solves.Add(1), field: field.one, inputs: []tensor.Shape{y0.Clone()}}
	if p.at != nil {
		s.inputs = append(s.inputs, p.at.Shape().Clone())
	}
	for i, in := range field.one.fn.Inputs()[2:] {
		if field.perRow[i] {
			in.Shape[0] = field.rows
		}
		s.inputs, s.theta = append(s.inputs, in.Shape), append(s.theta, in)
	}
	s.wrt = slices.Repeat([]bool{true}, len(s.inputs))
	if s.output = y0.Clone(); !p.final {
		s.output = append(tensor.Shape{p.n}, s.output...)
	}
	return &rowsSolve[T]{solve: s, batched: field}, nil
}

func applyRows[T graph.Float](p *problem) (*gorgonia.Node, error) {
	s, err := newRowsSolve[T](p)
	if err != nil {
		return nil, err
	}
	nodes := gorgonia.Nodes{p.y0}
	if p.at != nil {
		nodes = append(nodes, p.at)
	}
	nodes = append(nodes, p.args...)
	nodes = append(nodes, p.rowArgs...)
	nodes = append(nodes, graph.ParamNodes(p.y0.Graph(), s.batched.params)...)
	return nodeop.Apply[T](s, nodes...)
}

// Tangent is that of no solve of rows.
func (s *rowsSolve[T]) Tangent() (nodeop.Function[T], error) {
	return nil, errors.Errorf("%s: a solve with PerRow has no second derivative", s.name)
}

// Differentiable reports why the field has no gradient, before anything runs.
func (s *rowsSolve[T]) Differentiable() error {
	_, err := s.batched.compiled(1, reverseRows)
	return err
}

// split takes the inputs of the Op apart. times has those of each row, as many as are distinct.
func (s *rowsSolve[T]) split(in [][]T) (y0 []T, times [][]float64, theta [][]T, err error) {
	y0, theta = in[0], in[1:]
	given := s.times // of all rows
	var matrix []T   // of SolveRowsAt
	if s.at != nil {
		theta = in[2:]
		if s.at.Dims() == 2 {
			matrix = in[1]
		} else {
			for _, t := range in[1] {
				given = append(given[:len(given):len(given)], float64(t))
			}
			if err := checkTimes(s.name, given); err != nil {
				return nil, nil, nil, err
			}
		}
	}
	times = make([][]float64, s.batched.rows)
	for i := range times {
		ts := given
		switch {
		case s.rowTimes != nil:
			ts = s.rowTimes[i]
		case matrix != nil:
			ts = make([]float64, s.n)
			for j := range ts {
				ts[j] = float64(matrix[i*s.n+j])
			}
			if err := checkRowTimes(s.name, i, ts); err != nil {
				return nil, nil, nil, err
			}
		}
		times[i] = ts[:distinct(ts)]
	}
	return y0, times, theta, nil
}

// rows are what the solver solves.
func (s *rowsSolve[T]) rows(y0 []T, times [][]float64) []solvers.Row[T] {
	rows := make([]solvers.Row[T], len(times))
	dim := s.batched.dim
	for i, ts := range times {
		rows[i] = solvers.Row[T]{Y0: y0[i*dim : (i+1)*dim], T0: ts[0], T1: ts[len(ts)-1], SaveAt: ts}
	}
	return rows
}

// system is the batch with what an implicit method wants to know of a row.
func (s *rowsSolve[T]) system(theta [][]T) (sys solvers.RowSystem[T], done func()) {
	r := s.batched.run(theta)
	sys = r.system()
	if s.settings.Method.Info().Implicit {
		sys.Pattern = s.field.pattern()
	}
	return sys, r.release
}

// Forward solves with a record for the backward pass.
func (s *rowsSolve[T]) Forward(in [][]T, out []T) (any, error) { return s.run(in, out, true) }

// Evaluate solves without one.
func (s *rowsSolve[T]) Evaluate(in [][]T, out []T) error {
	_, err := s.run(in, out, false)
	return err
}

func (s *rowsSolve[T]) run(in [][]T, out []T, taped bool) (any, error) {
	y0, times, theta, err := s.split(in)
	if err != nil {
		s.stats.setForward(solvers.Stats{}, solvers.BadInput)
		recordNoRows(s.rowStats, s.batched.rows, err)
		return nil, err
	}
	sys, done := s.system(theta)
	defer done()
	sol, tape, err := s.forward(sys, s.rows(y0, times), taped)
	s.record(sol)
	if err != nil {
		return nil, s.nonFiniteForward(err, sol, theta)
	}
	s.save(sol, out)
	if tape == nil {
		return nil, nil
	}
	return tape, nil
}

func (s *rowsSolve[T]) forward(sys solvers.RowSystem[T], rows []solvers.Row[T], taped bool) (
	sol *solvers.RowsSolution[T], tape *solvers.RowsTape[T], err error,
) {
	set := s.settings
	if taped {
		sol, tape, err = solvers.SolveRowsTape(sys, rows, &set)
	} else {
		sol, err = solvers.SolveRows(sys, rows, &set)
	}
	var failed *solvers.RowsError
	if errors.As(err, &failed) && s.allowFailed && !errors.Is(err, solvers.ErrCancelled) {
		err = nil
	}
	return sol, tape, s.locatedRow(err)
}

// locatedRow says which element of y the error of the first row that failed means.
func (s *rowsSolve[T]) locatedRow(err error) error {
	var rows *solvers.RowsError
	var e *solvers.Error
	if errors.As(err, &rows) && errors.As(rows.Errs[0], &e) && e.Component >= 0 {
		return errors.WithMessage(err, s.component("y", rows.Rows[0]*s.batched.dim+e.Component))
	}
	return err
}

// record keeps the statistics of a forward solve.
func (s *rowsSolve[T]) record(sol *solvers.RowsSolution[T]) {
	status := solvers.Success
	for i, r := range sol.Rows {
		if sol.Errs[i] != nil {
			status = r.Status
			break
		}
	}
	s.stats.setForward(sol.Stats, status)
	recordRows(s.rowStats, sol)
}

// save writes the states at all times, one behind the other: a row stays at its last, and where it failed is NaN.
func (s *rowsSolve[T]) save(sol *solvers.RowsSolution[T], out []T) {
	dim, first := s.batched.dim, 0
	if s.final {
		first = s.n - 1
	}
	for j := first; j < s.n; j++ {
		for i, r := range sol.Rows {
			dst := out[((j-first)*len(sol.Rows)+i)*dim:][:dim]
			switch {
			case j < len(r.Y):
				copy(dst, r.Y[j])
			case sol.Errs[i] == nil:
				copy(dst, r.Y[len(r.Y)-1])
			default:
				for k := range dst {
					dst[k] = T(math.NaN())
				}
			}
		}
	}
}
