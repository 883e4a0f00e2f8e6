package main

import "math"

// Sine and cosine. With n = round(2x/π) and r = x − n·π/2 in two parts, |r| ≤ π/4, the result is ±sin r or ±cos r:
//
//	sin r = r + r³S(r²),  cos r = 1 − r²/2 + r⁴C(r²),
//
// with polynomials of least greatest error (Remez). π/2 is a sum of three numbers; the first difference is exact within
// a fused multiply-add, which carries the argument to trigEnd. Other arguments are left to the caller.
var (
	sinPoly64 = []num{-0x1.5555555555549p-3, 0x1.111111110f879p-7, -0x1.a01a019c11707p-13, 0x1.71de3577993bfp-19,
		-0x1.ae5e6626c0daap-26, 0x1.5d92fbe63f97dp-33}
	sinPoly32 = []num{-0x1.5555554cb8c08p-3, 0x1.111108958ea05p-7, -0x1.a00f9d182bcc1p-13, 0x1.6cd8377223de2p-19}
	cosPoly64 = []num{0x1.555555555554cp-5, -0x1.6c16c16c1517ep-10, 0x1.a01a019cb1cc6p-16, -0x1.27e4f809fbccep-22,
		0x1.1ee9ebf10814cp-29, -0x1.8faea09d30d9ap-37}
	cosPoly32 = []num{0x1.55554ab2de42ep-5, -0x1.6c0c8b01492ecp-10, 0x1.9a0221092832cp-16}
)

const (
	halfPi1, halfPi2, halfPi3 = 0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110
	trigEnd                   = 1 << 26
)

// sine is sin x, or with turn = 1 sin(x + π/2).
func (l *lanes) sine(x vec, turn pattern) (vec, truth) {
	bad := l.compare(l.abs(x), notLess, num(trigEnd))
	magic := l.all(0x1.8p52)
	bits := l.fma(x, num(2/math.Pi), magic)
	n := l.sub(bits, magic)
	r1 := l.fnma(n, num(halfPi1), x)
	r := l.fnma(n, num(halfPi2), r1)
	s, c := sinPoly32, cosPoly32
	if !l.narrow {
		s, c = sinPoly64, cosPoly64
	}
	z := l.mul(r, r)
	odd := l.mul(l.mul(z, r), l.poly(z, s...))
	even := l.mul(l.mul(z, z), l.poly(z, c...))
	half := l.mul(z, num(0.5))
	one := l.all(1)
	top := l.sub(one, half)
	rest := l.sub(l.sub(one, top), half)
	if !l.narrow {
		low := l.fnma(n, num(halfPi2), l.sub(r1, r))
		low = l.fnma(n, num(halfPi3), low)
		odd = l.fma(low, top, odd)
		rest = l.fnma(r, low, rest)
	}
	odd = l.add(r, odd)
	even = l.add(top, l.add(rest, even))
	if turn == 1 {
		bits = l.addInt(bits, l.allBits(1))
	} else {
		odd = l.choose(l.compare(x, equal, num(0)), x, odd) // −0
	}
	y := l.choose(l.signed(l.shiftLeft(bits, 63)), even, odd)
	return l.xor(y, l.sign(l.shiftLeft(bits, 62))), bad
}
