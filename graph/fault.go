package graph

import (
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"
)

// Fault is where an evaluation first meets a NaN or an infinity: an Op whose arguments are finite and whose value is not.
type Fault struct {
	Op    string       // its kind: "sqrt", "div", or the name of a call
	Of    string       // the kind of the Op that it is the derivative of; empty for the function itself
	Shape tensor.Shape // of its value
	Index []int        // of the first element that is not finite, along every axis
	Value float64      // NaN or ±Inf
}

func (f *Fault) String() string {
	op := f.Op
	if f.Of != "" {
		op = fmt.Sprintf("the derivative of %s (%s)", f.Of, f.Op)
	}
	if len(f.Shape) == 0 {
		return fmt.Sprintf("%s is %v", op, f.Value)
	}
	return fmt.Sprintf("%s of shape %v is %v at %v", op, f.Shape, f.Value, f.Index)
}

// FindFault evaluates f, with values of its inputs as Plan.Run takes them, every expression for itself, and returns
// where the first NaN or infinity of the outputs comes from; nil if there is none. An infinity that a later Op makes
// harmless is no fault. It is slow and meant for an error message.
func FindFault[T Float](f *Func, in [][]T) (*Fault, error) {
	order := topological(f.outputs)
	all := &Func{name: f.name, dtype: f.dtype, inputs: f.inputs, params: f.params}
	values := map[*expr][]T{}
	var out [][]T
	for i, x := range f.inputs {
		if i < len(in) {
			values[x] = in[i]
		}
	}
	for _, e := range order {
		if e.kind == kindInput {
			continue
		}
		v := make([]T, e.size())
		values[e] = v
		all.outputs, out = append(all.outputs, e), append(out, v)
	}
	plan, err := Compile[T](all)
	if err != nil {
		return nil, err
	}
	if err := plan.Run(in, out); err != nil {
		return nil, err
	}
	bad := func(e *expr) int {
		return slices.IndexFunc(values[e], func(v T) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) })
	}
	for _, e := range f.outputs {
		if bad(e) < 0 {
			continue
		}
		for {
			i := slices.IndexFunc(e.args, func(a *expr) bool { return bad(a) >= 0 })
			if i < 0 {
				break
			}
			e = e.args[i]
		}
		at := bad(e)
		fault := &Fault{Op: e.opName(), Shape: e.shape.Clone(), Value: float64(values[e][at]), Index: make([]int, len(e.shape))}
		if e.of != nil {
			fault.Of = e.of.opName()
		}
		for a := len(e.shape) - 1; a >= 0; a-- {
			fault.Index[a], at = at%e.shape[a], at/e.shape[a]
		}
		return fault, nil
	}
	return nil, nil
}

// opName is the name of an expression for people.
func (e *expr) opName() string {
	switch r := e.ref.(type) {
	case *inputRef:
		return r.name
	case *Param:
		return r.Name()
	case external:
		return r.name()
	}
	return e.kind.String()
}
