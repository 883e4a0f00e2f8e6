package kernel

import (
	"math"
	"math/big"
)

// Reference values to about 120 bits. Arguments are numbers of float64, finite and not 0.

const precision = 170

func wide(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

func sum(x, y *big.Float) *big.Float  { return new(big.Float).SetPrec(precision).Add(x, y) }
func diff(x, y *big.Float) *big.Float { return new(big.Float).SetPrec(precision).Sub(x, y) }
func prod(x, y *big.Float) *big.Float { return new(big.Float).SetPrec(precision).Mul(x, y) }
func quo(x, y *big.Float) *big.Float  { return new(big.Float).SetPrec(precision).Quo(x, y) }
func scaled(x *big.Float, n int) *big.Float {
	return new(big.Float).SetPrec(precision).SetMantExp(x, n)
}

// series is Σ term, where next gives each term from the one before, until they do not count.
func series(first *big.Float, next func(term *big.Float, n int) *big.Float) *big.Float {
	s, term := wide(0), first
	for n := 1; term.Sign() != 0 && (s.Sign() == 0 || term.MantExp(nil) > s.MantExp(nil)-precision); n++ {
		s = sum(s, term)
		term = next(term, n)
	}
	return s
}

// artanh of 1/n.
func artanhInverse(n float64) *big.Float {
	z := quo(wide(1), wide(n*n))
	power := quo(wide(1), wide(n))
	s := wide(0)
	for k := 0; power.MantExp(nil) > -precision; k++ {
		s = sum(s, quo(power, wide(float64(2*k+1))))
		power = prod(power, z)
	}
	return s
}

// ln2 is 18 artanh 1/26 − 2 artanh 1/4801 + 8 artanh 1/8749.
var ln2 = sum(diff(prod(wide(18), artanhInverse(26)), prod(wide(2), artanhInverse(4801))),
	prod(wide(8), artanhInverse(8749)))

// bigExp is eˣ.
func bigExp(x *big.Float) *big.Float {
	n, _ := quo(x, ln2).Float64()
	n = math.Round(n)
	r := scaled(diff(x, prod(ln2, wide(n))), -20)
	y := sum(wide(1), series(r, func(term *big.Float, n int) *big.Float { return quo(prod(term, r), wide(float64(n+1))) }))
	for range 20 {
		y = prod(y, y)
	}
	return scaled(y, int(n))
}

// bigLog is ln x: a first guess and one step of Halley's method for e^y = x.
func bigLog(x *big.Float) *big.Float {
	var m big.Float
	n := x.MantExp(&m)
	f, _ := m.Float64()
	y := wide(math.Log(f))
	for range 2 {
		e := bigExp(y)
		y = sum(y, quo(prod(wide(2), diff(&m, e)), sum(&m, e)))
	}
	return sum(y, prod(ln2, wide(float64(n))))
}

// bigLog1p is ln(1 + e) for 0 < e ≤ 1.
func bigLog1p(e *big.Float) *big.Float {
	if e.MantExp(nil) < -80 {
		return diff(e, scaled(prod(e, e), -1))
	}
	return bigLog(sum(wide(1), e))
}

func bigDecay(x *big.Float) *big.Float { return bigExp(new(big.Float).Neg(new(big.Float).Abs(x))) }

// bigGate is σ(w).
func bigGate(w *big.Float) *big.Float {
	e := bigDecay(w)
	if w.Sign() < 0 {
		return quo(e, sum(wide(1), e))
	}
	return quo(wide(1), sum(wide(1), e))
}

func bigGatePrime(w *big.Float) *big.Float {
	e := bigDecay(w)
	d := sum(wide(1), e)
	return quo(e, prod(d, d))
}

func bigTanh(x *big.Float) *big.Float {
	if x.MantExp(nil) < -60 {
		return diff(x, quo(prod(x, prod(x, x)), wide(3)))
	}
	e := bigExp(scaled(x, 1))
	return quo(diff(e, wide(1)), sum(e, wide(1)))
}

// pi is 16 arctan 1/5 − 4 arctan 1/239.
var pi = func() *big.Float {
	arctan := func(n float64) *big.Float {
		z := quo(wide(-1), wide(n*n))
		power, s := quo(wide(1), wide(n)), wide(0)
		for k := 0; power.MantExp(nil) > -precision-100; k++ {
			s = sum(s, quo(power, wide(float64(2*k+1))))
			power = prod(power, z)
		}
		return s
	}
	return diff(prod(wide(16), arctan(5)), prod(wide(4), arctan(239)))
}()

// bigSin is sin(x + turns·π/2) for |x| below 2⁴⁰.
func bigSin(x *big.Float, turns float64) *big.Float {
	if turns == 0 && x.MantExp(nil) < -60 {
		return diff(x, quo(prod(x, prod(x, x)), wide(6)))
	}
	y := sum(x, prod(scaled(pi, -1), wide(turns)))
	n, _ := quo(y, pi).Float64()
	n = math.Round(n)
	r := diff(y, prod(pi, wide(n)))
	z := prod(r, r)
	s := series(r, func(term *big.Float, n int) *big.Float { return quo(prod(term, z), wide(-float64(2*n*(2*n+1)))) })
	if math.Mod(n, 2) != 0 {
		s.Neg(s)
	}
	return s
}

var (
	geluRoot    = new(big.Float).SetPrec(precision).Sqrt(quo(wide(8), pi))
	geluCube, _ = new(big.Float).SetPrec(precision).SetString("0.044715")
)

// bigGeluArgument is √(8/π)(x + 0.044715c·x³).
func bigGeluArgument(x *big.Float, c float64) *big.Float {
	return prod(geluRoot, sum(x, prod(prod(geluCube, wide(c)), prod(x, prod(x, x)))))
}

// references are functions of x ≠ 0.
var references = map[string]func(x *big.Float) *big.Float{
	"exp":     bigExp,
	"log":     bigLog,
	"tanh":    bigTanh,
	"sigmoid": bigGate,
	"softplus": func(x *big.Float) *big.Float {
		y := bigLog1p(bigDecay(x))
		if x.Sign() > 0 {
			y = sum(x, y)
		}
		return y
	},
	"sin":           func(x *big.Float) *big.Float { return bigSin(x, 0) },
	"cos":           func(x *big.Float) *big.Float { return bigSin(x, 1) },
	"silu":          func(x *big.Float) *big.Float { return prod(x, bigGate(x)) },
	"gelu":          func(x *big.Float) *big.Float { return prod(x, bigGate(bigGeluArgument(x, 1))) },
	"sigmoid prime": bigGatePrime,
	"tanh prime":    func(x *big.Float) *big.Float { return scaled(bigGatePrime(scaled(x, 1)), 2) },
	"silu prime": func(x *big.Float) *big.Float {
		return sum(bigGate(x), prod(x, bigGatePrime(x)))
	},
	"gelu prime": func(x *big.Float) *big.Float {
		w := bigGeluArgument(x, 1)
		return sum(bigGate(w), prod(bigGeluArgument(x, 3), bigGatePrime(w)))
	},
}
