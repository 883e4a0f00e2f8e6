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
	if o.Times == nil {
		return nil, errors.New("series with times of their own: Sample draws for them")
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
	drift, opt, err := m.onCommonTimes(e.contexts, o.Times, within)
	if err != nil {
		return nil, err
	}
	post.Drift = drift
	zs, err := sdeop.Solve(post, z0, within, m.solve("posterior", d.options(ofPath), opt)...)
	if err != nil {
		return nil, err
	}
	var rows []int
	for _, t := range times[:known] {
		at, _ := slices.BinarySearch(within, t)
		rows = append(rows, at)
	}
	if known == len(times) {
		return states(rows, zs, nil)
	}
	end, err := states([]int{len(within) - 1}, zs, nil)
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
	return states(rows, zs, on)
}

// states puts the given rows of zs and all rows of more but the first one behind the other.
func states(rows []int, zs, more *G.Node) (*G.Node, error) {
	in := G.Nodes{zs}
	if more != nil {
		in = append(in, more)
		for k := 1; k < more.Shape()[0]; k++ {
			rows = append(rows, zs.Shape()[0]+k)
		}
	}
	out, err := operation("states", func(f *formula.F, in G.Nodes) G.Nodes {
		all := in[0]
		if more != nil {
			n := zs.Shape()[0]
			size := zs.Shape()[1:].TotalSize()
			both := f.Concat(f.Reshape(all, n*size), f.Reshape(in[1], more.Shape().TotalSize()))
			all = f.Reshape(both, n+more.Shape()[0], zs.Shape()[1], zs.Shape()[2])
		}
		return G.Nodes{pick(f, all, rows)}
	}, in...)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}
