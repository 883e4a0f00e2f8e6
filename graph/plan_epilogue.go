package graph

import "slices"

// epilogue is what a product does to its sums on their way to memory: dst = act(a·b + bias). It is the same to the last
// digit whether it is done there or by instructions of their own, so that a result does not depend on what was folded.
type epilogue struct {
	bias number // the first of a row of numbers that is added to every row; v is nil for none
	act  kind   // an elementwise kind of one argument, applied last; kindInput for none
}

// folder lets products take over what is done to their results alone: the addition of a row, and an activation.
type folder struct {
	*tile
	uses   map[place]int // reads of every register
	writer map[place]int // the instruction that writes a place
}

// fold changes the program of t so.
func (t *tile) fold() {
	if !slices.ContainsFunc(t.code, func(in instruction) bool { return in.op == opProduct }) {
		return
	}
	f := folder{t, map[place]int{}, map[place]int{}}
	for i, in := range t.code {
		for _, p := range in.reads() {
			f.uses[p]++
		}
		f.writer[in.dst] = i
	}
	for i := range t.code {
		in := &t.code[i]
		switch {
		case in.op == opUnary && in.k != kindStop:
			if p := f.product(in.a); p != nil {
				act := in.k
				f.move(p, in).act = act
			}
		case in.op == opBinaryC && in.k == kindAdd:
			c := t.numbers[in.number]
			if p := f.product(in.a); p != nil && p.product.n == 1 && p.after.bias.v == nil && c.v != nil {
				f.move(p, in).bias = c
			}
		case in.op == opBinary && in.k == kindAdd && in.a != in.b:
			if !f.bias(in, in.a, in.b) {
				f.bias(in, in.b, in.a)
			}
		}
	}
	t.compact()
}

// product is the product that leaves its result in p for one reader and has no activation yet, or nil.
func (f *folder) product(p place) *instruction {
	i, ok := f.writer[p]
	if !ok || p.stream || f.uses[p] != 1 || f.code[i].op != opProduct || f.code[i].after.act != kindInput {
		return nil
	}
	return &f.code[i]
}

// move puts a product in the place of an instruction that reads its result, and returns its epilogue for a change.
func (f *folder) move(p, at *instruction) *epilogue {
	dst := at.dst
	*at = *p
	at.dst = dst
	p.op = opNone
	return &at.after
}

// bias folds x + row, where x is a product.
func (f *folder) bias(in *instruction, x, row place) bool {
	p := f.product(x)
	if p == nil || p.after.bias.v != nil {
		return false
	}
	var b number
	if row.stream {
		if s := f.streams[row.id]; f.size == p.product.n && !s.write { // of a single row
			b = number{v: s.v, off: s.off}
		}
	} else if i, ok := f.writer[row]; ok && f.code[i].op == opGather {
		if g := &f.code[i]; period(*g) == p.product.n {
			if _, stride := g.view.merged(); stride[1] == 1 {
				b = number{v: g.view.v, off: g.view.off}
			}
		}
	}
	if b.v == nil {
		return false
	}
	f.move(p, in).bias = b
	return true
}

// compact drops instructions that were folded or whose result nobody reads, and streams without an instruction.
func (t *tile) compact() {
	read := map[place]bool{}
	t.code = slices.DeleteFunc(t.code, func(in instruction) bool { return in.op == opNone })
	for i, in := range slices.Backward(t.code) {
		if !in.dst.stream && !read[in.dst] {
			t.code[i].op = opNone
			continue
		}
		for _, p := range in.reads() {
			read[p] = true
		}
	}
	t.code = slices.DeleteFunc(t.code, func(in instruction) bool { return in.op == opNone })
	var streams []stream
	number := map[int]int{}
	for i := range t.code {
		in := &t.code[i]
		for _, p := range in.places() {
			if !p.stream {
				continue
			}
			id, ok := number[p.id]
			if !ok {
				id = len(streams)
				number[p.id] = id
				streams = append(streams, t.streams[p.id])
			}
			p.id = id
		}
	}
	t.streams = streams
}
