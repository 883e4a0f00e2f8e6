package graph

import (
	"github.com/pkg/errors"

	"gorgonode/internal/kernel"
)

// The steps of the kinds that are not elementwise.

// productStep is a matrix product with its epilogue, or a batch of products.
type productStep[T Float] struct {
	dst     ref
	x, y    factor
	m, n, k int
	after   after[T]
	batch   [][2]int
}

func newProductStep[T Float](n *node) *productStep[T] {
	p := batchedProduct(n)
	return &productStep[T]{refTo(n.out), factorOf(p.a), factorOf(p.b), p.m, p.n, p.k, after[T]{}, p.batch}
}

// lone is the step of a tile program that consists of a product.
func lone[T Float](t *tile) (*productStep[T], bool) {
	if len(t.code) != 1 || t.code[0].op != opProduct {
		return nil, false
	}
	in := t.code[0]
	p := in.product
	return &productStep[T]{refTo(t.streams[in.dst.id].v), factorOf(p.a), factorOf(p.b), p.m, p.n, p.k,
		newAfter[T](in.after, p.n), nil}, true
}

func (s *productStep[T]) run(m *machine[T]) error {
	dst := m.at(s.dst)
	if s.batch == nil {
		kernel.MatMulTo(dst, s.n, matrixAt(m, s.x, 0), matrixAt(m, s.y, 0), s.m, s.n, s.k, s.after.on(m))
		return nil
	}
	for i, o := range s.batch {
		kernel.MatMul(dst[i*s.m*s.n:], s.n, matrixAt(m, s.x, o[0]), matrixAt(m, s.y, o[1]), s.m, s.n, s.k)
	}
	return nil
}

// turnStep copies a matrix by columns.
type turnStep[T Float] struct {
	dst        ref
	src        factor
	rows, cols int
}

// turning is the step of a tile program that consists of copying a transposed matrix.
func turning[T Float](t *tile) (*turnStep[T], bool) {
	if len(t.code) != 1 || t.code[0].op != opGather {
		return nil, false
	}
	w := t.code[0].view
	shape, stride := w.merged()
	if len(shape) != 2 || stride[0] != 1 {
		return nil, false
	}
	return &turnStep[T]{refTo(t.streams[t.code[0].dst.id].v), factor{w.v.slot, w.off, 1, stride[1]}, shape[0], shape[1]}, true
}

func (s *turnStep[T]) run(m *machine[T]) error {
	kernel.Turn(m.at(s.dst), s.cols, matrixAt(m, s.src, 0), s.rows, s.cols)
	return nil
}

// sumStep adds over the middle axis of (outer, n, inner).
type sumStep[T Float] struct {
	dst, src ref
	n, inner int
	one      kernel.Mat[T] // all elements are 1
}

func newSumStep[T Float](n *node) *sumStep[T] {
	s := &sumStep[T]{refTo(n.out), refOf(n.in[0].w), 1, 1, kernel.Mat[T]{Data: []T{1}}}
	shape := n.in[0].shape
	for _, a := range n.e.ints {
		s.n *= shape[a]
	}
	for _, d := range shape[n.e.ints[len(n.e.ints)-1]+1:] {
		s.inner *= d
	}
	return s
}

func (s *sumStep[T]) run(m *machine[T]) error {
	dst, src := m.at(s.dst), m.at(s.src)
	if s.inner == 1 {
		kernel.SumRows(dst, src, s.n)
		return nil
	}
	for len(dst) > 0 {
		s.columns(dst[:s.inner], src[:s.n*s.inner])
		dst, src = dst[s.inner:], src[s.n*s.inner:]
	}
	return nil
}

// columns adds the first len(dst) columns of a matrix, in the order of the rows: a product with a row of ones.
func (s *sumStep[T]) columns(dst, src []T) {
	kernel.MatMul(dst, len(dst), s.one, kernel.Mat[T]{Data: src, Row: s.inner, Col: 1}, 1, len(dst), s.n)
}

// moveStep copies arguments to their places in the result: a concatenation, or an embedding into zeros.
type moveStep[T Float] struct {
	dst   ref
	clear bool
	parts []part
}

type part struct {
	src  strip
	off  int
	to   []int
	size []int
	from []int
}

func newMoveStep[T Float](n *node) *moveStep[T] {
	s := &moveStep[T]{dst: refTo(n.out), clear: n.e.kind == kindEmbed}
	target := whole(n.out, n.e.shape)
	start, step := make([]int, len(n.e.shape)), make([]int, len(n.e.shape))
	for i := range step {
		step[i] = 1
	}
	for _, o := range n.in {
		ints := append(append([]int(nil), start...), step...)
		if n.e.kind == kindEmbed {
			ints = n.e.ints
		} else {
			start[n.e.ints[0]] += o.shape[n.e.ints[0]]
		}
		to := target.slice(ints, o.shape)
		p := part{off: to.off, src: strip{slot: o.w.v.slot, off: o.w.off}}
		p.size, p.to, p.from = mergedPair(o.shape, to.stride, o.w.stride)
		s.parts = append(s.parts, p)
	}
	return s
}

// mergedPair is merged for two views of one shape.
func mergedPair(shape, x, y []int) (size, to, from []int) {
	for a, d := range shape {
		if d == 1 {
			continue
		}
		if n := len(size); n > 0 && to[n-1] == d*x[a] && from[n-1] == d*y[a] {
			size[n-1] *= d
			to[n-1], from[n-1] = x[a], y[a]
			continue
		}
		size, to, from = append(size, d), append(to, x[a]), append(from, y[a])
	}
	return size, to, from
}

func (s *moveStep[T]) run(m *machine[T]) error {
	dst := m.at(s.dst)
	if s.clear {
		clear(dst)
	}
	for i := range s.parts {
		p := &s.parts[i]
		kernel.Move(dst[p.off:], m.mem[p.src.slot][p.src.off:], p.size, p.to, p.from)
	}
	return nil
}

// pickStep is kindArgPick and kindArgPut: outer are the places of the maxima's neighbourhoods, inner the offsets in one.
type pickStep[T Float] struct {
	put          bool
	dst, x, v    ref
	outer, inner []int
}

func newPickStep[T Float](n *node) *pickStep[T] {
	s := &pickStep[T]{put: n.e.kind == kindArgPut, dst: refTo(n.out), x: refOf(n.in[0].w), v: refOf(n.in[1].w)}
	shape := n.in[0].shape
	axis := make([]bool, len(shape))
	for _, a := range n.e.ints {
		axis[a] = true
	}
	s.outer, s.inner = []int{0}, []int{0}
	grow := func(places []int, d, step int) []int {
		var more []int
		for _, o := range places {
			for i := range d {
				more = append(more, o+i*step)
			}
		}
		return more
	}
	stride := whole(n.out, shape).stride
	for a, d := range shape {
		if axis[a] {
			s.inner = grow(s.inner, d, stride[a])
		} else {
			s.outer = grow(s.outer, d, stride[a])
		}
	}
	return s
}

func (s *pickStep[T]) run(m *machine[T]) error {
	dst, x, v := m.at(s.dst), m.at(s.x), m.at(s.v)
	if s.put {
		clear(dst)
	}
	for i, base := range s.outer {
		at := base + s.inner[kernel.ArgMax(x, base, s.inner)]
		if s.put {
			dst[at] = v[i]
		} else {
			dst[i] = v[at]
		}
	}
	return nil
}

// windowStep is kindWindows and kindUnwindows.
type windowStep[T Float] struct {
	back     bool
	dst, src ref
	w        kernel.Window
	pad      T
}

func newWindowStep[T Float](n *node) *windowStep[T] {
	w := n.e.ref.(*window)
	image := n.in[0].shape
	back := n.e.kind == kindUnwindows
	if back {
		image = n.e.shape
	}
	return &windowStep[T]{back, refTo(n.out), refOf(n.in[0].w), kernelWindow(w, image), T(w.pad)}
}

// kernelWindow is w for images of a shape (B,C,H,W).
func kernelWindow(w *window, image []int) kernel.Window {
	oh, ow := w.out()
	return kernel.Window{
		B: image[0], C: image[1], H: w.h, W: w.w, OH: oh, OW: ow, KH: w.kh, KW: w.kw,
		StrideH: w.strideH, StrideW: w.strideW, DilationH: w.dilationH, DilationW: w.dilationW, Top: w.top, Left: w.left,
	}
}

func (s *windowStep[T]) run(m *machine[T]) error {
	if s.back {
		kernel.Unwindows(m.at(s.dst), m.at(s.src), &s.w)
	} else {
		kernel.Windows(m.at(s.dst), m.at(s.src), &s.w, s.pad)
	}
	return nil
}

// maskStep is kindBernoulli.
type maskStep[T Float] struct {
	dst, at ref
	source  *bernoulli
}

func (s *maskStep[T]) run(m *machine[T]) error {
	dst := m.at(s.dst)
	state, on := s.source.stream(float64(m.at(s.at)[0]))
	for i := range dst {
		dst[i] = 0
		if !on || s.source.kept(state, i) {
			dst[i] = 1
		}
	}
	return nil
}

// liveStep reads what somebody else owns.
type liveStep[T Float] struct {
	dst  ref
	read func(dst []T)
}

func newLiveStep[T Float](n *node) (*liveStep[T], error) {
	l := n.e.ref.(*live)
	s := &liveStep[T]{dst: refTo(n.out)}
	switch read := any(&s.read).(type) {
	case *func([]float64):
		*read = l.read64
	case *func([]float32):
		*read = l.read32
	}
	if s.read == nil {
		return nil, errors.Errorf("%q cannot be read in this dtype", l.name)
	}
	return s, nil
}

func (s *liveStep[T]) run(m *machine[T]) error {
	s.read(m.at(s.dst))
	return nil
}

// externalStep is kindExternal; the instance that computes it belongs to the machine.
type externalStep[T Float] struct {
	dst   ref
	in    []ref
	index int
	fn    string
}

func (s *externalStep[T]) run(m *machine[T]) error {
	args := m.args[s.index]
	for i, r := range s.in {
		args[i] = m.at(r)
	}
	return errors.Wrap(m.runners[s.index].run(args, m.at(s.dst)), s.fn)
}

// newRunner asks an external for an instance.
func newRunner[T Float](x external) (runner[T], error) {
	var r any
	switch any(T(0)).(type) {
	case float64:
		if f, ok := x.(interface{ runner64() runner[float64] }); ok {
			r = f.runner64()
		}
	case float32:
		if f, ok := x.(interface{ runner32() runner[float32] }); ok {
			r = f.runner32()
		}
	}
	if r, ok := r.(runner[T]); ok {
		return r, nil
	}
	return nil, errors.Errorf("%s cannot be computed in this dtype", x.name())
}
