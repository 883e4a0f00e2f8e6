package density

import (
	"fmt"
	"math/rand/v2"

	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers/flow"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// model is a flow behind the standardisation of its columns, which is not trained.
type model struct {
	norm  *flow.ActNorm
	body  flow.Bijection
	whole flow.Bijection
}

func newModel(d int, c Config) (*model, error) {
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

// copies are the values of parameters at one step.
type copies struct {
	params []*graph.Param
	values [][]float64
}

func (c *copies) take() {
	c.values = c.values[:0]
	for _, p := range c.params {
		c.values = append(c.values, p.Float64s())
	}
}

func (c *copies) restore() error {
	for i, p := range c.params {
		if err := p.Set(c.values[i]); err != nil {
			return err
		}
	}
	return nil
}
