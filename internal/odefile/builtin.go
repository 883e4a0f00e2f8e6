package odefile

import "math"

// builtin is a function of the language: its value, and the Gorgonia nodes that compute it.
type builtin struct {
	args  int
	value func(x []float64) float64
	nodes func(b *emitter, x []term) (term, error)
}

// builtins are the functions by name. XPPAUT's log is the natural logarithm, its heav(0) is 1, and its mod lies between 0
// and the divisor.
var builtins = map[string]builtin{
	"sin":   {1, one(math.Sin), (*emitter).sin},
	"cos":   {1, one(math.Cos), (*emitter).cos},
	"tan":   {1, one(math.Tan), (*emitter).tan},
	"asin":  {1, one(math.Asin), special("asin")},
	"acos":  {1, one(math.Acos), special("acos")},
	"atan":  {1, one(math.Atan), special("atan")},
	"atan2": {2, two(math.Atan2), special("atan2")},
	"sinh":  {1, one(math.Sinh), (*emitter).sinh},
	"cosh":  {1, one(math.Cosh), (*emitter).cosh},
	"tanh":  {1, one(math.Tanh), (*emitter).tanh},
	"exp":   {1, one(math.Exp), (*emitter).exp},
	"ln":    {1, one(math.Log), (*emitter).log},
	"log":   {1, one(math.Log), (*emitter).log},
	"log10": {1, one(math.Log10), (*emitter).log10},
	"sqrt":  {1, one(math.Sqrt), (*emitter).sqrt},
	"abs":   {1, one(math.Abs), (*emitter).abs},
	"sign":  {1, one(sign), (*emitter).sign},
	"heav":  {1, one(heav), (*emitter).heav},
	"flr":   {1, one(math.Floor), (*emitter).floor},
	"floor": {1, one(math.Floor), (*emitter).floor},
	"ceil":  {1, one(math.Ceil), (*emitter).ceil},
	"erf":   {1, one(math.Erf), special("erf")},
	"erfc":  {1, one(math.Erfc), special("erfc")},
	"max":   {2, two(math.Max), (*emitter).max},
	"min":   {2, two(math.Min), (*emitter).min},
	"mod":   {2, two(mod), (*emitter).mod},
	"pow":   {2, two(math.Pow), (*emitter).powCall},
}

// unsupportedFunctions are XPPAUT's that this package knows and does not have.
var unsupportedFunctions = map[string]string{
	"delay":    "delay equations are not supported",
	"del_shft": "delay equations are not supported",
	"ran":      "random numbers are not supported",
	"normal":   "random numbers are not supported",
	"poisson":  "random numbers are not supported",
	"shift":    "shift is not supported; write out the elements, or use an array with [j]",
	"ishift":   "shift is not supported; write out the elements, or use an array with [j]",
	"sum":      "sum( )of( ) is not supported; write out the terms",
	"hom_bcs":  "boundary value problems are not supported",
	"besselj":  "Bessel functions are not supported",
	"bessely":  "Bessel functions are not supported",
	"besseli":  "Bessel functions are not supported",
	"lgamma":   "lgamma is not supported",
	"set":      "set is not supported",
	"int":      "integral equations are not supported",
}

func one(f func(float64) float64) func([]float64) float64 {
	return func(x []float64) float64 { return f(x[0]) }
}

func two(f func(x, y float64) float64) func([]float64) float64 {
	return func(x []float64) float64 { return f(x[0], x[1]) }
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

func heav(x float64) float64   { return truth(x >= 0) }
func mod(x, y float64) float64 { return x - y*math.Floor(x/y) }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
