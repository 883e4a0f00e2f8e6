package flow

import (
	"fmt"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// NewRealNVP makes n couplings whose masks alternate, each behind an ActNorm, for d ≥ 2 columns (Dinh, Sohl-Dickstein and
// Bengio 2017; their batch normalisation is replaced by the ActNorm of Glow, which does not depend on the batch). It begins
// as the identity. [Init] the ActNorms with data before training.
func NewRealNVP(rng *rand.Rand, name string, d, n int, c NetConfig) (*Chain, error) {
	return steps(name, "realnvp", d, n, func(i int, step string) ([]Bijection, error) {
		norm, err := NewActNorm(step+".actnorm", d, c.withDefaults().Dtype)
		if err != nil {
			return nil, err
		}
		coupling, err := NewCoupling(rng, step+".coupling", Alternating(d, i%2 == 1), c)
		return []Bijection{norm, coupling}, err
	})
}

// NewGlow makes n steps of flow, each an ActNorm, an InvertibleLinear and a Coupling of halves, for vectors of d ≥ 2 columns
// (Kingma and Dhariwal 2018, section 3). [Init] the ActNorms with data before training.
func NewGlow(rng *rand.Rand, name string, d, n int, c NetConfig) (*Chain, error) {
	return steps(name, "glow", d, n, func(i int, step string) ([]Bijection, error) {
		norm, err := NewActNorm(step+".actnorm", d, c.withDefaults().Dtype)
		if err != nil {
			return nil, err
		}
		linear, err := NewInvertibleLinear(rng, step+".linear", d, c.withDefaults().Dtype)
		if err != nil {
			return nil, err
		}
		coupling, err := NewCoupling(rng, step+".coupling", Halves(d, false), c)
		return []Bijection{norm, linear, coupling}, err
	})
}

// steps joins n steps whose parts are called name.0, name.1, …
func steps(name, kind string, d, n int, step func(i int, name string) ([]Bijection, error)) (*Chain, error) {
	if err := checkNew(kind, name, d, 2); err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, errors.Errorf("flow: %s %q: %d steps, want at least 1", kind, name, n)
	}
	var parts []Bijection
	for i := range n {
		ps, err := step(i, fmt.Sprintf("%s.%d", name, i))
		if err != nil {
			return nil, err
		}
		parts = append(parts, ps...)
	}
	return NewChain(parts...)
}
