package graph

import "math"

// The memory of a plan is a list of slots: inputs, outputs, parameters, constants, and buffers, in this order.
type layout struct {
	outputs, params, constants int // first slot of each; inputs come before, buffers after the constants
	buffers                    int
	sizes                      []int // of the buffers
}

// job is a group with its place in the order of steps.
type job struct {
	g *group
	t *tile // of a tiled group
}

// assign gives every value that is stored a slot. A buffer is used again once nobody needs what it holds, and at once by
// an elementwise result that takes the place of an argument.
func (l *layout) assign(jobs []job, stored func(*value) bool) {
	for i, j := range jobs {
		for _, n := range j.g.nodes {
			n.out.def = i
			n.out.end = max(n.out.end, i)
			for _, o := range n.in {
				if !o.fill && o.w.v.node != nil {
					o.w.v.end = max(o.w.v.end, i)
				}
			}
		}
	}
	var free []int
	for i, j := range jobs {
		given := map[*value]bool{} // arguments whose buffer a result has taken over
		for _, n := range j.g.nodes {
			v := n.out
			if v.slot >= 0 || !stored(v) {
				continue
			}
			if old := l.inherits(v, i, j, given); old != nil {
				given[old] = true
				v.slot = old.slot
				continue
			}
			v.slot, free = l.take(v.size, free)
		}
		freed := map[*value]bool{}
		release := func(v *value) {
			if v.node != nil && v.slot >= l.buffers && v.end == i && !given[v] && !freed[v] {
				freed[v] = true
				free = append(free, v.slot)
			}
		}
		for _, n := range j.g.nodes {
			release(n.out)
			for _, o := range n.in {
				if !o.fill {
					release(o.w.v)
				}
			}
		}
	}
}

// take finds the smallest free buffer that is large enough, lets the largest grow, or makes one.
func (l *layout) take(size int, free []int) (int, []int) {
	best := -1
	for i, s := range free {
		n := l.sizes[s-l.buffers]
		if best < 0 {
			best = i
			continue
		}
		b := l.sizes[free[best]-l.buffers]
		if n >= size && (b < size || n < b) || n < size && b < size && n > b {
			best = i
		}
	}
	if best < 0 {
		l.sizes = append(l.sizes, size)
		return l.buffers + len(l.sizes) - 1, free
	}
	s := free[best]
	l.sizes[s-l.buffers] = max(l.sizes[s-l.buffers], size)
	free[best] = free[len(free)-1]
	return s, free[:len(free)-1]
}

// inherits finds an argument of step i that nobody needs later and that is read element by element, not after v is
// written: its buffer can hold v.
func (l *layout) inherits(v *value, i int, j job, given map[*value]bool) *value {
	if j.t == nil {
		return nil
	}
	written := math.MaxInt
	for at, in := range j.t.code {
		if in.dst.stream && j.t.streams[in.dst.id].v == v {
			written = at
		}
	}
	for id, s := range j.t.streams {
		old := s.v
		if s.write || old.node == nil || old.slot < l.buffers || old.end != i || given[old] || s.off != 0 {
			continue
		}
		if l.sizes[old.slot-l.buffers] >= v.size && j.t.readOnly(id, written) {
			return old
		}
	}
	return nil
}

// readOnly reports whether stream id is the only way in which its value is read, and not after instruction last. Numbers
// do not count: they are read before the first tile.
func (t *tile) readOnly(id, last int) bool {
	v := t.streams[id].v
	for i, s := range t.streams {
		if i != id && s.v == v {
			return false
		}
	}
	for i, in := range t.code {
		switch in.op {
		case opGather:
			if in.view.v == v {
				return false
			}
		case opProduct:
			if in.product.a.v == v || in.product.b.v == v || in.after.bias.v == v {
				return false
			}
		}
		for _, p := range in.reads() {
			if p.stream && p.id == id && i > last {
				return false
			}
		}
	}
	return true
}
