package latent

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Noise is the node through which random numbers enter a graph: ε of Posterior.Sample. What it draws is a function of its
// seed and the step alone, so that a run can be repeated and goes on as it would have.
type Noise struct {
	node *G.Node
	seed uint64
}

// NewNoise makes a node of shape (K, B, L) in g, for K samples of z₀ of each of B series.
func NewNoise(g *G.ExprGraph, dt tensor.Dtype, samples, batch, latent int, seed uint64) (*Noise, error) {
	switch {
	case g == nil:
		return nil, errors.New("latent: noise: no graph")
	case dt != tensor.Float64 && dt != tensor.Float32:
		return nil, errors.Errorf("latent: noise: dtype %v is not supported, use float64 or float32", dt)
	case samples < 1 || batch < 1 || latent < 1:
		return nil, errors.Errorf("latent: noise: shape (%d, %d, %d), want at least 1 each", samples, batch, latent)
	}
	n := &Noise{seed: seed, node: input(g, dt, "noise", samples, batch, latent)}
	n.Draw(0)
	return n, nil
}

// Node is the node.
func (n *Noise) Node() *G.Node { return n.node }

// Draw fills the node with the standard normal numbers of a step.
func (n *Noise) Draw(step int) {
	rng := rand.New(rand.NewPCG(n.seed, uint64(step)))
	fill(n.node, func(int) float64 { return rng.NormFloat64() })
}

// KLWeight is the number in a graph that an [Objective] multiplies the divergence by.
type KLWeight struct{ node *G.Node }

// NewKLWeight makes it in g, with the value 1.
func NewKLWeight(g *G.ExprGraph, dt tensor.Dtype) (*KLWeight, error) {
	switch {
	case g == nil:
		return nil, errors.New("latent: kl weight: no graph")
	case dt != tensor.Float64 && dt != tensor.Float32:
		return nil, errors.Errorf("latent: kl weight: dtype %v is not supported, use float64 or float32", dt)
	}
	w := &KLWeight{G.NewScalar(g, dt, G.WithName(unique("kl weight")))}
	return w, w.Set(1)
}

// Node is the number.
func (w *KLWeight) Node() *G.Node { return w.node }

// Set gives it a value.
func (w *KLWeight) Set(v float64) error {
	var err error
	if w.node.Dtype() == tensor.Float32 {
		err = G.Let(w.node, float32(v))
	} else {
		err = G.Let(w.node, v)
	}
	return errors.Wrap(err, "latent: kl weight")
}

// KLAnnealing is a weight for each step: 0 before step delay, and 1 − rate^(step − delay) from there. A model that is
// drawn to the prior before it can decode learns to ignore z₀ (Bowman et al. 2016, section 3.1). Rubanova et al. (2019)
// have a rate of 0.99 an epoch and a delay of 10.
func KLAnnealing(delay int, rate float64) func(step int) float64 {
	return func(step int) float64 { return 1 - math.Pow(rate, math.Max(0, float64(step-delay))) }
}
