package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
)

// Exponentials in float64 for AVX-512, whose permutations look up numbers in a register of 8. With n = round(8x/ln 2)/8 and
// w = x − n·ln 2, |w| ≤ ln 2/16,
//
//	eˣ = 2ⁿe^w,  e^w = 1 + w + w²(p₀ + p₁w + … + p₅w⁵),
//
// good to 2⁻⁵⁶·⁵, where the fraction of n chooses one of 8 powers of 2.
var expEighths = [6]num{0x1.000000000002ep-1, 0x1.555555555556ap-3, 0x1.5555554e945dbp-5, 0x1.1111110e10a41p-7,
	0x1.6c1b70f434f0fp-10, 0x1.a01e2bdf0ac83p-13}

// eighths are 2^(j/8), eighthsLow what these are more than their float64, by that float64.
var eighths = [8]float64{1, 0x1.172b83c7d517bp+0, 0x1.306fe0a31b715p+0, 0x1.4bfdad5362a27p+0,
	0x1.6a09e667f3bcdp+0, 0x1.8ace5422aa0dbp+0, 0x1.ae89f995ad3adp+0, 0x1.d5818dcfba487p+0}

var eighthsLow = [8]float64{0x0.0p+0, -0x1.01b15eaa59348p-55, 0x1.34d754db0abb6p-55, 0x1.690cebb7aafb0p-56,
	-0x1.3b3efbf5e2228p-54, 0x1.db72fc1f0eab4p-55, 0x1.c1a7792cb3387p-55, 0x1.4a385a63d07a7p-56}

var eighthsTable = operand.NewStaticSymbol("powersOfTwo")

// writeEighths emits 2^(j/8), eighthsLow, and the powers once more, their exponents less by what j adds to them when a
// number with j as its last three bits is added 49 places up.
func writeEighths(m machine) {
	m.StaticGlobal("powersOfTwo")
	m.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 3 {
		for j := range 8 {
			v := math.Float64bits(eighths[j])
			switch i {
			case 1:
				v = math.Float64bits(eighthsLow[j])
			case 2:
				v -= uint64(j) << 49
			}
			m.AddDatum(64*i+8*j, operand.U64(v))
		}
	}
}

func (l *lanes) byEighths() bool { return l.wide && l.size == 8 && !l.narrow }

// loadEighths brings 2^(j/8) and eighthsLow into registers.
func (l *lanes) loadEighths() {
	if l.byEighths() {
		l.keep(operand.NewDataAddr(eighthsTable, 0))
		l.keep(operand.NewDataAddr(eighthsTable, 64))
	}
}

// reducedByEighths is reduced in two parts, with n in eighths, of which scale takes the whole part.
func (l *lanes) reducedByEighths(x, low vec) (n vec, y double) {
	magic := l.all(0x1.8p49) // the last bit of a sum with it is 1/8
	bits := l.fma(x, num(math.Log2E), magic)
	n = l.sub(bits, magic)
	w := l.fnma(n, num(ln2High64), x)
	if low != nil {
		w = l.add(w, low)
	}
	w = l.fnma(n, num(ln2Low64), w)
	power, more := l.vec(), l.vec()
	l.VPERMPD(l.kept[0], bits, power)
	l.VPERMPD(l.kept[1], bits, more)
	square := l.mul(w, w)
	q := l.add(l.fma(square, l.polyTwo(w, square, expEighths[:]...), w), more)
	y.hi = l.fma(power, q, power)
	y.lo = l.fma(power, q, l.sub(power, y.hi))
	return n, y
}
