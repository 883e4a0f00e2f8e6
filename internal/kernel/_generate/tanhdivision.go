package main

import "math"

// tanh by division, which all but float32 in AVX-512 does, is a first term and a quotient of at most half its size:
//
//	tanh z = z − z³P(z²)/Q(z²)  for 0 ≤ z < 11/16,   tanh z = 1 − 2/(1 + e^2z)  beyond,
//
// so that one division serves all lanes, and what is rounded on the way counts half. P/Q interpolates at Chebyshev's
// points; this form of it is that of W. J. Cody and W. Waite ("Software Manual for the Elementary Functions", 1980). It
// is good to 2⁻⁵⁵·⁸ of tanh z and, for float32, 2⁻³⁶.
const tanhSplit = 0.6875

// −P and Q but for its last coefficient, 1.
var (
	tanhP64 = []num{-0x1.93c23642369a8p+10, -0x1.8d37d67359937p+6, -0x1.edc698a75cb58p-1}
	tanhQ64 = []num{0x1.2ed1a8b1a8f3ep+12, 0x1.177e8fdc24562p+11, 0x1.c351cceb03230p+6}
	tanhP32 = []num{-0x1.5149fcp+4, -0x1.de0f92p-1}
	tanhQ32 = []num{0x1.f9eefap+5, 0x1.c190a2p+4}
)

// growth is s and q for e^z = s(1 + q), s a power of 2 or, in AVX-512, of 2^⅛, for z of any sign where s is a normal
// number. The second part of ln 2 is left out.
func (l *lanes) growth(z vec) (s, q vec) {
	magic, log2, p := num(0x1.8p52), num(ln2High64), expPoly64 // whole numbers are in the last bits of a sum with magic
	places, one := uint64(52), pattern(math.Float64bits(1))
	if l.size == 4 {
		magic, log2, p = 0x1.8p23, ln2High32, expPoly32
		places, one = 23, pattern(math.Float32bits(1))
	}
	parts := num(1)
	if l.wide {
		parts, p = 8, expEighths[:]
	}
	m := l.all(magic)
	bits := l.fma(z, math.Log2E*parts, m)
	w := l.fnma(l.sub(bits, m), log2/parts, z)
	if l.wide {
		s = l.vec()
		l.VPERMPD(l.kept[0], bits, s)
		s = l.addInt(s, l.shiftLeft(bits, 49))
	} else {
		s = l.addInt(l.shiftLeft(bits, places), l.allBits(one))
	}
	square := l.mul(w, w)
	return s, l.fma(square, l.polyTwo(w, square, p...), w)
}

// tanhByDivision is tanh x.
func (l *lanes) tanhByDivision(x vec) vec {
	end, p, q := num(20), tanhP64, tanhQ64 // beyond, the result is ±1
	if l.size == 4 {
		end, p, q = 10, tanhP32, tanhQ32
	}
	z := l.least(end, l.abs(x))
	s, more := l.growth(l.add(z, z))
	large := l.fma(s, more, l.add(s, num(1)))

	g := l.mul(z, z)
	gg := l.mul(g, g)
	var bottom vec
	top := l.mul(z, g)
	if l.size == 4 {
		bottom = l.add(gg, l.poly(g, q...))
		top = l.mul(top, l.poly(g, p...))
	} else {
		bottom = l.fma(gg, l.add(g, q[2]), l.poly(g, q[:2]...))
		top = l.mul(top, l.fma(gg, p[2], l.poly(g, p[:2]...)))
	}

	near := l.compare(z, less, num(tanhSplit))
	first := l.choose(near, z, l.all(1))
	quotient := l.div(l.choose(near, top, l.all(-2)), l.choose(near, bottom, large))
	return l.or(l.add(first, quotient), l.sign(x))
}
