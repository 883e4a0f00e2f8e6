package graph

import (
	"fmt"
	"math"

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

// program is the part of a plan that its clones share.
type program[T Float] struct {
	name      string
	inputs    []Spec
	outputs   []tensor.Shape
	params    []*Param
	fixed     [][]T // constants
	layout    layout
	steps     []step[T]
	externals []external
	arity     []int // of the externals
	updates   []savedUpdate
	scratch   [4]int // the most that any tile program needs: see tileStep.room
}

type savedUpdate struct {
	from  ref
	store func(v any)
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

func compileAll[T Float](f *Func) (p *Plan[T], err error) {
	defer recovered(&err, "compile")
	roots := append([]*expr(nil), f.outputs...)
	for _, u := range f.updates {
		roots = append(roots, u.value)
	}
	b := newBuilder(f.dtype)
	roots, err = fold[T](f, b, simplify(b, roots))
	if err != nil {
		return nil, err
	}
	return compile[T](f, roots)
}

// compile makes a plan for simplified roots: the outputs of f, then its updates.
func compile[T Float](f *Func, roots []*expr) (*Plan[T], error) {
	g := &program[T]{name: f.name, inputs: f.Inputs(), outputs: f.Outputs()}
	p := newPlanner()
	for _, e := range f.inputs { // also those that nothing reads
		p.lower(e)
	}
	for _, e := range topological(roots) {
		p.lower(e)
	}
	claimed := map[*value]bool{}
	targets := make([]*value, len(roots))
	for i, r := range roots {
		targets[i] = p.target(r, claimed)
	}
	p.fuse(claimed)

	if err := settle[T](g, p, f, targets); err != nil {
		return nil, err
	}
	jobs := make([]job, 0, len(p.nodes))
	stored := func(v *value) bool {
		if claimed[v] {
			return true
		}
		for _, r := range v.readers {
			if r.group.state == 2 && r.group != v.node.group {
				return true
			}
		}
		return false
	}
	for _, grp := range ordered(targets) {
		j := job{g: grp}
		jobs = append(jobs, j)
	}
	for i := range jobs {
		if jobs[i].g.tiled {
			jobs[i].t = newTile(jobs[i].g, stored)
		}
	}
	g.layout.assign(jobs, stored)
	for _, j := range jobs {
		if err := g.add(j); err != nil {
			return nil, err
		}
	}
	for i, u := range f.updates {
		g.updates = append(g.updates, savedUpdate{refTo(targets[len(f.outputs)+i]), u.store})
	}
	return newPlan(g)
}

// settle gives leaves and outputs their slots.
func settle[T Float](g *program[T], p *planner, f *Func, targets []*value) error {
	l := &g.layout
	l.outputs = len(f.inputs)
	l.params = l.outputs + len(f.outputs)
	for _, n := range p.nodes {
		n.out.slot = -1
	}
	for i, e := range f.inputs {
		p.views[e].v.slot = i
	}
	for _, lf := range p.leaves {
		if lf.e == nil || lf.e.kind != kindParam {
			continue
		}
		par := lf.e.ref.(*Param)
		if par.Dtype() != f.dtype || !sameShape(par.value.Shape(), lf.e.shape) {
			return errors.Errorf("parameter %s does not fit a function of %v that wants shape %v", par, f.dtype, lf.e.shape)
		}
		lf.v.slot = l.params + len(g.params)
		g.params = append(g.params, par)
	}
	l.constants = l.params + len(g.params)
	for _, lf := range p.leaves {
		if lf.e != nil && lf.e.kind != kindConst {
			continue
		}
		lf.v.slot = l.constants + len(g.fixed)
		data := []T{T(lf.fill)}
		if lf.e != nil {
			data = make([]T, len(lf.e.data))
			for i, v := range lf.e.data {
				data[i] = T(v)
			}
		}
		g.fixed = append(g.fixed, data)
	}
	l.buffers = l.constants + len(g.fixed)
	for i, v := range targets {
		if i < len(f.outputs) {
			v.slot = l.outputs + i
		} else {
			v.end = math.MaxInt
		}
	}
	return nil
}

// add makes the step of a job.
func (g *program[T]) add(j job) error {
	if j.t != nil {
		s := newTileStep[T](j.t)
		a, b, c, d := s.room()
		for i, n := range [...]int{a, b, c, d} {
			g.scratch[i] = max(g.scratch[i], n)
		}
		g.steps = append(g.steps, s)
		return nil
	}
	n := j.g.nodes[0]
	var s step[T]
	var err error
	switch n.e.kind {
	case kindMatMul:
		s = newProductStep[T](n)
	case kindSum:
		s = newSumStep[T](n)
	case kindConcat, kindEmbed:
		s = newMoveStep[T](n)
	case kindArgPick, kindArgPut:
		s = newPickStep[T](n)
	case kindWindows, kindUnwindows:
		s = newWindowStep[T](n)
	case kindBernoulli:
		s = &maskStep[T]{refTo(n.out), refOf(n.in[0].w), n.e.ref.(*bernoulli)}
	case kindLive:
		s, err = newLiveStep[T](n)
	case kindExternal:
		x := n.e.ref.(external)
		e := &externalStep[T]{dst: refTo(n.out), index: len(g.externals), fn: x.name()}
		for _, o := range n.in {
			e.in = append(e.in, refOf(o.w))
		}
		g.externals = append(g.externals, x)
		g.arity = append(g.arity, len(e.in))
		s = e
	default:
		broken("no step for %v", n.e.kind)
	}
	g.steps = append(g.steps, s)
	return err
}

// newPlan makes memory for a program.
func newPlan[T Float](g *program[T]) (*Plan[T], error) {
	p := &Plan[T]{program: g}
	l := &g.layout
	p.m.mem = make([][]T, l.buffers+len(l.sizes))
	copy(p.m.mem[l.constants:], g.fixed)
	for i, n := range l.sizes {
		p.m.mem[l.buffers+i] = make([]T, n)
	}
	p.m.scratch = make([]T, g.scratch[0])
	p.m.places = make([][]T, g.scratch[1])
	p.m.base = make([][]T, g.scratch[2])
	p.m.numbers = make([]T, g.scratch[3])
	for i, x := range g.externals {
		r, err := newRunner[T](x)
		if err != nil {
			return nil, err
		}
		p.m.runners = append(p.m.runners, r)
		p.m.args = append(p.m.args, make([][]T, g.arity[i]))
	}
	for _, u := range g.updates {
		p.boxed = append(p.boxed, any(p.m.at(u.from)))
	}
	p.spare = make([][]T, len(g.outputs))
	p.moved = make([]bool, len(g.outputs))
	return p, nil
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
	for i, par := range p.params {
		if err := p.read(p.layout.params+i, par); err != nil {
			return err
		}
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
	clear(m.mem[:p.layout.params]) // the caller's memory is his again
	return nil
}

// read points a slot at the value of a parameter.
func (p *Plan[T]) read(slot int, par *Param) error {
	want := par.Size()
	switch mem := any(&p.m.mem).(type) {
	case *[][]float64:
		(*mem)[slot] = par.value.Float64s()
	case *[][]float32:
		(*mem)[slot] = par.value.Float32s()
	}
	if len(p.m.mem[slot]) != want {
		return errors.Errorf("graph: %s: parameter %s has %d elements", p.name, par, len(p.m.mem[slot]))
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
