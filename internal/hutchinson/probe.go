package hutchinson

import (
	"fmt"
	"hash"
	"math"
	"sync/atomic"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/nodeop"
	"gorgonode/internal/splitmix"
)

// Kind is the distribution of the entries.
type Kind int

const (
	Rademacher Kind = iota // ±1, evenly: of all such distributions the one of least variance
	Gaussian               // standard normal
)

// Probe is a probe of x's shape and dtype, as one Op of its graph: a function of the seed, the step and the place alone. The
// step is a node of x's graph and dtype with one number; a negative one is step 0.
func Probe(kind Kind, seed uint64, step, x *G.Node) (*G.Node, error) {
	id := made.Add(1)
	if x.Dtype() == tensor.Float32 {
		return nodeop.Apply[float32](draw[float32]{kind, seed, step.Shape().Clone(), x.Shape().Clone(), id}, step)
	}
	return nodeop.Apply[float64](draw[float64]{kind, seed, step.Shape().Clone(), x.Shape().Clone(), id}, step)
}

// made numbers probes in the order of making: two Ops of one seed are two Ops.
var made atomic.Uint64

// draw is the Op step ↦ ε. It is piecewise constant.
type draw[T nodeop.Float] struct {
	kind     Kind
	seed     uint64
	in, out  tensor.Shape
	identity uint64
}

func (d draw[T]) Name() string                { return "hutchinson: probe" }
func (d draw[T]) WriteHash(h hash.Hash)       { fmt.Fprintf(h, "probe %d %d %d", d.kind, d.seed, d.identity) }
func (d draw[T]) InputShapes() []tensor.Shape { return []tensor.Shape{d.in} }
func (d draw[T]) OutputShape() tensor.Shape   { return d.out }
func (d draw[T]) WRT() []bool                 { return []bool{false} }

func (d draw[T]) Forward(in [][]T, out []T) (any, error) {
	step := float64(in[0][0])
	if math.IsNaN(step) || math.IsInf(step, 0) {
		return nil, errors.Errorf("hutchinson: the step of a probe is %g", step)
	}
	stream := splitmix.Stream(d.seed, uint64(max(step, 0)))
	for i := range out {
		out[i] = T(d.kind.entry(stream, i))
	}
	return nil, nil
}

func (d draw[T]) Backward([][]T, []T, []T, any, [][]T) error { return nil }

var _ nodeop.Function[float64] = draw[float64]{}

// entry is element i of the probe of a stream.
func (k Kind) entry(stream uint64, i int) float64 {
	if k == Rademacher {
		return 1 - 2*float64(splitmix.At(stream, i)>>63)
	}
	// Box and Muller (1958); 1 − u is in (0, 1].
	u, v := splitmix.Uniform(splitmix.At(stream, 2*i)), splitmix.Uniform(splitmix.At(stream, 2*i+1))
	return math.Sqrt(-2*math.Log(1-u)) * math.Cos(2*math.Pi*v)
}
