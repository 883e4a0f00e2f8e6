package graph

import "slices"

// allocate gives the virtual registers real ones, which are free again after the last instruction that reads them. What
// is computed once keeps its own.
func (t *tile) allocate(virtual int) {
	last := make([]int, virtual)
	real := make([]int, virtual)
	for i, in := range t.code {
		if !in.dst.stream {
			last[in.dst.id] = i
		}
		for _, p := range in.reads() {
			if !p.stream {
				last[p.id] = i
			}
		}
	}
	for _, in := range t.code {
		if in.once && !in.dst.stream {
			real[in.dst.id] = t.regs
			last[in.dst.id] = len(t.code)
			t.regs++
		}
	}
	var free []int
	rename := func(p *place) {
		if !p.stream {
			p.id = real[p.id]
		}
	}
	for i := range t.code {
		in := &t.code[i]
		dying := slices.DeleteFunc(in.reads(), func(p place) bool { return p.stream || last[p.id] != i })
		slices.SortFunc(dying, func(x, y place) int { return x.id - y.id })
		for _, p := range slices.Compact(dying) {
			free = append(free, real[p.id])
		}
		dst := in.dst
		if !dst.stream && !in.once {
			if n := len(free); n > 0 {
				real[dst.id] = free[n-1]
				free = free[:n-1]
			} else {
				real[dst.id] = t.regs
				t.regs++
			}
		}
		for _, p := range in.places() {
			rename(p)
		}
		if !dst.stream && !in.once && last[dst.id] == i { // never read
			free = append(free, real[dst.id])
		}
	}
}
