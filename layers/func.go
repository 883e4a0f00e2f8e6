package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/odeop"
)

type function struct {
	f      func(x *G.Node) (*G.Node, error)
	params []*graph.Param
}

// Func is a function as a layer. params are the parameters that it uses.
func Func(f func(x *G.Node) (*G.Node, error), params ...*graph.Param) Layer {
	return function{f, append([]*graph.Param(nil), params...)}
}

func (f function) Params() []*graph.Param { return append([]*graph.Param(nil), f.params...) }

func (f function) Forward(x *G.Node) (*G.Node, error) {
	if err := checkInput("func", x, 0); err != nil {
		return nil, err
	}
	if f.f == nil {
		return nil, errors.New("layers: func: the function is nil")
	}
	y, err := f.f(x)
	return returned("func", y, err)
}

type fieldFunc struct {
	f      odeop.Field
	params []*graph.Param
}

// FieldFunc is a vector field, written for odeop.Solve and without args, as a layer. params are the parameters that it
// uses. It needs a time.
func FieldFunc(f odeop.Field, params ...*graph.Param) TimeLayer {
	return fieldFunc{f, append([]*graph.Param(nil), params...)}
}

func (f fieldFunc) Params() []*graph.Param { return append([]*graph.Param(nil), f.params...) }

func (f fieldFunc) Forward(*G.Node) (*G.Node, error) { return nil, needsTime("field func") }

func (f fieldFunc) ForwardTime(t, x *G.Node) (*G.Node, error) {
	if err := checkInput("field func", x, 0); err != nil {
		return nil, err
	}
	if err := checkTime("field func", t, x); err != nil {
		return nil, err
	}
	if f.f == nil {
		return nil, errors.New("layers: field func: the field is nil")
	}
	y, err := f.f(t, x)
	return returned("field func", y, err)
}

// returned checks what a caller's function has returned.
func returned(name string, y *G.Node, err error) (*G.Node, error) {
	switch {
	case err != nil:
		return nil, errors.WithMessagef(err, "layers: %s", name)
	case y == nil:
		return nil, errors.Errorf("layers: %s: it returned no node", name)
	}
	return y, nil
}

var (
	_ Layer     = function{}
	_ TimeLayer = fieldFunc{}
)
