package solvers

import (
	"fmt"
	"strings"
)

// RowSystem is a batch of alike systems, one a row, each of Dim components with a time of its own:
//
//	y'_i = f_i(t_i, y_i; θ),   i = rows[0], rows[1], ...
//
// Its functions get some of the rows at once, in rows by their numbers, which ascend. t and the rows of y, one behind
// the other, belong to these. What a row comes to must not depend on which others are there, or else the digits of a
// solution will. As with [System], only Dim and F are required, and the slices belong to the solver.
//
// F, Jacobian, JVP and TimeDerivative are asked again for each row alone where they return an error for several, so
// that it ends those alone that they fail for. VJP and TangentVJP are not, since what they add to wtheta is of all
// rows: their error ends every row of the call.
type RowSystem[T Float] struct {
	// Dim is the number of components of a row, at least 1.
	Dim int

	// F writes f(t, y) to dydt. y and dydt are (len(rows), Dim).
	F func(t []float64, rows []int, y, dydt []T) error

	// Jacobian writes ∂f/∂y of each row to jac, (len(rows), Dim, Dim), which comes as zeros. Optional.
	Jacobian func(t []float64, rows []int, y, jac []T) error

	// JVP writes (∂f/∂y) v of each row to out. Optional.
	JVP func(t []float64, rows []int, y, v, out []T) error

	// TimeDerivative writes ∂f/∂t of each row to dfdt. Optional, as that of [System].
	TimeDerivative func(t []float64, rows []int, y, dfdt []T) error

	// VJP is the product with a cotangent w of each row from the left; gradients need it. It
	//
	//	writes  (∂f/∂y)ᵀ w       to wy          (len(rows), Dim),
	//	adds    Σ (∂f/∂θ)ᵀ w     to wtheta      (NumParams), the sum over the rows,
	//	writes  (∂f/∂t)ᵀ w       to wt          (len(rows)),
	//	writes  f(t, y)          to dydt, unless dydt is nil.
	VJP func(t []float64, rows []int, y, w, dydt, wy, wtheta []T, wt []float64) error

	// TangentVJP is that of [System] for each row, with a tau for each; to wtheta it adds the sum over the rows. Gradients
	// of Rodas5P need it.
	TangentVJP func(t []float64, rows []int, y []T, tau []float64, v, w, wy, wtheta []T, wt []float64) error

	// NumParams is the length of θ, which the rows share. Zero: f has no parameters to differentiate.
	NumParams int

	// Pattern says which entries of a row's ∂f/∂y may differ from zero. The zero value: all.
	Pattern Pattern
}

// Row is what a row of a batch begins from and how far it goes.
type Row[T Float] struct {
	Y0     []T
	T0, T1 float64

	// SaveAt are the row's own saved times. Nil: those of the Settings.
	SaveAt []float64

	// Events are the row's events. Nil: none.
	Events []Event[T]
}

// RowsSolution is what the rows of a batch came to.
type RowsSolution[T Float] struct {
	// Rows has the solution of each row, with its status, statistics, events and dense output. A row that failed has what
	// there is of it.
	Rows []*Solution[T]

	// Errs has the error of each row, nil for one that came to its end.
	Errs []error

	// Stats is the sum over the rows; F counts evaluations of single rows.
	Stats Stats

	// Calls is how often functions of the RowSystem were called, for however many rows.
	Calls int
}

// RowsError is the error of a batch of which rows failed. errors.Is and errors.As look at the errors of all of them.
type RowsError struct {
	Rows []int // the rows that failed
	Errs []error
}

// Error returns the message, that of the first row that failed.
func (e *RowsError) Error() string {
	first := strings.TrimPrefix(e.Errs[0].Error(), "solvers: ")
	if len(e.Rows) == 1 {
		return fmt.Sprintf("solvers: row %d: %s", e.Rows[0], first)
	}
	return fmt.Sprintf("solvers: %d rows failed; row %d: %s", len(e.Rows), e.Rows[0], first)
}

// Unwrap returns the errors of the rows.
func (e *RowsError) Unwrap() []error { return e.Errs }

// SolveRows solves each row of a batch on its own: with its own interval, saved times, steps, method order, events, status
// and statistics, as a [Solve] of that row alone would and to the same digits. The functions of sys are called for all
// rows at once that want a value, whatever step or stage each is at; a row that has come to its end is no longer among
// them. So the cost is the sum over the rows of what each needs. This goes for every method.
//
// A row that fails, bad input included, doesn't stop the others; the error is then a [*RowsError]. Settings hold for all
// rows; Progress is called for the steps of each. Solutions may be resumed one by one.
func SolveRows[T Float](sys RowSystem[T], rows []Row[T], s *Settings) (*RowsSolution[T], error) {
	sol, _, err := solveRows(sys, rows, s, false)
	return sol, err
}

// SolveRowsTape is SolveRows, and keeps a [RowsTape] for the gradient, of the rows that came to their end.
func SolveRowsTape[T Float](sys RowSystem[T], rows []Row[T], s *Settings) (*RowsSolution[T], *RowsTape[T], error) {
	return solveRows(sys, rows, s, true)
}

func solveRows[T Float](sys RowSystem[T], rows []Row[T], s *Settings, taped bool) (*RowsSolution[T], *RowsTape[T], error) {
	sol := &RowsSolution[T]{Rows: make([]*Solution[T], len(rows)), Errs: make([]error, len(rows))}
	switch {
	case sys.Dim < 1:
		return sol, nil, badInput("RowSystem.Dim is %d; it must be at least 1", sys.Dim)
	case sys.F == nil:
		return sol, nil, badInput("RowSystem.F is nil")
	case sys.NumParams < 0:
		return sol, nil, badInput("RowSystem.NumParams is %d", sys.NumParams)
	}
	b := &rowsBatch[T]{sys: sys}
	b.run(len(rows), func(l *lane[T]) {
		r := &rows[l.row]
		own := Settings{}
		if s != nil {
			own = *s
		}
		if r.SaveAt != nil {
			own.SaveAt = r.SaveAt
		}
		row, err := prepare(l.system(sys.NumParams), r.Y0, r.T0, r.T1, &own, r.Events, taped)
		if err == nil {
			l.join(row.it)
			err = row.run()
		}
		sol.Rows[l.row], sol.Errs[l.row] = row, err
	})
	sol.Calls = b.calls
	failed := &RowsError{}
	for i, row := range sol.Rows {
		sol.Stats.Add(row.Stats)
		if err := sol.Errs[i]; err != nil {
			failed.Rows, failed.Errs = append(failed.Rows, i), append(failed.Errs, err)
		}
	}
	var tape *RowsTape[T]
	if taped {
		tape = &RowsTape[T]{tapes: make([]*Tape[T], len(rows)), dim: sys.Dim}
		for i, row := range sol.Rows {
			if sol.Errs[i] == nil {
				tape.tapes[i] = row.tape
			}
		}
	}
	if len(failed.Rows) > 0 {
		return sol, tape, failed
	}
	return sol, tape, nil
}

// Row is row i of the batch as a system of its own, evaluated alone.
func (sys RowSystem[T]) Row(i int) System[T] {
	b := &rowsBatch[T]{sys: sys}
	return (&lane[T]{row: i, batch: b}).system(sys.NumParams)
}
