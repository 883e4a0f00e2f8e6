package odeop

import (
	"gorgonode/graph"
	"gorgonode/solvers"
)

// pack writes the value, which is zero before.
func (h *hybrid[T]) pack(sol *solvers.Solution[T], out []T) {
	part := func(p eventPart) []T { return out[h.at[p]:h.at[p+1]] }
	dim := h.field.dim
	row := func(p eventPart, i int) []T { return part(p)[i*dim : (i+1)*dim] }
	for i := range len(part(partStates)) / dim {
		y := sol.LastY
		if i < len(sol.Y) {
			y = sol.Y[i]
		}
		copy(row(partStates, i), y)
	}
	copy(part(partFinal), sol.LastY)
	part(partEnd)[0] = T(sol.LastT)
	part(partCount)[0] = T(len(sol.Events))
	for i := range h.room {
		if i >= len(sol.Events) {
			part(partNumbers)[i] = -1
			continue
		}
		o := &sol.Events[i]
		part(partTimes)[i], part(partNumbers)[i], part(partMask)[i] = T(o.T), T(o.Event), 1
		copy(row(partBefore, i), o.Before)
		copy(row(partAfter, i), o.After)
	}
}

// cotangents takes those of the packed value apart: of the saved states, of the events, nil where there is none, and of the
// last time.
func (h *hybrid[T]) cotangents(st *hybridState[T], w []T) (ws [][]T, we []solvers.EventCotangent[T], last float64) {
	part := func(p eventPart) []T { return w[h.at[p]:h.at[p+1]] }
	dim := h.field.dim
	rows := func(p eventPart, from, to int) []T { return part(p)[from*dim : to*dim] }
	ws = make([][]T, st.saved)
	for i := range ws {
		ws[i] = rows(partStates, i, i+1)
	}
	// Of the state at the end: as such, and as those that were to be saved later.
	final := append([]T(nil), part(partFinal)...)
	for i := st.saved; (i+1)*dim <= len(part(partStates)); i++ {
		accumulate(final, rows(partStates, i, i+1))
	}
	end := float64(part(partEnd)[0])
	we = make([]solvers.EventCotangent[T], st.count)
	for i := range min(st.count, h.room) {
		we[i] = solvers.EventCotangent[T]{
			T:      float64(part(partTimes)[i]),
			Before: nonZero(rows(partBefore, i, i+1)),
			After:  nonZero(rows(partAfter, i, i+1)),
		}
	}
	if st.ended {
		o := &we[st.count-1]
		o.T += end
		accumulate(final, o.After)
		o.After = nonZero(final)
	} else {
		accumulate(final, ws[st.saved-1])
		ws[st.saved-1], last = final, end
	}
	for i := range ws {
		ws[i] = nonZero(ws[i])
	}
	return ws, we, last
}

// nonZero is v, or nil where all of it is zero: then nothing depends on it, and the backward pass leaves it out.
func nonZero[T graph.Float](v []T) []T {
	for _, x := range v {
		if x != 0 {
			return v
		}
	}
	return nil
}
