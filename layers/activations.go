package layers

import (
	"math"

	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// The table of activations. No value and no derivative is NaN or infinite for |x| ≤ 1e12, in float32 either. Where a
// derivative jumps it is taken from the side of slope 1.
var (
	identity   = &activation{name: "identity", alias: "linear"}
	tanh       = &activation{name: "tanh", build: plain(G.Tanh)}
	sigmoid    = &activation{name: "sigmoid", alias: "logistic", build: plain(G.Sigmoid)}
	relu       = &activation{name: "relu", init: graph.He, build: plain(G.Rectify)}
	leakyReLU  = &activation{name: "leakyrelu", arg: "slope", value: 0.01, init: graph.He, build: buildLeakyReLU}
	elu        = &activation{name: "elu", arg: "alpha", value: 1, init: graph.He, build: buildELU}
	selu       = &activation{name: "selu", init: lecun, build: buildSELU}
	gelu       = &activation{name: "gelu", init: graph.He, build: buildGELU}
	silu       = &activation{name: "silu", alias: "swish", init: graph.He, build: buildSiLU}
	lipSwish   = &activation{name: "lipswish", init: graph.He, build: buildLipSwish}
	mish       = &activation{name: "mish", init: graph.He, build: buildMish}
	softplus   = &activation{name: "softplus", init: graph.He, build: plain(G.Softplus)}
	softsign   = &activation{name: "softsign", build: buildSoftsign}
	hardTanh   = &activation{name: "hardtanh", build: buildHardTanh}
	sin        = &activation{name: "sin", build: plain(G.Sin)}
	square     = &activation{name: "square", build: plain(G.Square)}
	cube       = &activation{name: "cube", build: plain(G.Cube)}
	lecunTanh  = &activation{name: "lecuntanh", build: buildLeCunTanh}
	softmax    = &activation{name: "softmax", arg: "axis", value: -1, build: buildSoftmax}
	logSoftmax = &activation{name: "logsoftmax", arg: "axis", value: -1, build: buildLogSoftmax}

	activations = []*activation{
		identity, tanh, sigmoid, relu, leakyReLU, elu, selu, gelu, silu, lipSwish, mish, softplus, softsign, hardTanh, sin, square,
		cube, lecunTanh, softmax, logSoftmax,
	}
)

// Identity is x.
func Identity() Activation { return Activation{} }

// Tanh is the hyperbolic tangent. It is smooth, which high-order methods of integration need, and bounded.
func Tanh() Activation { return Activation{kind: tanh} }

// Sigmoid is 1/(1 + e⁻ˣ).
func Sigmoid() Activation { return Activation{kind: sigmoid} }

// ReLU is max(x, 0). Its derivative at 0 is taken to be 1, as Gorgonia does.
func ReLU() Activation { return Activation{kind: relu} }

// LeakyReLU is x for x ≥ 0 and slope·x below (Maas, Hannun and Ng 2013). By name the slope is 0.01.
func LeakyReLU(slope float64) Activation { return Activation{leakyReLU, slope} }

// ELU is x for x ≥ 0 and α(eˣ − 1) below (Clevert, Unterthiner and Hochreiter 2016). By name α is 1.
func ELU(alpha float64) Activation { return Activation{elu, alpha} }

// SELU is λ·ELU(α) with the λ and α at which mean 0 and variance 1 are a fixed point (Klambauer et al. 2017).
func SELU() Activation { return Activation{kind: selu} }

// GELU is ½x(1 + tanh(√(2/π)(x + 0.044715x³))), the approximation by tanh of xΦ(x), Φ the normal distribution function
// (Hendrycks and Gimpel 2016, section 2). It is off by at most 5e-4.
func GELU() Activation { return Activation{kind: gelu} }

// SiLU is x/(1 + e⁻ˣ) (Elfwing, Uchibe and Doya 2018), also known as Swish (Ramachandran, Zoph and Le 2017).
func SiLU() Activation { return Activation{kind: silu} }

// LipSwish is 0.909·x/(1 + e⁻ˣ), whose slope is nowhere above 1 (Chen, Behrmann, Duvenaud and Jacobsen 2019, Residual flows
// for invertible generative modeling, section 3.3).
func LipSwish() Activation { return Activation{kind: lipSwish} }

// Mish is x·tanh(ln(1 + eˣ)) (Misra 2020).
func Mish() Activation { return Activation{kind: mish} }

// Softplus is ln(1 + eˣ).
func Softplus() Activation { return Activation{kind: softplus} }

// Softsign is x/(1 + |x|).
func Softsign() Activation { return Activation{kind: softsign} }

// HardTanh is x between −1 and 1, and the nearer of them elsewhere.
func HardTanh() Activation { return Activation{kind: hardTanh} }

// Sin is the sine.
func Sin() Activation { return Activation{kind: sin} }

// Square is x².
func Square() Activation { return Activation{kind: square} }

// Cube is x³.
func Cube() Activation { return Activation{kind: cube} }

// LeCunTanh is 1.7159 tanh(⅔x) (LeCun et al. 1998, Efficient backprop, section 4.4), which closed-form continuous-time
// networks use (Hasani et al. 2022).
func LeCunTanh() Activation { return Activation{kind: lecunTanh} }

// Softmax is eˣ/Σeˣ along an axis; −1 is the last.
func Softmax(axis int) Activation { return Activation{softmax, float64(axis)} }

// LogSoftmax is x − ln Σeˣ along an axis; −1 is the last.
func LogSoftmax(axis int) Activation { return Activation{logSoftmax, float64(axis)} }

func plain(fn func(*G.Node) (*G.Node, error)) func(*formula.F, *G.Node, float64) *G.Node {
	return func(f *formula.F, x *G.Node, _ float64) *G.Node { return f.Apply(fn, x) }
}

func buildLeakyReLU(f *formula.F, x *G.Node, slope float64) *G.Node {
	return f.Add(f.Apply(G.Rectify, x), f.Mul(f.Number(slope), negativePart(f, x)))
}

// buildELU is x⁺ + α(exp(x⁻) − 1): the exponential never sees a large argument.
func buildELU(f *formula.F, x *G.Node, alpha float64) *G.Node {
	return f.Add(f.Apply(G.Rectify, x), f.Mul(f.Number(alpha), f.Apply(G.Expm1, negativePart(f, x))))
}

func buildSELU(f *formula.F, x *G.Node, _ float64) *G.Node {
	// Klambauer et al. 2017.
	const lambda, alpha = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
	return f.Mul(f.Number(lambda), buildELU(f, x, alpha))
}

func buildGELU(f *formula.F, x *G.Node, _ float64) *G.Node {
	inner := f.Add(x, f.Mul(f.Number(0.044715), f.Apply(G.Cube, x)))
	th := f.Apply(G.Tanh, f.Mul(f.Number(math.Sqrt(2/math.Pi)), inner))
	return f.Mul(f.Mul(f.Number(0.5), x), f.Add(th, f.Number(1)))
}

func buildSiLU(f *formula.F, x *G.Node, _ float64) *G.Node {
	return f.Mul(x, f.Apply(G.Sigmoid, x))
}

// buildLipSwish: the largest slope of x/(1 + e⁻ˣ) is 1.0998.
func buildLipSwish(f *formula.F, x *G.Node, arg float64) *G.Node {
	return f.Mul(f.Number(0.909), buildSiLU(f, x, arg))
}

func buildMish(f *formula.F, x *G.Node, _ float64) *G.Node {
	return f.Mul(x, f.Apply(G.Tanh, f.Apply(G.Softplus, x)))
}

func buildSoftsign(f *formula.F, x *G.Node, _ float64) *G.Node {
	return f.Div(x, f.Add(f.Apply(G.Abs, x), f.Number(1)))
}

// buildHardTanh is (−1 ≤ x ≤ 1)·x + (x > 1) − (x < −1).
func buildHardTanh(f *formula.F, x *G.Node, _ float64) *G.Node {
	one, minus := f.Number(1), f.Number(-1)
	inside := f.Mul(f.Compare(G.Lte, x, one), f.Compare(G.Gte, x, minus))
	return f.Add(f.Mul(inside, x), f.Sub(f.Compare(G.Gt, x, one), f.Compare(G.Lt, x, minus)))
}

func buildLeCunTanh(f *formula.F, x *G.Node, _ float64) *G.Node {
	return f.Mul(f.Number(1.7159), f.Apply(G.Tanh, f.Mul(f.Number(2./3), x)))
}

func buildSoftmax(f *formula.F, x *G.Node, axis float64) *G.Node {
	return f.Apply(func(x *G.Node) (*G.Node, error) { return graph.SoftMax(x, int(axis)) }, x)
}

func buildLogSoftmax(f *formula.F, x *G.Node, axis float64) *G.Node {
	return f.Apply(func(x *G.Node) (*G.Node, error) { return graph.LogSoftMax(x, int(axis)) }, x)
}
