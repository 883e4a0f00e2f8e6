package flow

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/hutchinson"
	"gorgonode/internal/splitmix"
)

// ProbeKind is the distribution of the entries of a probe, all with mean 0 and variance 1.
type ProbeKind int

const (
	// Rademacher is ±1, evenly: of all such distributions the one of least variance (Hutchinson 1990).
	Rademacher = ProbeKind(hutchinson.Rademacher)
	// Gaussian is standard normal.
	Gaussian = ProbeKind(hutchinson.Gaussian)
)

func (k ProbeKind) String() string {
	switch k {
	case Rademacher:
		return "rademacher"
	case Gaussian:
		return "gaussian"
	}
	return fmt.Sprintf("ProbeKind(%d)", int(k))
}

// Probe is the random vector ε of each row in Hutchinson's estimate tr J ≈ εᵀJε. It is a function of the seed, the step and
// the place in the batch alone: held during a solve, forward and backward, and another one at every step of training.
type Probe struct {
	Kind ProbeKind
	Seed uint64
	// Step is the number of the training step, of shape () and the dtype of the flow; nil is step 0 in every run, as a
	// negative one is.
	Step *G.Node
}

// node is the probe for x, of x's shape, as one Op of its graph.
func (p Probe) node(x *G.Node) (*G.Node, error) {
	step := p.Step
	switch {
	case p.Kind != Rademacher && p.Kind != Gaussian:
		return nil, errors.Errorf("flow: there is no probe of kind %v", p.Kind)
	case step == nil:
		if x.Dtype() == tensor.Float32 {
			step = G.NewScalar(x.Graph(), x.Dtype(), G.WithName("step 0 of a probe"), G.WithValue(float32(0)))
		} else {
			step = G.NewScalar(x.Graph(), x.Dtype(), G.WithName("step 0 of a probe"), G.WithValue(0.0))
		}
	case step.Graph() != x.Graph():
		return nil, errors.Errorf("flow: the step of the probe (%q) is in another graph than the batch", step.Name())
	case step.Dims() != 0 || step.Dtype() != x.Dtype():
		return nil, errors.Errorf("flow: the step of the probe is %v of shape %v, want a number of dtype %v",
			step.Dtype(), step.Shape(), x.Dtype())
	}
	e, err := hutchinson.Probe(hutchinson.Kind(p.Kind), p.Seed, step, x)
	return e, errors.WithMessage(err, "flow: probe")
}

// Estimated is b with the trace of every [CNF] in it estimated by the probe instead of computed: for training. It shares b's
// parameters, so that b itself reports the exact density of what is trained. Several flows have probes of their own.
func Estimated(b Bijection, p Probe) Bijection {
	switch b := b.(type) {
	case *CNF:
		c := *b
		c.probe = &p
		return &c
	case *Chain:
		parts := make([]Bijection, len(b.parts))
		for i, part := range b.parts {
			own := p
			own.Seed = splitmix.At(p.Seed, i)
			parts[i] = Estimated(part, own)
		}
		return &Chain{parts}
	}
	return b
}
