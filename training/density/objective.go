package density

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers/flow"
)

// objective is the graph of a training step: a cost, and how a batch is put into it.
type objective struct {
	cost *G.Node
	feed func(step int, rows [][]float64) error
}

func newObjective(m *model, d, batch int, c Config) (*objective, error) {
	g := G.NewGraph()
	x := G.NewMatrix(g, G.Float64, G.WithShape(batch, d), G.WithName("x"))
	if c.Model == FlowMatching {
		return matching(m, x, c)
	}
	b := m.body
	step := (*G.Node)(nil)
	if c.Model == CNF && c.estimates(d) {
		step = G.NewScalar(g, G.Float64, G.WithName("step"))
		b = flow.Estimated(b, flow.Probe{Seed: c.Seed, Step: step})
	}
	cost, err := flow.Loss(b, x, c.Penalty)
	if err != nil {
		return nil, err
	}
	return &objective{cost, func(i int, rows [][]float64) error {
		if step != nil {
			if err := G.Let(step, float64(i)); err != nil {
				return errors.WithStack(err)
			}
		}
		return let(x, rows)
	}}, nil
}

// matching is the regression of the field on the velocities of paths.
func matching(m *model, x1 *G.Node, c Config) (*objective, error) {
	match := flow.Matching{Sigma: c.Sigma}
	if c.OptimalTransport {
		match.Pairing = flow.OptimalTransport
	}
	batch, d := x1.Shape()[0], x1.Shape()[1]
	x0 := G.NewMatrix(x1.Graph(), G.Float64, G.WithShape(batch, d), G.WithName("x0"))
	t := G.NewVector(x1.Graph(), G.Float64, G.WithShape(batch), G.WithName("t"))
	cost, err := match.Loss(m.body.(*flow.CNF).Field(), x0, x1, t)
	if err != nil {
		return nil, err
	}
	return &objective{cost, func(i int, rows [][]float64) error {
		noise, times, err := match.Draw(rows, c.Seed, uint64(i))
		if err != nil {
			return err
		}
		if err := let(x0, noise); err != nil {
			return err
		}
		if err := G.Let(t, tensor.New(tensor.WithBacking(times))); err != nil {
			return errors.WithStack(err)
		}
		return let(x1, rows)
	}}, nil
}

func let(n *G.Node, rows [][]float64) error {
	v := tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(flat(rows)))
	return errors.WithStack(G.Let(n, v))
}
