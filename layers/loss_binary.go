package layers

import (
	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
)

// BinaryCrossEntropyFromLogits is the negative log-likelihood of targets y in {0, 1}, or probabilities between, where
// class 1 has the probability σ(x):
//
//	ℓ = w y ln(1 + e⁻ˣ) + (1 − y) ln(1 + eˣ)
//
// x and y have one shape, which is that of the losses too. Both logarithms are softplus functions of x, so no logit,
// however large, overflows or loses digits, and neither does the gradient (1 − y)σ(x) − w yσ(−x). w is 1 or
// [PositiveWeight].
func BinaryCrossEntropyFromLogits(logits, targets *G.Node, opts ...LossOption) (*G.Node, error) {
	return loss("binary cross-entropy", opts, []string{"PositiveWeight"}, G.Nodes{logits, targets},
		func(f *formula.F, c *lossConfig, in G.Nodes) (*G.Node, *G.Node, error) {
			x, y := in[0], in[1]
			if err := sameShapes("logits and targets", x, y); err != nil {
				return nil, nil, err
			}
			positive := f.Mul(f.Mul(f.Number(c.positive), y), f.Apply(G.Softplus, f.Neg(x)))
			negative := f.Mul(f.Sub(f.Number(1), y), f.Apply(G.Softplus, x))
			return f.Add(positive, negative), nil, nil
		})
}
