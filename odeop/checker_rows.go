package odeop

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// newRowsChecker has each row's steps.
func newRowsChecker(p *problem) (*checker, error) {
	s, err := newRowsSolve[float64](p)
	if err != nil {
		return nil, err
	}
	c := &checker{name: p.name, times: p.n, context: p.settings.Context}
	times, rows := checked{"times", tensor.Shape{p.n}, p.times}, make([][]float64, s.batched.rows)
	if p.rowTimes != nil {
		times.shape, times.x = tensor.Shape{len(rows), p.n}, slices.Concat(p.rowTimes...)
	}
	for i := range rows {
		rows[i] = p.times
		if p.rowTimes != nil {
			rows[i] = times.x[i*p.n:][:p.n]
			rows[i] = rows[i][:distinct(rows[i])]
		}
	}
	theta, err := c.bind(p, times, s.batched.params)
	if err != nil {
		return nil, err
	}
	y0, dim := c.inputs[0].x, s.batched.dim
	sys, done := s.system(theta)
	c.done = done
	_, tape, err := s.forward(sys, s.rows(y0, rows), true)
	if err != nil {
		return c, errors.WithMessage(err, p.name)
	}
	c.value = func() ([]float64, error) {
		value := make([]float64, p.n*len(y0))
		for i, ts := range rows {
			if tape.Row(i) == nil { // it failed, and has no gradient
				continue
			}
			ys, err := tape.Row(i).Follow(sys.Row(i), y0[i*dim:][:dim], ts[0], ts[len(ts)-1], ts)
			if err != nil {
				return nil, errors.WithMessagef(err, "row %d", i)
			}
			for j := range p.n {
				copy(value[(j*len(rows)+i)*dim:], ys[min(j, len(ys)-1)])
			}
		}
		return value, nil
	}
	c.gradient = func(w []float64) ([][]float64, error) {
		g, err := tape.Backward(sys, s.cotangents(tape, rows, w))
		if err != nil {
			return nil, s.locatedRow(err)
		}
		return c.apart(s.gather(g, rows, times.shape)), nil
	}
	return c, nil
}
