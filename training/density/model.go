package density

import (
	"fmt"
	"math/rand/v2"

	"gorgonia.org/tensor"

	"gorgonode/layers/flow"
	"gorgonode/odeop"
	"gorgonode/solvers"
	"gorgonode/training"
)

// model is a flow behind the standardisation of its columns, which is not trained.
type model struct {
	norm  *flow.ActNorm
	body  flow.Bijection
	whole flow.Bijection
}

func newModel(d int, c Config) (*model, error) {
	if err := training.CheckSize(float64(c.Flows) * training.PerceptronSize(float64(d), c.Hidden, float64(d))); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(c.Seed, 0x666c6f77))
	net := flow.NetConfig{Hidden: c.Hidden, Activation: c.Activation}
	m := &model{}
	var err error
	if m.norm, err = flow.NewActNorm("standardise", d, tensor.Float64); err != nil {
		return nil, err
	}
	switch c.Model {
	case RealNVP:
		m.body, err = flow.NewRealNVP(rng, "flow", d, c.Flows, net)
	case Glow:
		m.body, err = flow.NewGlow(rng, "flow", d, c.Flows, net)
	default:
		m.body, err = continuous(rng, d, c, net)
	}
	if err != nil {
		return nil, err
	}
	m.whole, err = flow.NewChain(m.norm, m.body)
	return m, err
}

// continuous is one CNF, or several with an ActNorm between them.
func continuous(rng *rand.Rand, d int, c Config, net flow.NetConfig) (flow.Bijection, error) {
	var parts []flow.Bijection
	for i := range c.Flows {
		if i > 0 {
			norm, err := flow.NewActNorm(fmt.Sprintf("actnorm.%d", i), d, tensor.Float64)
			if err != nil {
				return nil, err
			}
			parts = append(parts, norm)
		}
		field, err := flow.NewTimeNet(rng, fmt.Sprintf("field.%d", i), d, c.Time, net)
		if err != nil {
			return nil, err
		}
		cnf, err := flow.NewCNF(field, d, odeop.Method(solvers.Dopri5{}), odeop.Tolerance(c.Tolerance, c.Tolerance))
		if err != nil {
			return nil, err
		}
		parts = append(parts, cnf)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return flow.NewChain(parts...)
}
