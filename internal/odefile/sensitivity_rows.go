package odefile

import (
	"math"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Norm measures the error of a step so that the state and every derivative meet the tolerance each on their own: the
// largest of their root mean squares.
func (s *Sensitivities) Norm() solvers.Norm {
	n := len(s.model.File.Names)
	return solvers.NormFunc(func(e []float64) float64 {
		largest := 0.0
		for at := 0; at < len(e); at += n {
			if r := (solvers.RMS{}).Norm(e[at : at+n]); r > largest || math.IsNaN(r) {
				largest = r
			}
		}
		return largest
	})
}

// Matrix takes the derivatives out of a state z of the system: row i is ∂(name i)/∂(wrt j), states first and then the
// auxiliary outputs.
func (s *Sensitivities) Matrix() (func(t float64, z []float64) ([][]float64, error), error) {
	f := s.model.File
	n, k := len(f.Names), len(s.which)
	aux, err := s.auxJVP()
	if err != nil {
		return nil, err
	}
	return func(t float64, z []float64) ([][]float64, error) {
		m := make([][]float64, n+len(f.Aux))
		for i := range m {
			m[i] = make([]float64, k)
		}
		for j := range s.which {
			v := z[n*(1+j) : n*(2+j)]
			for i := range n {
				m[i][j] = v[i] / s.scale[j]
			}
			d, err := aux(j, t, z[:n], v)
			if err != nil {
				return nil, err
			}
			for i := range d {
				m[n+i][j] = d[i] / s.scale[j]
			}
		}
		return m, nil
	}, nil
}

// auxJVP is the derivative of the auxiliary outputs along s_j at a state y.
func (s *Sensitivities) auxJVP() (func(j int, t float64, y, v []float64) ([]float64, error), error) {
	a := s.model.aux
	if a == nil {
		return func(int, float64, []float64, []float64) ([]float64, error) { return nil, nil }, nil
	}
	plans := make([]*graph.Plan[float64], len(s.which))
	for j, w := range s.which {
		dir := alongState
		if !w.initial {
			dir.param, dir.scale = w.index, s.scale[j]
		}
		fn, err := a.along(dir)
		if err != nil {
			return nil, errors.Wrap(err, "odefile")
		}
		if plans[j], err = graph.Compile[float64](fn); err != nil {
			return nil, errors.Wrap(err, "odefile")
		}
	}
	out := make([]float64, a.outs)
	return func(j int, t float64, y, v []float64) ([]float64, error) {
		in := [][]float64{{t}, y}
		if a.m > 0 {
			in = append(in, s.p)
		}
		err := plans[j].Run(append(in, v), [][]float64{out})
		return out, err
	}, nil
}
