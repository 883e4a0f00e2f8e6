package generative

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/layers/latent"
	"gorgonode/layers/series"
	"gorgonode/training/seriesfit"
)

// head tells a class by the state at time 0.
type head struct {
	*layers.MLP
	classes int
	weight  float64
	loss    []layers.LossOption
}

// newHead is nil where no classes are learned.
func newHead(c Config, classes int) (*head, error) {
	if classes == 0 {
		return nil, nil
	}
	rng := rand.New(rand.NewPCG(c.Seed, 0x68656164))
	h := &head{classes: classes, weight: c.ClassWeight}
	if c.ClassWeights != nil {
		h.loss = []layers.LossOption{layers.ClassWeights(c.ClassWeights...)}
	}
	var err error
	h.MLP, err = layers.NewMLP(rng, "head", append(append([]int{c.Latent}, c.Hidden...), classes),
		layers.WithDtype(dtype), layers.WithActivation(layers.ReLU()))
	return h, err
}

// cost is that of a bound, of one observed value, and of the classes beside it. values are what a series has on average.
func (h *head) cost(b *bound, values float64) (*G.Node, error) {
	in := G.Nodes{b.cost}
	weight := 0.0
	if h != nil {
		logits, err := h.logits(b)
		if err != nil {
			return nil, err
		}
		loss, err := latent.ClassLoss(logits, b.inputs.Label(), b.inputs.LabelMask(), h.loss...)
		if err != nil {
			return nil, err
		}
		in, weight = append(in, loss), h.weight
	}
	var specs []graph.Spec
	for i, n := range in {
		specs = append(specs, graph.Input([]string{"bound", "classes"}[i], n.Dtype(), n.Shape()...))
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		f := formula.For(in[0])
		y := f.Mul(in[0], f.Number(1/values))
		if len(in) > 1 {
			y = f.Add(y, f.Mul(in[1], f.Number(weight)))
		}
		return G.Nodes{y}, f.Err()
	}, specs...)
	if err != nil {
		return nil, errors.WithMessage(err, "cost")
	}
	return graph.Call(fn.Named("cost"), in...)
}

// logits are (K, B, C).
func (h *head) logits(b *bound) (*G.Node, error) {
	starts, err := b.starts()
	if err != nil {
		return nil, err
	}
	return h.Forward(starts)
}

// probabilities are the means over the draws of paths, for the first n of b series.
func (h *head) probabilities(p *paths, b, n int) ([][]float64, error) {
	k := p.samples
	z := node(G.NewGraph(), "starts", k, b, len(p.starts)/(k*b))
	copy(floats(z), p.starts)
	y, err := h.Forward(z)
	if err != nil {
		return nil, err
	}
	var out G.Value
	G.Read(y, &out)
	vm := G.NewTapeMachine(y.Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return nil, errors.WithStack(err)
	}
	means := make([][]float64, n)
	for i := range means {
		means[i] = h.mean(out, i)
	}
	return means, nil
}

// mean is that of the probabilities of series i over K draws, from logits (K, B, C).
func (h *head) mean(logits G.Value, i int) []float64 {
	all, k, b := logits.Data().([]float32), logits.Shape()[0], logits.Shape()[1]
	mean, one := make([]float64, h.classes), make([]float64, h.classes)
	for s := range k {
		for c := range one {
			one[c] = float64(all[(s*b+i)*h.classes+c])
		}
		for c, v := range seriesfit.Softmax(one) {
			mean[c] += v / float64(k)
		}
	}
	return mean
}

// classMetrics compares probabilities with the classes of a set.
func (f *Fitted) classMetrics(probabilities [][]float64, set *series.Set) Metrics {
	if f.head == nil {
		return nil
	}
	logits := make([][]float64, len(probabilities))
	for i, row := range probabilities {
		for _, p := range row {
			logits[i] = append(logits[i], math.Log(math.Max(p, math.SmallestNonzeroFloat64)))
		}
	}
	m := Metrics(seriesfit.ClassMetrics(logits, seriesfit.ClassOf(set), f.Config.ClassWeights))
	if v, ok := m["loss"]; ok {
		delete(m, "loss")
		m["class_loss"] = v
	}
	return m
}

// valuesOf is how many values a series of a set has on average, of those that have any, as they are decoded.
func valuesOf(set *series.Set, split float64) float64 {
	values, with := 0, 0
	for _, s := range set.Series {
		n := 0
		for j, row := range s.Values {
			if split > 0 && s.Times[j] <= split {
				continue
			}
			for _, v := range row {
				if !math.IsNaN(v) {
					n++
				}
			}
		}
		if values += n; n > 0 {
			with++
		}
	}
	return float64(values) / float64(max(with, 1))
}
