package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// VJP is the reverse derivative of f: its inputs are f's inputs and then a cotangent w for every output, of that
// output's shape; its outputs are wᵀ∂f/∂x for every input x and then for every parameter, of their shapes. It is a
// function like any other, so VJP of VJP is the second derivative. It is an error if an Op in f cannot be differentiated.
func (f *Func) VJP() (*Func, error) { return f.reverse(false) }

// ValueVJP is VJP with f's own outputs before the cotangents, from one shared forward pass.
func (f *Func) ValueVJP() (*Func, error) { return f.reverse(true) }

func (f *Func) reverse(value bool) (g *Func, err error) {
	defer recovered(&err, "vjp of "+f.name)
	b := newBuilder(f.dtype)
	b.adopt(f.outputs)
	g = &Func{name: f.name + ".vjp", dtype: f.dtype, inputs: append([]*expr(nil), f.inputs...)}
	cots := make([]*expr, len(f.outputs))
	for i, o := range f.outputs {
		cots[i] = b.input("cotangent", o.shape)
		g.inputs = append(g.inputs, cots[i])
	}
	wrt := append(append([]*expr(nil), f.inputs...), f.params...)
	grads, err := b.pullback(f.outputs, cots, wrt)
	if err != nil {
		return nil, errors.Wrapf(err, "graph: vjp of %s", f.name)
	}
	if value {
		g.outputs = append(g.outputs, f.outputs...)
		g.updates = f.updates
	}
	for i, d := range grads {
		if d == nil {
			d = b.zeros(wrt[i].shape)
		}
		g.outputs = append(g.outputs, d)
	}
	return finish(g), nil
}

// pullback is Σ cotᵀ·∂out/∂x for every x of wrt; nil means zero. Expressions that no x of wrt can reach are not visited.
func (b *builder) pullback(outs, cots, wrt []*expr) ([]*expr, error) {
	order := topological(outs)
	active := map[*expr]bool{}
	for _, x := range wrt {
		active[x] = true
	}
	for _, e := range order {
		for _, a := range e.args {
			if active[a] {
				active[e] = true
			}
		}
	}
	cot := map[*expr]*expr{}
	add := func(e, w *expr) {
		if w == nil || !active[e] {
			return
		}
		if old := cot[e]; old != nil {
			w = b.add(old, w)
		}
		cot[e] = w
	}
	for i, o := range outs {
		add(o, cots[i])
	}
	leaf := map[*expr]bool{}
	for _, x := range wrt {
		leaf[x] = true
	}
	for i := len(order) - 1; i >= 0; i-- {
		e := order[i]
		w := cot[e]
		if w == nil || leaf[e] {
			continue
		}
		b.of = e
		ws, err := b.vjp(e, w, active)
		b.of = nil
		if err != nil {
			return nil, err
		}
		for j, a := range e.args {
			if j < len(ws) {
				add(a, ws[j])
			}
		}
	}
	res := make([]*expr, len(wrt))
	for i, x := range wrt {
		res[i] = cot[x]
	}
	return res, nil
}

// vjp is the cotangent of every argument of e; nil where it is zero or the argument is not active.
func (b *builder) vjp(e, w *expr, active map[*expr]bool) ([]*expr, error) {
	switch k := e.kind; {
	case k.unary():
		s := b.slope(e)
		if s == nil {
			return nil, nil
		}
		return []*expr{b.mul(w, s)}, nil
	case k.binary():
		var ws [2]*expr
		dx, dy := b.slopes(e)
		for i, d := range []func() *expr{dx, dy} {
			if d != nil && active[e.args[i]] {
				ws[i] = b.mul(w, d())
			}
		}
		return ws[:], nil
	case k == kindSelect:
		zero := b.zeros(e.shape)
		return []*expr{nil, b.sel(e.args[0], w, zero), b.sel(e.args[0], zero, w)}, nil
	case k == kindMatMul:
		return b.matmulVJP(e, w, active), nil
	case k == kindConcat:
		axis, at := e.ints[0], 0
		ws := make([]*expr, len(e.args))
		for i, a := range e.args {
			if active[a] {
				ws[i] = b.part(w, axis, at, a.shape[axis])
			}
			at += a.shape[axis]
		}
		return ws, nil
	case k == kindArgPick:
		return []*expr{nil, b.argPut(e.args[0], w, e.ints)}, nil
	case k == kindArgPut:
		return []*expr{nil, b.argPick(e.args[0], w, e.ints)}, nil
	case k == kindExternal:
		return e.ref.(external).vjp(b, e, w, active)
	case k == kindBernoulli:
		return nil, nil
	}
	return []*expr{b.transposed(e, w)}, nil
}

// transposed applies the transpose of the linear data movement e.
func (b *builder) transposed(e, w *expr) *expr {
	x := e.args[0]
	switch e.kind {
	case kindReshape:
		return b.reshape(w, x.shape)
	case kindExpand:
		return b.sumTo(w, x.shape)
	case kindTranspose:
		inv := make([]int, len(e.ints))
		for i, p := range e.ints {
			inv[p] = i
		}
		return b.transpose(w, inv)
	case kindSlice:
		r := len(e.shape)
		return b.embed(w, e.ints[:r], e.ints[r:], x.shape)
	case kindEmbed:
		r := len(e.shape)
		return b.slice(w, e.ints[:r], e.ints[r:], x.shape)
	case kindSum:
		return b.expand(w, x.shape)
	case kindWindows:
		return b.unwindows(w, e.ref.(*window))
	case kindUnwindows:
		return b.windows(w, e.ref.(*window))
	}
	broken("no derivative of %v", e)
	return nil
}

// matmulVJP: with C = A·B, Ā = W·Bᵀ and B̄ = Aᵀ·W; for an argument stored transposed, the transpose of that.
func (b *builder) matmulVJP(e, w *expr, active map[*expr]bool) []*expr {
	x, y := e.args[0], e.args[1]
	tx, ty := e.ints[0] == 1, e.ints[1] == 1
	var ws [2]*expr
	if active[x] {
		if tx {
			ws[0] = b.matmul(y, w, ty, true)
		} else {
			ws[0] = b.matmul(w, y, false, !ty)
		}
	}
	if active[y] {
		if ty {
			ws[1] = b.matmul(w, x, true, tx)
		} else {
			ws[1] = b.matmul(x, w, !tx, false)
		}
	}
	return ws[:]
}

// part is x from at on along axis, n elements.
func (b *builder) part(x *expr, axis, at, n int) *expr {
	start, step := make([]int, len(x.shape)), make([]int, len(x.shape))
	for i := range step {
		step[i] = 1
	}
	start[axis] = at
	shape := x.shape.Clone()
	shape[axis] = n
	return b.slice(x, start, step, tensor.Shape(shape))
}
