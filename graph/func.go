package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// Float is the element type of a compiled function.
type Float interface{ float32 | float64 }

// Func is a function from tensors to tensors: the inputs that it was traced with, the parameters that it was found to
// use, and its outputs. It is immutable; VJP, JVP and Lift make new ones from it. Compile makes it runnable, Call makes
// it an Op.
type Func struct {
	name    string
	dtype   tensor.Dtype
	inputs  []*expr // of kindInput
	params  []*expr // of kindParam, in the order of first use
	outputs []*expr
	updates []update // side effects of a forward run
}

// update stores the value of an expression in somebody else's memory after a run (running statistics).
type update struct {
	value *expr
	store func(v any) // v is the []float64 or []float32 of the value, valid during the call alone
}

// Spec names an input or an output and says what it holds. The shape () is a number.
type Spec struct {
	Name  string
	Dtype tensor.Dtype
	Shape tensor.Shape
}

// Input describes an input of a function to be traced: its name (used in errors), its dtype (tensor.Float64 or
// tensor.Float32, one for the whole function) and its shape; no dimensions make a number.
func Input(name string, dt tensor.Dtype, shape ...int) Spec {
	return Spec{Name: name, Dtype: dt, Shape: tensor.Shape(shape).Clone()}
}

// Name is the name for error messages; Named sets it.
func (f *Func) Name() string { return f.name }

// Named is f under a name that appears in errors and in pictures of a graph.
func (f *Func) Named(name string) *Func {
	g := *f
	g.name = name
	return &g
}

// Dtype is the element type of every input, parameter and output.
func (f *Func) Dtype() tensor.Dtype { return f.dtype }

// Inputs describes the inputs, in order.
func (f *Func) Inputs() []Spec {
	s := make([]Spec, len(f.inputs))
	for i, e := range f.inputs {
		s[i] = Spec{e.ref.(*inputRef).name, f.dtype, e.shape.Clone()}
	}
	return s
}

// Params lists the parameters that the function uses, in the order of their first use.
func (f *Func) Params() []*Param {
	ps := make([]*Param, len(f.params))
	for i, e := range f.params {
		ps[i] = e.ref.(*Param)
	}
	return ps
}

// Outputs lists the shapes of the outputs.
func (f *Func) Outputs() []tensor.Shape {
	s := make([]tensor.Shape, len(f.outputs))
	for i, e := range f.outputs {
		s[i] = e.shape.Clone()
	}
	return s
}

// DependsOn reports whether any output needs input i: a field that ignores t, say.
func (f *Func) DependsOn(i int) bool {
	for _, e := range topological(f.outputs) {
		if e == f.inputs[i] {
			return true
		}
	}
	return false
}

// Lift is the function with its parameters as trailing inputs, so that a caller can pass their values.
func (f *Func) Lift() *Func {
	if len(f.params) == 0 {
		return f
	}
	b := newBuilder(f.dtype)
	with := map[*expr]*expr{}
	inputs := append([]*expr(nil), f.inputs...)
	for _, p := range f.params {
		in := b.input(p.ref.(*Param).Name(), p.shape)
		with[p] = in
		inputs = append(inputs, in)
	}
	all := append([]*expr(nil), f.outputs...)
	for _, u := range f.updates {
		all = append(all, u.value)
	}
	all = b.substitute(all, with)
	g := &Func{name: f.name, dtype: f.dtype, inputs: inputs, outputs: all[:len(f.outputs):len(f.outputs)]}
	for i, u := range f.updates {
		g.updates = append(g.updates, update{all[len(f.outputs)+i], u.store})
	}
	return g
}

// Select is f with the outputs of these numbers alone, in this order. What they don't need is not computed.
func (f *Func) Select(outputs ...int) (*Func, error) {
	g := *f
	g.outputs = nil
	for _, i := range outputs {
		if i < 0 || i >= len(f.outputs) {
			return nil, errors.Errorf("graph: %s has no output %d", f.name, i)
		}
		g.outputs = append(g.outputs, f.outputs[i])
	}
	if len(outputs) == 0 {
		return nil, errors.Errorf("graph: select of no outputs of %s", f.name)
	}
	return finish(&g), nil
}

// Pure is f without its side effects: a batch normalisation in training mode no longer updates its running statistics.
func (f *Func) Pure() *Func {
	if len(f.updates) == 0 {
		return f
	}
	g := *f
	g.updates = nil
	return finish(&g)
}

// finish lists the parameters that outputs and updates use.
func finish(f *Func) *Func {
	all := append([]*expr(nil), f.outputs...)
	for _, u := range f.updates {
		all = append(all, u.value)
	}
	f.params = nil
	for _, e := range topological(all) {
		if e.kind == kindParam {
			f.params = append(f.params, e)
		}
	}
	return f
}

// recovered turns a broken rule of the IR into an error; any other panic goes on.
func recovered(err *error, doing string) {
	switch r := recover().(type) {
	case nil:
	case invariant:
		*err = errors.Errorf("graph: %s: internal error: %s", doing, string(r))
	default:
		panic(r)
	}
}
