package graph

import (
	"gorgonode/internal/kernel"
)

// step is one piece of work of a run. It is shared by all clones of a plan: what changes is in the machine.
type step[T Float] interface {
	run(m *machine[T]) error
}

// machine is the memory of a plan.
type machine[T Float] struct {
	mem [][]T // by slot
	registers[T]
	runners []runner[T]
	args    [][][]T // of runners
}

// registers are what tile programs work in.
type registers[T Float] struct {
	scratch []T   // also the workplace of convolutions
	places  [][]T // of the tile program that runs: registers, then streams
	base    [][]T // its streams from end to end
	numbers []T
}

// reserve makes room for the steps.
func (m *registers[T]) reserve(scratch [4]int) {
	m.scratch = make([]T, scratch[0])
	m.places = make([][]T, scratch[1])
	m.base = make([][]T, scratch[2])
	m.numbers = make([]T, scratch[3])
}

// ref is a run of elements in memory.
type ref struct{ slot, off, n int }

func (m *machine[T]) at(r ref) []T { return m.mem[r.slot][r.off : r.off+r.n] }

func refOf(w view) ref   { return ref{w.v.slot, w.off, w.size()} }
func refTo(v *value) ref { return ref{v.slot, 0, v.size} }

// strip is a strided window into memory.
type strip struct {
	slot, off     int
	shape, stride []int
}

func stripOf(w view) strip {
	shape, stride := w.merged()
	return strip{w.v.slot, w.off, shape, stride}
}

// factor is a matrix in memory.
type factor struct{ slot, off, row, col int }

func factorOf(m matrix) factor { return factor{m.v.slot, m.off, m.row, m.col} }

func matrixAt[T Float](m *machine[T], f factor, off int) kernel.Mat[T] {
	return kernel.Mat[T]{Data: m.mem[f.slot][f.off+off:], Row: f.row, Col: f.col}
}

// tileStep runs a tile program.
type tileStep[T Float] struct {
	code    []tileCode[T]
	streams []ref
	numbers []tileNumber[T]
	written []bool // of streams
	regs    int
	size    int
	length  int
	count   int // of rows that can be shared out to threads
}

type tileNumber[T Float] struct {
	slot, off int // slot < 0: c
	c         T
}

// tileCode is an instruction with the kernel that it calls.
type tileCode[T Float] struct {
	op           opcode
	once         bool
	dst, a, b, c int // places
	number       int
	unary        func(dst, x []T)
	binary       func(dst, x, y []T)
	withC        func(dst, x []T, c T)
	strip        strip
	x, y         factor
	m, n, k      int
	after        after[T]
}

// after is the epilogue of a product.
type after[T Float] struct {
	bias ref // n = 0 for none
	act  func(dst, x []T)
}

func newAfter[T Float](e epilogue, n int) after[T] {
	var a after[T]
	if e.bias.v != nil {
		a.bias = ref{e.bias.v.slot, e.bias.off, n}
	}
	if e.act != kindInput {
		a.act = unaryKernel[T](e.act)
	}
	return a
}

func (a *after[T]) on(m *machine[T]) kernel.Epilogue[T] {
	e := kernel.Epilogue[T]{Act: a.act}
	if a.bias.n > 0 {
		e.Bias = m.at(a.bias)
	}
	return e
}

func newTileStep[T Float](t *tile) *tileStep[T] {
	s := &tileStep[T]{regs: t.regs, size: t.size, length: t.length, count: t.rows()}
	for _, v := range t.streams {
		s.streams = append(s.streams, ref{v.v.slot, v.off, t.size})
		s.written = append(s.written, v.write)
	}
	for _, n := range t.numbers {
		c := tileNumber[T]{slot: -1, c: T(n.c)}
		if n.v != nil {
			c.slot, c.off = n.v.slot, n.off
		}
		s.numbers = append(s.numbers, c)
	}
	id := func(p place) int {
		if p.stream {
			return t.regs + p.id
		}
		return p.id
	}
	for _, in := range t.code {
		c := tileCode[T]{op: in.op, once: in.once, dst: id(in.dst), a: id(in.a), b: id(in.b), c: id(in.c), number: in.number}
		switch in.op {
		case opUnary:
			c.unary = unaryKernel[T](in.k)
		case opBinary:
			c.binary = binaryKernel[T](in.k)
		case opBinaryC:
			c.withC = numberRight[T](in.k)
		case opCBinary:
			c.withC, c.a = numberLeft[T](in.k), c.b
		case opGather:
			c.strip = stripOf(in.view)
		case opProduct:
			p := in.product
			c.x, c.y, c.m, c.n, c.k = factorOf(p.a), factorOf(p.b), p.m, p.n, p.k
			c.after = newAfter[T](in.after, p.n)
		}
		s.code = append(s.code, c)
	}
	return s
}

// room is what the step needs of the machine: scratch, places, streams, numbers.
func (s *tileStep[T]) room() (scratch, places, streams, numbers int) {
	return s.regs * s.length, s.regs + len(s.streams), len(s.streams), len(s.numbers)
}

func (s *tileStep[T]) run(m *machine[T]) error {
	s.span(m, 0, s.size)
	return nil
}

// span runs the program on elements lo to hi, tile by tile.
func (s *tileStep[T]) span(m *machine[T], lo, hi int) {
	for i := range s.numbers {
		n := &s.numbers[i]
		if n.slot < 0 {
			m.numbers[i] = n.c
		} else {
			m.numbers[i] = m.mem[n.slot][n.off]
		}
	}
	for i := range s.streams {
		m.base[i] = m.at(s.streams[i])
	}
	for first := true; lo < hi; first = false {
		end := min(lo+s.length, hi)
		for r := range s.regs {
			m.places[r] = m.scratch[r*s.length : r*s.length+end-lo]
		}
		for i := range s.streams {
			m.places[s.regs+i] = m.base[i][lo:end]
		}
		s.tile(m, lo, end, first)
		lo = end
	}
}

// tile runs the program on elements lo to hi of one tile.
func (s *tileStep[T]) tile(m *machine[T], lo, hi int, first bool) {
	p := m.places
	for i := range s.code {
		c := &s.code[i]
		if c.once && !first {
			continue
		}
		switch c.op {
		case opUnary:
			c.unary(p[c.dst], p[c.a])
		case opBinary:
			c.binary(p[c.dst], p[c.a], p[c.b])
		case opBinaryC, opCBinary:
			c.withC(p[c.dst], p[c.a], m.numbers[c.number])
		case opSelect:
			kernel.Select(p[c.dst], p[c.c], p[c.a], p[c.b])
		case opFill:
			kernel.Fill(p[c.dst], m.numbers[c.number])
		case opGather:
			kernel.Gather(p[c.dst], m.mem[c.strip.slot][c.strip.off:], c.strip.shape, c.strip.stride, lo)
		case opProduct:
			x, y := matrixAt(m, c.x, lo/c.n*c.x.row), matrixAt(m, c.y, 0)
			kernel.MatMulTo(p[c.dst], c.n, x, y, (hi-lo)/c.n, c.n, c.k, c.after.on(m))
		}
	}
}
