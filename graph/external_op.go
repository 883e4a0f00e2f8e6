package graph

import (
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/internal/nodeop"
)

// opCall is a nodeop.Function inside of a traced function, such as a solve: it runs as it would in an outer graph, and
// its backward pass is an opGradient.
type opCall struct{ fn any } // nodeop.Function[float32] or nodeop.Function[float64]

// signature is what a nodeop.Function of either dtype tells about itself.
type signature interface {
	Name() string
	InputShapes() []tensor.Shape
	OutputShape() tensor.Shape
	WRT() []bool
}

func (c *opCall) sig() signature { return c.fn.(signature) }
func (c *opCall) name() string   { return strings.TrimPrefix(c.sig().Name(), "graph: ") }

// vjp packs the cotangents of all inputs in one vector, as one backward pass computes them.
func (c *opCall) vjp(b *builder, e, w *expr) ([]*expr, error) {
	if d, ok := c.fn.(nodeop.Checker); ok {
		if err := d.Differentiable(); err != nil {
			return nil, err
		}
	}
	total := 0
	for i, a := range e.args {
		if c.sig().WRT()[i] {
			total += a.size()
		}
	}
	ws := make([]*expr, len(e.args))
	if total == 0 {
		return ws, nil
	}
	args := append(append([]*expr(nil), e.args...), e, w)
	packed := b.external(&opGradient{of: c}, tensor.Shape{total}, args...)
	at := 0
	for i, a := range e.args {
		if c.sig().WRT()[i] {
			ws[i] = b.reshape(b.part(packed, 0, at, a.size()), a.shape)
			at += a.size()
		}
	}
	return ws, nil
}

func (c *opCall) jvp(*builder, *expr, []*expr) (*expr, error) {
	return nil, errors.Errorf("%s has no forward derivative", c.name())
}

func (c *opCall) runner32() runner[float32] {
	return &opRunner[float32]{fn: c.fn.(nodeop.Function[float32])}
}
func (c *opCall) runner64() runner[float64] {
	return &opRunner[float64]{fn: c.fn.(nodeop.Function[float64])}
}

type opRunner[T Float] struct {
	fn    nodeop.Function[T]
	keep  bool // a backward pass of the same plan wants the state
	state any
}

func (r *opRunner[T]) run(in [][]T, out []T) (err error) {
	if ev, ok := r.fn.(nodeop.Evaluator[T]); ok && !r.keep {
		return ev.Evaluate(in, out)
	}
	r.state, err = r.fn.Forward(in, out)
	return err
}

// opGradient is the backward pass of an opCall: its arguments are the call's, its value and the cotangent of that.
type opGradient struct{ of *opCall }

func (g *opGradient) name() string { return g.of.name() + " gradient" }

func (g *opGradient) vjp(*builder, *expr, *expr) ([]*expr, error) {
	return nil, errors.Errorf("%s has no second derivative", g.of.name())
}

func (g *opGradient) jvp(*builder, *expr, []*expr) (*expr, error) {
	return nil, errors.Errorf("%s has no second derivative", g.of.name())
}

func (g *opGradient) runner32() runner[float32] { return newGradientRunner[float32](g.of.fn) }
func (g *opGradient) runner64() runner[float64] { return newGradientRunner[float64](g.of.fn) }

type gradientRunner[T Float] struct {
	fn      nodeop.Function[T]
	grad    [][]T
	forward *opRunner[T] // of the same plan, and run before; nil: the forward pass is computed again
}

func (r *gradientRunner[T]) link(args []runner[T]) {
	if f, ok := args[len(r.grad)].(*opRunner[T]); ok {
		f.keep, r.forward = true, f
	}
}

func newGradientRunner[T Float](fn any) *gradientRunner[T] {
	f := fn.(nodeop.Function[T])
	return &gradientRunner[T]{fn: f, grad: make([][]T, len(f.InputShapes()))}
}

func (r *gradientRunner[T]) run(in [][]T, out []T) error {
	clear(out)
	n := len(r.grad)
	at := 0
	for i, shape := range r.fn.InputShapes() {
		r.grad[i] = nil
		if r.fn.WRT()[i] {
			r.grad[i] = out[at : at+sizeOf(shape)]
			at += sizeOf(shape)
		}
	}
	var state any
	if r.forward != nil {
		state = r.forward.state
	}
	return r.fn.Backward(in[:n], in[n], in[n+1], state, r.grad)
}
