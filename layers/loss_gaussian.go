package layers

import (
	"math"

	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
)

// GaussianNLL is the negative log-likelihood of x under independent normal distributions of the given means and
// logarithms of variances:
//
//	ℓ = ½ [ln 2π + s + (x − μ)² e⁻ˢ],   s = ln σ²
//
// x, μ and s have one shape, which is that of the losses too; μ and s may be numbers. A network gives s without a
// constraint. ℓ overflows where the likelihood itself does, at s below −1400 (−170 in float32) unless x = μ.
func GaussianNLL(x, mean, logVariance *G.Node, opts ...LossOption) (*G.Node, error) {
	return loss("gaussian nll", opts, nil, G.Nodes{x, mean, logVariance},
		func(f *formula.F, _ *lossConfig, in G.Nodes) (*G.Node, *G.Node, error) {
			if err := sameShapes("x, mean and log-variance", in[:3]...); err != nil {
				return nil, nil, err
			}
			return gaussianNLL(f, in[0], in[1], in[2]), nil, nil
		})
}

// gaussianNLL squares (x − μ)e^{−s/2}: the square of a small difference does not vanish before it is divided.
func gaussianNLL(f *formula.F, x, mean, logVariance *G.Node) *G.Node {
	z := f.Mul(f.Sub(x, mean), f.Apply(G.Exp, f.Mul(f.Number(-0.5), logVariance)))
	sum := f.Add(f.Apply(G.Square, z), f.Add(logVariance, f.Number(math.Log(2*math.Pi))))
	return f.Mul(f.Number(0.5), sum)
}

// LogNormalNLL is the negative log-likelihood of x > 0 under independent log-normal distributions, ln x ~ N(μ, σ²):
//
//	ℓ = ln x + ½ [ln 2π + s + (ln x − μ)² e⁻ˢ],   s = ln σ²
//
// The shapes are those of [GaussianNLL]. It is for noise that is relative to the size of what is measured.
func LogNormalNLL(x, mean, logVariance *G.Node, opts ...LossOption) (*G.Node, error) {
	return loss("log-normal nll", opts, nil, G.Nodes{x, mean, logVariance},
		func(f *formula.F, _ *lossConfig, in G.Nodes) (*G.Node, *G.Node, error) {
			if err := sameShapes("x, mean and log-variance", in[:3]...); err != nil {
				return nil, nil, err
			}
			logX := f.Apply(G.Log, in[0])
			return f.Add(logX, gaussianNLL(f, logX, in[1], in[2])), nil, nil
		})
}
