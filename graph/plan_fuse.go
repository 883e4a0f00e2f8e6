package graph

import "slices"

// group is what one step computes: a node, or elementwise nodes of one size that run together tile by tile, with the
// matrix products that only they read.
type group struct {
	nodes []*node
	tiled bool
	size  int
	width int // of the rows of the products in a tiled group; 0 without one
	seen  int // mark of a search
	state int // of the ordering: 1 open, 2 placed
}

// fuse forms groups: an elementwise node joins the groups of the elementwise nodes whose results it reads element by
// element, unless a detour through another group would make a circle.
func (p *planner) fuse(roots map[*value]bool) {
	search := 0
	for _, n := range p.nodes {
		n.group = &group{nodes: []*node{n}, tiled: n.elementwise(), size: n.out.size}
		if !n.group.tiled {
			continue
		}
		for _, o := range n.in {
			if o.fill || o.w.v.node == nil {
				continue
			}
			from := o.w.v.node
			if from.group == n.group || !from.group.tiled || from.group.size != n.group.size || !o.w.identity() {
				continue
			}
			search++
			if separate(from.group, n.group, search) {
				merge(from.group, n.group)
			}
		}
	}
	for _, n := range p.nodes {
		if n.product() {
			absorb(n, roots)
		}
	}
}

// maxSearch bounds the search for a detour: in a very large graph two groups stay apart when it takes longer to prove
// that they could be one.
const maxSearch = 2000

// separate reports whether no path leads from group a to b but that of element to element.
func separate(a, b *group, mark int) bool {
	var stack []*group
	visited := 0
	push := func(g *group) {
		if g.seen != mark {
			g.seen = mark
			stack = append(stack, g)
			visited++
		}
	}
	for _, n := range b.nodes {
		for _, o := range n.in {
			if o.fill || o.w.v.node == nil {
				continue
			}
			switch g := o.w.v.node.group; {
			case g == b:
			case g == a:
				if !o.w.identity() {
					return false
				}
			default:
				push(g)
			}
		}
	}
	for len(stack) > 0 {
		g := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if g == a || g == b || visited > maxSearch {
			return false
		}
		for _, n := range g.nodes {
			for _, o := range n.in {
				if o.fill || o.w.v.node == nil {
					continue
				}
				push(o.w.v.node.group)
			}
		}
	}
	return true
}

// merge puts the nodes of a and b into a group that keeps their order.
func merge(a, b *group) {
	if len(a.nodes) < len(b.nodes) {
		a, b = b, a
	}
	for _, n := range b.nodes {
		n.group = a
	}
	a.nodes = append(a.nodes, b.nodes...)
	slices.SortFunc(a.nodes, func(x, y *node) int { return x.order - y.order })
	a.width = max(a.width, b.width)
}

// absorb puts a product into the group that reads it, so that bias and activation are applied to rows that are still in
// the cache. All readers must be in that group, and tiles of whole rows must be possible.
func absorb(n *node, roots map[*value]bool) {
	width := n.out.size
	if r := len(n.e.shape); r > 0 {
		width = n.e.shape[r-1]
	}
	_, flat := flatProduct(n)
	if !flat || width > maxFusedWidth || len(n.out.readers) == 0 || roots[n.out] {
		return
	}
	g := n.out.readers[0].group
	if !g.tiled || g.size != n.out.size || g.width != 0 && g.width != width {
		return
	}
	for _, r := range n.out.readers {
		if r.group != g {
			return
		}
		for _, o := range r.in {
			if !o.fill && o.w.v == n.out && !o.w.identity() {
				return
			}
		}
	}
	g.width = width
	n.group.tiled = true
	merge(g, n.group)
}

// ordered lists the groups that targets need, each after those that it reads.
func ordered(targets []*value) []*group {
	var order []*group
	type frame struct {
		g    *group
		node int
		in   int
	}
	for _, t := range targets {
		if t.node.group.state != 0 {
			continue
		}
		t.node.group.state = 1
		stack := []frame{{g: t.node.group}}
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.node == len(f.g.nodes) {
				f.g.state = 2
				order = append(order, f.g)
				stack = stack[:len(stack)-1]
				continue
			}
			n := f.g.nodes[f.node]
			if f.in == len(n.in) {
				f.node, f.in = f.node+1, 0
				continue
			}
			o := n.in[f.in]
			f.in++
			if o.fill || o.w.v.node == nil {
				continue
			}
			switch g := o.w.v.node.group; g.state {
			case 0:
				g.state = 1
				stack = append(stack, frame{g: g})
			case 1:
				if g != f.g {
					broken("groups of a plan wait for each other")
				}
			}
		}
	}
	return order
}
