package training

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// Opponent has parameters by which a Loop's cost is raised, at the same steps and by the same gradient, as the generator of
// a GAN raises the distance that the discriminator takes the negative of.
type Opponent struct {
	Params    []*graph.Param         // none of the Loop's, and every one with a part in the cost
	Solver    G.Solver               // not the Loop's; nil is Gorgonia's Adam
	LearnRate func(step int) float64 // nil leaves the solver's own
}

// trained are the parameters of both sides.
func (l *Loop) trained() []*graph.Param {
	if l.Opponent == nil {
		return l.Params
	}
	return slices.Concat(l.Params, l.Opponent.Params)
}

// side is parameters with a solver and a rate of their own.
type side struct {
	grads   []G.ValueGrad
	solver  G.Solver
	rate    func(step int) float64
	raise   bool
	decay   float64
	decayed []*graph.Param
}

// sides cuts the gradients of what is trained into those of either side.
func (l *Loop) sides(grads []G.ValueGrad) []side {
	n := len(l.Params)
	own := side{grads: grads[:n], solver: orAdam(l.Solver), rate: l.LearnRate, decay: l.Decay, decayed: l.Decayed}
	if own.decayed == nil {
		own.decayed = l.Params
	}
	if l.Opponent == nil {
		return []side{own}
	}
	return []side{own, {grads: grads[n:], solver: orAdam(l.Opponent.Solver), rate: l.Opponent.LearnRate, raise: true}}
}

func orAdam(s G.Solver) G.Solver {
	if s == nil {
		return G.NewAdamSolver()
	}
	return s
}

func (s side) update(step int) error {
	if s.raise {
		if err := scaleGradients(s.grads, -1); err != nil {
			return err
		}
	}
	if s.rate != nil {
		rate := s.rate(step)
		if !(rate >= 0) || math.IsInf(rate, 0) {
			return errors.Errorf("a learning rate of %g", rate)
		}
		G.WithLearnRate(rate)(s.solver)
		if s.decay > 0 {
			for _, p := range s.decayed {
				scale(p.Value().Data(), math.Max(0, 1-rate*s.decay))
			}
		}
	}
	return errors.WithStack(s.solver.Step(s.grads))
}
