package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// stepper writes the passes over a state that steppers make.
func stepper(c *build.Context) {
	b := &builder{Context: c}
	versions(b, false, func(l *lanes) {
		l.combination()
		l.sumColumns()
	})
	versions(b, true, func(l *lanes) { l.errorSquares() })
	m := machine{Context: c}
	writeTails(m)
	b.table.write(m)
}

// blocks writes a loop over n elements: several registers at a time, then one, then part of one. body is called with
// the number of registers, a suffix for labels, and how to load and store element register j at an address.
func (l *lanes) blocks(n reg.Register, several int, advance func(elements int),
	body func(count int, suffix string, t *tail)) {
	each := l.count()
	l.Label("several")
	l.CMPQ(n, operand.U32(uint32(several*each)))
	l.JL(operand.LabelRef("single"))
	body(several, "_several", nil)
	advance(several * each)
	l.SUBQ(operand.U32(uint32(several*each)), n)
	l.JMP(operand.LabelRef("several"))
	l.Label("single")
	l.CMPQ(n, operand.Imm(uint64(each)))
	l.JL(operand.LabelRef("part"))
	body(1, "_single", nil)
	advance(each)
	l.SUBQ(operand.Imm(uint64(each)), n)
	l.JMP(operand.LabelRef("single"))
	l.Label("part")
	l.TESTQ(n, n)
	l.JEQ(operand.LabelRef("done"))
	var t tail
	if l.wide {
		t.k = l.K()
	} else {
		t.mask = l.half()
	}
	l.tailOf(n, t)
	body(1, "_part", &t)
	l.Label("done")
}

func (l *lanes) loadAt(at operand.Mem, t *tail) vec {
	d := l.vec()
	if t != nil {
		l.loadTail(at, *t, d)
	} else {
		l.op("VMOVUP$", at, d)
	}
	return d
}

func (l *lanes) storeAt(x vec, at operand.Mem, t *tail) {
	switch {
	case t == nil:
		l.op("VMOVUP$", x, at)
	case l.wide:
		l.op("VMOVUP$", x, t.k, at)
	default:
		l.op("VMASKMOVP$", x, t.mask, at)
	}
}

// combination writes dst = y + Σ c[j]·v[j], the sum first.
func (l *lanes) combination() {
	name := l.name("combine")
	l.Function(name)
	l.Attributes(attr.NOSPLIT)
	l.SignatureExpr(fmt.Sprintf("func(dst *%[1]s, y *%[1]s, c *%[1]s, v *[]%[1]s, terms int, from int, n int)", l.elem()))
	l.Pragma("noescape")
	l.Doc(name + " sets dst = y + Σ c[j]·v[j] over the terms, of which there is at least one, for n elements.")
	dst, y := l.Load(l.Param("dst"), l.GP64()), l.Load(l.Param("y"), l.GP64())
	c, v := l.Load(l.Param("c"), l.GP64()), l.Load(l.Param("v"), l.GP64())
	terms, n := l.Load(l.Param("terms"), l.GP64()), l.Load(l.Param("n"), l.GP64())
	offset := l.GP64() // bytes from the beginning of each vector
	l.Load(l.Param("from"), offset)
	l.IMUL3Q(operand.Imm(uint64(l.size)), offset, offset)
	advance := func(elements int) { l.ADDQ(operand.U32(uint32(elements*l.size)), offset) }
	l.blocks(n, 4, advance, func(count int, suffix string, t *tail) {
		header, coefficient, left, from := l.GP64(), l.GP64(), l.GP64(), l.GP64()
		l.MOVQ(v, header)
		l.MOVQ(c, coefficient)
		l.MOVQ(terms, left)
		sum := make([]vec, count)
		for i := range sum {
			sum[i] = l.vec()
			if l.wide {
				l.VPXORD(sum[i], sum[i], sum[i])
			} else {
				l.op("VXORP$", sum[i], sum[i], sum[i])
			}
		}
		l.Label("term" + suffix)
		l.MOVQ(operand.Mem{Base: header}, from)
		a := l.vec()
		l.op("VBROADCASTS$", operand.Mem{Base: coefficient}, a)
		for i := range sum {
			at := operand.Mem{Base: from, Index: offset, Scale: 1, Disp: i * l.register()}
			if t != nil {
				l.op("VFMADD231P$", l.loadAt(at, t), a, sum[i])
			} else {
				l.op("VFMADD231P$", at, a, sum[i])
			}
		}
		l.ADDQ(operand.Imm(24), header) // a slice
		l.ADDQ(operand.Imm(uint64(l.size)), coefficient)
		l.DECQ(left)
		l.JNE(operand.LabelRef("term" + suffix))
		for i := range sum {
			disp := i * l.register()
			base := l.loadAt(operand.Mem{Base: y, Index: offset, Scale: 1, Disp: disp}, t)
			l.storeAt(l.add(base, sum[i]), operand.Mem{Base: dst, Index: offset, Scale: 1, Disp: disp}, t)
		}
	})
	l.VZEROUPPER()
	l.RET()
}

// sumColumns writes dst[j] += Σ x[i·n + j] over the rows in order.
func (l *lanes) sumColumns() {
	name := l.name("sumColumns")
	l.Function(name)
	l.Attributes(attr.NOSPLIT)
	l.SignatureExpr(fmt.Sprintf("func(dst *%[1]s, x *%[1]s, rows int, n int)", l.elem()))
	l.Pragma("noescape")
	l.Doc(name + " adds rows of n elements to dst, of which there is at least one, in order.")
	dst, x := l.Load(l.Param("dst"), l.GP64()), l.Load(l.Param("x"), l.GP64())
	rows, n := l.Load(l.Param("rows"), l.GP64()), l.Load(l.Param("n"), l.GP64())
	stride := l.GP64()
	l.MOVQ(n, stride)
	l.IMUL3Q(operand.Imm(uint64(l.size)), stride, stride)
	advance := func(elements int) {
		l.ADDQ(operand.U32(uint32(elements*l.size)), dst)
		l.ADDQ(operand.U32(uint32(elements*l.size)), x)
	}
	l.blocks(n, 4, advance, func(count int, suffix string, t *tail) {
		from, left := l.GP64(), l.GP64()
		l.MOVQ(x, from)
		l.MOVQ(rows, left)
		sum := make([]vec, count)
		for i := range sum {
			sum[i] = l.loadAt(operand.Mem{Base: dst, Disp: i * l.register()}, t)
		}
		l.Label("row" + suffix)
		for i := range sum {
			at := operand.Mem{Base: from, Disp: i * l.register()}
			if t != nil {
				l.op("VADDP$", l.loadAt(at, t), sum[i], sum[i])
			} else {
				l.op("VADDP$", at, sum[i], sum[i])
			}
		}
		l.ADDQ(stride, from)
		l.DECQ(left)
		l.JNE(operand.LabelRef("row" + suffix))
		for i := range sum {
			l.storeAt(sum[i], operand.Mem{Base: dst, Disp: i * l.register()}, t)
		}
	})
	l.VZEROUPPER()
	l.RET()
}

// errorSquares writes Σ (e/(atol + rtol·max(|y|, |z|)))² in float64, in sixteen sums that are added pairwise.
func (l *lanes) errorSquares() {
	const sums = 16
	m := l.memory()
	name := m.name("errorSquares")
	l.Function(name)
	l.Attributes(attr.NOSPLIT)
	l.SignatureExpr(fmt.Sprintf("func(e *%[1]s, y *%[1]s, z *%[1]s, atol float64, rtol float64, sums *float64, n int)",
		m.elem()))
	l.Pragma("noescape")
	l.Doc(name + " adds (e/(atol + rtol·max(|y|, |z|)))² of element i to sums[i mod 16]; n is a multiple of 16.")
	e, y := l.Load(l.Param("e"), l.GP64()), l.Load(l.Param("y"), l.GP64())
	z, out := l.Load(l.Param("z"), l.GP64()), l.Load(l.Param("sums"), l.GP64())
	n := l.Load(l.Param("n"), l.GP64())
	number := func(param string) vec {
		d := l.vec()
		a, err := l.Param(param).Resolve()
		if err != nil {
			panic(err)
		}
		l.VBROADCASTSD(a.Addr, d)
		return d
	}
	atol, rtol := number("atol"), number("rtol")
	count := sums / l.count()
	acc := make([]vec, count)
	for i := range acc {
		acc[i] = l.loadAt(operand.Mem{Base: out, Disp: i * l.register()}, nil)
	}
	l.Label("loop")
	l.CMPQ(n, operand.Imm(sums))
	l.JL(operand.LabelRef("done"))
	for i := range acc {
		disp := i * l.step()
		a := l.abs(l.load(operand.Mem{Base: y, Disp: disp}))
		b := l.abs(l.load(operand.Mem{Base: z, Disp: disp}))
		top := l.binary("VMAXP$", a, b) // b where one is NaN
		top = l.choose(l.compare(a, 3, a), a, top)
		q := l.div(l.load(operand.Mem{Base: e, Disp: disp}), l.add(l.mul(top, rtol), atol))
		l.op("VADDPD", l.mul(q, q), acc[i], acc[i])
	}
	for _, p := range []reg.Register{e, y, z} {
		l.ADDQ(operand.Imm(uint64(sums*m.size)), p)
	}
	l.SUBQ(operand.Imm(sums), n)
	l.JMP(operand.LabelRef("loop"))
	l.Label("done")
	for i := range acc {
		l.storeAt(acc[i], operand.Mem{Base: out, Disp: i * l.register()}, nil)
	}
	l.VZEROUPPER()
	l.RET()
}
