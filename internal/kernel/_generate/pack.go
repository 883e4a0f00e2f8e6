package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pack writes the copies that bring a factor of a product into the order in which it is read.
func pack(c *build.Context) {
	for _, m := range machines {
		if m.wide {
			continue
		}
		m.Context = c
		m.turn()
	}
	lines(c)
}

// turn writes dst[l·step + j] = src[j·stride + l] for j < rows and l < cols, by blocks of 4 by 4.
func (m *machine) turn() {
	m.Function(m.name("turn"))
	m.Attributes(attr.NOSPLIT)
	m.SignatureExpr(fmt.Sprintf("func(dst *%s, step int, src *%s, stride int, rows int, cols int)", m.elem(), m.elem()))
	m.Pragma("noescape")
	m.Doc(m.name("turn") + " sets dst[l·step+j] = src[j·stride+l] for j < rows and l < cols; both steps are in bytes.")
	var (
		dst, step, src, stride, rows, cols = reg.RDI, reg.R8, reg.RSI, reg.R9, reg.R10, reg.R11
		d, s, l, d3, s3                    = reg.RAX, reg.RBX, reg.RCX, reg.RDX, reg.R12
	)
	for _, p := range []struct {
		name string
		r    reg.GPPhysical
	}{{"dst", dst}, {"step", step}, {"src", src}, {"stride", stride}, {"rows", rows}, {"cols", cols}} {
		m.Load(m.Param(p.name), p.r)
	}
	m.LEAQ(operand.Mem{Base: step, Index: step, Scale: 2}, d3)
	m.LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, s3)
	row := func(base, step, step3 reg.Register, i int) operand.Mem {
		switch i {
		case 0:
			return operand.Mem{Base: base}
		case 3:
			return operand.Mem{Base: base, Index: step3, Scale: 1}
		}
		return operand.Mem{Base: base, Index: step, Scale: uint8(i)}
	}
	reg4 := func(i int) reg.VecPhysical {
		if m.size == 8 {
			return m.v(i)
		}
		return []reg.VecPhysical{reg.X0, reg.X1, reg.X2, reg.X3, reg.X4, reg.X5, reg.X6, reg.X7}[i]
	}

	m.Label("rows4")
	m.CMPQ(rows, operand.Imm(4))
	m.JL(operand.LabelRef("rows1"))
	m.MOVQ(dst, d)
	m.MOVQ(src, s)
	m.MOVQ(cols, l)
	m.Label("block")
	m.CMPQ(l, operand.Imm(4))
	m.JL(operand.LabelRef("columns"))
	for i := range 4 {
		m.op("VMOVUP$", row(s, stride, s3, i), reg4(i))
	}
	m.op("VUNPCKLP$", reg4(1), reg4(0), reg4(4))
	m.op("VUNPCKHP$", reg4(1), reg4(0), reg4(5))
	m.op("VUNPCKLP$", reg4(3), reg4(2), reg4(6))
	m.op("VUNPCKHP$", reg4(3), reg4(2), reg4(7))
	if m.size == 4 {
		m.VUNPCKLPD(reg4(6), reg4(4), reg4(0))
		m.VUNPCKHPD(reg4(6), reg4(4), reg4(1))
		m.VUNPCKLPD(reg4(7), reg4(5), reg4(2))
		m.VUNPCKHPD(reg4(7), reg4(5), reg4(3))
	} else {
		m.VPERM2F128(operand.Imm(0x20), reg4(6), reg4(4), reg4(0))
		m.VPERM2F128(operand.Imm(0x20), reg4(7), reg4(5), reg4(1))
		m.VPERM2F128(operand.Imm(0x31), reg4(6), reg4(4), reg4(2))
		m.VPERM2F128(operand.Imm(0x31), reg4(7), reg4(5), reg4(3))
	}
	for i := range 4 {
		m.op("VMOVUP$", reg4(i), row(d, step, d3, i))
	}
	m.LEAQ(operand.Mem{Base: d, Index: step, Scale: 4}, d)
	m.ADDQ(operand.Imm(uint64(4*m.size)), s)
	m.SUBQ(operand.Imm(4), l)
	m.JMP(operand.LabelRef("block"))
	m.Label("columns") // up to three columns are left
	m.TESTQ(l, l)
	m.JEQ(operand.LabelRef("done4"))
	m.Label("column")
	for i := range 4 {
		to := operand.Mem{Base: d, Disp: i * m.size}
		m.op("VMOVS$", row(s, stride, s3, i), reg.X0)
		m.op("VMOVS$", reg.X0, to)
	}
	m.ADDQ(step, d)
	m.ADDQ(operand.Imm(uint64(m.size)), s)
	m.DECQ(l)
	m.JNE(operand.LabelRef("column"))
	m.Label("done4")
	m.ADDQ(operand.Imm(uint64(4*m.size)), dst)
	m.LEAQ(operand.Mem{Base: src, Index: stride, Scale: 4}, src)
	m.SUBQ(operand.Imm(4), rows)
	m.JMP(operand.LabelRef("rows4"))

	m.Label("rows1")
	m.TESTQ(rows, rows)
	m.JEQ(operand.LabelRef("done"))
	m.MOVQ(dst, d)
	m.MOVQ(src, s)
	m.MOVQ(cols, l)
	m.Label("element")
	m.op("VMOVS$", operand.Mem{Base: s}, reg.X0)
	m.op("VMOVS$", reg.X0, operand.Mem{Base: d})
	m.ADDQ(step, d)
	m.ADDQ(operand.Imm(uint64(m.size)), s)
	m.DECQ(l)
	m.JNE(operand.LabelRef("element"))
	m.ADDQ(operand.Imm(uint64(m.size)), dst)
	m.ADDQ(stride, src)
	m.DECQ(rows)
	m.JMP(operand.LabelRef("rows1"))
	m.Label("done")
	m.VZEROUPPER()
	m.RET()
}

// lines writes dst[i·step + j] = src[i·stride + j] for i < rows and j < size, everything in bytes, size a multiple of 4.
func lines(c *build.Context) {
	c.Function("linesAVX2")
	c.Attributes(attr.NOSPLIT)
	c.SignatureExpr("func(dst *byte, step int, src *byte, stride int, rows int, size int)")
	c.Pragma("noescape")
	c.Doc("linesAVX2 sets dst[i·step+j] = src[i·stride+j] for i < rows and j < size, a multiple of 4.")
	var (
		dst, step, src, stride, rows, size = reg.RDI, reg.R8, reg.RSI, reg.R9, reg.R10, reg.R11
		at, end                            = reg.RAX, reg.RBX
	)
	for _, p := range []struct {
		name string
		r    reg.GPPhysical
	}{{"dst", dst}, {"step", step}, {"src", src}, {"stride", stride}, {"rows", rows}, {"size", size}} {
		c.Load(c.Param(p.name), p.r)
	}
	from := operand.Mem{Base: src, Index: at, Scale: 1}
	to := operand.Mem{Base: dst, Index: at, Scale: 1}
	c.TESTQ(rows, rows)
	c.JEQ(operand.LabelRef("done"))
	c.Label("line")
	c.XORQ(at, at)
	for _, chunk := range []struct {
		bytes uint64
		move  func()
	}{
		{32, func() { c.VMOVUPS(from, reg.Y0); c.VMOVUPS(reg.Y0, to) }},
		{16, func() { c.VMOVUPS(from, reg.X0); c.VMOVUPS(reg.X0, to) }},
		{4, func() { c.VMOVSS(from, reg.X0); c.VMOVSS(reg.X0, to) }},
	} {
		loop, next := fmt.Sprint("chunk", chunk.bytes), fmt.Sprint("less", chunk.bytes)
		c.MOVQ(size, end)
		c.SUBQ(operand.Imm(chunk.bytes), end)
		c.Label(loop)
		c.CMPQ(at, end)
		c.JG(operand.LabelRef(next))
		chunk.move()
		c.ADDQ(operand.Imm(chunk.bytes), at)
		c.JMP(operand.LabelRef(loop))
		c.Label(next)
	}
	c.ADDQ(step, dst)
	c.ADDQ(stride, src)
	c.DECQ(rows)
	c.JNE(operand.LabelRef("line"))
	c.Label("done")
	c.VZEROUPPER()
	c.RET()
}
