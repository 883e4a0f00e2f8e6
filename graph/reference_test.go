package graph

import (
	"math"

	"gorgonia.org/tensor"
)

// evaluate is the specification of the IR: every kind by its definition, in float64, with plain loops over indices. Plans
// are checked against it. It reads the current values of parameters; it stores no updates.
func evaluate(f *Func, in [][]float64) [][]float64 {
	value := evaluateAll(f, in)
	out := make([][]float64, len(f.outputs))
	for i, e := range f.outputs {
		out[i] = value[e]
	}
	return out
}

// evaluateAll is evaluate with the values of all expressions, of those that only updates need too.
func evaluateAll(f *Func, in [][]float64) map[*expr][]float64 {
	value := map[*expr][]float64{}
	for i, e := range f.inputs {
		value[e] = in[i]
	}
	roots := append([]*expr(nil), f.outputs...)
	for _, u := range f.updates {
		roots = append(roots, u.value)
	}
	for _, e := range topological(roots) {
		if e.kind != kindInput {
			args := make([][]float64, len(e.args))
			for i, a := range e.args {
				args[i] = value[a]
			}
			value[e] = evaluateOne(e, args)
		}
	}
	return value
}

func evaluateOne(e *expr, args [][]float64) []float64 {
	out := make([]float64, e.size())
	k := e.kind
	switch {
	case k.unary():
		for i, x := range args[0] {
			out[i] = unary64(k, x)
		}
		return out
	case k.binary():
		for i, x := range args[0] {
			out[i] = binary64(k, x, args[1][i])
		}
		return out
	}
	switch k {
	case kindParam:
		return e.ref.(*Param).Float64s()
	case kindConst:
		for i := range out {
			out[i] = e.data[min(i, len(e.data)-1)]
		}
	case kindLive:
		l := e.ref.(*live)
		if l.read64 != nil {
			l.read64(out)
			break
		}
		single := make([]float32, len(out))
		l.read32(single)
		for i, v := range single {
			out[i] = float64(v)
		}
	case kindSelect:
		for i, c := range args[0] {
			if c != 0 {
				out[i] = args[1][i]
			} else {
				out[i] = args[2][i]
			}
		}
	case kindReshape:
		copy(out, args[0])
	case kindExpand:
		each(e.shape, func(i int, at []int) {
			from := make([]int, len(at))
			for a, d := range e.args[0].shape {
				from[a] = min(at[a], d-1)
			}
			out[i] = args[0][ravel(from, e.args[0].shape)]
		})
	case kindTranspose:
		each(e.shape, func(i int, at []int) {
			from := make([]int, len(at))
			for a, p := range e.ints {
				from[p] = at[a]
			}
			out[i] = args[0][ravel(from, e.args[0].shape)]
		})
	case kindSlice:
		each(e.shape, func(i int, at []int) { out[i] = args[0][ravel(strided(at, e.ints), e.args[0].shape)] })
	case kindEmbed:
		each(e.args[0].shape, func(i int, at []int) { out[ravel(strided(at, e.ints), e.shape)] = args[0][i] })
	case kindConcat:
		axis, offset := e.ints[0], 0
		for n, x := range e.args {
			each(x.shape, func(i int, at []int) {
				to := append([]int(nil), at...)
				to[axis] += offset
				out[ravel(to, e.shape)] = args[n][i]
			})
			offset += x.shape[axis]
		}
	case kindSum:
		each(e.args[0].shape, func(i int, at []int) { out[ravel(dropped(at, e.ints), e.shape)] += args[0][i] })
	case kindWindows:
		w := e.ref.(*window)
		eachWindow(e.shape, w, func(i int, image []int, inside bool) {
			out[i] = w.pad
			if inside {
				out[i] = args[0][ravel(image, e.args[0].shape)]
			}
		})
	case kindUnwindows:
		w := e.ref.(*window)
		eachWindow(e.args[0].shape, w, func(i int, image []int, inside bool) {
			if inside {
				out[ravel(image, e.shape)] += args[0][i]
			}
		})
	case kindArgPick:
		for i, from := range firstMaxima(args[0], e.args[0].shape, e.ints) {
			out[i] = args[1][from]
		}
	case kindArgPut:
		for i, to := range firstMaxima(args[0], e.shape, e.ints) {
			out[to] = args[1][i]
		}
	case kindMatMul:
		evaluateMatMul(e, args[0], args[1], out)
	case kindBernoulli:
		source := e.ref.(*bernoulli)
		state, on := source.stream(args[0][0])
		for i := range out {
			if !on || source.kept(state, i) {
				out[i] = 1
			}
		}
	case kindExternal:
		r := e.ref.(interface{ runner64() runner[float64] }).runner64()
		if err := r.run(args, out); err != nil {
			panic(err)
		}
	default:
		panic("evaluate: " + k.String())
	}
	return out
}

func evaluateMatMul(e *expr, x, y, out []float64) {
	xs, r := e.args[0].shape, len(e.shape)
	m, n, k := e.shape[r-2], e.shape[r-1], xs[r-1]
	if e.ints[0] == 1 {
		k = xs[r-2]
	}
	for b := range len(out) / (m * n) {
		for i := range m {
			for j := range n {
				sum := 0.0
				for l := range k {
					ix, iy := i*k+l, l*n+j
					if e.ints[0] == 1 {
						ix = l*m + i
					}
					if e.ints[1] == 1 {
						iy = j*k + l
					}
					sum += x[b*m*k+ix] * y[b*k*n+iy]
				}
				out[b*m*n+i*n+j] = sum
			}
		}
	}
}

// each calls f for every multi-index of shape in row-major order. f must not keep at.
func each(shape tensor.Shape, f func(i int, at []int)) {
	at := make([]int, len(shape))
	for i := range sizeOf(shape) {
		rest := i
		for a := len(shape) - 1; a >= 0; a-- {
			at[a] = rest % shape[a]
			rest /= shape[a]
		}
		f(i, at)
	}
}

// ravel is the row-major position of a multi-index.
func ravel(at []int, shape tensor.Shape) int {
	i := 0
	for a, d := range shape {
		i = i*d + at[a]
	}
	return i
}

// strided is start + at·step for ints = start and step of every axis.
func strided(at, ints []int) []int {
	to := make([]int, len(at))
	for a := range at {
		to[a] = ints[a] + at[a]*ints[len(at)+a]
	}
	return to
}

// dropped is at with zeros at the axes.
func dropped(at, axes []int) []int {
	to := append([]int(nil), at...)
	for _, a := range axes {
		to[a] = 0
	}
	return to
}

// firstMaxima gives, for every position of the reduced shape, the place in x of the first maximum along the axes. A NaN
// counts as greater than every number.
func firstMaxima(x []float64, shape tensor.Shape, axes []int) []int {
	kept := shape.Clone()
	for _, a := range axes {
		kept[a] = 1
	}
	best := make([]int, sizeOf(kept))
	for i := range best {
		best[i] = -1
	}
	each(shape, func(i int, at []int) {
		o := ravel(dropped(at, axes), kept)
		switch b := best[o]; {
		case b < 0, x[i] > x[b], math.IsNaN(x[i]) && !math.IsNaN(x[b]):
			best[o] = i
		}
	})
	return best
}

// eachWindow calls f for every element of a (B,OH,OW,C,kh,kw) window tensor with its place in the (B,C,H,W) image.
func eachWindow(shape tensor.Shape, w *window, f func(i int, image []int, inside bool)) {
	each(shape, func(i int, at []int) {
		row := at[1]*w.strideH + at[4]*w.dilationH - w.top
		col := at[2]*w.strideW + at[5]*w.dilationW - w.left
		f(i, []int{at[0], at[3], row, col}, row >= 0 && row < w.h && col >= 0 && col < w.w)
	})
}
