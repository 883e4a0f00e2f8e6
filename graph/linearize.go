package graph

import "github.com/pkg/errors"

// Linearize splits ValueVJP in two, so that other evaluations may come between the value and its derivative:
//
//	forward:  inputs                        → outputs, residuals
//	reverse:  inputs, residuals, cotangents → wᵀ∂f/∂x for every input x, then for every parameter
//
// The residuals are what the reverse derivative wants of the forward pass and would else compute again: the values of activations,
// above all. Their shapes are those of the outputs of forward behind f's. A function with an Op that has no lowering, or with a
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
	seen := map[*expr]bool{}
	var visit func(e *expr)
	visit = func(e *expr) {
		if seen[e] {
			return
		}
		seen[e] = true
		if value[e] && len(e.args) > 0 && !e.kind.moves() {
			r := b.input("residual", e.shape)
			with[e] = r
			forward.outputs, reverse.inputs = append(forward.outputs, e), append(reverse.inputs, r)
			return
		}
		for _, a := range e.args {
			visit(a)
		}
	}
	for _, g := range grads {
		visit(g)
	}
	reverse.inputs = append(reverse.inputs, v.inputs[len(f.inputs):]...)
	reverse.outputs = b.substitute(grads, with)
	return finish(forward), finish(reverse), nil
}

// moves reports whether a kind only moves data, which costs less to do again than to keep.
func (k kind) moves() bool {
	return k == kindReshape || k == kindExpand || k == kindTranspose || k == kindSlice
}
