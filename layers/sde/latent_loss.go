package sde

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/odeop"
	"gorgonode/odeop/sdeop"
)

// Terms are the parts of the negative evidence lower bound, numbers that are sums over a series and means over the batch, on
// one path of the posterior for each row.
type Terms struct {
	Loss      *G.Node // NLL + klWeight·(PathKL + InitialKL)
	NLL       *G.Node // −ln p(x | z)
	PathKL    *G.Node // of the laws of paths, from z(t₀) on
	InitialKL *G.Node // of the distributions of z(t₀)
	States    *G.Node // (T, B, State), z of the posterior
}

// Loss is what training makes small (Li et al. 2020, equation 11). klWeight is a number that multiplies both divergences;
// nil is 1, the bound itself, as far as LatentConfig.Calculus says. A weight that grows to 1 in the first steps, see
// KLAnnealing, lets the model find the data first.
func (m *Latent) Loss(o Observations, d Draw, klWeight *G.Node) (*Terms, error) {
	t, err := m.loss(o, d, klWeight)
	return t, errors.WithMessagef(err, "sde: latent %q", m.name)
}

func (m *Latent) loss(o Observations, d Draw, klWeight *G.Node) (*Terms, error) {
	if err := m.checkObservations(o); err != nil {
		return nil, err
	}
	e, err := m.encode(o)
	if err != nil {
		return nil, err
	}
	zs, kl, err := m.posteriorPath(o, e, d)
	if err != nil {
		return nil, err
	}
	in := G.Nodes{zs, kl, e.mean, e.logVar, o.Values}
	place := func(n *G.Node) int { // 0 for what is not given
		if n == nil {
			return 0
		}
		in = append(in, n)
		return len(in) - 1
	}
	mask, valid, weight := place(o.Mask), place(o.Valid), place(klWeight)
	out, err := operation("evidence lower bound", func(f *formula.F, in G.Nodes) G.Nodes {
		given := func(i int) *G.Node {
			if i == 0 {
				return nil
			}
			return in[i]
		}
		each := m.each(f, in[4], given(valid))
		nll := f.Mul(each, m.negativeLog(f, in[0], in[4], given(mask), given(valid)))
		path := f.Mul(each, f.Sum(in[1]))
		initial := f.Mul(each, m.initialKL(f, in[2], in[3]))
		both := f.Add(path, initial)
		if weight != 0 {
			both = f.Mul(both, f.Reshape(in[weight]))
		}
		return G.Nodes{f.Add(nll, both), nll, path, initial}
	}, in...)
	if err != nil {
		return nil, err
	}
	return &Terms{Loss: out[0], NLL: out[1], PathKL: out[2], InitialKL: out[3], States: zs}, nil
}

// posteriorPath solves over the observed rows.
func (m *Latent) posteriorPath(o Observations, e encoded, d Draw) (zs, kl *G.Node, err error) {
	if o.Times == nil {
		if d, err = d.byRow(e.mean, e.mean.Shape()[0]); err != nil {
			return nil, nil, err
		}
	}
	z0, err := m.start(e.mean, e.logVar, d)
	if err != nil {
		return nil, nil, err
	}
	if o.Times != nil {
		drift, opt, err := m.onCommonTimes(e.contexts, o.Times, o.Times)
		if err != nil {
			return nil, nil, err
		}
		laws := Laws{
			Posterior: drift, Prior: withoutArgs(m.Prior), Diffusion: withoutArgs(m.Diffusion), Calculus: m.Calculus,
		}
		return SolveWithKL(laws, z0, o.Times, m.solve("posterior", d.options(ofPath), opt)...)
	}
	p, err := m.ownPieces(o, e.contexts)
	if err != nil {
		return nil, nil, err
	}
	return m.pathOver(p, d, z0, false)
}

// withoutArgs is a layer as a field that passes over the args.
func withoutArgs(l layers.Layer) odeop.Field {
	field := layers.Field(l)
	return func(t, z *G.Node, _ ...*G.Node) (*G.Node, error) { return field(t, z) }
}

// solve are the options of a solve: the caller's, and behind them what is the model's own.
func (m *Latent) solve(what string, own []sdeop.Option, more ...sdeop.Option) []sdeop.Option {
	opts := append([]sdeop.Option{sdeop.Name(m.name + ": " + what)}, m.Solve...)
	return append(append(opts, own...), more...)
}

// each is one part in the number of series, of which one without rows is none.
func (m *Latent) each(f *formula.F, values, valid *G.Node) *G.Node {
	if valid == nil || f.Err() != nil {
		return f.Number(1 / float64(values.Shape()[0]))
	}
	one := f.Number(1)
	return f.Div(one, f.Add(one, f.Rectify(f.Sub(f.Sum(f.Columns(valid, 0, 1)), one))))
}

// negativeLog is −Σ ln p of all values that are there. Those that are not are put to zero first: they may be NaN.
func (m *Latent) negativeLog(f *formula.F, zs, values, mask, valid *G.Node) *G.Node {
	if f.Err() != nil {
		return nil
	}
	shape := values.Shape()
	n := shape.TotalSize() / m.Channels
	flat := func(x *G.Node) *G.Node { return f.Reshape(f.Transpose(x, 1, 0, 2), n, m.Channels) }
	x := flat(values)
	switch {
	case mask != nil:
		mask = flat(mask)
	case valid != nil:
		mask = f.MulColumn(f.Fill(x, 1, n, m.Channels), f.Reshape(f.Transpose(valid, 1, 0), n, 1))
	}
	if mask != nil {
		x = f.Where(mask, x, f.Fill(x, 0, n, m.Channels))
	}
	mean := f.Reshape(f.Apply(m.Decode, zs), n, m.Channels)
	if f.Err() != nil {
		return nil
	}
	all := m.Likelihood.negativeLog(f, x, mean, m.scale.In(zs.Graph()))
	if mask != nil {
		all = f.Mul(all, mask)
	}
	return f.Sum(all)
}

// initialKL is Σ KL(N(μ, σ²) ‖ N(m, s²)) over the rows.
func (m *Latent) initialKL(f *formula.F, mean, logVar *G.Node) *G.Node {
	priorMean, priorLogVar := m.priorStart(f, mean)
	return f.Apply(func(mean *G.Node) (*G.Node, error) {
		return layers.GaussianKL(mean, logVar, priorMean, priorLogVar, layers.Reduce(layers.ReduceSum))
	}, mean)
}

// KLAnnealing is the weight of the divergences at step k of n in which it grows from 0 to 1 on a straight line, and 1 behind
// them (Bowman et al. 2016, Generating sentences from a continuous space, section 3.1).
func KLAnnealing(k, n int) float64 {
	if k >= n {
		return 1
	}
	return float64(max(k, 0)) / float64(n)
}
