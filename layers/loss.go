package layers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
	"gorgonode/internal/option"
)

// LossOption changes how a loss is computed. Each loss says which it takes; another one is an error.
type LossOption func(*lossConfig) error

// Reduction is how the losses of all elements become one.
type Reduction uint8

const (
	// ReduceMean is Σ wℓ/Σw over the losses ℓ and their weights w, which are 1 where none are given; 0, and so is its
	// gradient, where the weights add up to 0, as in a batch without a label. It is the default.
	ReduceMean Reduction = iota
	// ReduceSum is Σ wℓ.
	ReduceSum
	// ReduceNone leaves the losses wℓ as they are.
	ReduceNone
)

type lossConfig struct {
	option.Names
	reduction Reduction
	weights   *G.Node
	classes   []float64
	positive  float64
	factorial bool
}

// Reduce chooses how the losses of all elements become one.
func Reduce(r Reduction) LossOption {
	return option.Named("Reduce", func(c *lossConfig) error {
		if r > ReduceNone {
			return errors.Errorf("there is no reduction %d", r)
		}
		c.reduction = r
		return nil
	})
}

// Weighted gives each loss a weight, of the shape that [ReduceNone] has. A weight of 0 takes an element out, as one that
// was not observed; its loss must be finite nevertheless.
func Weighted(weights *G.Node) LossOption {
	return option.Named("Weighted", func(c *lossConfig) error {
		if weights == nil {
			return errors.New("the weights are nil")
		}
		c.weights = weights
		return nil
	})
}

// ClassWeights gives each class c of a [CrossEntropyFromLogits] the weight w[c], so that rare classes count.
func ClassWeights(w ...float64) LossOption {
	w = slices.Clone(w)
	return option.Named("ClassWeights", func(c *lossConfig) error {
		for i, v := range w {
			if !(v >= 0) || !finite(v) {
				return errors.Errorf("the weight of class %d is %g, want it finite and not negative", i, v)
			}
		}
		c.classes = w
		return nil
	})
}

// PositiveWeight multiplies the losses of positive targets in a [BinaryCrossEntropyFromLogits], so that rare ones count.
func PositiveWeight(w float64) LossOption {
	return option.Named("PositiveWeight", func(c *lossConfig) error {
		if !(w > 0) || !finite(w) {
			return errors.Errorf("the weight of positive targets is %g, want it finite and positive", w)
		}
		c.positive = w
		return nil
	})
}

// loss makes one Op of a loss. build gives the losses of all elements and weights for the mean, which may be nil.
func loss(name string, opts []LossOption, takes []string, inputs G.Nodes,
	build func(f *formula.F, c *lossConfig, in G.Nodes) (losses, weights *G.Node, err error)) (*G.Node, error) {
	c := &lossConfig{positive: 1}
	err := option.Apply(c, opts)
	if err == nil {
		err = c.Only(append([]string{"Reduce", "Weighted"}, takes...)...)
	}
	if err != nil {
		return nil, errors.WithMessagef(err, "layers: %s", name)
	}
	inputs = slices.Clone(inputs)
	if c.weights != nil {
		inputs = append(inputs, c.weights)
	}
	for _, x := range inputs {
		if err := checkInput(name, x, 0); err != nil {
			return nil, err
		}
		if x.Dtype() != inputs[0].Dtype() {
			return nil, errors.Errorf("layers: %s: inputs of %v and of %v", name, inputs[0].Dtype(), x.Dtype())
		}
	}
	return operation(name, func(in G.Nodes) (*G.Node, error) {
		f := formula.For(in[0])
		losses, weights, err := build(f, c, in)
		if err != nil {
			return nil, err
		}
		if f.Err() != nil {
			return nil, f.Err()
		}
		if c.weights != nil {
			w := in[len(in)-1]
			if !slices.Equal(w.Shape(), losses.Shape()) {
				return nil, errors.Errorf("weights of shape %v for losses of shape %v", w.Shape(), losses.Shape())
			}
			losses = f.Mul(losses, w)
			if weights != nil {
				w = f.Mul(weights, w)
			}
			weights = w
		}
		return f.Result(reduce(f, c.reduction, losses, weights))
	}, inputs...)
}

func reduce(f *formula.F, r Reduction, losses, weights *G.Node) *G.Node {
	switch {
	case f.Err() != nil || r == ReduceNone:
		return losses
	case r == ReduceSum:
		return f.Sum(losses)
	case weights != nil:
		total := f.Sum(weights)
		none := f.Compare(G.Eq, total, f.Number(0)) // 1 where nothing counts
		return f.Div(f.Sum(losses), f.Add(total, none))
	}
	return f.Mul(f.Sum(losses), f.Number(1/float64(losses.Shape().TotalSize())))
}

// sameShapes is an error unless all nodes have the shape of the first, or are numbers.
func sameShapes(names string, in ...*G.Node) error {
	for _, x := range in[1:] {
		if !x.IsScalar() && !slices.Equal(x.Shape(), in[0].Shape()) {
			var shapes []string
			for _, y := range in {
				shapes = append(shapes, fmt.Sprint(y.Shape()))
			}
			return errors.Errorf("%s have the shapes %s", names, strings.Join(shapes, " "))
		}
	}
	return nil
}
