package graph

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"gorgonia.org/tensor"
)

// Random programs of random kinds find faults of fusion, of the order of steps and of shared buffers.

// smooth are the kinds that a random program may apply to any number without becoming ill-conditioned.
var smooth = []kind{kindNeg, kindAbs, kindSin, kindCos, kindTanh, kindSigmoid, kindSoftplus, kindStop}

func randomFunc(r *rand.Rand, dt tensor.Dtype, n int) *Func {
	b := newBuilder(dt)
	dims := []int{1, 2, 3, 8, 40}
	if r.IntN(4) == 0 {
		dims = []int{1, 5, 64, 70}
	}
	var pool []*expr
	shape := func() tensor.Shape {
		s := make(tensor.Shape, r.IntN(4))
		for i := range s {
			s[i] = dims[r.IntN(len(dims))]
		}
		if s.TotalSize() > 20000 {
			return tensor.Shape{dims[1], dims[2]}
		}
		return s
	}
	var inputs []*expr
	for range 1 + r.IntN(4) {
		inputs = append(inputs, b.input("x", shape()))
	}
	pool = append(pool, inputs...)
	pick := func() *expr {
		if r.IntN(3) == 0 { // something recent
			return pool[len(pool)-1-r.IntN(min(4, len(pool)))]
		}
		return pool[r.IntN(len(pool))]
	}
	like := func(s tensor.Shape) *expr { // something of that shape
		var same []*expr
		for _, e := range pool {
			if sameShape(e.shape, s) {
				same = append(same, e)
			}
		}
		switch {
		case len(same) > 0 && r.IntN(4) > 0:
			return same[r.IntN(len(same))]
		case r.IntN(3) == 0:
			return b.fill(float64(r.IntN(5)-2), s)
		}
		keep := make(tensor.Shape, len(s))
		for i := range s {
			keep[i] = s[i]
			if r.IntN(2) == 0 {
				keep[i] = 1
			}
		}
		for _, e := range pool {
			if sizeOf(e.shape) == sizeOf(keep) {
				return b.expand(b.reshape(e, keep), s)
			}
		}
		data := make([]float64, sizeOf(keep))
		for i := range data {
			data[i] = float64(float32(r.NormFloat64()))
		}
		return b.expand(b.constant(data, keep), s)
	}
	for len(pool) < n {
		x := pick()
		s := x.shape
		axes := func() []int {
			var a []int
			for i := range s {
				if r.IntN(2) == 0 {
					a = append(a, i)
				}
			}
			return a
		}
		var e *expr
		switch r.IntN(18) {
		case 0, 1, 2:
			e = b.unary(smooth[r.IntN(len(smooth))], x)
		case 3, 4, 5:
			e = b.binary([]kind{kindAdd, kindSub, kindMul, kindMax, kindMin}[r.IntN(5)], x, like(s))
		case 6:
			e = b.div(x, b.shift(1.5, b.unary(kindSquare, like(s))))
		case 7:
			y := like(s)
			e = b.sel(b.binary(kindGt, inputs[0].scalarLike(b, s), b.fill(0.1, s)), x, y)
		case 8:
			e = b.reshape(x, tensor.Shape{x.size()})
			if len(s) > 1 && r.IntN(2) == 0 {
				e = b.reshape(x, append(tensor.Shape{s[0] * s[1]}, s[2:]...))
			}
		case 9, 10:
			e = b.transpose(x, r.Perm(len(s)))
		case 11:
			start, step, out := make([]int, len(s)), make([]int, len(s)), s.Clone()
			for i := range s {
				start[i] = r.IntN(s[i])
				step[i] = 1 + r.IntN(2)
				out[i] = 1 + r.IntN((s[i]-1-start[i])/step[i]+1)
			}
			if e = b.slice(x, start, step, out); r.IntN(2) == 0 {
				e = b.embed(e, start, step, s)
			}
		case 12:
			if len(s) > 0 {
				e = b.concat(r.IntN(len(s)), x, like(s))
			}
		case 13:
			e = b.scale(0.2, b.sum(x, axes()))
		case 14:
			if a := axes(); len(a) > 0 {
				e = b.argPick(inputs[0].scalarLike(b, s), x, a)
			}
		case 15, 16, 17:
			if len(s) == 2 {
				y := pick()
				if len(y.shape) != 2 {
					y = like(s)
				}
				for _, t := range r.Perm(4) {
					k, l := s[1-t&1], y.shape[t>>1]
					if k == l {
						e = b.scale(0.1, b.matmul(x, y, t&1 == 1, t>>1 == 1))
						break
					}
				}
			} else if len(s) == 3 {
				e = b.scale(0.1, b.matmul(x, like(s), true, false))
			}
		}
		if e != nil && e.size() <= 40000 {
			// Squash now and then, so that numbers stay in the range where comparing makes sense.
			if r.IntN(3) == 0 {
				e = b.unary(kindTanh, e)
			}
			pool = append(pool, e)
		}
	}
	var outputs []*expr
	for range 1 + r.IntN(4) {
		outputs = append(outputs, pick())
	}
	outputs = append(outputs, pool[len(pool)-1])
	return finish(&Func{name: "random", dtype: dt, inputs: inputs, outputs: outputs})
}

// scalarLike is a smooth pattern made of the indices alone, with the first element of e mixed in: what comparisons and
// maxima may decide on without hanging on the last bit.
func (e *expr) scalarLike(b *builder, s tensor.Shape) *expr {
	data := make([]float64, sizeOf(s))
	r := rand.New(rand.NewPCG(uint64(len(data)), 3))
	for i := range data {
		data[i] = float64(float32(r.NormFloat64()))
	}
	first := e
	if len(e.shape) > 0 {
		first = b.slice(e, make([]int, len(e.shape)), ones(len(e.shape)), ones(len(e.shape)))
	}
	tiny := b.scale(1e-3, b.unary(kindTanh, b.reshape(first, tensor.Shape{})))
	return b.add(b.constant(data, s), b.spread(tiny, s))
}

func ones(n int) tensor.Shape {
	s := make(tensor.Shape, n)
	for i := range s {
		s[i] = 1
	}
	return s
}

func randomProgram(t *testing.T, seed uint64, n int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	draw := func() float64 { return r.NormFloat64() }
	f := randomFunc(rand.New(rand.NewPCG(seed, 2)), tensor.Float64, n)
	agree[float64](t, f, filled(f, draw), 1e-12)
	f = randomFunc(rand.New(rand.NewPCG(seed, 2)), tensor.Float32, n)
	agree[float32](t, f, filled(f, draw), 2e-5)
}

func TestPlanRandomPrograms(t *testing.T) {
	count := 300
	if n, err := strconv.Atoi(os.Getenv("PLAN_PROGRAMS")); err == nil { // more of them
		count = n
	}
	for seed := range count {
		randomProgram(t, uint64(seed), 5+seed%80)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func FuzzPlan(f *testing.F) {
	f.Add(uint64(1), uint8(40))
	f.Fuzz(func(t *testing.T, seed uint64, n uint8) { randomProgram(t, seed, 5+int(n)) })
}
