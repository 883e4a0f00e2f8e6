package graph

import (
	"fmt"
	"runtime"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/internal/kernel"
)

// Plan is a compiled function: a list of steps, and the memory that they work in. A plan is not for concurrent use;
// Clone makes another for another goroutine.
type Plan[T Float] struct {
	*program[T]
	m     machine[T]
	boxed []any // what updates store
	bound bool  // the slots of inputs, parameters and outputs are as given
	given [][]T // outputs of the last run
	spare [][]T // for outputs that overlap something that is read
	moved []bool
	crew  *crew[T] // nil if there is nothing to share out
}

// Compile makes f runnable for its dtype: T must be the type of f.Dtype().
//
// Duplicates, constants and what no output needs are removed. Elementwise functions that follow each other run together
// over tiles that stay in the first-level cache, and a matrix product with a short row runs in the same tiles as the
// bias and the activation behind it. Reshapes, broadcasts, slices and transpositions are read in place where that is
// possible. Buffers are shared by what is never needed at the same time.
func Compile[T Float](f *Func) (*Plan[T], error) {
	if f == nil {
		return nil, errors.New("graph: Compile of a nil function")
	}
	if dt := dtypeOf[T](); f.dtype != dt {
		return nil, errors.Errorf("graph: %s: compiled for %v, but it is a function of %v", f.name, dt, f.dtype)
	}
	p, err := compileAll[T](f)
	return p, errors.Wrapf(err, "graph: %s", f.name)
}

func dtypeOf[T Float]() tensor.Dtype {
	if _, ok := any(T(0)).(float32); ok {
		return tensor.Float32
	}
	return tensor.Float64
}

// Clone is the same plan with memory of its own, for another goroutine. It may be called while p runs.
func (p *Plan[T]) Clone() *Plan[T] {
	c, err := newPlan(p.program)
	if err != nil { // it went well for p
		panic(invariant(err.Error()))
	}
	return c
}

// Run evaluates: in[i] is input i, row-major (a number is one element), out[i] output i, which is fully written.
// Parameters are read where they are, as they are now. An output may overlap an input or a parameter, at the cost of a
// copy (and of a buffer, the first time); two outputs may not overlap. Otherwise a run allocates nothing.
func (p *Plan[T]) Run(in, out [][]T) error {
	if err := p.bind(in, out); err != nil {
		return err
	}
	if err := p.execute(); err != nil {
		return errors.Wrapf(err, "graph: %s", p.name)
	}
	for i, o := range out {
		if p.moved[i] {
			copy(o, p.spare[i])
		}
	}
	for i, u := range p.updates {
		u.store(p.boxed[i])
	}
	return nil
}

// execute does the steps; sections of them on several threads, if there are several.
func (p *Plan[T]) execute() error {
	n, open := 1, p.sections
	if len(open) > 0 {
		n = runtime.GOMAXPROCS(0)
	}
	for i := 0; i < len(p.steps); i++ {
		if n > 1 && len(open) > 0 && i == open[0].lo {
			p.crew.run(open[0], n)
			i = open[0].hi - 1
			open = open[1:]
			continue
		}
		if err := p.steps[i].run(&p.m); err != nil {
			return err
		}
	}
	return nil
}

// bind points the slots of inputs, parameters and outputs at their memory. What is where it was in the last run was
// found to be in order then.
func (p *Plan[T]) bind(in, out [][]T) error {
	if len(in) != len(p.inputs) {
		return errors.Errorf("graph: %s: %d inputs, want %d", p.name, len(in), len(p.inputs))
	}
	if len(out) != len(p.outputs) {
		return errors.Errorf("graph: %s: %d outputs, want %d", p.name, len(out), len(p.outputs))
	}
	moved := !p.bound
	p.bound = false
	for i, x := range in {
		if slot := &p.m.mem[i]; !identical(x, *slot) {
			if s := p.inputs[i]; len(x) != sizeOf(s.Shape) {
				return errors.Errorf("graph: %s: input %d (%q): %s, want %v", p.name, i, s.Name, elements(len(x)), s.Shape)
			}
			*slot, moved = x, true
		}
	}
	for i, par := range p.params {
		x := valueOf[T](par)
		if slot := &p.m.mem[p.layout.params+i]; !identical(x, *slot) {
			if n := p.lengths[i]; len(x) != n {
				return errors.Errorf("graph: %s: parameter %q: %s, want %d", p.name, par.Name(), elements(len(x)), n)
			}
			*slot, moved = x, true
		}
	}
	for i, o := range out {
		if !moved && identical(o, p.given[i]) {
			continue
		}
		if s := p.outputs[i]; len(o) != sizeOf(s) {
			return errors.Errorf("graph: %s: output %d: %s, want %v", p.name, i, elements(len(o)), s)
		}
		p.given[i], p.moved[i] = o, p.overlaps(o)
		if p.moved[i] {
			if p.spare[i] == nil {
				p.spare[i] = make([]T, len(o))
			}
			o = p.spare[i]
		}
		p.m.mem[p.layout.outputs+i] = o
	}
	p.bound = true
	return nil
}

// identical reports whether two slices are the same memory.
func identical[T Float](x, y []T) bool {
	return len(x) == len(y) && len(x) > 0 && &x[0] == &y[0]
}

// valueOf is the memory of a parameter.
func valueOf[T Float](p *Param) (x []T) {
	switch x := any(&x).(type) {
	case *[]float64:
		*x = p.value.Float64s()
	case *[]float32:
		*x = p.value.Float32s()
	}
	return x
}

// overlaps reports whether an output shares memory with anything that the run reads.
func (p *Plan[T]) overlaps(o []T) bool {
	for _, x := range p.m.mem[:p.layout.outputs] {
		if kernel.Overlap(o, x) {
			return true
		}
	}
	for _, x := range p.m.mem[p.layout.params:p.layout.constants] {
		if kernel.Overlap(o, x) {
			return true
		}
	}
	return false
}

func elements(n int) string {
	if n == 1 {
		return "1 element"
	}
	return fmt.Sprintf("%d elements", n)
}
