package graph

import (
	"unsafe"

	"gorgonia.org/tensor"

	"gorgonode/internal/kernel"
)

// A convolution comes as a product with the matrix of what a window shows, and so do its derivatives: one by the
// images, which folds a product back to images, and one by the weights. A plan computes each of the three piece by
// piece, without the matrix, and with images and results as they lie in memory.

// unfolded is the image of which x is the matrix (B·OH·OW, C·kh·kw) of windows that show 0 outside of it.
func unfolded(x *expr) (image *expr, w *window, ok bool) {
	if x.kind != kindReshape || x.args[0].kind != kindWindows {
		return nil, nil, false
	}
	e := x.args[0]
	w = e.ref.(*window)
	s := e.shape
	if w.pad != 0 || len(x.shape) != 2 || x.shape[0] != s[0]*s[1]*s[2] {
		return nil, nil, false
	}
	return e.args[0], w, true
}

// convolved is the product of x and y, with flags as kindMatMul has them, as a convolution or its derivative by the weights,
// if a factor is a matrix of windows.
func convolved(b *builder, x, y *expr, transX, transY bool) (*expr, bool) {
	if image, w, ok := unfolded(y); ok {
		if transY { // the transpose of the product in the other order
			e := b.convolve(image, x, w, transX)
			return b.reshape(b.transpose(e, []int{1, 0, 2, 3}), tensor.Shape{e.shape[1], y.shape[0]}), true
		}
		return b.convolveWeights(image, channelsFirst(b, x, transX, image, w), w), true
	}
	if image, w, ok := unfolded(x); ok {
		if transX {
			e := b.convolveWeights(image, channelsFirst(b, y, !transY, image, w), w)
			return b.transpose(e, []int{1, 0}), true
		}
		e := b.convolve(image, y, w, !transY)
		return b.reshape(b.transpose(e, []int{0, 2, 3, 1}), tensor.Shape{x.shape[0], e.shape[1]}), true
	}
	return nil, false
}

// folded is unwindows of x as the derivative of a convolution by the images, if x is a product.
func folded(b *builder, x *expr, w *window, shape tensor.Shape) (*expr, bool) {
	if x.kind != kindReshape || x.args[0].kind != kindMatMul {
		return nil, false
	}
	p := x.args[0]
	if s := x.shape; len(p.shape) != 2 || p.shape[0] != s[0]*s[1]*s[2] {
		return nil, false
	}
	g := channelsFirst(b, p.args[0], p.ints[0] == 0, &expr{shape: shape}, w)
	return b.intern(&expr{kind: kindConvolveBack, args: []*expr{g, p.args[1]}, ref: w, shape: shape, ints: []int{p.ints[1]}}),
		true
}

// channelsFirst arranges a matrix of places and channels, or of channels and places, as (B,O,OH,OW).
func channelsFirst(b *builder, x *expr, placesFirst bool, image *expr, w *window) *expr {
	n := image.shape[0]
	oh, ow := w.out()
	if placesFirst {
		return b.transpose(b.reshape(x, tensor.Shape{n, oh, ow, x.shape[1]}), []int{0, 3, 1, 2})
	}
	return b.transpose(b.reshape(x, tensor.Shape{x.shape[0], n, oh, ow}), []int{1, 0, 2, 3})
}

// convolve is the convolution of x with weights (O, C·kh·kw), or (C·kh·kw, O).
func (b *builder) convolve(x, weights *expr, w *window, turned bool) *expr {
	oh, ow := w.out()
	shape := tensor.Shape{x.shape[0], weights.shape[flag(turned)], oh, ow}
	return b.intern(&expr{kind: kindConvolve, args: []*expr{x, weights}, ref: w, shape: shape, ints: []int{flag(turned)}})
}

// convolveWeights is its transpose in the weights, (O, C·kh·kw).
func (b *builder) convolveWeights(x, g *expr, w *window) *expr {
	shape := tensor.Shape{g.shape[1], x.shape[1] * w.kh * w.kw}
	return b.intern(&expr{kind: kindConvolveWeights, args: []*expr{x, g}, ref: w, shape: shape})
}

// convolutionStep is kindConvolve, kindConvolveBack and kindConvolveWeights.
type convolutionStep[T Float] struct {
	kind      kind
	dst, x, y ref
	weights   [2]int // strides
	images    int
	c         *kernel.Convolution
}

func newConvolutionStep[T Float](n *node) *convolutionStep[T] {
	e := n.e
	s := &convolutionStep[T]{kind: e.kind, dst: refTo(n.out), x: refOf(n.in[0].w), y: refOf(n.in[1].w)}
	image, result := e.args[0].shape, e.shape
	switch e.kind {
	case kindConvolveBack:
		image, result = e.shape, e.args[0].shape
	case kindConvolveWeights:
		result = e.args[1].shape
	}
	w := kernelWindow(e.ref.(*window), image)
	s.images = w.B
	s.c = kernel.NewConvolution(w, result[1], w.B, int(unsafe.Sizeof(T(0))))
	s.weights = [2]int{s.c.Depth(), 1}
	if e.kind != kindConvolveWeights && e.ints[0] == 1 {
		s.weights = [2]int{1, s.c.O}
	}
	return s
}

func (s *convolutionStep[T]) run(m *machine[T]) error {
	s.part(m, 0, s.rows())
	return nil
}

// Images are what is shared out, and rows of the gradient by the weights.

func (s *convolutionStep[T]) rows() int {
	if s.kind == kindConvolveWeights {
		return s.c.O
	}
	return s.images
}

func (s *convolutionStep[T]) part(m *machine[T], lo, hi int) {
	if lo == hi {
		return
	}
	dst, x, y := m.at(s.dst), m.at(s.x), m.at(s.y)
	out, in := s.dst.n/s.rows(), s.x.n/s.images
	weights := kernel.Mat[T]{Data: y, Row: s.weights[0], Col: s.weights[1]}
	switch s.kind {
	case kindConvolve:
		kernel.Convolve(dst[lo*out:hi*out], x[lo*in:hi*in], weights, s.c, hi-lo, m.scratch)
	case kindConvolveBack:
		kernel.ConvolveBack(dst[lo*out:hi*out], x[lo*in:hi*in], weights, s.c, hi-lo, m.scratch)
	default:
		kernel.ConvolveWeights(dst[lo*out:hi*out], x, y, s.c, s.images, lo, hi, m.scratch)
	}
}

func (s *convolutionStep[T]) work() int {
	return 2 * s.images * s.c.OH * s.c.OW * s.c.O * s.c.Depth()
}

func (s *convolutionStep[T]) touches() []touch {
	width := 0
	if s.x.off == 0 && s.kind != kindConvolveWeights {
		width = s.x.n / s.images
	}
	return []touch{{s.x.slot, width, false}, {s.y.slot, 0, false}, {s.dst.slot, s.dst.n / s.rows(), true}}
}
