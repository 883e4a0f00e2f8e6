package latent

import (
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
)

// Objective says which bound of the likelihood is trained.
type Objective struct {
	// Importance takes the bound of importance weighted autoencoders, which for K samples lies between the ELBO and ln
	// p(x) (Burda, Grosse and Salakhutdinov 2016, equation 8). For K = 1 it is the ELBO with a sample in place of the
	// KL's expectation.
	Importance bool
	// KLWeight, a number, multiplies what draws q to the prior: see [KLAnnealing]. nil is 1, and only then it is a bound.
	KLWeight *G.Node
}

// Bound is a lower bound of ln p(x) and what it is made of.
type Bound struct {
	Cost          *G.Node // −Σ_b PerSeries/B over the B series with an observation to decode, a number
	PerSeries     *G.Node // (B)
	LogLikelihood *G.Node // (K, B), ln p(x|z₀) of each sample, with that of the times if the model has an intensity
	Posterior     *Posterior
	Path          *Path
}

// Bound encodes the series in seen and decodes at the times of target, which are the same for interpolation, and later
// ones for extrapolation. With noise of shape (K, B, L) there are K samples. Without Importance it is the evidence lower
// bound
//
//	(1/K) Σ_k ln p(x|z_k) − w KL(q‖N(0, I))
//
// and with it ln (1/K) Σ_k p(x|z_k) (p(z_k)/q(z_k))^w, where w is the KL weight. A model with an intensity adds the
// likelihood of the times to that of the values. Nodes that the cost does not need are not made.
func (m *Model) Bound(seen, target Observations, noise *G.Node, o Objective) (*Bound, error) {
	b, err := m.bound(seen, target, noise, o)
	return b, errors.WithMessagef(err, "latent: %q: bound", m.name)
}

func (m *Model) bound(seen, target Observations, noise *G.Node, o Objective) (b *Bound, err error) {
	if target, err = target.checked(m.channels, m.Dtype()); err != nil {
		return nil, err
	}
	b = &Bound{}
	if b.Posterior, err = m.Encode(seen); err != nil {
		return nil, err
	}
	z0, err := b.Posterior.Sample(noise)
	if err != nil {
		return nil, err
	}
	if b.Path, err = m.Solve(z0, target.Times, target.Valid); err != nil {
		return nil, err
	}
	if b.LogLikelihood, err = b.Path.LogLikelihood(target.Values, target.Mask); err != nil {
		return nil, err
	}
	if m.rates > 0 {
		times, err := b.Path.PoissonLogLikelihood(target.Mask)
		if err != nil {
			return nil, err
		}
		if b.LogLikelihood, err = G.Add(b.LogLikelihood, times); err != nil {
			return nil, err
		}
	}
	if o.Importance {
		b.PerSeries, err = importance(b.LogLikelihood, z0, noise, b.Posterior.LogVariance, o.KLWeight)
	} else {
		b.PerSeries, err = evidence(b.LogLikelihood, b.Posterior, o.KLWeight)
	}
	if err != nil {
		return nil, err
	}
	b.Cost, err = meanCost(b.PerSeries, target.Mask)
	return b, err
}

// weighted is x multiplied by the KL weight, which is the last input if there are more than n.
func weighted(f *formula.F, in G.Nodes, n int, x *G.Node) *G.Node {
	if len(in) == n {
		return x
	}
	return f.Mul(x, in[n])
}

func withWeight(weight *G.Node, nodes ...*G.Node) (G.Nodes, error) {
	if weight == nil {
		return nodes, nil
	}
	return append(nodes, weight), fits("KL weight", weight, nodes[0])
}

func evidence(likelihood *G.Node, q *Posterior, weight *G.Node) (*G.Node, error) {
	kl, err := q.KL()
	if err != nil {
		return nil, err
	}
	in, err := withWeight(weight, likelihood, kl)
	if err != nil {
		return nil, err
	}
	return call("elbo", func(f *formula.F, in G.Nodes) *G.Node {
		k, b := likelihood.Shape()[0], likelihood.Shape()[1]
		mean := f.Reshape(f.MatMul(f.Fill(in[0], 1/float64(k), 1, k), in[0]), b)
		return f.Sub(mean, weighted(f, in, 2, in[1]))
	}, in...)
}

// importance is ln (1/K) Σ e^{w_k}, w = ln p(x|z) + ln p(z) − ln q(z). At z = μ + e^{s/2}ε the last two are ½ Σ (ε² + s −
// z²). The largest w stands before the sum, so that nothing overflows.
func importance(likelihood, z0, noise, logVariance, weight *G.Node) (*G.Node, error) {
	in, err := withWeight(weight, likelihood, z0, noise, logVariance)
	if err != nil {
		return nil, err
	}
	k, b, l := z0.Shape()[0], z0.Shape()[1], z0.Shape()[2]
	return call("iwae", func(f *formula.F, in G.Nodes) *G.Node {
		s := f.Reshape(repeated(f, in[3], k), k*b, l)
		terms := f.Sub(f.Add(square(f, f.Reshape(in[2], k*b, l)), s), square(f, f.Reshape(in[1], k*b, l)))
		ratio := f.Reshape(f.Mul(rowSums(f, terms), f.Number(0.5)), k, b)
		w := f.Transpose(f.Add(in[0], weighted(f, in, 4, ratio)), 1, 0)
		largest := rowMax(f, w)
		sum := rowSums(f, f.Exp(f.Sub(w, f.Reshape(widened(f, largest, k), b, k))))
		log := f.Sub(f.Apply(G.Log, sum), f.Number(math.Log(float64(k))))
		return f.Reshape(f.Add(largest, log), b)
	}, in...)
}

// meanCost is minus the mean over the series with anything observed.
func meanCost(perSeries, mask *G.Node) (*G.Node, error) {
	return call("cost", func(f *formula.F, in G.Nodes) *G.Node {
		b := in[0].Shape()[0]
		there := above(f, rowSums(f, f.Reshape(in[1], b, in[1].Shape().TotalSize()/b)), 0)
		sum := f.MatMul(f.Reshape(only(f, there, f.Reshape(in[0], b, 1)), 1, b), f.Fill(in[0], 1, b, 1))
		count := f.MatMul(f.Reshape(there, 1, b), f.Fill(in[0], 1, b, 1))
		mean := quotient(f, f.Neg(sum), count)
		return f.Apply(func(x *G.Node) (*G.Node, error) { return G.Sum(x) }, mean)
	}, perSeries, mask)
}
