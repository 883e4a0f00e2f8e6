package latent

import (
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// Path are the latent states of K samples for each of B series at N times. Its nodes are made when they are asked for.
type Path struct {
	model                 *Model
	samples, batch, steps int
	times                 *G.Node // (B, N)
	all                   *G.Node // (N, K·B, L + c)
	states                *G.Node // of States
}

// part are columns of all states, (K, B, N, …).
func (p *Path) part(name string, from, to int) (*G.Node, error) {
	n, err := call(name, func(f *formula.F, in G.Nodes) *G.Node {
		x := f.Reshape(f.Columns(in[0], from, to), p.steps, p.samples*p.batch, to-from)
		return f.Reshape(f.Transpose(x, 1, 0, 2), p.samples, p.batch, p.steps, to-from)
	}, p.all)
	return n, errors.WithMessage(err, "latent")
}

// States are z(t), (K, B, N, L).
func (p *Path) States() (*G.Node, error) {
	if p.states != nil {
		return p.states, nil
	}
	var err error
	p.states, err = p.part("states", 0, p.model.latent)
	return p.states, err
}

// Mean is the mean of the observations, (K, B, N, d).
func (p *Path) Mean() (*G.Node, error) {
	z, err := p.States()
	if err != nil {
		return nil, err
	}
	x, err := p.model.output.Forward(z)
	return x, errors.WithMessagef(err, "latent: %q: output", p.model.name)
}

// LogIntensity is the logarithm of the rate of the Poisson process, (K, B, N, c). It is an error for a model without
// [WithIntensity].
func (p *Path) LogIntensity() (*G.Node, error) {
	if p.model.rates == 0 {
		return nil, errors.Errorf("latent: %q: there is no intensity: make the model WithIntensity", p.model.name)
	}
	z, err := p.States()
	if err != nil {
		return nil, err
	}
	x, err := p.model.intensity.Forward(z)
	return x, errors.WithMessagef(err, "latent: %q: intensity", p.model.name)
}

// LogLikelihood is Σ ln N(x_ij; μ_ij, σ_j²) over what was observed of each series, for each sample, (K, B). The values
// (B, N, d) may be anything where the mask (B, N, d) is 0; nil masks nothing.
func (p *Path) LogLikelihood(values, mask *G.Node) (*G.Node, error) {
	m := p.model
	mean, err := p.Mean()
	if err != nil {
		return nil, err
	}
	if values, mask, err = p.observed(mean, values, mask); err != nil {
		return nil, err
	}
	k, b, width := p.samples, p.batch, p.steps*m.channels
	l, err := call("log-likelihood", func(f *formula.F, in G.Nodes) *G.Node {
		rows := func(x *G.Node) *G.Node { return f.Reshape(x, k*b, width) }
		seen := rows(repeated(f, in[2], k))
		residual := only(f, seen, f.Sub(rows(in[0]), rows(repeated(f, only(f, in[2], in[1]), k))))
		s := m.logVariance(f, in[0])
		perRow := func(x *G.Node) *G.Node { return f.Reshape(repeated(f, x, p.steps), width) }
		z := f.MulRow(residual, perRow(f.Exp(f.Mul(s, f.Number(-0.5)))))
		constant := f.MulRow(seen, perRow(f.Add(s, f.Number(math.Log(2*math.Pi)))))
		return f.Reshape(f.Mul(rowSums(f, f.Add(square(f, z), constant)), f.Number(-0.5)), k, b)
	}, mean, values, mask)
	return l, errors.WithMessagef(err, "latent: %q", m.name)
}

// observed checks values and their mask.
func (p *Path) observed(like, values, mask *G.Node) (v, w *G.Node, err error) {
	shape := []int{p.batch, p.steps, p.model.channels}
	f := formula.For(like)
	if mask == nil {
		mask = f.Fill(like, 1, shape...)
	}
	err = firstError(f.Err(), fits("values", values, like, shape...), fits("mask", mask, like, shape...))
	return values, mask, errors.WithMessagef(err, "latent: %q", p.model.name)
}

// logVariance is that of the noise, (1, d).
func (m *Model) logVariance(f *formula.F, like *G.Node) *G.Node {
	if !m.learned {
		return f.Constant(like, m.noise.Float64s(), 1, m.channels)
	}
	return f.Reshape(m.noise.In(like.Graph()), 1, m.channels)
}

// PoissonLogLikelihood is that of the times of the observations, for each sample, (K, B):
//
//	Σ_i ln λ(t_i) − ∫ λ dt,   from time 0 to the last time of the series
//
// over the events that the mask (B, N, d) shows, see [WithIntensity]. What is observed at time 0 itself begins the window
// and is no event in it: a process has none at a given time, and where series begin with their first row a rate that is
// infinite there would cost nothing. A window that ends later than the last observation gets one more row at its end, in
// which nothing is observed.
func (p *Path) PoissonLogLikelihood(mask *G.Node) (*G.Node, error) {
	m := p.model
	eta, err := p.LogIntensity()
	if err != nil {
		return nil, err
	}
	if _, mask, err = p.observed(eta, mask, mask); err != nil {
		return nil, err
	}
	k, b, n, c, d := p.samples, p.batch, p.steps, m.rates, m.channels
	l, err := call("poisson log-likelihood", func(f *formula.F, in G.Nodes) *G.Node {
		events := f.Reshape(in[1], b*n, d)
		if c < d {
			events = above(f, rowSums(f, events), 0)
		}
		events = f.MulColumn(events, f.Compare(G.Ne, f.Reshape(in[3], b*n, 1), f.Number(0)))
		events = f.Reshape(repeated(f, events, k), k*b, n*c)
		sum := rowSums(f, only(f, events, f.Reshape(in[0], k*b, n*c)))
		end := f.Apply(func(x *G.Node) (*G.Node, error) { return graph.Slice(x, G.S(n-1, n)) }, in[2])
		total := rowSums(f, f.Reshape(f.Columns(end, m.latent, m.latent+c), k*b, c))
		return f.Reshape(f.Sub(sum, total), k, b)
	}, eta, mask, p.all, p.times)
	return l, errors.WithMessagef(err, "latent: %q", m.name)
}
