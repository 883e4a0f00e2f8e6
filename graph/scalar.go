package graph

import (
	"math"

	"gorgonode/internal/kernel"
)

// unary64 and binary64 define the elementwise kinds: constants are folded with them, and the kernels of a plan are
// checked against them.
func unary64(k kind, x float64) float64 {
	switch k {
	case kindNeg:
		return -x
	case kindAbs:
		return math.Abs(x)
	case kindSign:
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x // ±0 and NaN
	case kindCeil:
		return math.Ceil(x)
	case kindFloor:
		return math.Floor(x)
	case kindSin:
		return math.Sin(x)
	case kindCos:
		return math.Cos(x)
	case kindExp:
		return math.Exp(x)
	case kindLog:
		return kernel.LogOf(x)
	case kindLog2:
		return math.Log2(x)
	case kindSquare:
		return x * x
	case kindCube:
		return x * x * x
	case kindSqrt:
		return math.Sqrt(x)
	case kindInv:
		return 1 / x
	case kindInvSqrt:
		return 1 / math.Sqrt(x)
	case kindTanh:
		return math.Tanh(x)
	case kindSigmoid:
		return sigmoid(x)
	case kindLog1p:
		return math.Log1p(x)
	case kindExpm1:
		return math.Expm1(x)
	case kindSoftplus:
		return softplus(x)
	case kindStop:
		return x
	}
	panic(invariant("no unary function " + k.String()))
}

// sigmoid is 1/(1+e⁻ˣ), written so that neither tail overflows.
func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

// softplus is ln(1+eˣ) = max(x, 0) + ln(1+e^−|x|).
func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func binary64(k kind, x, y float64) float64 {
	truth := func(t bool) float64 {
		if t {
			return 1
		}
		return 0
	}
	switch k {
	case kindAdd:
		return x + y
	case kindSub:
		return x - y
	case kindMul:
		return x * y
	case kindDiv:
		return x / y
	case kindPow:
		return math.Pow(x, y)
	case kindMax: // NaN if either is, which math.Max forgets beside an infinity
		return max(x, y)
	case kindMin:
		return min(x, y)
	case kindGt:
		return truth(x > y)
	case kindGe:
		return truth(x >= y)
	case kindLt:
		return truth(x < y)
	case kindLe:
		return truth(x <= y)
	case kindEq:
		return truth(x == y)
	case kindNe:
		return truth(x != y)
	}
	panic(invariant("no binary function " + k.String()))
}
