package main

import (
	"fmt"
	"go/token"
	"go/types"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of panel, the argument of a product (gemm_amd64.go).
const (
	argA     = 8 * iota
	argB     //
	argC     //
	argBias  //
	argARow  // bytes from here on
	argACol  //
	argATile //
	argBRow  //
	argCRow  //
	argM     //
	argK     //
	argFlags //
	argCols  // of c: AVX-512: bits of the lanes in use, 32 for each register
	argMask  // AVX2: two registers of lanes in use

	flagAdd    = 1  // the sums go on from what c holds
	flagNarrow = 2  // one register holds all columns
	flagPacked = 4  // rows of a come in tiles
	flagEdge   = 8  // not all lanes are in use
	flagHalf   = 16 // AVX-512: half a register holds all columns
)

// gemm writes the products c = a·b over one panel of columns, two registers wide, one or half of one, and any
// number of rows.
//
// A tile of rows of c stays in registers while l runs over the k columns of a: element (i, j) is one chain of fused
// multiply-adds in the order of l, the same in tiles of every height and in every lane. Tiles are as high as the
// registers allow; less than two tiles' rows are halved, so that no tile is left with few rows.
func gemm(c *build.Context) {
	for _, m := range machines {
		m.Context = c
		(&gemmWriter{machine: m}).function()
	}
}

type gemmWriter struct {
	machine
	width  int  // registers in a row of a tile
	edge   bool // AVX2: some lanes of a row are not in use
	half   bool // AVX-512: registers of 256 bits
	height int  // rows of a full tile
}

func pointerTo(name string) types.Type {
	n := types.NewNamed(types.NewTypeName(token.NoPos, nil, name, nil), types.NewStruct(nil, nil), nil)
	return types.NewPointer(n)
}

var (
	rowPtr = []reg.GPPhysical{reg.RAX, reg.RBX, reg.RCX, reg.RDX} // rows 0, 3, 6, 9
	aBase  = reg.RSI
	bNow   = reg.RDI
	cNow   = reg.R8
	args   = reg.R9
	aRow   = reg.R10
	aCol   = reg.R11
	bRow   = reg.R12
	cRow   = reg.R13
	left   = reg.R14 // rows to go
	count  = reg.R15
)

func (g *gemmWriter) function() {
	g.height = 6
	if g.wide {
		g.height = 12
	}
	sig := types.NewSignatureType(nil, nil, nil, types.NewTuple(types.NewParam(token.NoPos, nil, "p", pointerTo("panel"))),
		nil, false)
	g.Function(g.name("gemm"))
	g.Attributes(attr.NOSPLIT)
	g.Signature(gotypes.NewSignature(nil, sig))
	g.Pragma("noescape")
	g.Doc(fmt.Sprintf("%s multiplies the rows of a with a panel of up to %d columns of b.", g.name("gemm"), 2*g.lanes()))
	g.Load(g.Param("p"), args)
	load := func(off int, r reg.GPPhysical) { g.MOVQ(operand.Mem{Base: args, Disp: off}, r) }
	load(argA, aBase)
	load(argC, cNow)
	load(argARow, aRow)
	load(argACol, aCol)
	load(argBRow, bRow)
	load(argCRow, cRow)
	load(argM, left)
	if g.wide {
		g.KMOVD(operand.Mem{Base: args, Disp: argCols}, reg.K1)
		g.KMOVD(operand.Mem{Base: args, Disp: argCols + 4}, reg.K2)
	}
	type variant struct {
		width int
		flag  uint64 // of those that choose one, besides flagNarrow
	}
	// Half a register is for processors that do two operations on halves in the time of one on all of it.
	variants := []variant{{2, 0}, {1, 0}, {1, flagHalf}}
	if !g.wide {
		variants = []variant{{2, 0}, {1, 0}, {2, flagEdge}, {1, flagEdge}}
	}
	for i, v := range variants {
		next := fmt.Sprint("variant", i+1)
		if i > 0 {
			g.Label(fmt.Sprint("variant", i))
		}
		if i+1 < len(variants) {
			want := v.flag
			if v.width == 1 {
				want |= flagNarrow
			}
			load(argFlags, count)
			g.ANDQ(operand.Imm(flagNarrow|variants[len(variants)-1].flag), count)
			g.CMPQ(count, operand.Imm(want))
			g.JNE(operand.LabelRef(next))
		}
		g.width, g.edge, g.half = v.width, v.flag == flagEdge, v.flag == flagHalf
		g.rows(fmt.Sprint("v", i))
	}
}

// rows walks over the rows of a.
func (g *gemmWriter) rows(label string) {
	h := g.height
	at := func(s string, n int) string { return fmt.Sprintf("%s_%s%d", label, s, n) }
	g.Label(label + "_next")
	// Full tiles while two are left, or one where a is packed in tiles.
	g.CMPQ(left, operand.Imm(uint64(2*h)))
	g.JGE(operand.LabelRef(at("rows", h)))
	g.CMPQ(left, operand.Imm(uint64(h)))
	g.JL(operand.LabelRef(label + "_last"))
	g.JE(operand.LabelRef(at("rows", h)))
	g.TESTQ(operand.U32(flagPacked), operand.Mem{Base: args, Disp: argFlags})
	g.JNE(operand.LabelRef(at("rows", h)))
	g.MOVQ(left, count)
	g.INCQ(count)
	g.SHRQ(operand.Imm(1), count)
	g.JMP(operand.LabelRef(label + "_pick"))
	g.Label(label + "_last")
	g.MOVQ(left, count)
	g.TESTQ(count, count)
	g.JNE(operand.LabelRef(label + "_pick"))
	g.VZEROUPPER()
	g.RET()
	g.Label(label + "_pick")
	g.pick(1, h, func(n int) string { return at("rows", n) })
	for n := h; n >= 1; n-- {
		g.Label(at("rows", n))
		g.tile(n, at("l", n), at("pre", n), at("post", n))
		if n == h {
			g.ADDQ(operand.Mem{Base: args, Disp: argATile}, aBase)
			g.SUBQ(operand.Imm(uint64(n)), left)
		} else {
			g.MOVQ(operand.U32(n), count)
			g.SUBQ(count, left)
			g.IMULQ(aRow, count)
			g.ADDQ(count, aBase)
		}
		g.JMP(operand.LabelRef(label + "_next"))
	}
}

// pick jumps to the tile of count rows, lo ≤ count ≤ hi, by halving.
func (g *gemmWriter) pick(lo, hi int, label func(int) string) {
	if lo == hi {
		g.JMP(operand.LabelRef(label(lo)))
		return
	}
	mid := (lo + hi) / 2
	g.CMPQ(count, operand.Imm(uint64(mid)))
	g.JE(operand.LabelRef(label(mid)))
	if lo == mid {
		g.pick(mid+1, hi, label)
		return
	}
	low := fmt.Sprintf("%s_below%d_%d", label(mid), lo, hi)
	g.JL(operand.LabelRef(low))
	g.pick(mid+1, hi, label)
	g.Label(low)
	g.pick(lo, mid-1, label)
}

// v is a physical vector register.
func (g *gemmWriter) v(i int) reg.VecPhysical {
	r := g.machine.v(i)
	if g.half {
		return r.AsY().(reg.VecPhysical)
	}
	return r
}

// acc is the register of row i and column register j.
func (g *gemmWriter) acc(i, j int) reg.VecPhysical { return g.v(i*g.width + j) }

// bReg is where the columns of b are.
func (g *gemmWriter) bReg(j int) reg.VecPhysical {
	if g.wide {
		return g.v(30 + j)
	}
	return g.v(12 + j)
}

// spare are registers for elements of a.
func (g *gemmWriter) spare(i int) reg.VecPhysical {
	if g.wide {
		return g.v(24 + i%6)
	}
	return g.v(14 + i%2)
}

func (g *gemmWriter) mask(j int) reg.OpmaskPhysical { return []reg.OpmaskPhysical{reg.K1, reg.K2}[j] }

// loadRow loads the columns in use; no other memory is touched.
func (g *gemmWriter) loadRow(from operand.Mem, j int, to reg.VecPhysical) {
	from.Disp += j * g.register()
	switch {
	case g.wide:
		g.op("VMOVUP$_Z", from, g.mask(j), to)
	case g.edge:
		g.op("VMOVUP$", operand.Mem{Base: args, Disp: argMask + j*32}, g.spare(j))
		g.op("VMASKMOVP$", from, g.spare(j), to)
	default:
		g.op("VMOVUP$", from, to)
	}
}

func (g *gemmWriter) storeRow(from reg.VecPhysical, j int, to operand.Mem) {
	to.Disp += j * g.register()
	switch {
	case g.wide:
		g.op("VMOVUP$", from, g.mask(j), to)
	case g.edge:
		g.op("VMOVUP$", operand.Mem{Base: args, Disp: argMask + j*32}, g.spare(j))
		g.op("VMASKMOVP$", from, g.spare(j), to)
	default:
		g.op("VMOVUP$", from, to)
	}
}

// tile computes n rows of the panel.
func (g *gemmWriter) tile(n int, loop, fresh, finish string) {
	// Pointers to every third row of a.
	g.MOVQ(aBase, rowPtr[0])
	for p := 1; 3*p < n; p++ {
		g.LEAQ(operand.Mem{Base: rowPtr[p-1], Index: aRow, Scale: 2}, rowPtr[p])
		g.ADDQ(aRow, rowPtr[p])
	}
	g.MOVQ(operand.Mem{Base: args, Disp: argB}, bNow)
	for i := range n {
		for j := range g.width {
			if g.wide {
				g.VPXORD(g.acc(i, j), g.acc(i, j), g.acc(i, j))
			} else {
				g.op("VXORP$", g.acc(i, j), g.acc(i, j), g.acc(i, j))
			}
		}
	}
	g.TESTQ(operand.U32(flagAdd), operand.Mem{Base: args, Disp: argFlags})
	g.JEQ(operand.LabelRef(fresh))
	g.MOVQ(cNow, count)
	for i := range n {
		for j := range g.width {
			g.loadRow(operand.Mem{Base: count}, j, g.acc(i, j))
		}
		if i+1 < n {
			g.ADDQ(cRow, count)
		}
	}
	g.Label(fresh)
	g.MOVQ(operand.Mem{Base: args, Disp: argK}, count)
	g.TESTQ(count, count)
	g.JEQ(operand.LabelRef(finish))

	g.Label(loop)
	for j := range g.width {
		g.loadRow(operand.Mem{Base: bNow}, j, g.bReg(j))
	}
	for i := range n {
		from := operand.Mem{Base: rowPtr[i/3]}
		if i%3 > 0 {
			from.Index, from.Scale = aRow, uint8(i%3)
		}
		if g.wide && g.width == 1 { // each element is used once: let the multiplication load it
			g.op("VFMADD231P$_BCST", from, g.bReg(0), g.acc(i, 0))
			continue
		}
		g.op("VBROADCASTS$", from, g.spare(i))
		for j := range g.width {
			g.op("VFMADD231P$", g.bReg(j), g.spare(i), g.acc(i, j))
		}
	}
	for p := 0; 3*p < n; p++ {
		g.ADDQ(aCol, rowPtr[p])
	}
	g.ADDQ(bRow, bNow)
	g.DECQ(count)
	g.JNE(operand.LabelRef(loop))

	g.Label(finish)
	g.MOVQ(operand.Mem{Base: args, Disp: argBias}, count)
	g.TESTQ(count, count)
	g.JEQ(operand.LabelRef(finish + "_plain"))
	for j := range g.width {
		g.loadRow(operand.Mem{Base: count}, j, g.bReg(j))
	}
	for i := range n {
		for j := range g.width {
			g.op("VADDP$", g.bReg(j), g.acc(i, j), g.acc(i, j))
		}
	}
	g.Label(finish + "_plain")
	for i := range n {
		for j := range g.width {
			g.storeRow(g.acc(i, j), j, operand.Mem{Base: cNow})
		}
		g.ADDQ(cRow, cNow)
	}
}
