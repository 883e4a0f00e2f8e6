package graph

import (
	"slices"

	"gorgonode/internal/kernel"
)

// node is one computation of a plan: an expression that is no view of another, or a copy.
type node struct {
	e     *expr // nil for a copy of its operand
	in    []operand
	out   *value
	order int // topological
	group *group
}

// operand is a number that fills the shape, or a view.
type operand struct {
	fill  bool
	c     float64
	w     view
	shape []int
}

func (n *node) elementwise() bool { return n.e == nil || n.e.kind.elementwise() }

// function reports whether a kind costs more than arithmetic.
func (k kind) function() bool {
	switch k {
	case kindSin, kindCos, kindExp, kindLog, kindLog2, kindTanh, kindSigmoid, kindLog1p, kindExpm1, kindSoftplus, kindPow:
		return true
	}
	return false
}

// shape is that of the result.
func (n *node) shape() []int {
	if n.e == nil {
		return n.in[0].w.shape
	}
	return n.e.shape
}

func (n *node) product() bool { return n.e != nil && n.e.kind == kindMatMul }

// planner turns expressions into nodes over views.
type planner struct {
	views  map[*expr]view
	dense  map[*expr]view // packed copies of views that are not
	fills  map[float64]*value
	nodes  []*node
	leaves []leaf
}

// leaf is a value that no node computes: an input, a parameter or a constant.
type leaf struct {
	v    *value
	e    *expr
	fill float64 // where e is nil
}

func newPlanner() *planner {
	return &planner{views: map[*expr]view{}, dense: map[*expr]view{}, fills: map[float64]*value{}}
}

func (p *planner) leaf(e *expr, n int, fill float64) *value {
	v := &value{size: n}
	p.leaves = append(p.leaves, leaf{v, e, fill})
	return v
}

// lower finds the view of e; its arguments have theirs.
func (p *planner) lower(e *expr) {
	if _, ok := p.views[e]; ok {
		return
	}
	switch e.kind {
	case kindInput, kindParam:
		p.views[e] = whole(p.leaf(e, e.size(), 0), e.shape)
	case kindConst:
		if c, ok := e.fill(); ok {
			p.views[e] = p.constant(c, e.shape)
			return
		}
		p.views[e] = whole(p.leaf(e, e.size(), 0), e.shape)
	case kindReshape:
		w, ok := p.views[e.args[0]].reshape(e.shape)
		if !ok {
			w, _ = p.packed(e.args[0]).reshape(e.shape)
		}
		p.views[e] = w
	case kindExpand:
		p.views[e] = p.views[e.args[0]].expand(e.shape)
	case kindTranspose:
		p.views[e] = p.views[e.args[0]].transpose(e.ints)
	case kindSlice:
		p.views[e] = p.views[e.args[0]].slice(e.ints, e.shape)
	default:
		p.views[e] = whole(p.compute(e, p.operands(e)), e.shape)
	}
}

// constant is one number seen under a shape.
func (p *planner) constant(c float64, shape []int) view {
	v, ok := p.fills[c]
	if !ok || c == 0 || c != c { // ±0 are one key, NaN is none
		v = p.leaf(nil, 1, c)
		p.fills[c] = v
	}
	return view{v, 0, shape, make([]int, len(shape))}
}

// compute adds a node.
func (p *planner) compute(e *expr, in []operand) *value {
	n := &node{e: e, in: in, order: len(p.nodes)}
	size := 0
	if e != nil {
		size = e.size()
	} else {
		size = in[0].w.size()
	}
	n.out = &value{size: size, node: n}
	for _, o := range in {
		if !o.fill {
			o.w.v.readers = append(o.w.v.readers, n)
		}
	}
	p.nodes = append(p.nodes, n)
	return n.out
}

// operands says how a node reads its arguments: elementwise and moving kinds through any view, a product through a view
// whose rows or columns lie together, everything else packed.
func (p *planner) operands(e *expr) []operand {
	in := make([]operand, len(e.args))
	for i, a := range e.args {
		in[i].shape = a.shape
		switch {
		case e.kind.elementwise():
			if c, ok := a.fill(); ok {
				in[i].fill, in[i].c = true, c
				continue
			}
			in[i].w = p.shallow(a)
		case e.kind == kindConcat, e.kind == kindEmbed:
			in[i].w = p.shallow(a)
		case e.kind == kindMatMul:
			in[i].w = p.views[a]
		default:
			in[i].w = p.packed(a)
		}
	}
	if e.kind == kindMatMul {
		x, y := factors(e, in)
		r := len(e.shape)
		short := x.shape[r-1] <= kernel.ShortSum
		large := x.shape[r-2] >= manyRows && y.shape[r-1] >= manyRows
		if !y.adjacent(r-1) && (!y.adjacent(r-2) || !short && (!x.adjacent(r-1) || large)) {
			in[1].w = p.turned(y)
			if e.ints[1] == 1 {
				in[1].w = in[1].w.swapped()
			}
		}
	}
	return in
}

// manyRows is the number of rows and of columns of a product from which on it pays to turn the second factor over first.
const manyRows = 16

// turned is a copy of w by rows, which is what the fast loops want of a second factor; products by the same w share it.
// A batch that repeats one matrix goes on doing so.
func (p *planner) turned(w view) view {
	once := view{w.v, w.off, slices.Clone(w.shape), w.stride}
	for a := range len(w.shape) - 2 {
		if w.stride[a] == 0 {
			once.shape[a] = 1
		}
	}
	for _, n := range p.nodes {
		if n.e == nil && n.in[0].w.same(once) && slices.Equal(n.in[0].w.shape, once.shape) {
			return whole(n.out, once.shape).expand(w.shape)
		}
	}
	return whole(p.compute(nil, []operand{{w: once, shape: once.shape}}), once.shape).expand(w.shape)
}

// factors are the two arguments of a product as (…,m,k) and (…,k,n).
func factors(e *expr, in []operand) (x, y view) {
	x, y = in[0].w, in[1].w
	if e.ints[0] == 1 {
		x = x.swapped()
	}
	if e.ints[1] == 1 {
		y = y.swapped()
	}
	return x, y
}

// swapped exchanges the last two axes.
func (w view) swapped() view {
	perm := make([]int, len(w.shape))
	for i := range perm {
		perm[i] = i
	}
	r := len(perm)
	perm[r-2], perm[r-1] = r-1, r-2
	return w.transpose(perm)
}

// adjacent reports whether the elements along one axis lie together.
func (w view) adjacent(axis int) bool { return w.shape[axis] == 1 || w.stride[axis] == 1 }

// shallow is the view of e, copied if it has more axes than the strided kernels take.
func (p *planner) shallow(e *expr) view {
	w := p.views[e]
	if shape, _ := w.merged(); len(shape) > kernel.MaxRank {
		return p.packed(e)
	}
	return w
}

// packed is e's elements lying together: its view, or a copy.
func (p *planner) packed(e *expr) view {
	w := p.views[e]
	if w.packed() {
		return w
	}
	if d, ok := p.dense[e]; ok {
		return d
	}
	if shape, _ := w.merged(); len(shape) > kernel.MaxRank {
		broken("view %v of %v has too many axes", w.stride, e)
	}
	d := whole(p.compute(nil, []operand{{w: w, shape: w.shape}}), w.shape)
	p.dense[e] = d
	return d
}

// target is a value that holds e's elements in order and that nobody else has claimed: what an output or an update is
// stored in. It is the value itself if a node computes it, or a copy.
func (p *planner) target(e *expr, claimed map[*value]bool) *value {
	w := p.views[e]
	if w.v.node != nil && !claimed[w.v] && w.identity() {
		claimed[w.v] = true
		return w.v
	}
	if shape, _ := w.merged(); len(shape) > kernel.MaxRank {
		w = p.packed(e)
	}
	v := p.compute(nil, []operand{{w: w, shape: slices.Clone(w.shape)}})
	claimed[v] = true
	return v
}
