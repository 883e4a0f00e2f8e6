package graph

// A tiled group runs as a small program over tiles: a few hundred elements go through all instructions before the next
// few hundred, so that what lies between two instructions stays in the first-level cache. Instructions read and write
// registers, which are one tile long, and streams, which are tiles of values in memory.

type opcode uint8

const (
	opUnary   opcode = iota // dst = f(a)
	opBinary                // dst = f(a, b)
	opBinaryC               // dst = f(a, number)
	opCBinary               // dst = f(number, b)
	opSelect                // dst = a where c ≠ 0, else b
	opFill                  // dst = number
	opGather                // dst = the tile of a strided view
	opProduct               // dst = the tile's rows of a matrix product
	opNone                  // was folded into another
)

// place is a register or a stream.
type place struct {
	stream bool
	id     int
}

// instruction is one step of a tile program.
type instruction struct {
	op           opcode
	k            kind // kindStop copies
	dst, a, b, c place
	number       int  // index into numbers
	once         bool // the result is the same for every tile
	view         view
	product      product
	after        epilogue // of the product
}

// operands are the places that an instruction reads.
func (in *instruction) operands() []*place {
	switch in.op {
	case opUnary, opBinaryC:
		return []*place{&in.a}
	case opCBinary:
		return []*place{&in.b}
	case opBinary:
		return []*place{&in.a, &in.b}
	case opSelect:
		return []*place{&in.a, &in.b, &in.c}
	}
	return nil
}

// places are the operands and the place of the result.
func (in *instruction) places() []*place { return append(in.operands(), &in.dst) }

func (in *instruction) reads() []place {
	var ps []place
	for _, p := range in.operands() {
		ps = append(ps, *p)
	}
	return ps
}

// stream is a run of elements in memory that goes with the elements of the group.
type stream struct {
	v     *value
	off   int
	write bool
}

// number is a constant, or one element of a value.
type number struct {
	v   *value
	off int
	c   float64
}

// tile is the program of a group.
type tile struct {
	code    []instruction
	streams []stream
	numbers []number
	regs    int
	size    int // elements of the group
	width   int // of a row of the shape
	length  int // elements of a tile

	held   map[*value]place
	loaded []instruction // gathers, to be shared
}

// Lengths of tiles: long enough that the calls of an instruction do not show, short enough that all registers and
// streams of a program fit in the first-level cache together.
const (
	tileBudget = 4096 // elements
	minTile    = 256
	maxTile    = 1024

	// A product wants full tiles of its kernel, of 12 rows. What is done to its rows then finds them in the first-level
	// cache.
	productTile = 3072 // elements
	productRows = 24   // at least

	// maxFusedWidth is the longest row of a product that runs tile by tile: several rows make a tile.
	maxFusedWidth = 4096
)

// newTile writes the program of g. stored says which values are read outside of it.
func newTile(g *group, stored func(*value) bool) *tile {
	t := &tile{size: g.size, width: 1, held: map[*value]place{}}
	if shape := g.nodes[0].shape(); len(shape) > 1 {
		t.width = shape[len(shape)-1]
	}
	regs := 0
	fresh := func() place { regs++; return place{false, regs - 1} }
	for _, n := range g.nodes {
		dst := place{}
		if stored(n.out) {
			dst = t.stream(n.out, 0)
			t.streams[dst.id].write = true
		} else {
			dst = fresh()
		}
		t.node(n, dst, fresh)
		t.held[n.out] = dst
	}
	t.fold()
	t.setLength(g.width)
	t.allocate(regs)
	return t
}

func (t *tile) stream(v *value, off int) place {
	for i, s := range t.streams {
		if s.v == v && s.off == off {
			return place{true, i}
		}
	}
	t.streams = append(t.streams, stream{v: v, off: off})
	return place{true, len(t.streams) - 1}
}

func (t *tile) number(n number) int {
	t.numbers = append(t.numbers, n)
	return len(t.numbers) - 1
}

// node writes the instructions of one node.
func (t *tile) node(n *node, dst place, fresh func() place) {
	if n.product() {
		p, _ := flatProduct(n)
		t.code = append(t.code, instruction{op: opProduct, dst: dst, product: p.upright()})
		return
	}
	k := kindStop
	if n.e != nil {
		k = n.e.kind
	}
	in := instruction{op: opUnary, k: k, dst: dst}
	switch {
	case k == kindSelect:
		in.op = opSelect
		in.c, in.a, in.b = t.vector(n.in[0], fresh), t.vector(n.in[1], fresh), t.vector(n.in[2], fresh)
	case k.binary():
		x, xn := t.scalar(n.in[0])
		y, yn := t.scalar(n.in[1])
		switch {
		case yn: // where both are numbers, the first is filled in
			in.op, in.a, in.number = opBinaryC, t.vector(n.in[0], fresh), t.number(y)
		case xn:
			in.op, in.b, in.number = opCBinary, t.vector(n.in[1], fresh), t.number(x)
		default:
			in.op, in.a, in.b = opBinary, t.vector(n.in[0], fresh), t.vector(n.in[1], fresh)
		}
	case k == kindStop: // a copy
		if c, ok := t.scalar(n.in[0]); ok {
			in.op, in.number = opFill, t.number(c)
		} else if w := n.in[0].w; !w.packed() {
			in.op, in.view = opGather, w
		} else {
			in.a = t.vector(n.in[0], fresh)
		}
	default:
		in.a = t.vector(n.in[0], fresh)
	}
	t.code = append(t.code, in)
}

// scalar reports whether an operand is one number for all elements of a group of several.
func (t *tile) scalar(o operand) (number, bool) {
	switch {
	case o.fill:
		return number{c: o.c}, true
	case t.size > 1 && o.w.uniform():
		return number{v: o.w.v, off: o.w.off}, true
	}
	return number{}, false
}

// vector is the place of an operand, which is filled or gathered into a register if it is not in memory or in a
// register as it is.
func (t *tile) vector(o operand, fresh func() place) place {
	if n, ok := t.scalar(o); ok {
		dst := fresh()
		t.code = append(t.code, instruction{op: opFill, dst: dst, number: t.number(n), once: true})
		return dst
	}
	if p, ok := t.held[o.w.v]; ok {
		return p
	}
	if o.w.packed() {
		return t.stream(o.w.v, o.w.off)
	}
	for _, g := range t.loaded {
		if g.view.same(o.w) {
			return g.dst
		}
	}
	in := instruction{op: opGather, dst: fresh(), view: o.w}
	t.code = append(t.code, in)
	t.loaded = append(t.loaded, in)
	return in.dst
}

// setLength chooses the length of a tile: whole rows of a product or of a repeated row, so that these are the same for
// every tile.
func (t *tile) setLength(width int) {
	unit := width
	for _, in := range t.code {
		if n := period(in); in.op == opGather && unit == 0 && n <= maxTile {
			unit = n
		}
	}
	switch {
	case width > 0:
		rows := max(productTile/width, productRows)
		t.length = min(rows/productRows*productRows*width, t.size)
	case t.size <= maxTile:
		t.length = t.size
	default:
		t.length = min(max(tileBudget/(len(t.code)+1), minTile), maxTile)
		if unit > 0 {
			t.length = max(t.length/unit, 1) * unit
		}
	}
	for i := range t.code {
		in := &t.code[i]
		if n := period(*in); in.op == opGather && !in.dst.stream && n > 0 && t.length%n == 0 {
			in.once = true
		}
	}
}

// rows is the number of rows that can be computed apart from each other, 1 if none: those of a product, or else of the
// shape.
func (t *tile) rows() int {
	width := t.width
	for _, in := range t.code {
		if in.op == opProduct {
			width = in.product.n
		}
	}
	for _, in := range t.code {
		if in.op == opGather && in.once && width%period(in) != 0 {
			return 1
		}
	}
	if width == 0 || t.size%width != 0 {
		return 1
	}
	return t.size / width
}

// period is the length of the row that a gathered view repeats, or 0.
func period(in instruction) int {
	shape, stride := in.view.merged()
	if len(shape) == 2 && stride[0] == 0 {
		return shape[1]
	}
	return 0
}
