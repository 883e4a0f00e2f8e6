package main

import (
	"math"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lanes writes code that does the same in every lane of vector registers. Each operation returns its result in a new
// register and leaves its arguments as they are; the compiler's passes find registers.
//
// Where narrow is set, memory holds float32 and registers float64, so that float32 results are rounded once.
type lanes struct {
	machine
	narrow bool
	table  *constants
	before func(l *lanes) // of elementwise: what is done once, before the loop; may be nil
	kept   []vec          // what it brought into registers
}

// vec is a vector register; num is a number in all lanes.
type (
	vec = reg.VecVirtual
	num float64
	// truth is a comparison in all lanes: a mask register, or the sign bits of a vector register.
	truth struct {
		k reg.OpmaskVirtual
		v vec
	}
)

// constants collects the numbers of a file, each repeated to fill an AVX2 register.
type constants struct{ list []constant }

type constant struct {
	size int
	bits uint64
}

const constantBytes = 32

func (t *constants) place(c constant) int {
	i := slices.Index(t.list, c)
	if i < 0 {
		i = len(t.list)
		t.list = append(t.list, c)
	}
	return i * constantBytes
}

var numbers = operand.NewStaticSymbol("numbers")

// write emits the table.
func (t *constants) write(m machine) {
	m.StaticGlobal("numbers")
	m.DataAttributes(attr.RODATA | attr.NOPTR)
	for i, c := range t.list {
		for at := 0; at < constantBytes; at += c.size {
			var v operand.Constant = operand.U64(c.bits)
			if c.size == 4 {
				v = operand.U32(c.bits)
			}
			m.AddDatum(i*constantBytes+at, v)
		}
	}
}

func (l *lanes) bits(bits uint64) operand.Mem {
	if l.size == 4 {
		bits &= math.MaxUint32
	}
	return operand.NewDataAddr(numbers, l.table.place(constant{l.size, bits}))
}

func (l *lanes) number(x float64) operand.Mem {
	if l.size == 4 {
		return l.bits(uint64(math.Float32bits(float32(x))))
	}
	return l.bits(math.Float64bits(x))
}

// vec is a new register.
func (l *lanes) vec() vec {
	if l.wide {
		return l.ZMM()
	}
	return l.YMM()
}

// emit writes an instruction whose first operand may be a number.
func (l *lanes) emit(name string, first any, rest ...operand.Op) {
	switch x := first.(type) {
	case num:
		l.fromMemory(name, l.number(float64(x)), rest...)
	case pattern:
		l.fromMemory(name, l.bits(uint64(x)), rest...)
	default:
		l.op(name, append([]operand.Op{x.(operand.Op)}, rest...)...)
	}
}

// pattern is a number given by its bits.
type pattern uint64

func (l *lanes) fromMemory(name string, m operand.Mem, rest ...operand.Op) {
	if l.wide {
		name += "_BCST"
	}
	l.op(name, append([]operand.Op{m}, rest...)...)
}

// all has a number in all lanes.
func (l *lanes) all(x num) vec {
	d := l.vec()
	l.op("VBROADCASTS$", l.number(float64(x)), d)
	return d
}

func (l *lanes) allBits(x pattern) vec {
	d := l.vec()
	l.op("VBROADCASTS$", l.bits(uint64(x)), d)
	return d
}

func (l *lanes) mov(x vec) vec {
	d := l.vec()
	l.op("VMOVAP$", x, d)
	return d
}

// binary is d = x op y; y may be a number.
func (l *lanes) binary(name string, x vec, y any) vec {
	d := l.vec()
	l.emit(name, y, x, d)
	return d
}

func (l *lanes) add(x vec, y any) vec { return l.binary("VADDP$", x, y) }
func (l *lanes) sub(x vec, y any) vec { return l.binary("VSUBP$", x, y) }
func (l *lanes) mul(x vec, y any) vec { return l.binary("VMULP$", x, y) }
func (l *lanes) div(x vec, y any) vec { return l.binary("VDIVP$", x, y) }

// from is x − y for a number x.
func (l *lanes) from(x num, y vec) vec { return l.sub(l.all(x), y) }

// least is y where x or y is NaN, so that a clamp of y keeps NaN.
func (l *lanes) least(x num, y vec) vec { return l.binary("VMINP$", l.all(x), y) }
func (l *lanes) most(x num, y vec) vec  { return l.binary("VMAXP$", l.all(x), y) }

// fma is x·y + z, fnma is z − x·y, fms is x·y − z.
func (l *lanes) fma(x vec, y any, z vec) vec  { return l.fused("VFMADD231P$", x, y, z) }
func (l *lanes) fnma(x vec, y any, z vec) vec { return l.fused("VFNMADD231P$", x, y, z) }

func (l *lanes) fms(x vec, y, z vec) vec {
	d := l.mov(x)
	l.op("VFMSUB213P$", z, y, d)
	return d
}

func (l *lanes) fused(name string, x vec, y any, z vec) vec {
	d := l.mov(z)
	l.emit(name, y, x, d)
	return d
}

// poly is c[0] + c[1]x + c[2]x² + …, by Horner's rule.
func (l *lanes) poly(x vec, c ...num) vec {
	p := l.all(c[len(c)-1])
	for i := len(c) - 2; i >= 0; i-- {
		l.emit("VFMADD213P$", c[i], x, p)
	}
	return p
}

// polyTwo is poly by its even and its odd terms, so that half as many operations wait for each other.
func (l *lanes) polyTwo(x, square vec, c ...num) vec {
	var parts [2][]num
	for i, v := range c {
		parts[i%2] = append(parts[i%2], v)
	}
	return l.fma(x, l.poly(square, parts[1]...), l.poly(square, parts[0]...))
}

func (l *lanes) round(x vec) vec {
	d := l.vec()
	if l.wide {
		l.op("VRNDSCALEP$", operand.Imm(0), x, d)
	} else {
		l.op("VROUNDP$", operand.Imm(0), x, d)
	}
	return d
}

func (l *lanes) signBit() pattern {
	if l.size == 4 {
		return 1 << 31
	}
	return 1 << 63
}

func (l *lanes) and(x vec, y any) vec { return l.binary("VANDP$", x, y) }
func (l *lanes) or(x vec, y any) vec  { return l.binary("VORP$", x, y) }
func (l *lanes) xor(x vec, y any) vec { return l.binary("VXORP$", x, y) }
func (l *lanes) abs(x vec) vec        { return l.and(x, l.signBit()-1) }
func (l *lanes) sign(x vec) vec       { return l.and(x, l.signBit()) }
func (l *lanes) neg(x vec) vec        { return l.xor(x, l.signBit()) }

// Predicates of comparisons: equal, less and the like are false for NaN, those with un are true.
const (
	equal    = 0
	less     = 1
	lessEq   = 2
	unequal  = 4 // or NaN
	notLess  = 5
	notLeEq  = 6
	notGrEq  = 9
	greaterE = 13
	greater  = 14
)

// compare is x op y.
func (l *lanes) compare(x vec, op uint64, y any) truth {
	if l.wide {
		k := l.K()
		name, first := "VCMPP$", y
		var from operand.Op
		switch y := first.(type) {
		case num:
			name, from = name+"_BCST", l.number(float64(y))
		default:
			from = y.(operand.Op)
		}
		l.op(name, operand.Imm(op), from, x, k)
		return truth{k: k}
	}
	d := l.vec()
	from, ok := y.(operand.Op)
	if c, isNum := y.(num); isNum {
		from, ok = l.number(float64(c)), true
	}
	if !ok {
		panic("compare")
	}
	l.op("VCMPP$", operand.Imm(op), from, x, d)
	return truth{v: d}
}

// signed is true where the sign bit is set.
func (l *lanes) signed(x vec) truth {
	if !l.wide {
		return truth{v: x}
	}
	k := l.K()
	if l.size == 4 {
		l.VPMOVD2M(x, k)
	} else {
		l.VPMOVQ2M(x, k)
	}
	return truth{k: k}
}

// choose is x where t, y elsewhere.
func (l *lanes) choose(t truth, x, y vec) vec {
	d := l.vec()
	if l.wide {
		l.op("VBLENDMP$", x, y, t.k, d)
	} else {
		l.op("VBLENDVP$", t.v, x, y, d)
	}
	return d
}

// ones is x where t, 0 elsewhere.
func (l *lanes) only(t truth, x vec) vec {
	d := l.vec()
	if l.wide {
		l.op("VMOVAP$_Z", x, t.k, d)
	} else {
		l.op("VANDP$", x, t.v, d)
	}
	return d
}

// integer writes an instruction on 32- or 64-bit integers; every # in the name stands for D or Q.
func (l *lanes) integer(name string, ops ...operand.Op) {
	s := "D"
	if l.size == 8 {
		s = "Q"
	}
	l.op(strings.ReplaceAll(name, "#", s), ops...)
}

func (l *lanes) addInt(x, y vec) vec {
	d := l.vec()
	l.integer("VPADD#", y, x, d)
	return d
}

func (l *lanes) subInt(x, y vec) vec {
	d := l.vec()
	l.integer("VPSUB#", y, x, d)
	return d
}

func (l *lanes) shiftLeft(x vec, n uint64) vec {
	d := l.vec()
	l.integer("VPSLL#", operand.Imm(n), x, d)
	return d
}

func (l *lanes) shiftRight(x vec, n uint64) vec {
	d := l.vec()
	l.integer("VPSRL#", operand.Imm(n), x, d)
	return d
}

// scale is x·2ⁿ for whole n in range of int32, rounded once.
func (l *lanes) scale(n vec, xs ...vec) []vec {
	out := make([]vec, len(xs))
	if l.wide {
		for i, x := range xs {
			out[i] = l.binary("VSCALEFP$", x, n)
		}
		return out
	}
	// 2ⁿ is a product of two powers, each a normal number; the first product is exact.
	var h, r vec
	if l.size == 4 {
		whole, half := l.YMM(), l.YMM()
		l.VCVTPS2DQ(n, whole)
		l.VPSRAD(operand.Imm(1), whole, half)
		h, r = half, l.subInt(whole, half)
		bias := l.allBits(127)
		h, r = l.shiftLeft(l.addInt(h, bias), 23), l.shiftLeft(l.addInt(r, bias), 23)
	} else {
		whole, half, rest := l.XMM(), l.XMM(), l.XMM()
		l.VCVTPD2DQY(n, whole)
		l.VPSRAD(operand.Imm(1), whole, half)
		l.VPSUBD(half, whole, rest)
		h, r = l.YMM(), l.YMM()
		l.VPMOVSXDQ(half, h)
		l.VPMOVSXDQ(rest, r)
		bias := l.allBits(1023)
		h, r = l.shiftLeft(l.addInt(h, bias), 52), l.shiftLeft(l.addInt(r, bias), 52)
	}
	for i, x := range xs {
		out[i] = l.mul(l.mul(x, h), r)
	}
	return out
}

// count is the number of elements that go through a register at a time.
func (l *lanes) count() int { return l.register() / l.size }

// step is the number of bytes in memory that these take.
func (l *lanes) step() int {
	if l.narrow {
		return l.register() / 2
	}
	return l.register()
}

// memory is the machine with the element type of memory.
func (l *lanes) memory() machine {
	m := l.machine
	if l.narrow {
		m.size = 4
	}
	return m
}

// half is a register as wide as what is loaded.
func (l *lanes) half() vec {
	switch {
	case !l.narrow:
		return l.vec()
	case l.wide:
		return l.YMM()
	}
	return l.XMM()
}

// tail is the part of a register in use at the end of an array.
type tail struct {
	k    reg.OpmaskVirtual
	mask vec
}

func (l *lanes) load(at operand.Mem) vec {
	if !l.narrow {
		d := l.vec()
		l.op("VMOVUP$", at, d)
		return d
	}
	d := l.vec()
	l.VCVTPS2PD(at, d)
	return d
}

func (l *lanes) loadTail(at operand.Mem, t tail, d vec) {
	m := l.memory()
	h := d
	if l.narrow {
		h = l.half()
	}
	if l.wide {
		m.op("VMOVUP$_Z", at, t.k, h)
	} else {
		m.op("VMASKMOVP$", at, t.mask, h)
	}
	if l.narrow {
		l.VCVTPS2PD(h, d)
	}
}

// rounded is x in the type of memory.
func (l *lanes) rounded(x vec) vec {
	if !l.narrow {
		return x
	}
	h := l.half()
	if l.wide {
		l.VCVTPD2PS(x, h)
	} else {
		l.VCVTPD2PSY(x, h)
	}
	return h
}

// elementwise writes a function of slices and of scalars. Inputs and the output advance together. f returns the result
// and, for functions that leave some arguments to others, where it is not valid; the function then returns the number
// of elements that are done.
func (l *lanes) elementwise(name, doc string, inputs []string, scalar bool, partial bool,
	f func(x []vec, c vec) (vec, truth)) {
	m := l.memory()
	l.Function(m.name(name))
	l.Attributes(attr.NOSPLIT)
	sig := "dst *" + m.elem()
	for _, x := range inputs {
		sig += ", " + x + " *" + m.elem()
	}
	if scalar {
		sig += ", c " + m.elem()
	}
	sig = "func(" + sig + ", n int)"
	if partial {
		sig += " int"
	}
	l.SignatureExpr(sig)
	l.Pragma("noescape")
	l.Doc(m.name(name) + " " + doc)
	dst := l.Load(l.Param("dst"), l.GP64())
	var from []operand.Mem
	for _, x := range inputs {
		from = append(from, operand.Mem{Base: l.Load(l.Param(x), l.GP64())})
	}
	var c vec
	if scalar {
		c = l.vec()
		a, err := l.Param("c").Resolve()
		if err != nil {
			panic(err)
		}
		m.op("VBROADCASTS$", a.Addr, c)
	}
	n := l.Load(l.Param("n"), l.GP64())
	to := operand.Mem{Base: dst}
	lanesInUse := uint64(l.count())

	if l.before != nil {
		l.before(l)
	}
	l.Label("loop")
	xs := make([]vec, len(from))
	for i := range xs {
		xs[i] = l.vec()
	}
	var t tail
	if l.wide {
		t.k = l.K()
	} else {
		t.mask = l.half()
	}
	l.CMPQ(n, operand.Imm(lanesInUse))
	l.JL(operand.LabelRef("tail"))
	for i, at := range from {
		if l.narrow {
			l.VCVTPS2PD(at, xs[i])
		} else {
			l.op("VMOVUP$", at, xs[i])
		}
	}
	l.Label("body")
	y, bad := f(xs, c)
	if partial {
		l.stopWhere(bad, n)
	}
	y = l.rounded(y)
	l.CMPQ(n, operand.Imm(lanesInUse))
	l.JL(operand.LabelRef("last"))
	m.op("VMOVUP$", y, to)
	for _, p := range append(from, to) {
		l.ADDQ(operand.Imm(uint64(l.step())), p.Base)
	}
	l.SUBQ(operand.Imm(lanesInUse), n)
	l.JMP(operand.LabelRef("loop"))

	l.Label("tail")
	l.TESTQ(n, n)
	l.JEQ(operand.LabelRef("done"))
	l.tailOf(n, t)
	for i, at := range from {
		l.loadTail(at, t, xs[i])
	}
	l.JMP(operand.LabelRef("body"))

	l.Label("last")
	l.tailOf(n, t)
	if l.wide {
		m.op("VMOVUP$", y, t.k, to)
	} else {
		m.op("VMASKMOVP$", y, t.mask, to)
	}
	if partial {
		l.XORQ(n, n)
	}
	l.Label("done")
	if partial {
		l.Label("stop")
		total := l.Load(l.Param("n"), l.GP64())
		l.SUBQ(n, total)
		l.Store(total, l.ReturnIndex(0))
	}
	l.VZEROUPPER()
	l.RET()
}

// tailOf makes the mask of n lanes.
func (l *lanes) tailOf(n reg.Register, t tail) {
	if l.wide {
		one := l.GP64()
		l.MOVQ(operand.U32(1), one)
		bits := l.GP64()
		l.MOVQ(n, bits)
		l.SHLXQ(bits, one, one)
		l.DECQ(one)
		l.KMOVD(one.As32(), t.k)
		return
	}
	// Words of ones and then of zeros, read from a place that leaves n elements of ones.
	at := l.GP64()
	l.MOVQ(n, at)
	l.NEGQ(at)
	base := l.GP64()
	l.LEAQ(operand.NewDataAddr(operand.NewStaticSymbol("tails"), 32), base)
	m := l.memory()
	m.op("VMOVUP$", operand.Mem{Base: base, Index: at, Scale: uint8(m.size)}, t.mask)
}

// writeTails emits the table of tailOf.
func writeTails(m machine) {
	m.StaticGlobal("tails")
	m.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 8 {
		v := uint64(0)
		if i < 4 {
			v = math.MaxUint64
		}
		m.AddDatum(8*i, operand.U64(v))
	}
}

// stopWhere leaves the loop if t holds in any lane.
func (l *lanes) stopWhere(t truth, n reg.Register) {
	any := l.GP32()
	switch {
	case l.wide:
		l.KMOVD(t.k, any)
	case l.size == 4:
		l.VMOVMSKPS(t.v, any)
	default:
		l.VMOVMSKPD(t.v, any)
	}
	l.TESTL(any, any)
	l.JNE(operand.LabelRef("stop"))
}

// versions calls f for each instruction set and type. half says that float32 is computed in float64.
func versions(c *builder, half bool, f func(l *lanes)) {
	for _, m := range machines {
		m.Context = c.Context
		l := &lanes{machine: m, table: &c.table}
		if half && m.size == 4 {
			l.size, l.narrow = 8, true
		}
		f(l)
	}
}
