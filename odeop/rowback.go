package odeop

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// Backward adds the gradients of the inputs.
func (s *rowsSolve[T]) Backward(in [][]T, _, w []T, state any, grad [][]T) error {
	y0, times, theta, err := s.split(in)
	if err != nil {
		return err
	}
	sys, done := s.system(theta)
	defer done()
	var again solvers.Stats
	tape, ok := state.(*solvers.RowsTape[T])
	if !ok {
		var sol *solvers.RowsSolution[T]
		if sol, tape, err = s.forward(sys, s.rows(y0, times), true); err != nil {
			return err
		}
		again = sol.Stats
	}
	var at tensor.Shape
	if s.at != nil {
		at = s.inputs[1]
	}
	ws := s.cotangents(tape, times, w)
	var all *gradients[T]
	g, err := tape.Backward(sys, ws)
	if err == nil {
		all = s.gather(g, times, at)
		err = s.checkRowGradients(all)
	}
	if errors.Is(err, solvers.ErrNonFinite) {
		err = s.nonFiniteBackward(s.locatedRow(err), theta, func(sys solvers.RowSystem[T]) { _, _ = tape.Backward(sys, ws) })
	}
	if err != nil {
		return errors.WithMessage(err, "backward")
	}
	all.stats.Add(again)
	s.stats.setBackward(all.stats)
	recordRowsBackward(s.rowStats, g)
	s.scatter(all, grad)
	return nil
}

// cotangents are those of the saved states of each row, nil for a row that nothing depends on and for one that failed.
func (s *rowsSolve[T]) cotangents(tape *solvers.RowsTape[T], times [][]float64, w []T) [][][]T {
	dim, rows := s.batched.dim, len(times)
	ws := make([][][]T, rows)
	for i, ts := range times {
		if tape.Row(i) == nil {
			continue
		}
		own := make([][]T, len(ts))
		some := false
		for j := range s.n {
			at := j
			if s.final {
				if at = 0; j < s.n-1 {
					continue
				}
			}
			v := nonZero(w[(at*rows+i)*dim:][:dim])
			k := min(j, len(ts)-1) // the state that the row stays at
			switch {
			case v == nil:
				continue
			case own[k] == nil:
				own[k] = slices.Clone(v)
			default:
				accumulate(own[k], v)
			}
			some = true
		}
		if some {
			ws[i] = own
		}
	}
	return ws
}

// gather puts the gradients of the rows together. at is the shape of the times, a vector for all rows or a matrix; nil:
// no gradient is wanted by them.
func (s *rowsSolve[T]) gather(g *solvers.RowsGradient[T], times [][]float64, at tensor.Shape) *gradients[T] {
	dim := s.batched.dim
	all := &gradients[T]{y0: make([]T, len(times)*dim), theta: g.Theta, stats: g.Stats}
	if at != nil {
		all.times = make([]float64, at.TotalSize())
	}
	for i, r := range g.Rows {
		copy(all.y0[i*dim:(i+1)*dim], r.Y0)
		if all.times == nil || len(r.SaveAt) == 0 {
			continue
		}
		dst := all.times
		if len(at) == 2 {
			dst = dst[i*s.n:]
		}
		for j, d := range r.SaveAt {
			dst[j] += d
		}
		dst[0] += r.T0
		dst[len(times[i])-1] += r.T1
	}
	return all
}

// checkRowGradients is checkGradients, with the place of a time in a matrix.
func (s *rowsSolve[T]) checkRowGradients(g *gradients[T]) error {
	own := *g
	own.times = nil
	if err := s.checkGradients(&own); err != nil {
		return err
	}
	if i := nonFinite(g.times); i >= 0 {
		return errors.WithMessagef(solvers.ErrNonFinite, "gradient with respect to times%s", subscript(i, s.inputs[1]))
	}
	return nil
}
