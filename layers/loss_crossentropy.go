package layers

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
)

// CrossEntropyFromLogits is the negative log-likelihood of classes whose probabilities are the softmax of x:
//
//	ℓ = −Σ_c w_c y_c ln p_c,   ln p = x − ln Σ_c exp x_c
//
// x is (…, C), the losses are (…). The targets have one of two shapes:
//
//   - (…): the numbers of the classes, 0 to C−1, as floats of x's dtype. A negative number takes the element out of the
//     loss and of its mean. One that is no class, as 1.5 or C, makes the loss NaN. Labels of a series.Batch are (B, 1):
//     take graph.Reshape(in.Label(), B).
//   - (…, C): the probabilities y_c of the classes, one-hot or not.
//
// The logarithm of the softmax is taken at once, so no logit, however large, overflows. With [ClassWeights] the mean is
// Σℓ/ΣΣ_c w_c y_c; without, w_c is 1.
func CrossEntropyFromLogits(logits, targets *G.Node, opts ...LossOption) (*G.Node, error) {
	return loss("cross-entropy", opts, []string{"ClassWeights"}, G.Nodes{logits, targets},
		func(f *formula.F, c *lossConfig, in G.Nodes) (*G.Node, *G.Node, error) {
			x, y := in[0], in[1]
			if x.Dims() < 1 {
				return nil, nil, errors.New("the logits are a number, want (…, C)")
			}
			lead := x.Shape()[:x.Dims()-1].Clone()
			classes := x.Shape()[x.Dims()-1]
			n := x.Shape().TotalSize() / classes
			if c.classes != nil && len(c.classes) != classes {
				return nil, nil, errors.Errorf("%d class weights for %d classes", len(c.classes), classes)
			}
			var wrong *G.Node // a column of zeros, NaN where the target is no class
			switch {
			case slices.Equal(y.Shape(), x.Shape()): // (n) and (n, 1) are equal to Shape.Eq
				y = f.Reshape(y, n, classes)
			case slices.Equal(y.Shape(), lead):
				y, wrong = oneHot(f, f.Reshape(y, n, 1), classes)
			default:
				return nil, nil, errors.Errorf("targets of shape %v for logits of shape %v", y.Shape(), x.Shape())
			}
			if c.classes != nil && f.Err() == nil {
				w := f.Constant(x, c.classes, 1, classes)
				y = f.Broadcast(G.BroadcastHadamardProd, y, w, 0)
			}
			logp := buildLogSoftmax(f, f.Reshape(x, n, classes), -1)
			losses := f.Neg(f.RowSums(f.Mul(y, logp)))
			if wrong != nil {
				losses = f.Add(losses, wrong)
			}
			return f.Reshape(losses, lead...), f.Reshape(f.RowSums(y), lead...), f.Err()
		})
}

// oneHot is (n, classes) of class numbers (n, 1): all zeros where the number is negative. wrong, (n, 1), is NaN where a
// number is neither negative nor a class, and 0 elsewhere.
func oneHot(f *formula.F, y *G.Node, classes int) (hot, wrong *G.Node) {
	numbers := make([]float64, classes)
	for i := range numbers {
		numbers[i] = float64(i)
	}
	if f.Err() != nil {
		return nil, nil
	}
	n := y.Shape()[0]
	all := f.Broadcast(G.BroadcastAdd, f.Constant(y, make([]float64, n*classes), n, classes), y, 1)
	hot = f.Broadcast(func(a, b *G.Node, left, right []byte) (*G.Node, error) {
		return G.BroadcastEq(a, b, true, left, right)
	}, all, f.Constant(y, numbers, 1, classes), 0)
	found := f.Add(f.RowSums(hot), f.Compare(G.Lt, y, f.Number(0)))
	return hot, f.Div(f.Constant(y, make([]float64, n), n, 1), found)
}
