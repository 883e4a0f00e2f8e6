package sequence

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/layers/series"
)

// network is an encoder and an affine head.
type network struct {
	config  Config
	encoder encoder
	step    *layers.Step
	drop    layers.Layer // of the state; nil is none
	head    *layers.Linear
	outputs int // C classes, or k values
}

func newNetwork(c Config, means []float64, w series.Widths, outputs int) (*network, error) {
	m, err := modelByName(c.Model)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(c.Seed, 0x73657175))
	n := &network{config: c, outputs: outputs, step: layers.NewStep()}
	if n.encoder, err = m.make(rng, recipe{c, n.step, means}, w.Values); err != nil {
		return nil, err
	}
	if c.Dropout > 0 && !m.drops {
		n.drop = layers.Dropout(n.step, c.Dropout, c.Seed)
	}
	in, out := n.encoder.width()+2*w.Static, outputs
	if c.Task == Forecast {
		in++
	}
	if c.Task != Classify && c.Noise == Gaussian {
		out *= 2
	}
	n.head, err = layers.NewLinear(rng, "head", in, out, layers.WithDtype(dtype))
	return n, err
}

func (n *network) params() []*graph.Param {
	return graph.JoinParams(n.encoder.Params(), n.head.Params())
}

// out are the network's answers, in the scale of training: logits (B, C), or values (B, T, k) and, with a distribution, the
// logarithms of their variances (B, T, k).
func (n *network) out(w *wires) (answers, logVariances *G.Node, err error) {
	var h *G.Node
	if n.config.Task == Classify {
		h, err = n.encoder.final(w)
	} else {
		h, err = n.encoder.states(w)
	}
	if err != nil {
		return nil, nil, err
	}
	if n.drop != nil {
		if h, err = n.drop.Forward(h); err != nil {
			return nil, nil, err
		}
	}
	parts := G.Nodes{h}
	if more := n.beside(w); more != nil {
		parts = append(parts, more)
	}
	var specs []graph.Spec
	for i, p := range parts {
		specs = append(specs, graph.Input([]string{"state", "beside"}[i], p.Dtype(), p.Shape()...))
	}
	gaussian := n.config.Task != Classify && n.config.Noise == Gaussian
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		f := formula.For(in[0])
		y := f.Apply(n.head.Forward, f.Concat(in...))
		if !gaussian {
			return G.Nodes{y}, f.Err()
		}
		mean, s := f.Columns(y, 0, n.outputs), f.Columns(y, n.outputs, 2*n.outputs)
		// |s| stays below 10, so that no precision overflows: a standard deviation is from 0.007 to 150 of the scale.
		s = f.Mul(f.Number(10), f.Tanh(f.Mul(f.Number(0.1), s)))
		return G.Nodes{mean, s}, f.Err()
	}, specs...)
	if err != nil {
		return nil, nil, errors.WithMessage(err, "head")
	}
	all, err := graph.CallAll(fn.Named("head"), parts...)
	if err != nil {
		return nil, nil, err
	}
	if gaussian {
		logVariances = all[1]
	}
	return all[0], logVariances, nil
}

// beside is what the head sees beside the state: static values with their mask, and the time until the row to forecast.
func (n *network) beside(w *wires) *G.Node {
	shape := w.Shape()
	s := shape.Static
	if n.config.Task == Classify {
		if s == 0 {
			return nil
		}
		return w.node("static", func(b *series.Batch, into []float32) {
			for i := range b.Batch {
				putStatic(b, i, into[i*2*s:])
			}
		}, shape.Batch, 2*s)
	}
	width := 2 * s
	if n.config.Task == Forecast {
		width++
	}
	if width == 0 {
		return nil
	}
	return w.node("beside", func(b *series.Batch, into []float32) {
		for i := range b.Batch {
			for j := range b.Steps {
				at := into[(i*b.Steps+j)*width:]
				putStatic(b, i, at)
				if width > 2*s {
					at[2*s] = float32(until(b, i, j))
				}
			}
		}
	}, shape.Batch, shape.Steps, width)
}

func putStatic(b *series.Batch, i int, into []float32) {
	s := b.Widths.Static
	for k := range s {
		into[k], into[s+k] = float32(b.Static[i*s+k]), float32(b.StaticMask[i*s+k])
	}
}

// until is the time from row j of series i to the next one; 0 for the last.
func until(b *series.Batch, i, j int) float64 {
	if j+1 < b.Lengths[i] {
		return b.Deltas[i*b.Steps+j+1]
	}
	return 0
}
