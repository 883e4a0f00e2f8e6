package graph

import "math"

// smallestCut chooses what to keep of a forward pass so that the wanted expressions can be had again from it: the
// fewest elements, of which arithmetic, element by element, and data movements make the rest. What such a choice leaves
// out lies on no path from an expression that costs too much to compute twice to one that is wanted, so it is a
// smallest cut between the two, found by its maximal flow (Ford and Fulkerson, "Maximal flow through a network", 1956;
// Edmonds and Karp, 1972, for the shortest paths). Of several cuts it is the last, from which least is computed again.
func smallestCut(wanted []*expr) map[*expr]bool {
	order := topological(wanted)
	c := network{first: make([][]int, 2*len(order)+2), source: 2 * len(order), sink: 2*len(order) + 1}
	number := map[*expr]int{}
	for i, e := range order {
		number[e] = i
		capacity := e.size()
		if e.kind.moves() || len(e.args) == 0 {
			capacity = math.MaxInt
		}
		c.arc(2*i, 2*i+1, capacity)
		if len(e.args) > 0 && !e.kind.again() {
			c.arc(c.source, 2*i, math.MaxInt)
			continue
		}
		for _, a := range e.args {
			c.arc(2*number[a]+1, 2*i, math.MaxInt)
		}
	}
	for _, e := range wanted {
		c.arc(2*number[e]+1, c.sink, math.MaxInt)
	}
	for c.augment() {
	}
	reaches := c.reachSink()
	kept := map[*expr]bool{}
	for i, e := range order {
		if reaches[2*i+1] && !reaches[2*i] {
			kept[e] = true
		}
	}
	return kept
}

// again reports whether a kind costs less to compute again than to keep, if its arguments are there.
func (k kind) again() bool { return k.moves() || k.elementwise() && !k.function() }

// network has arcs and their reverses, which stand side by side: arc i^1 is the reverse of arc i.
type network struct {
	first        [][]int // arcs out of every node
	to, room     []int   // of every arc
	source, sink int
}

func (c *network) arc(from, to, capacity int) {
	c.first[from] = append(c.first[from], len(c.to))
	c.first[to] = append(c.first[to], len(c.to)+1)
	c.to, c.room = append(c.to, to, from), append(c.room, capacity, 0)
}

// augment sends as much as it can along a shortest path with room, if there is one.
func (c *network) augment() bool {
	by := make([]int, len(c.first)) // the arc that a node was reached by, plus one
	open := []int{c.source}
	for len(open) > 0 && by[c.sink] == 0 {
		n := open[0]
		open = open[1:]
		for _, a := range c.first[n] {
			if m := c.to[a]; c.room[a] > 0 && by[m] == 0 && m != c.source {
				by[m] = a + 1
				open = append(open, m)
			}
		}
	}
	if by[c.sink] == 0 {
		return false
	}
	amount := math.MaxInt
	for n := c.sink; n != c.source; n = c.to[(by[n]-1)^1] {
		amount = min(amount, c.room[by[n]-1])
	}
	for n := c.sink; n != c.source; n = c.to[(by[n]-1)^1] {
		a := by[n] - 1
		if c.room[a] < math.MaxInt {
			c.room[a] -= amount
		}
		if c.room[a^1] < math.MaxInt {
			c.room[a^1] += amount
		}
	}
	return true
}

// reachSink marks the nodes from which there is room to the sink.
func (c *network) reachSink() []bool {
	seen := make([]bool, len(c.first))
	seen[c.sink] = true
	open := []int{c.sink}
	for len(open) > 0 {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		for _, a := range c.first[n] {
			if m := c.to[a]; c.room[a^1] > 0 && !seen[m] {
				seen[m] = true
				open = append(open, m)
			}
		}
	}
	return seen
}
