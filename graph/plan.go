package graph

import (
	"fmt"

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
	spare [][]T // for outputs that overlap something that is read
	moved []bool
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
	if err := p.check(in, out); err != nil {
		return err
	}
	m := &p.m
	copy(m.mem, in)
	if err := p.readParams(); err != nil {
		return err
	}
	moved := false
	for i, o := range out {
		p.moved[i] = p.overlaps(o, in)
		if p.moved[i] {
			moved = true
			if p.spare[i] == nil {
				p.spare[i] = make([]T, len(o))
			}
			o = p.spare[i]
		}
		m.mem[p.layout.outputs+i] = o
	}
	for _, s := range p.steps {
		if err := s.run(m); err != nil {
			return errors.Wrapf(err, "graph: %s", p.name)
		}
	}
	if moved {
		for i, o := range out {
			if p.moved[i] {
				copy(o, p.spare[i])
			}
		}
	}
	for i, u := range p.updates {
		u.store(p.boxed[i])
	}
	return nil
}

// readParams points the slots of the parameters at their values, which may have moved since the last run.
func (p *Plan[T]) readParams() error {
	slots := p.m.mem[p.layout.params:]
	switch slots := any(&slots).(type) {
	case *[][]float64:
		for i, par := range p.params {
			(*slots)[i] = par.value.Float64s()
		}
	case *[][]float32:
		for i, par := range p.params {
			(*slots)[i] = par.value.Float32s()
		}
	}
	for i, n := range p.lengths {
		if len(slots[i]) != n {
			return errors.Errorf("graph: %s: parameter %q: %s, want %d", p.name, p.params[i].Name(), elements(len(slots[i])), n)
		}
	}
	return nil
}

// overlaps reports whether an output shares memory with anything that the run reads.
func (p *Plan[T]) overlaps(o []T, in [][]T) bool {
	for _, x := range in {
		if kernel.Overlap(o, x) {
			return true
		}
	}
	for i := range p.params {
		if kernel.Overlap(o, p.m.mem[p.layout.params+i]) {
			return true
		}
	}
	return false
}

func (p *Plan[T]) check(in, out [][]T) error {
	if len(in) != len(p.inputs) {
		return errors.Errorf("graph: %s: %d inputs, want %d", p.name, len(in), len(p.inputs))
	}
	if len(out) != len(p.outputs) {
		return errors.Errorf("graph: %s: %d outputs, want %d", p.name, len(out), len(p.outputs))
	}
	for i, s := range p.inputs {
		if len(in[i]) != sizeOf(s.Shape) {
			return errors.Errorf("graph: %s: input %d (%q): %s, want %v", p.name, i, s.Name, elements(len(in[i])), s.Shape)
		}
	}
	for i, s := range p.outputs {
		if len(out[i]) != sizeOf(s) {
			return errors.Errorf("graph: %s: output %d: %s, want %v", p.name, i, elements(len(out[i])), s)
		}
	}
	return nil
}

func elements(n int) string {
	if n == 1 {
		return "1 element"
	}
	return fmt.Sprintf("%d elements", n)
}
