package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
)

// tanh in float32 by table, for AVX-512, whose permutations look up numbers in a register of 16.
//
// Every octave from 2⁻⁴ on is cut in two, and whatever is below 3/32 is one piece; number and place of a piece are bits of
// the exponent and the fraction. In a piece tanh z = p₀ + p₁t + … + p₇t⁷ with t = z − c, by interpolation at Chebyshev's
// points. c is chosen near the middle so that tanh c is hardly off a float32; in the first piece c = 0, and the
// polynomial is odd, so that small results are good to their last place. From 9.02 on the result is 1. The numbers are
// c, p₀, …, p₇.
var tanhPieces = [16][9]num{
	{0x1.3ffeaap+1, 0x1.f9255ep-1, 0x1.b3b8dcp-6, -0x1.ade35p-6, 0x1.16e48ap-6,
		-0x1.07ce4ep-7, 0x1.76c47cp-9, -0x1.6f7ea6p-11, 0x1.11ada6p-14},
	{0x1.bfff5cp+1, 0x1.ff112ap-1, 0x1.dd3c96p-9, -0x1.dc5e7cp-9, 0x1.3c6ba2p-9,
		-0x1.39fb0ep-10, 0x1.ef1f7ep-12, -0x1.4890dp-13, 0x1.5cfffcp-15},
	{0x1.40019p+2, 0x1.fff41ap-1, 0x1.7cbc2ap-13, -0x1.7cd75ep-13, 0x1.fb91e8p-14,
		-0x1.f6d76cp-15, 0x1.939db6p-16, -0x1.314862p-17, 0x1.525ce2p-19},
	{0x1.bffe7p+2, 0x1.ffffc8p-1, 0x1.be820ep-19, -0x1.beacbcp-19, 0x1.29b4f2p-19,
		-0x1.2700c2p-20, 0x1.d9ef7cp-22, -0x1.677534p-23, 0x1.8faeccp-25},
	{0x1.40019p+3, 1, 0x1.1b2c52p-27, -0x1.23c142p-27, 0x1.7d31e6p-28,
		-0x1.3650a6p-29, 0x1.119bp-30, -0x1.47b682p-31, 0x1.520218p-33},
	{0x1.8p+3, 1, 0, 0, 0,
		0, 0, 0, 0},
	{0, 0, 1, 0, -0x1.555532p-2,
		0, 0x1.101928p-3, 0, 0},
	{0x1.c00162p-4, 0x1.be3a36p-4, 0x1.f9ec62p-1, -0x1.b8ee6ep-4, -0x1.4545f2p-2,
		0x1.20b89ap-4, 0x1.ec2f88p-4, -0x1.3f3f98p-5, -0x1.703d28p-5},
	{0x1.3fffap-3, 0x1.3d6b6ap-3, 0x1.f3b366p-1, -0x1.35cb68p-3, -0x1.352056p-2,
		0x1.8e2cf6p-4, 0x1.b74a72p-4, -0x1.accd1ap-5, -0x1.2a0fbep-5},
	{0x1.bffed4p-3, 0x1.b8fbe6p-3, 0x1.e842eap-1, -0x1.a489b8p-3, -0x1.183b48p-2,
		0x1.04dc4ep-3, 0x1.5c1adap-4, -0x1.0b581cp-4, -0x1.6e4a9ep-6},
	{0x1.400148p-2, 0x1.35fab4p-2, 0x1.d1151ap-1, -0x1.1992f8p-2, -0x1.c1a312p-3,
		0x1.43d3a8p-3, 0x1.74c54ap-5, -0x1.288b58p-4, -0x1.674652p-15},
	{0x1.c000cep-2, 0x1.a5734ap-2, 0x1.a94574p-1, -0x1.5e0f5ep-2, -0x1.16e0cep-3,
		0x1.5c26cap-3, -0x1.90e6a4p-8, -0x1.f8ed98p-5, 0x1.71d8b4p-6},
	{0x1.3ffe7cp-1, 0x1.1bf372p-1, 0x1.6285eep-1, -0x1.893b3p-2, -0x1.24418cp-6,
		0x1.1a6a9ep-3, -0x1.c3b8e4p-5, -0x1.89e83ap-6, 0x1.e438ccp-6},
	{0x1.bfff6p-1, 0x1.6866p-1, 0x1.02507cp-1, -0x1.6ba81ap-2, 0x1.4f13f4p-4,
		0x1.f20b32p-5, -0x1.e21b1ap-5, 0x1.a9c7bp-7, 0x1.6b22ap-7},
	{0x1.40015ep+0, 0x1.b253p-1, 0x1.1f227ap-2, -0x1.e7258cp-3, 0x1.bba3p-4,
		-0x1.9c6f56p-7, -0x1.3a8aap-6, 0x1.ee6c88p-7, -0x1.262932p-8},
	{0x1.bfff9p+0, 0x1.e1fbep-1, 0x1.d22e22p-4, -0x1.b6d9a6p-4, 0x1.01baaap-4,
		-0x1.8164cep-6, 0x1.e483fap-9, 0x1.0fe76ep-9, -0x1.00d43ap-9},
}

const tanhFirst, tanhLast = 0x1p-4, 9.5

var tanhTable = operand.NewStaticSymbol("tanhPieces")

// writeTanhPieces emits the table: 16 numbers c, 16 numbers p₀ and so on.
func writeTanhPieces(m machine) {
	m.StaticGlobal("tanhPieces")
	m.DataAttributes(attr.RODATA | attr.NOPTR)
	for j := range len(tanhPieces[0]) {
		for i, piece := range tanhPieces {
			m.AddDatum(4*(16*j+i), operand.U32(math.Float32bits(float32(piece[j]))))
		}
	}
}

// loadTanh brings what tanh looks up into registers.
func (l *lanes) loadTanh() {
	switch {
	case l.wide && l.size == 4:
		for j := range len(tanhPieces[0]) {
			l.keep(operand.NewDataAddr(tanhTable, 64*j))
		}
	case l.wide:
		l.keep(operand.NewDataAddr(eighthsTable, 128))
	}
}

func (l *lanes) keep(from operand.Mem) {
	d := l.vec()
	l.op("VMOVUP$", from, d)
	l.kept = append(l.kept, d)
}

// tanh is tanh x.
func (l *lanes) tanh(x vec) vec {
	if !l.wide || l.size == 8 {
		return l.tanhByDivision(x)
	}
	z := l.least(tanhLast, l.abs(x))
	piece := l.shiftRight(l.most(tanhFirst, z), 22)
	number := func(j int) vec {
		d := l.vec()
		l.VPERMPS(l.kept[j], piece, d)
		return d
	}
	t := l.sub(z, number(0))
	p := number(8)
	for j := 7; j >= 1; j-- {
		l.op("VFMADD213P$", number(j), t, p)
	}
	y := l.mov(x) // p with the sign of x
	l.VPTERNLOGD_BCST(operand.Imm(0xec), l.bits(uint64(l.signBit())), p, y)
	return y
}
