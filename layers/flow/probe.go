package flow

import (
	"fmt"
	"hash"
	"math"
	"sync/atomic"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/nodeop"
)

// ProbeKind is the distribution of the entries of a probe, all with mean 0 and variance 1.
type ProbeKind int

const (
	Rademacher ProbeKind = iota // ±1, evenly: of all such distributions the one of least variance (Hutchinson 1989)
	Gaussian                    // standard normal
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
	Step *G.Node // the number of the training step, of shape () and the dtype of the flow; nil is step 0 in every run
}

// golden is 2⁶⁴ divided by the golden ratio, the increment of SplitMix64.
const golden = 0x9E3779B97F4A7C15

// mix is the output function of SplitMix64 (Steele, Lea and Flood 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// at is element i of the probe of a step.
func (p Probe) at(stream uint64, i int) float64 {
	u := mix(stream + golden*uint64(2*i+1))
	if p.Kind == Rademacher {
		return 1 - 2*float64(u>>63)
	}
	// Box and Muller (1958); 1 − u is in (0, 1].
	v := mix(stream + golden*uint64(2*i+2))
	r := math.Sqrt(-2 * math.Log(1-float64(u>>11)*0x1p-53))
	return r * math.Cos(2*math.Pi*float64(v>>11)*0x1p-53)
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
	id := probes.Add(1)
	if x.Dtype() == tensor.Float32 {
		return nodeop.Apply[float32](draw[float32]{p, x.Shape().Clone(), id}, step)
	}
	return nodeop.Apply[float64](draw[float64]{p, x.Shape().Clone(), id}, step)
}

// probes numbers probes in the order of making: two Ops of one seed are two Ops.
var probes atomic.Uint64

// draw is the Op step ↦ ε. It is piecewise constant.
type draw[T nodeop.Float] struct {
	Probe
	shape tensor.Shape
	id    uint64
}

func (d draw[T]) Name() string                { return "flow: probe" }
func (d draw[T]) WriteHash(h hash.Hash)       { fmt.Fprintf(h, "probe %v %d %d", d.Kind, d.Seed, d.id) }
func (d draw[T]) InputShapes() []tensor.Shape { return []tensor.Shape{{}} }
func (d draw[T]) OutputShape() tensor.Shape   { return d.shape }
func (d draw[T]) WRT() []bool                 { return []bool{false} }

func (d draw[T]) Forward(in [][]T, out []T) (any, error) {
	step := float64(in[0][0])
	if math.IsNaN(step) || math.IsInf(step, 0) {
		return nil, errors.Errorf("flow: the step of a probe is %g", step)
	}
	stream := mix(mix(d.Seed+golden) ^ uint64(int64(step)))
	for i := range out {
		out[i] = T(d.at(stream, i))
	}
	return nil, nil
}

func (d draw[T]) Backward([][]T, []T, []T, any, [][]T) error { return nil }

var _ nodeop.Function[float64] = draw[float64]{}

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
			own.Seed = mix(p.Seed + golden*uint64(i))
			parts[i] = Estimated(part, own)
		}
		return &Chain{parts}
	}
	return b
}
