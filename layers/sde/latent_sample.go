package sde

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop/sdeop"
)

// PriorStates draws n paths of the prior in the graph g: its states at two or more times, (len(times), n, State), of which
// the first is that where series begin. Decode makes values of them.
func (m *Latent) PriorStates(g *G.ExprGraph, n int, times []float64, d Draw) (*G.Node, error) {
	zs, err := m.priorStates(g, n, times, d)
	return zs, errors.WithMessagef(err, "sde: latent %q: prior", m.name)
}

func (m *Latent) priorStates(g *G.ExprGraph, n int, times []float64, d Draw) (*G.Node, error) {
	if g == nil || n < 1 {
		return nil, errors.Errorf("%d paths in the graph %p: want at least one, and a graph", n, g)
	}
	out, err := operation("prior start", func(f *formula.F, in G.Nodes) G.Nodes {
		zeros := f.Fill(in[0], 0, n, m.State)
		return G.Nodes{f.AddRow(zeros, in[0]), f.AddRow(zeros, in[1])}
	}, m.startMean.In(g), m.startLogVar.In(g))
	if err != nil {
		return nil, err
	}
	z0, err := m.start(out[0], out[1], d)
	if err != nil {
		return nil, err
	}
	return sdeop.Solve(m.prior(), z0, times, m.solve("prior", d.options(ofPath))...)
}

func (m *Latent) prior() sdeop.SDE {
	drift, diffusion := withoutArgs(m.Prior), withoutArgs(m.Diffusion)
	return sdeop.SDE{Drift: drift, Diffusion: diffusion, Noise: sdeop.Diagonal, Calculus: m.Calculus}
}

// PosteriorStates draws a path of the posterior for each series: its states at times that increase from the first of the
// observations on, (len(times), B, State). Behind the last observation it goes on as the prior does: a forecast. For several
// paths of one series, repeat the series.
func (m *Latent) PosteriorStates(o Observations, times []float64, d Draw) (*G.Node, error) {
	zs, err := m.posteriorStates(o, times, d)
	return zs, errors.WithMessagef(err, "sde: latent %q: posterior", m.name)
}

func (m *Latent) posteriorStates(o Observations, times []float64, d Draw) (*G.Node, error) {
	if err := m.checkObservations(o); err != nil {
		return nil, err
	}
	if err := checkTimes(times); err != nil {
		return nil, err
	}
	if len(times) == 0 || times[0] < o.Times[0] {
		return nil, errors.Errorf("%d times, and the first observation is at %g: want at least one, and none before that",
			len(times), o.Times[0])
	}
	// The solve goes over the observed times too, so that its steps end there as they do in training.
	last := o.Times[len(o.Times)-1]
	known, _ := slices.BinarySearch(times, math.Nextafter(last, math.Inf(1)))
	within := slices.Concat(o.Times, times[:known])
	slices.Sort(within)
	within = slices.Compact(within)
	e, err := m.encode(o)
	if err != nil {
		return nil, err
	}
	z0, err := m.start(e.mean, e.logVar, d)
	if err != nil {
		return nil, err
	}
	post := m.prior()
	post.Drift = m.posteriorDrift(o.Times)
	zs, err := sdeop.Solve(post, z0, within, m.solve("posterior", d.options(ofPath), sdeop.Args(e.contexts))...)
	if err != nil {
		return nil, err
	}
	var rows []int
	for _, t := range times[:known] {
		at, _ := slices.BinarySearch(within, t)
		rows = append(rows, at)
	}
	if known == len(times) {
		return m.pick(zs, rows, nil)
	}
	end, err := m.pick(zs, []int{len(within) - 1}, nil)
	if err != nil {
		return nil, err
	}
	if end, err = graph.Reshape(end, z0.Shape()...); err != nil {
		return nil, err
	}
	on, err := sdeop.Solve(m.prior(), end, append([]float64{last}, times[known:]...),
		m.solve("forecast", d.options(ofForecast))...)
	if err != nil {
		return nil, err
	}
	return m.pick(zs, rows, on)
}

// pick puts the states of the given rows of zs and all rows of more but the first one behind the other.
func (m *Latent) pick(zs *G.Node, rows []int, more *G.Node) (*G.Node, error) {
	in, size := G.Nodes{zs}, zs.Shape()[1]*m.State
	if more != nil {
		in = append(in, more)
	}
	out, err := operation("states", func(f *formula.F, in G.Nodes) G.Nodes {
		flat := f.Reshape(in[0], in[0].Shape().TotalSize())
		var parts G.Nodes
		for _, r := range rows {
			parts = append(parts, f.Columns(flat, r*size, (r+1)*size))
		}
		n := len(rows)
		if more != nil {
			all := in[1].Shape()[0]
			n += all - 1
			parts = append(parts, f.Columns(f.Reshape(in[1], all*size), size, all*size))
		}
		return G.Nodes{f.Reshape(f.Concat(parts...), n, size/m.State, m.State)}
	}, in...)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}
