package solvers

import "slices"

// distribute passes the derivatives by the grid points on to the caller's times.
func (tp *Tape[T]) distribute(grid []float64, g *Gradient[T]) {
	last := len(grid) - 1
	if last == 0 {
		return
	}
	if tp.marks == nil {
		if g.T0 = grid[0]; tp.ended() {
			g.T1 = grid[last]
		}
		return
	}
	// ∂L/∂mark_q: its own, and its share of the points on both sides. The last is the one that an event kept from being
	// reached.
	mark := make([]float64, len(tp.marks)+1)
	q := 0
	for n, v := range grid {
		if q+1 < len(tp.marks) && tp.marks[q+1] == n {
			q++
		}
		x := tp.within[n]
		mark[q] += (1 - x) * v
		mark[q+1] += x * v
	}
	end := len(tp.marks) - 1
	if g.T0 = mark[0]; tp.t[tp.marks[end]] == tp.t1 {
		g.T1 = mark[end]
	} else if tp.ahead == tp.t1 {
		g.T1 = mark[end+1]
	} else if tp.aimed() {
		g.Next = mark[end+1]
	}
	q = 0
	for i, s := range tp.saves {
		for q < end && tp.marks[q] < s.step {
			q++
		}
		if q > 0 && tp.marks[q] == s.step && tp.t[s.step] == s.t && s.t != tp.t1 && tp.wanted(s.t) {
			g.SaveAt[i] += mark[q]
		}
	}
}

// wanted reports whether a time is one of Settings.SaveAt.
func (tp *Tape[T]) wanted(t float64) bool { return slices.Contains(tp.set.SaveAt, t) }

// aimed reports whether the last constant steps were cut for a time of Settings.SaveAt, other than t1, that an event
// kept from being reached.
func (tp *Tape[T]) aimed() bool {
	return tp.marks != nil && !tp.ended() && tp.ahead != tp.t1 && tp.wanted(tp.ahead)
}

// moved is the grid of the tape for other times. Those of the events are still to be found.
func (tp *Tape[T]) moved(t0, t1 float64, saveAt []float64) []float64 {
	grid := slices.Clone(tp.t)
	last := len(grid) - 1
	grid[0] = t0
	if last == 0 {
		return grid
	}
	if tp.ended() {
		grid[last] = t1
	}
	if tp.marks == nil {
		return grid
	}
	for i, s := range tp.saves { // a state saved at t0 or t1 is the one there, whatever its own time
		if s.step > 0 && tp.t[s.step] == s.t && s.t != tp.t1 && tp.isMark(s.step) && tp.wanted(s.t) {
			grid[s.step] = saveAt[i]
		}
	}
	ahead := tp.ahead
	if ahead == tp.t1 {
		ahead = t1
	} else if tp.aimed() && len(saveAt) > len(tp.saves) {
		ahead = saveAt[len(tp.saves)]
	}
	q := 0
	for n := range grid {
		if q+1 < len(tp.marks) && tp.marks[q+1] == n {
			q++
		}
		x := tp.within[n]
		if x == 0 { // a mandatory time, or that of an event
			continue
		}
		a, b := grid[tp.marks[q]], ahead
		if q+1 < len(tp.marks) {
			b = grid[tp.marks[q+1]]
		}
		if grid[n] = b; x < 1 {
			grid[n] = a + (b-a)*x
		}
	}
	return grid
}

// isMark reports whether grid point n is a mandatory time of constant steps.
func (tp *Tape[T]) isMark(n int) bool {
	_, found := slices.BinarySearch(tp.marks, n)
	return found
}
