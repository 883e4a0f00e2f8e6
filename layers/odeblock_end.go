package layers

import (
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop"
)

// randomEnd is a last time that is drawn anew in every training step.
type randomEnd struct {
	halfWidth float64
	step      *Step
	seed      uint64
}

// WithRandomEndTime is the block with a last time drawn uniformly from (t₁ − b, t₁ + b) in every training step, the same
// for all of a batch (Ghosh et al. 2020, STEER: simple temporal regularization for neural ODEs). The state
// must then be a good one around t₁, and not at t₁ alone, which keeps the dynamics simple. In evaluation the last time
// is t₁. The draw depends on the seed and the step alone, so a run can be repeated. b is positive and less than the span
// from the time before the last. Trajectory keeps the times it is given.
func (b *ODEBlock) WithRandomEndTime(halfWidth float64, step *Step, seed uint64) (*ODEBlock, error) {
	n := len(b.times)
	switch span := math.Abs(b.times[n-1] - b.times[n-2]); {
	case step == nil:
		return nil, errors.New("layers: ode block: random end time: the step is nil")
	case !(halfWidth > 0 && halfWidth < span):
		return nil, errors.Errorf("layers: ode block: random end time: a half width of %g, want it between 0 and %g",
			halfWidth, span)
	}
	return &ODEBlock{
		field: b.field, times: b.times, opts: b.opts, phases: b.phases,
		end: &randomEnd{halfWidth, step, seed},
	}, nil
}

// randomTimes are the times with the random last one. Its place in the band is Σ ±2⁻ᵏ, k = 1 … 52, with random signs,
// which is uniform in (−1, 1); without training all signs are zero.
func (b *ODEBlock) randomTimes(y0 *G.Node) (*G.Node, error) {
	bits, n := 52, len(b.times)
	if y0.Dtype() == tensor.Float32 {
		bits = 24
	}
	return operation("random end time", func(in G.Nodes) (*G.Node, error) {
		f := formula.For(y0)
		places := make([]float64, bits)
		for k := range places {
			places[k] = b.end.halfWidth * math.Ldexp(1, -k-1)
		}
		signs := signs(f, in[0], b.end.seed, bits)
		offset := f.Sum(f.Mul(signs, f.Constant(in[0], places, bits)))
		last := make([]float64, n)
		last[n-1] = 1
		return f.Result(f.Add(f.Constant(in[0], b.times, n), f.Mul(f.Constant(in[0], last, n), offset)))
	}, b.end.step.node(y0))
}

func (b *ODEBlock) solveToRandomEnd(y0 *G.Node) (*G.Node, error) {
	times, err := b.randomTimes(y0)
	if err != nil {
		return nil, err
	}
	ys, err := odeop.SolveAt(b.dynamics(), y0, times, b.options()...)
	if err != nil {
		return nil, err
	}
	y, err := graph.Slice(ys, G.S(len(b.times)-1, len(b.times)))
	if err != nil {
		return nil, err
	}
	return graph.Reshape(y, y0.Shape()...)
}
