package odeop

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/solvers"
)

// hat is τ_i and its slope at t, within the current step.
func (p *sensitivities[T]) hat(i int, t float64) (hat, slope float64) {
	h := p.hi - p.lo
	switch i {
	case p.loI:
		return (p.hi - t) / h, -1 / h
	case p.hiI:
		return (t - p.lo) / h, 1 / h
	}
	return 0, 0
}

// system is that of z. Its products leave out what couples the columns to y.
func (p *sensitivities[T]) system() solvers.System[T] {
	n, m := p.n, len(p.columns)
	sys := solvers.System[T]{Dim: n * (1 + m)}
	sys.F = func(t float64, z, dz []T) error {
		if err := p.sys.F(t, z[:n], dz[:n]); err != nil {
			return err
		}
		p.g.stats.F++
		for c, col := range p.columns {
			if err := p.slope(col, t, z[:n], z[n*(1+c):n*(2+c)], dz[n*(1+c):n*(2+c)]); err != nil {
				return err
			}
		}
		return nil
	}
	if !p.solve.settings.Method.Info().Implicit {
		return sys
	}
	sys.Pattern = p.solve.field.pattern().Repeated(1+m, n)
	sys.JVP = func(t float64, z, v, out []T) error {
		for at := 0; at < len(v); at += n {
			if at > 0 && slices.Equal(v[at:at+n], v[:n]) { // as when a Jacobian is made
				copy(out[at:at+n], out[:n])
				continue
			}
			p.g.stats.JVP++
			if err := p.sys.JVP(t, z[:n], v[at:at+n], out[at:at+n]); err != nil {
				return err
			}
		}
		return nil
	}
	return sys
}

// slope writes the derivative of a column.
func (p *sensitivities[T]) slope(col sensitivity, t float64, y, s, ds []T) error {
	p.g.stats.JVP++
	switch col.kind {
	case byTheta:
		dot := p.b.thetadot[col.part]
		dot[col.index] = 1
		err := p.b.along(t, y, s, p.f, ds)
		dot[col.index] = 0
		return err
	case byTime:
		hat, slope := p.hat(col.index, t)
		if slope == 0 {
			break
		}
		p.b.tdot[0] = T(hat)
		err := p.b.along(t, y, s, p.f, ds)
		p.b.tdot[0] = 0
		for i, v := range p.f {
			ds[i] += T(slope) * v
		}
		return err
	}
	return p.sys.JVP(t, y, s, ds)
}

// located says which part of z a solver's error means.
func (p *sensitivities[T]) located(err error) error {
	var e *solvers.Error
	if !errors.As(err, &e) || e.Component < p.n {
		return p.solve.located(err)
	}
	name := "times"
	switch col := p.columns[e.Component/p.n-1]; col.kind {
	case byY0:
		name = "y0" + subscript(col.index, p.solve.inputs[0])
	case byTheta:
		name = p.solve.field.place(col.at)
	default:
		name += fmt.Sprintf("[%d]", col.index)
	}
	return errors.WithMessagef(err, "sensitivity of y%s to %s", subscript(e.Component%p.n, p.solve.inputs[0]), name)
}
