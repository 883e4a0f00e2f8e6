package latent

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
)

// Encoder reads a batch and gives the approximate posterior of z₀ for each series. A series must not see the others.
type Encoder interface {
	// Encode is q(z₀ | series). A series without an observation has a posterior too.
	Encode(o Observations) (*Posterior, error)
	// Sizes are the channels d that it reads and the width L of z₀.
	Sizes() (channels, latent int)
	// Dtype is that of the parameters.
	Dtype() tensor.Dtype
	// Params are the parameters, each once, always in the same order.
	Params() []*graph.Param
}

// Posterior is q(z₀) = N(μ, diag eˢ) for each of B series.
type Posterior struct {
	Mean        *G.Node // μ, (B, L)
	LogVariance *G.Node // s, (B, L)
}

// Sample draws K times from q by z₀ = μ + e^{s/2}⊙ε, with noise ε of shape (K, B, L), so that the draw has a gradient by
// μ and s (Kingma and Welling 2014, section 2.4). Its shape is (K, B, L).
func (p *Posterior) Sample(noise *G.Node) (*G.Node, error) {
	if err := p.checkNoise(noise); err != nil {
		return nil, errors.WithMessage(err, "latent: sample")
	}
	shape := noise.Shape()
	z, err := call("sample", func(f *formula.F, in G.Nodes) *G.Node {
		mean, deviation := in[0], f.Exp(f.Mul(in[1], f.Number(0.5)))
		k, n := shape[0], shape[1]*shape[2]
		z := f.Add(repeated(f, mean, k), f.Mul(repeated(f, deviation, k), f.Reshape(in[2], k, n)))
		return f.Reshape(z, shape...)
	}, p.Mean, p.LogVariance, noise)
	return z, errors.WithMessage(err, "latent")
}

func (p *Posterior) checkNoise(noise *G.Node) error {
	if noise == nil || noise.Dims() != 3 {
		return errors.New("the noise is no node of shape (K, B, L)")
	}
	return fits("noise", noise, p.Mean, noise.Shape()[0], p.Mean.Shape()[0], p.Mean.Shape()[1])
}

// KL is the divergence KL(q‖N(0, I)) of each series, (B).
func (p *Posterior) KL() (*G.Node, error) {
	return layers.GaussianKL(p.Mean, p.LogVariance, nil, nil, layers.Reduce(layers.ReduceNone))
}

// newPosterior takes the two halves of a network's output, (B, 2L).
func newPosterior(out *G.Node) (*Posterior, error) {
	n := out.Shape()[1] / 2
	half := func(name string, from int) (*G.Node, error) {
		return call(name, func(f *formula.F, in G.Nodes) *G.Node { return f.Columns(in[0], from, from+n) }, out)
	}
	mean, err := half("mean", 0)
	if err != nil {
		return nil, err
	}
	s, err := half("log-variance", n)
	return &Posterior{mean, s}, err
}
