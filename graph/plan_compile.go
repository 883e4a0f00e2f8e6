package graph

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// program is the part of a plan that its clones share.
type program[T Float] struct {
	name       string
	inputs     []Spec
	outputs    []tensor.Shape
	params     []*Param
	lengths    []int // of the parameters
	fixed      [][]T // constants
	layout     layout
	steps      []step[T]
	sections   []section // runs of steps that several threads can do
	externals  []external
	from       [][]int       // of each external, which externals compute its arguments; −1 is none
	externalOf map[*expr]int // the place of each in externals
	updates    []savedUpdate
	scratch    [4]int // the most that any step needs: see tileStep.room
}

type savedUpdate struct {
	from  ref
	store func(v any)
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
	for _, grp := range early(ordered(targets)) {
		jobs = append(jobs, job{g: grp})
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
	g.sections = sections(g.steps)
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
		if lf.e != nil && lf.e.kind == kindInput && (lf.v.slot >= len(f.inputs) || f.inputs[lf.v.slot] != lf.e) {
			return errors.Errorf("input %q is not in the list of inputs", lf.e.ref.(*inputRef).name)
		}
		if lf.e == nil || lf.e.kind != kindParam {
			continue
		}
		par := lf.e.ref.(*Param)
		if par.Dtype() != f.dtype || !sameShape(par.value.Shape(), lf.e.shape) {
			return errors.Errorf("parameter %s does not fit a function of %v that wants shape %v", par, f.dtype, lf.e.shape)
		}
		lf.v.slot = l.params + len(g.params)
		g.params = append(g.params, par)
		g.lengths = append(g.lengths, lf.v.size)
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
		if s, ok := lone[T](j.t); ok {
			g.steps = append(g.steps, s)
			return nil
		}
		if s, ok := turning[T](j.t); ok {
			g.steps = append(g.steps, s)
			return nil
		}
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
	case kindConvolve, kindConvolveBack, kindConvolveWeights:
		c := newConvolutionStep[T](n)
		g.scratch[0] = max(g.scratch[0], c.c.Room())
		s = c
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
		g.addExternal(n.e)
		s = e
	default:
		broken("no step for %v", n.e.kind)
	}
	g.steps = append(g.steps, s)
	return err
}

// runnersOf are the runners that compute an external's arguments; nil where none does.
func (p *Plan[T]) runnersOf(from []int) []runner[T] {
	rs := make([]runner[T], len(from))
	for i, j := range from {
		if j >= 0 {
			rs[i] = p.m.runners[j]
		}
	}
	return rs
}

// addExternal lists an external and which of its arguments other externals compute.
func (g *program[T]) addExternal(e *expr) {
	from := make([]int, len(e.args))
	for i, a := range e.args {
		from[i] = -1
		if j, ok := g.externalOf[a]; ok {
			from[i] = j
		}
	}
	if g.externalOf == nil {
		g.externalOf = map[*expr]int{}
	}
	g.externalOf[e] = len(g.externals)
	g.externals = append(g.externals, e.ref.(external))
	g.from = append(g.from, from)
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
	p.m.reserve(g.scratch)
	if len(g.sections) > 0 {
		p.crew = &crew[T]{p: p, machines: []*machine[T]{&p.m}, done: make(chan struct{}, 1)}
	}
	for i, x := range g.externals {
		r, err := newRunner[T](x)
		if err != nil {
			return nil, err
		}
		p.m.runners = append(p.m.runners, r)
		p.m.args = append(p.m.args, make([][]T, len(g.from[i])))
		if r, ok := r.(linked[T]); ok {
			r.link(p.runnersOf(g.from[i]))
		}
	}
	for _, u := range g.updates {
		p.boxed = append(p.boxed, any(p.m.at(u.from)))
	}
	p.given = make([][]T, len(g.outputs))
	p.spare = make([][]T, len(g.outputs))
	p.moved = make([]bool, len(g.outputs))
	return p, nil
}
