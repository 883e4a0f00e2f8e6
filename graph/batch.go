package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// Batch is f for n sets of inputs at once: the inputs that over lists get a new first axis of length n, as all outputs do;
// the others, and the parameters, are shared. Entry i of an output is what f makes of entries i of the inputs, to the last
// digit, whatever n is and whatever the other entries are: f is written for one, and nothing in it can mix two.
//
// It is an error if f does what n sets cannot share: if it updates running statistics, draws a dropout mask, or has an Op
// without a lowering behind a batched input.
func (f *Func) Batch(n int, over ...int) (g *Func, err error) {
	defer recovered(&err, "batch of "+f.name)
	if n < 1 {
		return nil, errors.Errorf("graph: batch of %s: %d sets of inputs", f.name, n)
	}
	if len(f.updates) > 0 {
		return nil, errors.Errorf("graph: batch of %s: it updates running statistics, which no batch member has of its own",
			f.name)
	}
	v := &batcher{b: newBuilder(f.dtype), n: n, shared: map[*expr]*expr{}, own: map[*expr]*expr{}}
	g = &Func{name: f.name, dtype: f.dtype, inputs: slices.Clone(f.inputs)}
	for _, i := range over {
		if i < 0 || i >= len(f.inputs) {
			return nil, errors.Errorf("graph: batch of %s: there is no input %d", f.name, i)
		}
		x := f.inputs[i]
		if v.own[x] != nil {
			return nil, errors.Errorf("graph: batch of %s: input %d is named twice", f.name, i)
		}
		g.inputs[i] = v.b.input(x.ref.(*inputRef).name, v.batched(x.shape))
		v.own[x] = g.inputs[i]
	}
	for _, e := range topological(f.outputs) {
		if v.own[e] != nil {
			continue
		}
		if err := v.visit(e); err != nil {
			return nil, errors.WithMessagef(err, "graph: batch of %s", f.name)
		}
	}
	for _, o := range f.outputs {
		g.outputs = append(g.outputs, v.of(o))
	}
	return finish(g), nil
}

// batcher has, for each expression of a function, the one that computes it for n sets of inputs.
type batcher struct {
	b      *builder
	n      int
	shared map[*expr]*expr // that do not depend on a batched input, as they are
	own    map[*expr]*expr // with a new first axis
}

func (v *batcher) batched(s tensor.Shape) tensor.Shape { return append(tensor.Shape{v.n}, s...) }

// of is e with the new axis; what all share repeats along it.
func (v *batcher) of(e *expr) *expr {
	if x := v.own[e]; x != nil {
		return x
	}
	return v.b.spread(v.shared[e], v.batched(e.shape))
}

func (v *batcher) visit(e *expr) error {
	if e.kind == kindBernoulli {
		return errors.New("it draws a dropout mask, which no batch member has of its own")
	}
	one := true
	args := make([]*expr, len(e.args))
	for i, a := range e.args {
		one = one && v.own[a] == nil
		args[i] = v.shared[a]
	}
	if one {
		v.shared[e] = e
		if len(args) > 0 {
			v.shared[e] = v.b.again(e, args)
		}
		return nil
	}
	if e.kind == kindExternal {
		return errors.Errorf("%s has no rule for a batch", e.ref.(external).name())
	}
	v.own[e] = v.rule(e)
	return nil
}

// rule is e of at least one batched argument. Axis a of e is axis a+1 of what it returns.
func (v *batcher) rule(e *expr) *expr {
	b := v.b
	shape := v.batched(e.shape)
	r := len(e.shape)
	arg := func(i int) *expr { return v.of(e.args[i]) }
	axes := make([]int, len(e.ints))
	for i, a := range e.ints {
		axes[i] = a + 1
	}
	lead := func(first int, rest []int) []int { return append([]int{first}, rest...) }
	switch k := e.kind; {
	case k.unary():
		return b.unary(k, arg(0))
	case k.binary():
		return b.binary(k, arg(0), arg(1))
	}
	switch e.kind {
	case kindSelect:
		return b.sel(arg(0), arg(1), arg(2))
	case kindReshape:
		return b.reshape(arg(0), shape)
	case kindExpand:
		return b.expand(arg(0), shape)
	case kindTranspose:
		return b.transpose(arg(0), lead(0, axes))
	case kindSlice:
		return b.slice(arg(0), lead(0, e.ints[:r]), lead(1, e.ints[r:]), shape)
	case kindEmbed:
		return b.embed(arg(0), lead(0, e.ints[:r]), lead(1, e.ints[r:]), shape)
	case kindConcat:
		xs := make([]*expr, len(e.args))
		for i := range xs {
			xs[i] = arg(i)
		}
		return b.concat(axes[0], xs...)
	case kindSum:
		return b.sum(arg(0), axes)
	case kindArgPick:
		return b.argPick(arg(0), arg(1), axes)
	case kindArgPut:
		return b.argPut(arg(0), arg(1), axes)
	case kindWindows:
		return b.reshape(b.windows(v.joined(arg(0)), e.ref.(*window)), shape)
	case kindUnwindows:
		return b.reshape(b.unwindows(v.joined(arg(0)), e.ref.(*window)), shape)
	case kindMatMul:
		return v.matmul(e)
	}
	broken("no batch of %v", e)
	return nil
}

// joined merges the new axis with the one behind it, the images of a batch.
func (v *batcher) joined(x *expr) *expr {
	return v.b.reshape(x, append(tensor.Shape{x.shape[0] * x.shape[1]}, x.shape[2:]...))
}

// matmul is one product of more rows where the right factor is shared, so that the sum over the batch in that factor's
// derivative is a product too. The sum over the inner axis has its order in either case.
func (v *batcher) matmul(e *expr) *expr {
	b := v.b
	tx, ty := e.ints[0] == 1, e.ints[1] == 1
	x, y := e.args[0], e.args[1]
	if v.own[y] == nil && len(e.shape) == 2 && (!tx || x.shape[1] == 1) {
		rows := tensor.Shape{v.n * e.shape[0], x.size() / e.shape[0]}
		return b.reshape(b.matmul(b.reshape(v.own[x], rows), v.shared[y], false, ty), v.batched(e.shape))
	}
	return b.matmul(v.of(x), v.of(y), tx, ty)
}
