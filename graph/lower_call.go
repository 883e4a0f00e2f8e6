package graph

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/nodeop"
)

// lowerCall lowers the nodes that nodeop makes: a Call dissolves into the expressions of its function, any other function
// becomes an opCall; so do the gradients of both, where a traced function holds a derivative taken with gorgonia.Grad.
func (l *lowerer) lowerCall(n *G.Node, args []*expr) (e *expr, ok bool, err error) {
	if fn, is := nodeop.FunctionOf(n.Op()); is {
		if c, is := fn.(interface{ inline() *Func }); is {
			return l.inline(c.inline(), args), true, nil
		}
		return l.b.external(&opCall{fn: fn}, n.Shape(), args...), true, nil
	}
	if fn, is := nodeop.GradientOf(n.Op()); is {
		c, is := fn.(interface{ inline() *Func })
		if !is {
			last := len(args) - 1
			args[last] = l.b.reshape(args[last], fn.(signature).OutputShape())
			return l.b.external(&opGradient{&opCall{fn: fn}}, n.Shape(), args...), true, nil
		}
		f := c.inline()
		v, err := f.VJP()
		if err != nil {
			return nil, true, err
		}
		in := len(f.inputs)
		with := map[*expr]*expr{v.inputs[in]: l.b.reshape(args[in+1], v.inputs[in].shape)}
		for i := range f.inputs {
			with[v.inputs[i]] = args[i]
		}
		outs := l.b.substitute(v.outputs, with)
		for i, o := range outs {
			outs[i] = l.b.reshape(o, tensor.Shape{o.size()})
		}
		return l.b.concat(0, outs...), true, nil
	}
	if at, shape, is := nodeop.PartOf(n.Op()); is {
		return l.b.reshape(l.b.part(args[0], 0, at, sizeOf(shape)), shape), true, nil
	}
	if at, packed, is := nodeop.PlaceOf(n.Op()); is {
		x := args[0]
		return l.b.embed(l.b.reshape(x, tensor.Shape{x.size()}), []int{at}, []int{1}, tensor.Shape{packed}), true, nil
	}
	return nil, false, nil
}

// inline is the only output of f over args, and takes over its side effects.
func (l *lowerer) inline(f *Func, args []*expr) *expr {
	with := map[*expr]*expr{}
	for i, x := range f.inputs {
		if !sameShape(x.shape, args[i].shape) {
			broken("call of %s: input %d has shape %v, want %v", f.name, i, args[i].shape, x.shape)
		}
		with[x] = args[i]
	}
	all := append([]*expr(nil), f.outputs...)
	for _, u := range f.updates {
		all = append(all, u.value)
	}
	all = l.b.substitute(all, with)
	for i, u := range f.updates {
		l.updates = append(l.updates, update{all[len(f.outputs)+i], u.store})
	}
	return all[0]
}
