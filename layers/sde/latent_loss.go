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
// nil is 1, the bound itself. A weight that grows to 1 in the first steps, see KLAnnealing, lets the model find the data
// first.
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
	z0, err := m.start(e.mean, e.logVar, d)
	if err != nil {
		return nil, err
	}
	zs, kl, err := SolveWithKL(m.laws(o.Times), z0, o.Times, m.solve("posterior", d.options(ofPath), sdeop.Args(e.contexts))...)
	if err != nil {
		return nil, err
	}
	in := G.Nodes{zs, kl, e.mean, e.logVar, o.Values}
	if o.Mask != nil {
		in = append(in, o.Mask)
	}
	if klWeight != nil {
		in = append(in, klWeight)
	}
	out, err := operation("evidence lower bound", func(f *formula.F, in G.Nodes) G.Nodes {
		each := f.Number(1 / float64(o.Values.Shape()[0]))
		nll := f.Mul(each, m.negativeLog(f, in[0], in[4], in[5:], o.Mask != nil))
		path := f.Mul(each, f.Sum(in[1]))
		initial := f.Mul(each, m.initialKL(f, in[2], in[3]))
		both := f.Add(path, initial)
		if klWeight != nil {
			both = f.Mul(both, f.Reshape(in[len(in)-1]))
		}
		return G.Nodes{f.Add(nll, both), nll, path, initial}
	}, in...)
	if err != nil {
		return nil, err
	}
	return &Terms{Loss: out[0], NLL: out[1], PathKL: out[2], InitialKL: out[3], States: zs}, nil
}

// laws are those of the posterior of series at the given times, and of the prior. Their arg is encoded.contexts.
func (m *Latent) laws(times []float64) Laws {
	return Laws{
		Posterior: m.posteriorDrift(times), Prior: withoutArgs(m.Prior), Diffusion: withoutArgs(m.Diffusion), Calculus: m.Calculus,
	}
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

// negativeLog is −Σ ln p of all values that are there. Those that are not are put to zero first: they may be NaN.
func (m *Latent) negativeLog(f *formula.F, zs, values *G.Node, rest G.Nodes, masked bool) *G.Node {
	if f.Err() != nil {
		return nil
	}
	n := values.Shape().TotalSize() / m.Channels
	flat := func(x *G.Node) *G.Node { return f.Reshape(f.Transpose(x, 1, 0, 2), n, m.Channels) }
	x := flat(values)
	var mask *G.Node
	if masked {
		mask = flat(rest[0])
		x = f.Where(mask, x, f.Fill(x, 0, n, m.Channels))
	}
	mean := f.Reshape(f.Apply(m.Decode, zs), n, m.Channels)
	if f.Err() != nil {
		return nil
	}
	all := m.Likelihood.negativeLog(f, x, mean, m.scale.In(zs.Graph()))
	if masked {
		all = f.Mul(all, mask)
	}
	return f.Sum(all)
}

// initialKL is Σ KL(N(μ, σ²) ‖ N(m, s²)) over the rows.
func (m *Latent) initialKL(f *formula.F, mean, logVar *G.Node) *G.Node {
	if f.Err() != nil {
		return nil
	}
	zeros := f.Fill(mean, 0, mean.Shape()...)
	priorMean := f.AddRow(zeros, m.startMean.In(mean.Graph()))
	priorLogVar := f.AddRow(zeros, m.startLogVar.In(mean.Graph()))
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
