package graph

import (
	"slices"
	"strings"
	"sync"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/internal/nodeop"
)

// opCall is a nodeop.Function inside of a traced function, such as a solve: it runs as it would in an outer graph, and
// its backward pass is an opGradient.
type opCall struct {
	fn any // nodeop.Function[float32] or nodeop.Function[float64]

	tangentOnce sync.Once
	tangentCall *opCall
	tangentErr  error
}

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
func (c *opCall) vjp(b *builder, e, w *expr, active map[*expr]bool) ([]*expr, error) {
	if d, ok := c.fn.(nodeop.Checker); ok {
		if err := d.Differentiable(); err != nil {
			return nil, err
		}
	}
	total := 0
	for i, a := range e.args {
		if c.sig().WRT()[i] {
			total += a.size()
		} else if active[a] && c.leftOut(i) {
			return nil, c.missing(i)
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

func (c *opCall) jvp(b *builder, e *expr, dx []*expr) (*expr, error) {
	t, err := c.tangent()
	if err != nil {
		return nil, err
	}
	for i, d := range dx {
		if d != nil && c.leftOut(i) {
			return nil, c.missing(i)
		}
	}
	return b.external(t, e.shape, append(slices.Clone(e.args), c.packed(b, e.args, dx))...), nil
}

// leftOut reports whether the function has a derivative by input i that it was told not to compute.
func (c *opCall) leftOut(i int) bool {
	p, ok := c.fn.(nodeop.Partial)
	return ok && p.LeftOut(i)
}

func (c *opCall) missing(i int) error {
	return errors.Errorf("%s has no derivative with respect to its input %d", c.name(), i)
}

// packed is one vector of the tangents of the inputs that have gradients.
func (c *opCall) packed(b *builder, args, dx []*expr) *expr {
	var u []*expr
	for i, a := range args {
		if c.sig().WRT()[i] {
			u = append(u, b.reshape(b.orZero(dx[i], a), tensor.Shape{a.size()}))
		}
	}
	return b.concat(0, u...)
}

// tangent is the call of the function's forward derivative.
func (c *opCall) tangent() (*opCall, error) {
	c.tangentOnce.Do(func() {
		var fn any
		if fn, c.tangentErr = nodeop.TangentOf(c.fn); c.tangentErr == nil {
			c.tangentCall = &opCall{fn: fn}
		}
	})
	return c.tangentCall, c.tangentErr
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

// vjp of P(in, w) = [wᵀ∂out/∂inᵢ] with cotangent u: uᵀP = wᵀτ, where τ is the tangent of the function in direction u. So the
// cotangent of w is τ, and those of the inputs come from one backward pass of the tangent.
func (g *opGradient) vjp(b *builder, e, u *expr, active map[*expr]bool) ([]*expr, error) {
	t, err := g.of.tangent()
	if err != nil {
		return nil, err
	}
	n := len(e.args) - 2
	out, w := e.args[n], e.args[n+1]
	tau := b.external(t, out.shape, append(slices.Clone(e.args[:n]), u)...)
	ws, err := t.vjp(b, tau, w, active)
	if err != nil {
		return nil, err
	}
	return append(slices.Clone(ws[:n]), nil, tau), nil
}

// jvp of P(in, w) is the same backward pass, in the direction of in's tangents, and P(in, dw).
func (g *opGradient) jvp(b *builder, e *expr, dx []*expr) (*expr, error) {
	n := len(e.args) - 2
	in, out, w := e.args[:n], e.args[n], e.args[n+1]
	var sum *expr
	if dw := dx[n+1]; dw != nil {
		sum = b.external(g, e.shape, append(slices.Clone(in), out, dw)...)
	}
	if !slices.ContainsFunc(dx[:n], func(d *expr) bool { return d != nil }) {
		return sum, nil
	}
	t, err := g.of.tangent()
	if err != nil {
		return nil, err
	}
	tau := b.external(t, out.shape, append(slices.Clone(in), g.of.packed(b, in, dx[:n]))...)
	ws, err := t.vjp(b, tau, w, nil)
	if err != nil {
		return nil, err
	}
	if d := g.of.packed(b, in, ws[:n]); sum == nil {
		sum = d
	} else {
		sum = b.add(sum, d)
	}
	return sum, nil
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
