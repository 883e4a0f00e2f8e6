package sequence

import (
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/layers/series"
)

// cost is the graph of a training step.
func (n *network) cost(shape series.Shape) (*wires, *G.Node, error) {
	w, err := newWires(shape)
	if err != nil {
		return nil, nil, err
	}
	answers, logVariances, err := n.out(w)
	if err != nil {
		return nil, nil, err
	}
	if n.config.Task == Classify {
		label := w.node("class", func(b *series.Batch, into []float32) {
			for i := range into {
				into[i] = -1 // left out
				if b.LabelMask[i] == 1 {
					into[i] = float32(b.Label[i])
				}
			}
		}, shape.Batch)
		var opts []layers.LossOption
		if n.config.ClassWeights != nil {
			opts = append(opts, layers.ClassWeights(n.config.ClassWeights...))
		}
		c, err := layers.CrossEntropyFromLogits(answers, label, opts...)
		return w, c, err
	}
	c, err := masked(w.Targets(), w.TargetMask(), answers, logVariances)
	return w, c, err
}

// masked is the mean over what was observed of the squares (x − μ)², or of the Gaussian −ln p if there are variances; 0 if
// nothing was.
func masked(x, mask, mean, logVariance *G.Node) (*G.Node, error) {
	in := G.Nodes{x, mask, mean}
	if logVariance != nil {
		in = append(in, logVariance)
	}
	var specs []graph.Spec
	for i, n := range in {
		specs = append(specs, graph.Input([]string{"x", "mask", "mean", "log-variance"}[i], n.Dtype(), n.Shape()...))
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		f := formula.For(in[0])
		var losses *G.Node
		if len(in) > 3 {
			losses = f.Apply(func(x *G.Node) (*G.Node, error) {
				return layers.GaussianNLL(x, in[2], in[3], layers.Reduce(layers.ReduceNone))
			}, in[0])
		} else {
			r := f.Sub(in[0], in[2])
			losses = f.Mul(r, r)
		}
		sum := func(x *G.Node) *G.Node { return f.Apply(func(x *G.Node) (*G.Node, error) { return G.Sum(x) }, x) }
		count := sum(in[1])
		count = f.Add(f.Number(1), f.Rectify(f.Sub(count, f.Number(1)))) // at least 1
		y, err := f.Result(f.Div(sum(f.Mul(losses, in[1])), count))
		return G.Nodes{y}, err
	}, specs...)
	if err != nil {
		return nil, err
	}
	return graph.Call(fn.Named("masked loss"), in...)
}
