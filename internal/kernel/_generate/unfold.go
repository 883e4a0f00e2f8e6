package main

import (
	"go/token"
	"go/types"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of runs, the argument of unfold and fold (unfold_amd64.go).
const (
	runsImage  = 8 * iota
	runsMatrix // one row for every element of the window
	runsStarts // where each begins in an image
	runsRows   // rows of the matrix
	runsImages
	runsLines     // runs of an image
	runsBytes     // of a run
	runsLineStep  // from a run to the next in an image, in bytes from here on
	runsImageStep // from an image to the next
	runsRowStep   // from a row of the matrix to the next
	runsMask      // of the last register of a run
)

// unfold writes the copies between images and the matrices that a convolution multiplies. Runs are copied in whole
// registers: what is copied too much is overwritten by the run behind it, and the caller leaves room behind the last.
func unfold(c *build.Context) {
	for _, m := range machines {
		if m.wide { // stores of 32 bytes are as fast
			continue
		}
		m.Context = c
		u := &unfolder{m}
		u.function("unfold", "copies runs of images to the rows of a matrix.", func(from, to operand.Mem, _ bool) {
			u.VMOVUPS(from, reg.Y0)
			u.VMOVUPS(reg.Y0, to)
		})
		u.function("fold", "adds the rows of a matrix to runs of images.", func(to, from operand.Mem, last bool) {
			u.op("VMOVUP$", from, reg.Y0)
			if last { // what lies behind the run gets 0 added
				u.op("VANDP$", reg.Y15, reg.Y0, reg.Y0)
			}
			u.op("VADDP$", to, reg.Y0, reg.Y0)
			u.op("VMOVUP$", reg.Y0, to)
		})
	}
}

type unfolder struct{ machine }

// function walks over rows, images and runs; move takes one register from or to an image, to or from the matrix.
func (u *unfolder) function(base, doc string, move func(image, matrix operand.Mem, last bool)) {
	name := u.name(base)
	sig := types.NewSignatureType(nil, nil, nil, types.NewTuple(types.NewParam(token.NoPos, nil, "r", pointerTo("runs"))),
		nil, false)
	u.Function(name)
	u.Attributes(attr.NOSPLIT)
	u.Signature(gotypes.NewSignature(nil, sig))
	u.Pragma("noescape")
	u.Doc(name + " " + doc)
	var (
		args, matrix, starts, rows  = reg.R9, reg.RDI, reg.RSI, reg.R10
		images, lines, bytes, lineS = reg.R11, reg.RCX, reg.R12, reg.R13
		image, p, d, at, end        = reg.RAX, reg.RBX, reg.RDX, reg.R14, reg.R8
	)
	field := func(off int) operand.Mem { return operand.Mem{Base: args, Disp: off} }
	u.Load(u.Param("r"), args)
	u.MOVQ(field(runsMatrix), matrix)
	u.MOVQ(field(runsStarts), starts)
	u.MOVQ(field(runsRows), rows)
	u.MOVQ(field(runsBytes), bytes)
	u.MOVQ(field(runsLineStep), lineS)
	u.VMOVUPS(field(runsMask), reg.Y15)
	u.MOVQ(bytes, end) // where the last register of a run begins
	u.DECQ(end)
	u.ANDQ(operand.I8(-32), end)

	u.Label("row")
	u.MOVQ(field(runsImage), image)
	u.MOVQ(operand.Mem{Base: starts}, at)
	u.LEAQ(operand.Mem{Base: image, Index: at, Scale: uint8(u.size)}, image)
	u.MOVQ(matrix, d)
	u.MOVQ(field(runsImages), images)
	u.Label("image")
	u.MOVQ(image, p)
	u.MOVQ(field(runsLines), lines)
	u.TESTQ(end, end)
	u.JNE(operand.LabelRef("long"))

	u.Label("short") // one register holds a run
	move(operand.Mem{Base: p}, operand.Mem{Base: d}, true)
	u.ADDQ(lineS, p)
	u.ADDQ(bytes, d)
	u.DECQ(lines)
	u.JNE(operand.LabelRef("short"))
	u.JMP(operand.LabelRef("next"))

	u.Label("long")
	u.XORQ(at, at)
	u.Label("register")
	move(operand.Mem{Base: p, Index: at, Scale: 1}, operand.Mem{Base: d, Index: at, Scale: 1}, false)
	u.ADDQ(operand.Imm(32), at)
	u.CMPQ(at, end)
	u.JLT(operand.LabelRef("register"))
	move(operand.Mem{Base: p, Index: at, Scale: 1}, operand.Mem{Base: d, Index: at, Scale: 1}, true)
	u.ADDQ(lineS, p)
	u.ADDQ(bytes, d)
	u.DECQ(lines)
	u.JNE(operand.LabelRef("long"))

	u.Label("next")
	u.ADDQ(field(runsImageStep), image)
	u.DECQ(images)
	u.JNE(operand.LabelRef("image"))
	u.ADDQ(operand.Imm(8), starts)
	u.ADDQ(field(runsRowStep), matrix)
	u.DECQ(rows)
	u.JNE(operand.LabelRef("row"))
	u.VZEROUPPER()
	u.RET()
}
