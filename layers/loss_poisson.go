package layers

import (
	"math"

	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
	"gorgonode/internal/option"
)

// PoissonNLL is the negative log-likelihood of counts k under independent Poisson distributions, whose rates are given by
// their logarithms:
//
//	ℓ = e^η − kη   (+ ln k! with [LogFactorial])
//
// k and η have one shape, which is that of the losses too. The derivative by η is e^η − k. A rate overflows at η above 709
// (88 in float32), as the likelihood itself does.
func PoissonNLL(counts, logRate *G.Node, opts ...LossOption) (*G.Node, error) {
	return loss("poisson nll", opts, []string{"LogFactorial"}, G.Nodes{counts, logRate},
		func(f *formula.F, c *lossConfig, in G.Nodes) (*G.Node, *G.Node, error) {
			k, eta := in[0], in[1]
			if err := sameShapes("counts and log-rates", k, eta); err != nil {
				return nil, nil, err
			}
			l := f.Sub(f.Apply(G.Exp, eta), f.Mul(k, eta))
			if c.factorial {
				l = f.Add(l, logFactorial(f, k))
			}
			return l, nil, nil
		})
}

// LogFactorial adds ln k! = ln Γ(k+1) to a [PoissonNLL], which is constant in the rate, so that its value is that of the
// likelihood.
func LogFactorial() LossOption {
	return option.Named("LogFactorial", func(c *lossConfig) error {
		c.factorial = true
		return nil
	})
}

// logFactorial is ln Γ(k+1) for k ≥ 0: with z = k + 11, ln Γ(z) by Stirling's series less Σ ln(k + i), i = 1 … 10
// (Abramowitz and Stegun 6.1.15 and 6.1.41). The first term left out, 691/(360360 z¹¹), is below 7e-15.
func logFactorial(f *formula.F, k *G.Node) *G.Node {
	plus := func(v float64) *G.Node { return f.Add(k, f.Number(v)) }
	log := func(x *G.Node) *G.Node { return f.Apply(G.Log, x) }
	z := plus(11)
	inverse := f.Apply(G.Inverse, z)
	square := f.Apply(G.Square, inverse)
	series := f.Number(1. / 1188)
	for _, c := range []float64{-1. / 1680, 1. / 1260, -1. / 360, 1. / 12} {
		series = f.Add(f.Mul(series, square), f.Number(c))
	}
	sum := f.Mul(f.Sub(z, f.Number(0.5)), log(z))
	sum = f.Add(f.Sub(sum, z), f.Add(f.Mul(series, inverse), f.Number(math.Log(2*math.Pi)/2)))
	for i := 1.; i <= 5; i++ {
		sum = f.Sub(sum, log(f.Mul(plus(i), plus(11-i))))
	}
	return sum
}
