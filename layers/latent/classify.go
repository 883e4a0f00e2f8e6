package latent

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
	"gorgonode/layers"
)

// ClassLoss is the mean cross-entropy of logits (K, …, C) of K samples with the numbers of the classes (…, 1), over all
// samples and where the mask (…, 1) is not 0. It is for both kinds of classes that a series.Batch has:
//
//	logits, err := head.Forward(z0)            // (K, B, C): of a series, with in.Label() and in.LabelMask()
//	logits, err := head.Forward(states)        // (K, B, N, C): of each time, with in.Targets() and in.TargetMask()
//
// To train with it, add it to the cost of a Bound, by a weight (Rubanova et al. 2019, section 4.4: 100 to the bound's 1).
// Options are those of layers.CrossEntropyFromLogits, as weights of the classes.
func ClassLoss(logits, classes, mask *G.Node, opts ...layers.LossOption) (*G.Node, error) {
	if logits == nil || logits.Graph() == nil || logits.Dims() < 3 {
		return nil, errors.New("latent: class loss: the logits are no node of shape (K, …, C)")
	}
	shape := logits.Shape()
	want := append(shape[1:len(shape)-1].Clone(), 1)
	if err := firstError(fits("classes", classes, logits, want...), fits("mask", mask, logits, want...)); err != nil {
		return nil, errors.WithMessage(err, "latent: class loss")
	}
	targets, err := call("classes", func(f *formula.F, in G.Nodes) *G.Node {
		// A negative number takes an element out of the loss.
		c := f.Where(in[1], in[0], f.Fill(in[0], -1, want...))
		return f.Reshape(repeated(f, c, shape[0]), shape[:len(shape)-1]...)
	}, classes, mask)
	if err != nil {
		return nil, errors.WithMessage(err, "latent: class loss")
	}
	l, err := layers.CrossEntropyFromLogits(logits, targets, opts...)
	return l, errors.WithMessage(err, "latent: class loss")
}
