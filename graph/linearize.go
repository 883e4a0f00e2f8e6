package graph

import "github.com/pkg/errors"

// Linearize splits ValueVJP in two, so that other evaluations may come between the value and its derivative:
//
//	forward:  inputs                        → outputs, residuals
//	reverse:  inputs, residuals, cotangents → wᵀ∂f/∂x for every input x, then for every parameter
//
// The residuals are as few numbers as can be without which the reverse derivative would have to compute a product, a
// sum or an activation of the forward pass again; arithmetic is done again, which costs less than to keep it in memory.
// Their shapes are those of the outputs of forward behind f's. A function with an Op that has no lowering, or with a
// mask, keeps its state from one pass to the other within a plan, and is not split: an error.
func (f *Func) Linearize() (forward, reverse *Func, err error) {
	defer recovered(&err, "linearization of "+f.name)
	if len(f.updates) > 0 {
		return nil, nil, errors.Errorf("graph: linearization of %s: it has side effects", f.name)
	}
	v, err := f.ValueVJP()
	if err != nil {
		return nil, nil, err
	}
	value := map[*expr]bool{}
	for _, e := range topological(f.outputs) {
		if e.kind == kindExternal || e.kind == kindBernoulli || e.kind == kindLive {
			return nil, nil, errors.Errorf("graph: linearization of %s: %v keeps state", f.name, e)
		}
		value[e] = true
	}
	b := newBuilder(f.dtype)
	grads := v.outputs[len(f.outputs):]
	forward = &Func{name: f.name + ".forward", dtype: f.dtype, inputs: f.inputs, outputs: append([]*expr(nil), f.outputs...)}
	reverse = &Func{name: f.name + ".reverse", dtype: f.dtype, inputs: append([]*expr(nil), f.inputs...)}
	with := map[*expr]*expr{}
	wanted := valuesIn(grads, value)
	kept := smallestCut(wanted)
	for _, e := range topological(wanted) {
		if kept[e] {
			r := b.input("residual", e.shape)
			with[e] = r
			forward.outputs, reverse.inputs = append(forward.outputs, e), append(reverse.inputs, r)
		}
	}
	reverse.inputs = append(reverse.inputs, v.inputs[len(f.inputs):]...)
	reverse.outputs = b.substitute(grads, with)
	return finish(forward), finish(reverse), nil
}

// valuesIn lists the expressions of a forward pass from which others, that outs need, are computed.
func valuesIn(outs []*expr, value map[*expr]bool) (found []*expr) {
	seen := map[*expr]bool{}
	var visit func(e *expr)
	visit = func(e *expr) {
		if seen[e] {
			return
		}
		seen[e] = true
		if value[e] {
			found = append(found, e)
			return
		}
		for _, a := range e.args {
			visit(a)
		}
	}
	for _, o := range outs {
		visit(o)
	}
	return found
}

// moves reports whether a kind only moves data, which costs less to do again than to keep.
func (k kind) moves() bool {
	return k == kindReshape || k == kindExpand || k == kindTranspose || k == kindSlice
}
