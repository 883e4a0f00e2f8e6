package graph

import "slices"

// value is what one node computes, or what a leaf holds: a row of numbers that lies together somewhere.
type value struct {
	size int
	node *node // that computes it; nil for a leaf

	slot     int // place in the memory of a plan
	readers  []*node
	def, end int // first and last step that need it
}

// view is a strided window into a value: element (i₀, i₁, …) is number off + Σ iₐ·stride[a]. Reshapes, expansions,
// transpositions and slices are views of their argument and cost nothing by themselves.
type view struct {
	v             *value
	off           int
	shape, stride []int
}

// whole is all of v in row-major order.
func whole(v *value, shape []int) view {
	stride := make([]int, len(shape))
	n := 1
	for a := len(shape) - 1; a >= 0; a-- {
		stride[a] = n
		n *= shape[a]
	}
	return view{v, 0, shape, stride}
}

func (w view) size() int {
	n := 1
	for _, d := range w.shape {
		n *= d
	}
	return n
}

// merged is the same window with axes of length 1 left out and neighbours that lie together made one.
func (w view) merged() (shape, stride []int) {
	for a, d := range w.shape {
		if d == 1 {
			continue
		}
		if n := len(shape); n > 0 && stride[n-1] == d*w.stride[a] {
			shape[n-1] *= d
			stride[n-1] = w.stride[a]
			continue
		}
		shape, stride = append(shape, d), append(stride, w.stride[a])
	}
	return shape, stride
}

// packed reports whether the elements lie together in row-major order.
func (w view) packed() bool {
	shape, stride := w.merged()
	return len(shape) == 0 || len(shape) == 1 && stride[0] == 1
}

// identity reports whether w is all of its value in order.
func (w view) identity() bool { return w.off == 0 && w.size() == w.v.size && w.packed() }

// uniform reports whether all elements are one number.
func (w view) uniform() bool {
	for a, d := range w.shape {
		if d != 1 && w.stride[a] != 0 {
			return false
		}
	}
	return true
}

func (w view) expand(shape []int) view {
	stride := slices.Clone(w.stride)
	for a, d := range w.shape {
		if d == 1 && shape[a] != 1 {
			stride[a] = 0
		}
	}
	return view{w.v, w.off, shape, stride}
}

func (w view) transpose(perm []int) view {
	shape, stride := make([]int, len(perm)), make([]int, len(perm))
	for a, p := range perm {
		shape[a], stride[a] = w.shape[p], w.stride[p]
	}
	return view{w.v, w.off, shape, stride}
}

// slice is as kindSlice has it: ints are start and step of every axis.
func (w view) slice(ints, shape []int) view {
	off, stride := w.off, slices.Clone(w.stride)
	for a := range shape {
		off += ints[a] * w.stride[a]
		stride[a] *= ints[len(shape)+a]
	}
	return view{w.v, off, shape, stride}
}

// reshape is the same elements under another shape, if they are a strided window under that shape too.
func (w view) reshape(shape []int) (view, bool) {
	stride := make([]int, len(shape))
	have, step := w.merged()
	i := len(have) - 1
	done := 1 // elements of axis i that are dealt out
	for a := len(shape) - 1; a >= 0; a-- {
		if shape[a] == 1 {
			continue
		}
		if i >= 0 && done == have[i] {
			i--
			done = 1
		}
		if i < 0 || have[i]%(done*shape[a]) != 0 {
			return view{}, false
		}
		stride[a] = step[i] * done
		done *= shape[a]
	}
	return view{w.v, w.off, shape, stride}, true
}

// same reports whether two views are the same elements in the same row-major order.
func (w view) same(o view) bool {
	if w.v != o.v || w.off != o.off {
		return false
	}
	s, t := w.merged()
	os, ot := o.merged()
	return slices.Equal(s, os) && slices.Equal(t, ot)
}
