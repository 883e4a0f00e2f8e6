package main

import "math"

// Logarithms. With f = m − 1 for √½ ≤ m < √2, s = f/(2 + f) and z = s²,
//
//	ln m = 2 artanh s = f − f²/2 + s(f²/2 + zR(z)),
//
// which is how W. J. Cody and W. Waite ("Software Manual for the Elementary Functions", 1980) and FreeBSD's msun write
// it: what is rounded is small beside f. R is of least greatest error (Remez), 2⁻⁵⁹·⁵ and, for float32, 2⁻³⁷·⁶.
var (
	logPoly64 = []num{0x1.5555555555592p-1, 0x1.999999997fd77p-2, 0x1.24924941f4fcdp-2, 0x1.c71c520606865p-3,
		0x1.74663fa298a13p-3,
		0x1.39a1a6e6e27bcp-3, 0x1.2f06355b84353p-3}
	logPoly32 = []num{0x1.555554fd8d4bbp-1, 0x1.999a7aa44ce7fp-2, 0x1.2438d1669b59bp-2, 0x1.e2f74fc3ede13p-3}
)

const (
	// ln 2 with low bits to spare, so that whole multiples of the first part are exact.
	ln2Short, ln2Tail = 0x1.62e42fee00000p-1, 0x1.a39ef35793c76p-33
)

// logRest is what ln(1 + f) adds to k·ln2Short + f.
func (l *lanes) logRest(f, k vec) vec {
	p := logPoly64
	if l.narrow {
		p = logPoly32
	}
	s := l.div(f, l.add(f, num(2)))
	z := l.mul(s, s)
	half := l.mul(l.mul(f, f), num(0.5))
	t := l.mul(s, l.fma(z, l.poly(z, p...), half))
	t = l.fma(k, num(ln2Tail), t)
	return l.sub(t, half)
}

// logSum is k·ln 2 + ln(1 + f).
func (l *lanes) logSum(f, k vec) vec {
	rest := l.logRest(f, k)
	if l.narrow {
		return l.fma(k, num(ln2Short), l.add(rest, f))
	}
	// The product is exact; what its sum with f leaves goes with the rest.
	big := l.mul(k, num(ln2Short))
	hi := l.add(big, f)
	return l.add(hi, l.add(l.sub(f, l.sub(hi, big)), rest))
}

// log is ln x.
func (l *lanes) log(x vec) vec {
	tiny := l.compare(x, less, num(0x1p-1022))
	scaled := l.mul(x, num(0x1p54))
	m := l.choose(tiny, scaled, x)
	// Bits of m above those of √½: the exponent counts from there.
	bits := l.addInt(m, l.allBits(pattern(math.Float64bits(1)-math.Float64bits(math.Sqrt2/2))))
	e := l.shiftRight(bits, 52)
	// A whole number below 2⁵² put into the low bits of 2⁵² is a sum.
	k := l.sub(l.or(e, pattern(math.Float64bits(1<<52))), num(1<<52+1023))
	k = l.choose(tiny, l.sub(k, num(54)), k)
	f := l.addInt(l.and(bits, pattern(1<<52-1)), l.allBits(pattern(math.Float64bits(math.Sqrt2/2))))
	f = l.sub(f, num(1))
	y := l.logSum(f, k)
	inf := l.all(num(math.Inf(1)))
	y = l.choose(l.compare(x, equal, inf), x, y)
	y = l.choose(l.compare(x, equal, num(0)), l.all(num(math.Inf(-1))), y)
	y = l.choose(l.compare(x, less, num(0)), l.all(num(math.NaN())), y)
	return l.choose(l.compare(x, 3, x), x, y) // NaN
}

// softplus is max(x, 0) + ln(1 + e), e = e^−|x|. 1 + e or, from √2 on, its half is 1 + f.
func (l *lanes) softplus(x vec) vec {
	e := l.times2(l.decay(x, nil)).hi
	large := l.compare(e, greater, num(math.Sqrt2-1))
	k := l.only(large, l.all(1))
	f := l.choose(large, l.mul(l.sub(e, num(1)), num(0.5)), e)
	return l.add(l.most(0, x), l.logSum(f, k))
}
