package sde

import (
	"math"

	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
)

// Likelihood is the distribution of an observation around the decoder's value.
type Likelihood int

const (
	// Gaussian is the normal distribution; its scale is the standard deviation.
	Gaussian Likelihood = iota
	// Laplace has heavier tails, and so minds outliers less; its scale is the mean absolute deviation.
	Laplace
)

func (l Likelihood) String() string {
	if l == Laplace {
		return "laplace"
	}
	return "gaussian"
}

// negativeLog is −ln p(x) of elements, (n, channels), from the logarithms of the scales, (channels):
//
//	½ u² + ln r + ½ ln 2π   or   |u| + ln r + ln 2,   u = (x − mean)/r
func (l Likelihood) negativeLog(f *formula.F, x, mean, logScale *G.Node) *G.Node {
	u := f.MulRow(f.Sub(x, mean), f.Exp(f.Neg(logScale)))
	if l == Laplace {
		return f.AddRow(f.Abs(u), f.Add(logScale, f.Number(math.Ln2)))
	}
	return f.AddRow(f.Mul(f.Number(0.5), f.Mul(u, u)), f.Add(logScale, f.Number(0.5*math.Log(2*math.Pi))))
}
