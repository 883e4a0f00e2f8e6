package layers

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
)

// GaussianKL is the Kullback–Leibler divergence KL(q‖p) of normal distributions with diagonal covariances, given by means
// and logarithms of variances,
//
//	ℓ = ½ Σ_i [e^{δ_i} − 1 − δ_i + (μ_i − m_i)² e^{−r_i}],   δ = s − r,   q = N(μ, eˢ), p = N(m, eʳ)
//
// All are (…, d) and the losses, sums over the last axis, are (…). priorMean and priorLogVariance may both be nil: p is
// then the standard normal distribution (Kingma and Welling 2014, Auto-encoding variational Bayes, appendix B). e^δ − 1
// − δ, where δ is small, does not cancel by more than the last digits of δ.
func GaussianKL(mean, logVariance, priorMean, priorLogVariance *G.Node, opts ...LossOption) (*G.Node, error) {
	const name = "gaussian kl"
	inputs := G.Nodes{mean, logVariance}
	standard := priorMean == nil && priorLogVariance == nil
	if !standard {
		inputs = append(inputs, priorMean, priorLogVariance)
	}
	return loss(name, opts, nil, inputs, func(f *formula.F, _ *lossConfig, in G.Nodes) (*G.Node, *G.Node, error) {
		mu, s := in[0], in[1]
		shape := mu.Shape()
		for _, x := range in[:len(inputs)] {
			if len(shape) < 1 || !slices.Equal(x.Shape(), shape) {
				return nil, nil, errors.Errorf("a mean of shape %v and a parameter of shape %v, want both (…, d)", shape, x.Shape())
			}
		}
		delta, distance := s, mu
		if !standard {
			delta = f.Sub(s, in[3])
			distance = f.Mul(f.Sub(mu, in[2]), f.Apply(G.Exp, f.Mul(f.Number(-0.5), in[3])))
		}
		terms := f.Add(f.Sub(f.Apply(G.Expm1, delta), delta), f.Apply(G.Square, distance))
		d := shape[len(shape)-1]
		sums := f.RowSums(f.Reshape(terms, shape.TotalSize()/d, d))
		return f.Reshape(f.Mul(f.Number(0.5), sums), shape[:len(shape)-1]...), nil, nil
	})
}
