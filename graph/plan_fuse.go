package graph

import "slices"

// group is what one step computes: a node, or elementwise nodes of one size that run together tile by tile, with the
// matrix products that only they read.
type group struct {
	nodes []*node
	tiled bool
	size  int
	width int // of the rows of the products in a tiled group; 0 without one
	rank  int // of a group that others read: less than theirs
	seen  int // mark of the last search that came by
	state int // of the ordering: 1 open, 2 placed
}

// fuse forms groups: an elementwise node joins the groups of the elementwise nodes whose results it reads element by
// element, unless a detour through another group would make a circle.
func (p *planner) fuse(roots map[*value]bool) {
	search := 0
	for _, n := range p.nodes {
		n.group = &group{nodes: []*node{n}, tiled: n.elementwise(), size: n.out.size, rank: n.order}
		if !n.group.tiled {
			continue
		}
		for _, o := range n.in {
			if o.fill || o.w.v.node == nil {
				continue
			}
			from := o.w.v.node.group
			if from != n.group && from.tiled && from.size == n.group.size && o.w.identity() {
				search++
				join(from, n.group, search)
			}
		}
	}
	for _, n := range slices.Backward(p.nodes) {
		sink(n, roots)
	}
	for _, n := range p.nodes {
		if n.product() {
			absorb(n, roots)
		}
	}
}

// sink moves arithmetic to the one group that reads its result, if that means that no more is stored: the slope 1 − y²
// of an activation y that is stored anyway is computed where it is wanted.
func sink(n *node, roots map[*value]bool) {
	if !n.elementwise() || n.e == nil || n.e.kind.function() || roots[n.out] || len(n.out.readers) == 0 {
		return
	}
	to := n.out.readers[0].group
	if to == n.group || !to.tiled || to.size != n.group.size {
		return
	}
	for _, r := range n.out.readers {
		if r.group != to {
			return
		}
		for _, o := range r.in {
			if !o.fill && o.w.v == n.out && !o.w.identity() {
				return
			}
		}
	}
	stored := 0 // more, if n moves
	for _, o := range n.in {
		if o.fill || o.w.v.node == nil || o.w.v.node.group != n.group || roots[o.w.v] {
			continue
		}
		if !slices.ContainsFunc(o.w.v.readers, func(r *node) bool { return r.group != n.group }) {
			stored++
		}
	}
	if stored > 1 {
		return
	}
	n.group.nodes = slices.DeleteFunc(n.group.nodes, func(m *node) bool { return m == n })
	merge(to, &group{nodes: []*node{n}})
}

// join makes one group of a and b, which reads a, if no path leads from a to b but that of element to element.
//
// Ranks rise along every path, so that only groups between the ranks of a and b need to be looked at. The new group
// stands between what b needs of these and what needs a; they share out the ranks anew (Pearce and Kelly, "A dynamic
// topological sort algorithm for directed acyclic graphs", 2006).
func join(a, b *group, mark int) {
	before, ok := between(b, a, mark, true)
	if !ok {
		return
	}
	after, _ := between(a, b, -mark, false)
	ranks := []int{a.rank, b.rank}
	for _, g := range append(slices.Clone(before), after...) {
		ranks = append(ranks, g.rank)
	}
	slices.Sort(ranks)
	byRank := func(x, y *group) int { return x.rank - y.rank }
	slices.SortFunc(before, byRank)
	slices.SortFunc(after, byRank)
	for i, g := range before {
		g.rank = ranks[i]
	}
	merged := merge(a, b)
	merged.rank = ranks[len(before)]
	for i, g := range after {
		g.rank = ranks[len(ranks)-len(after)+i]
	}
}

// between lists the groups that from needs (back) or that need from, up to the rank of to, without to; ok is false if
// there is a path to it other than from element to element.
func between(from, to *group, mark int, back bool) (found []*group, ok bool) {
	open := []*group{from}
	ok = true
	visit := func(g *group, direct bool) {
		switch {
		case g == nil || g == from || g.seen == mark:
		case g == to:
			ok = ok && direct
		case back && g.rank > to.rank, !back && g.rank < to.rank:
			g.seen = mark
			open = append(open, g)
			found = append(found, g)
		}
	}
	for len(open) > 0 && ok {
		g := open[len(open)-1]
		open = open[:len(open)-1]
		for _, n := range g.nodes {
			if !back {
				for _, r := range n.out.readers {
					visit(r.group, true)
				}
				continue
			}
			for _, o := range n.in {
				if !o.fill && o.w.v.node != nil {
					visit(o.w.v.node.group, g == from && o.w.identity())
				}
			}
		}
	}
	return found, ok
}

// merge puts the nodes of a and b into one group that keeps their order.
func merge(a, b *group) *group {
	if len(a.nodes) < len(b.nodes) {
		a, b = b, a
	}
	for _, n := range b.nodes {
		n.group = a
	}
	a.nodes = append(a.nodes, b.nodes...)
	slices.SortFunc(a.nodes, func(x, y *node) int { return x.order - y.order })
	a.width = max(a.width, b.width)
	return a
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

// early puts copies of leaves first, mostly of weights that are wanted transposed, so that they stand in nobody's way.
func early(order []*group) []*group {
	copies := func(g *group) int {
		if n := g.nodes[0]; len(g.nodes) == 1 && n.e == nil && n.in[0].w.v.node == nil {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(order, func(a, b *group) int { return copies(a) - copies(b) })
	return order
}
