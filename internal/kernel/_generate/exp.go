package main

import "math"

// Exponentials. With n = round(x/ln 2) and r = x − n·ln 2, |r| ≤ ln 2/2,
//
//	eˣ = 2ⁿ(1 + r + r²P(r)),
//
// P a polynomial of least greatest error (Remez), of degree 9 for float64 (2⁻⁵⁷·⁹ of eˣ) and 4 for float32 (2⁻²⁸·³).
// The first part of ln 2 has all bits of the type: n times it is exact within a fused multiply-add, and so is the
// difference to x, which has no lower bits and is small.
var (
	expPoly64 = []num{0x1.000000000000ap-1, 0x1.55555555554fap-3, 0x1.555555555087dp-5, 0x1.1111111127bdcp-7,
		0x1.6c16c1842a0c6p-10,
		0x1.a01a012a5a426p-13, 0x1.a0199a0c700fcp-16, 0x1.71df254da5cd1p-19, 0x1.28ad72ca41a01p-22, 0x1.ad7f74af9144cp-26}
	expPoly32 = []num{0x1.fffffb9acae5bp-2, 0x1.55549151af412p-3, 0x1.5558f135267b4p-5, 0x1.1239e40fbc94ep-7,
		0x1.6a24612691f56p-10}
)

const (
	ln2High64, ln2Low64 = 0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56
	ln2High32, ln2Low32 = 0x1.62e43p-1, -0x1.05c61p-29
)

// double is a sum of two numbers, the second below the last place of the first.
type double struct{ hi, lo vec }

// reduced is n and 1 + r + r²P(r), in two parts if asked for, for x + low; low may be nil.
func (l *lanes) reduced(x, low vec, parts bool) (n vec, y double) {
	if parts && l.byEighths() {
		return l.reducedByEighths(x, low)
	}
	high, rest, p := num(ln2High64), num(ln2Low64), expPoly64
	if l.size == 4 {
		high, rest = ln2High32, ln2Low32
	}
	if l.size == 4 || l.narrow {
		p = expPoly32
	}
	n = l.round(l.mul(x, num(math.Log2E)))
	r := l.fnma(n, high, x)
	if low != nil {
		r = l.add(r, low)
	}
	r = l.fnma(n, rest, r)
	q := l.fma(l.mul(r, r), l.poly(r, p...), r)
	y.hi = l.add(q, num(1))
	if parts {
		y.lo = l.sub(q, l.sub(y.hi, num(1)))
	}
	return n, y
}

// clampExp keeps x where 2ⁿ is manageable and results beyond are 0 or ∞ all the same.
func (l *lanes) clampExp(x vec) vec {
	bottom, top := num(-750), num(710)
	if l.size == 4 {
		bottom, top = -104.5, 89
	}
	return l.most(bottom, l.least(top, x))
}

// exp is eˣ.
func (l *lanes) exp(x vec) vec {
	n, y := l.reduced(l.clampExp(x), nil, false)
	return l.scale(n, y.hi)[0]
}

// decay is n and y for e^−|x + low| = 2ⁿy, in two parts.
func (l *lanes) decay(x, low vec) (n vec, y double) {
	bottom := num(-800) // so small that no factor that comes along brings e back from 0
	if l.size == 4 {
		bottom = -104.5
	}
	z := l.most(bottom, l.or(x, l.signBit()))
	if low != nil { // goes with the sign of x
		low = l.xor(low, l.neg(l.sign(x)))
	}
	return l.reduced(z, low, !l.narrow && l.size == 8)
}

// times2 is 2ⁿy.
func (l *lanes) times2(n vec, y double) double {
	if y.lo == nil {
		return double{hi: l.scale(n, y.hi)[0]}
	}
	s := l.scale(n, y.hi, y.lo)
	return double{s[0], s[1]}
}

// plus1 is 1 + e for 0 ≤ e ≤ 1.
func (l *lanes) plus1(e double) double {
	one := l.all(1)
	hi := l.add(e.hi, one)
	if l.narrow {
		return double{hi: hi}
	}
	return double{hi, l.add(l.sub(e.hi, l.sub(hi, one)), e.lo)}
}

// square is d².
func (l *lanes) square(d double) double {
	hi := l.mul(d.hi, d.hi)
	if l.narrow {
		return double{hi: hi}
	}
	lo := l.fms(d.hi, d.hi, hi)
	return double{hi, l.fma(l.add(d.hi, d.hi), d.lo, lo)}
}

// quotient is x/y, with the remainder of the first quotient divided once more.
func (l *lanes) quotient(x, y double) vec {
	if l.narrow || x.lo == nil {
		return l.div(x.hi, y.hi)
	}
	inverse := l.div(l.all(1), y.hi)
	q := l.mul(x.hi, inverse)
	rest := l.fnma(q, y.hi, x.hi)
	rest = l.add(rest, l.fnma(q, y.lo, x.lo))
	return l.fma(rest, inverse, q)
}

// chooseDouble is x where t, y elsewhere.
func (l *lanes) chooseDouble(t truth, x, y double) double {
	d := double{hi: l.choose(t, x.hi, y.hi)}
	if !l.narrow {
		d.lo = l.choose(t, x.lo, y.lo)
	}
	return d
}

// constant is a number in two parts.
func (l *lanes) constant(x num) double {
	d := double{hi: l.all(x)}
	if !l.narrow {
		d.lo = l.all(0)
	}
	return d
}

// timesDouble is x·y for a number of one part and one of two.
func (l *lanes) timesDouble(x vec, y double) double {
	hi := l.mul(x, y.hi)
	if l.narrow {
		return double{hi: hi}
	}
	return double{hi, l.fma(x, y.lo, l.fms(x, y.hi, hi))}
}

// addDouble is x + y, without regard to their sizes.
func (l *lanes) addDouble(x, y double) double {
	hi := l.add(x.hi, y.hi)
	if l.narrow {
		return double{hi: hi}
	}
	part := l.sub(hi, x.hi)
	lo := l.add(l.sub(x.hi, l.sub(hi, part)), l.sub(y.hi, part))
	return double{hi, l.add(lo, l.add(x.lo, y.lo))}
}

// single is x in two parts.
func (l *lanes) single(x vec) double {
	d := double{hi: x}
	if !l.narrow {
		d.lo = l.all(0)
	}
	return d
}

// sigmoid is 1/(1 + e⁻ˣ) = top/(1 + e), where e = e^−|x| and top is 1 or, for negative x, e.
func (l *lanes) sigmoid(x vec) vec {
	e := l.times2(l.decay(x, nil))
	negative := l.signed(x)
	return l.quotient(l.chooseDouble(negative, e, l.constant(1)), l.plus1(e))
}

// sigmoidPrime is σ(1 − σ) = e/(1 + e)².
func (l *lanes) sigmoidPrime(x vec) vec {
	e := l.times2(l.decay(x, nil))
	return l.quotient(e, l.square(l.plus1(e)))
}

// sigmoid32 is sigmoid in float32 alone.
func (l *lanes) sigmoid32(x vec) vec {
	e := l.times2(l.decay(x, nil)).hi
	one := l.all(1)
	return l.div(l.choose(l.signed(x), e, one), l.add(e, one))
}

// tanhPrime is 1 − tanh² x = 4e/(1 + e)² with e = e^−2|x|.
func (l *lanes) tanhPrime(x vec) vec {
	n, y := l.decay(l.add(x, x), nil)
	return l.quotient(l.times2(l.add(n, num(2)), y), l.square(l.plus1(l.times2(n, y))))
}

// gated is x·σ(w), with w = x in silu: top/(1 + e) where top is x or, for negative x, x·e.
func (l *lanes) gated(x vec, w double) vec {
	n, y := l.decay(w.hi, w.lo)
	bottom := l.most(-1e6, x) // −∞·0 is to be −0
	left := l.times2(n, l.timesDouble(bottom, y))
	top := l.chooseDouble(l.signed(x), left, l.single(x))
	q := l.quotient(top, l.plus1(l.times2(n, y)))
	q = l.or(q, l.sign(x)) // −0, of which the remainder took the sign
	// The remainder of ∞ is no number.
	return l.choose(l.compare(x, equal, num(math.Inf(1))), x, q)
}

// gatedPrime is the derivative of x·σ(w) by x, where p = x·w′:
//
//	(1 + e + p·e)/(1 + e)²,  or for negative x  e(1 + e + p)/(1 + e)².
func (l *lanes) gatedPrime(x vec, w, p double) vec {
	e := l.times2(l.decay(w.hi, w.lo))
	d := l.plus1(e)
	negative := l.signed(x)
	one := l.constant(1)
	right := l.timesDouble(e.hi, p)
	if !l.narrow {
		right.lo = l.fma(e.lo, p.hi, right.lo)
	}
	top := l.addDouble(d, l.chooseDouble(negative, p, right))
	scale := l.chooseDouble(negative, e, one)
	s := double{hi: l.mul(top.hi, scale.hi)}
	if !l.narrow {
		s.lo = l.fma(top.hi, scale.lo, l.fma(top.lo, scale.hi, l.fms(top.hi, scale.hi, s.hi)))
	}
	return l.quotient(s, l.square(d))
}

func (l *lanes) silu(x vec) vec {
	w := double{hi: x}
	return l.gated(x, w)
}

func (l *lanes) siluPrime(x vec) vec {
	c := l.clampGate(x)
	return l.gatedPrime(x, double{hi: c}, l.single(c))
}

// clampGate keeps x where e^−|x| is not 0 and a little further.
func (l *lanes) clampGate(x vec) vec { return l.most(-800, l.least(800, x)) }

// The gelu with tanh: x·σ(w), w = √(8/π)(x + 0.044715x³).
const (
	geluA, geluALow = 0x1.9884533d43651p+0, -0x1.cbc0d30ebfd15p-54 // √(8/π)
	geluB, geluBLow = 0x1.2444f2a4d8b4bp-4, -0x1.6c843a29d1c70p-61 // 0.044715√(8/π)
	geluC, geluCLow = 0x1.b6676bf7450f0p-3, 0x1.bba7351828aabp-57  // three times that
)

// geluArgument is x·(a + b·x²).
func (l *lanes) geluArgument(x vec, a, aLow, b, bLow num) double {
	square := l.mul(x, x)
	if l.narrow {
		return double{hi: l.mul(x, l.poly(square, a, b))}
	}
	squareLow := l.fms(x, x, square)
	p := l.mul(square, b)
	pLow := l.fms(square, l.all(b), p)
	pLow = l.fma(squareLow, b, l.fma(square, bLow, pLow))
	s := l.addDouble(double{l.all(a), l.all(aLow)}, double{p, pLow})
	return l.timesDouble(x, s)
}

func (l *lanes) gelu(x vec) vec {
	c := l.most(-40, l.least(40, x)) // σ is 0 or 1 beyond
	return l.gated(x, l.geluArgument(c, geluA, geluALow, geluB, geluBLow))
}

func (l *lanes) geluPrime(x vec) vec {
	c := l.most(-40, l.least(40, x))
	return l.gatedPrime(x, l.geluArgument(c, geluA, geluALow, geluB, geluBLow),
		l.geluArgument(c, geluA, geluALow, geluC, geluCLow))
}
