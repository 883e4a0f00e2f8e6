package graph

import (
	"math"
	"reflect"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// im2colWindow reads an im2colOp for images of height h and width w.
func im2colWindow(op reflect.Value, h, w int) *window {
	return &window{
		kh: intOf(op, "h"), kw: intOf(op, "w"),
		strideH: intOf(op, "strideH"), strideW: intOf(op, "strideW"),
		dilationH: intOf(op, "dilationH"), dilationW: intOf(op, "dilationW"),
		top: intOf(op, "padH"), bottom: intOf(op, "padH"), left: intOf(op, "padW"), right: intOf(op, "padW"),
		h: h, w: w,
	}
}

// poolWindow reads a maxPoolOp or avgPoolOp. The paddings are taken as the documentation has them, north above and west
// on the left; Gorgonia's own kernels exchange the sides when all four are given.
func poolWindow(op reflect.Value, h, w int, pad float64) *window {
	return &window{
		kh: intOf(op, "h"), kw: intOf(op, "w"),
		strideH: intOf(op, "strideH"), strideW: intOf(op, "strideW"),
		dilationH: 1, dilationW: 1,
		top: intOf(op, "padNorth"), bottom: intOf(op, "padSouth"), left: intOf(op, "padWest"), right: intOf(op, "padEast"),
		h: h, w: w, pad: pad,
	}
}

// checkWindow refuses what the constructors let through. A window wholly within the padding has no maximum.
func checkWindow(w *window, x *expr, pool bool) error {
	if len(x.shape) != 4 {
		return errors.New("images have four axes: batch, channels, height, width")
	}
	oh, ow := w.out()
	if oh < 1 || ow < 1 || w.h+w.top+w.bottom < w.dilationH*(w.kh-1)+1 || w.w+w.left+w.right < w.dilationW*(w.kw-1)+1 {
		return errors.Errorf("a kernel of (%d,%d) does not fit images of (%d,%d)", w.kh, w.kw, w.h, w.w)
	}
	if pool && (w.top >= w.kh || w.left >= w.kw || (oh-1)*w.strideH-w.top >= w.h || (ow-1)*w.strideW-w.left >= w.w) {
		return errors.Errorf("a window of (%d,%d) lies wholly within the padding", w.kh, w.kw)
	}
	return nil
}

func (l *lowerer) lowerIm2Col(op reflect.Value, x *expr) (*expr, error) {
	w := im2colWindow(op, x.shape[2], x.shape[3])
	if err := checkWindow(w, x, false); err != nil {
		return nil, err
	}
	e := l.b.windows(x, w)
	return l.b.reshape(e, columnShape(e.shape)), nil
}

// columnShape joins channel, row and column of a window: (B,OH,OW,C,kh,kw) → (B,OH,OW,C·kh·kw).
func columnShape(s tensor.Shape) tensor.Shape {
	return tensor.Shape{s[0], s[1], s[2], s[3] * s[4] * s[5]}
}

// pooled arranges (B,OH,OW,C,1,1) as (B,C,OH,OW); unpooled is its inverse.
func (b *builder) pooled(x *expr) *expr {
	return b.transpose(b.reshape(x, x.shape[:4]), []int{0, 3, 1, 2})
}

func (b *builder) unpooled(x *expr) *expr {
	t := b.transpose(x, []int{0, 2, 3, 1})
	return b.reshape(t, append(t.shape.Clone(), 1, 1))
}

func (l *lowerer) lowerMaxPool(op reflect.Value, x *expr) (*expr, error) {
	w := poolWindow(op, x.shape[2], x.shape[3], math.Inf(-1))
	if err := checkWindow(w, x, true); err != nil {
		return nil, err
	}
	return l.b.pooled(l.b.max(l.b.windows(x, w), []int{4, 5})), nil
}

// lowerAveragePool is the mean over the kernel window, zeros of the padding included. Gorgonia divides the sum by the
// width of the image.
func (l *lowerer) lowerAveragePool(op reflect.Value, x *expr) (*expr, error) {
	w := poolWindow(op, x.shape[2], x.shape[3], 0)
	if err := checkWindow(w, x, true); err != nil {
		return nil, err
	}
	s := l.b.sum(l.b.windows(x, w), []int{4, 5})
	return l.b.scale(1/float64(w.kh*w.kw), l.b.pooled(s)), nil
}

// lowerGlobalAveragePool is differentiable; Gorgonia's Op is not, and gorgonia.Grad panics on it.
func (l *lowerer) lowerGlobalAveragePool(x *expr) (*expr, error) {
	if len(x.shape) != 4 {
		return nil, errors.New("images have four axes: batch, channels, height, width")
	}
	return l.b.scale(1/float64(x.shape[2]*x.shape[3]), l.b.sum(x, []int{2, 3})), nil
}

func (l *lowerer) lowerUpsample(op reflect.Value, x *expr) *expr {
	s := intOf(op, "stride") + 1
	bt, c, h, w := x.shape[0], x.shape[1], x.shape[2], x.shape[3]
	e := l.b.expand(l.b.reshape(x, tensor.Shape{bt, c, h, 1, w, 1}), tensor.Shape{bt, c, h, s, w, s})
	return l.b.reshape(e, tensor.Shape{bt, c, h * s, w * s})
}
