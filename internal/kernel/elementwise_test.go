package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func unaryKernels[T Float]() map[string]func(dst, x []T) {
	return map[string]func(dst, x []T){
		"neg": Neg[T], "abs": Abs[T], "sign": Sign[T], "ceil": Ceil[T], "floor": Floor[T], "square": Square[T], "cube": Cube[T],
		"inv": Inv[T], "sqrt": Sqrt[T], "invsqrt": InvSqrt[T], "relu": Relu[T], "copy": Copy[T],
	}
}

func binaryKernels[T Float]() map[string]func(dst, x, y []T) {
	return map[string]func(dst, x, y []T){
		"add": Add[T], "sub": Sub[T], "mul": Mul[T], "div": Div[T], "max": Max[T], "min": Min[T],
		"gt": Gt[T], "ge": Ge[T], "lt": Lt[T], "le": Le[T], "eq": Eq[T], "ne": Ne[T],
		"select": func(dst, x, y []T) { Select(dst, x, y, x) },
	}
}

func numberKernels[T Float]() map[string]func(dst, x []T, c T) {
	return map[string]func(dst, x []T, c T){
		"addc": AddC[T], "subc": SubC[T], "csub": CSub[T], "mulc": MulC[T], "divc": DivC[T], "cdiv": CDiv[T], "maxc": MaxC[T],
		"minc": MinC[T], "gtc": GtC[T], "gec": GeC[T], "ltc": LtC[T], "lec": LeC[T], "eqc": EqC[T], "nec": NeC[T],
	}
}

// functionKernels may differ between instruction sets, but not with the place or the length.
func functionKernels[T Float]() map[string]func(dst, x []T) {
	fs := map[string]func(dst, x []T){}
	for _, a := range accuracies {
		var f any = a.f64
		if _, ok := any(T(0)).(float32); ok {
			f = a.f32
		}
		fs[a.name] = f.(func(dst, x []T))
	}
	return fs
}

// odd numbers: special ones every now and then, and equal ones.
func oddNumbers[T Float](r *rand.Rand, x []T) {
	special := []float64{0, math.Copysign(0, -1), 1, -1, inf, -inf, nan, 5e-324, -1e-310, 1e-40, -1e-45, 1e300, -1e300, 1e30,
		1 << 27, -1e9}
	for i := range x {
		x[i] = T(4 * r.NormFloat64())
		if r.IntN(3) == 0 {
			x[i] = T(special[r.IntN(len(special))])
		}
	}
}

func TestElementwise(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		testElementwise[float32](t)
		testElementwise[float64](t)
	})
}

// onPortable computes what the portable loops give.
func onPortable(f func()) {
	was := level
	level = portable
	f()
	level = was
}

// testElementwise runs every kernel at every length of a few registers, with slices that end or begin where memory does,
// and compares with the portable loops bit for bit.
func testElementwise[T Float](t *testing.T) {
	const longest = 67
	r := rand.New(rand.NewPCG(1, 1))
	for _, front := range []bool{false, true} {
		memory := make([][]T, 3)
		for i := range memory {
			memory[i] = guarded[T](t, longest, front)
		}
		at := func(i, n int) []T {
			if front {
				return memory[i][:n]
			}
			return memory[i][longest-n:]
		}
		check := func(name string, n int, want []T, run func(dst []T)) {
			t.Helper()
			for i := range memory[2] {
				memory[2][i] = -77
			}
			dst := at(2, n)
			run(dst)
			for i := range dst {
				if !same(dst[i], want[i]) {
					t.Fatalf("%T %s of length %d: element %d of %v and %v is %v, want %v", dst[0], name, n, i, at(0, n)[i], at(1, n)[i],
						dst[i], want[i])
				}
			}
			for i, v := range memory[2] {
				if inside := front && i < n || !front && i >= longest-n; !inside && v != -77 {
					t.Fatalf("%T %s of length %d: wrote beyond its destination", v, name, n)
				}
			}
		}
		for n := range longest {
			x, y := at(0, n), at(1, n)
			oddNumbers(r, x)
			oddNumbers(r, y)
			for i := range y {
				if r.IntN(4) == 0 {
					y[i] = x[i]
				}
			}
			c := T(r.IntN(3) - 1)
			want := make([]T, n)
			for name, f := range unaryKernels[T]() {
				onPortable(func() { f(want, x) })
				check(name, n, want, func(dst []T) { f(dst, x) })
				check(name+" in place", n, want, func(dst []T) { copy(dst, x); f(dst, dst) })
			}
			for name, f := range numberKernels[T]() {
				onPortable(func() { f(want, x, c) })
				check(name, n, want, func(dst []T) { f(dst, x, c) })
				check(name+" in place", n, want, func(dst []T) { copy(dst, x); f(dst, dst, c) })
			}
			for name, f := range binaryKernels[T]() {
				onPortable(func() { f(want, x, y) })
				check(name, n, want, func(dst []T) { f(dst, x, y) })
				check(name+" in place", n, want, func(dst []T) { copy(dst, y); f(dst, x, dst) })
			}
			for name, f := range functionKernels[T]() {
				one := make([]T, 1)
				for i := range want {
					f(one, x[i:i+1])
					want[i] = one[0]
				}
				check(name, n, want, func(dst []T) { f(dst, x) })
				check(name+" in place", n, want, func(dst []T) { copy(dst, x); f(dst, dst) })
			}
		}
	}
}

// Long slices go through the assembly in parts.
func TestElementwiseLong(t *testing.T) {
	const n = 1<<17 + 5
	x, got := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i] = float32(i%1000) / 100
	}
	x[1<<16+100] = 1e30
	atLevels(t, func(t *testing.T) {
		for name, f := range functionKernels[float32]() {
			f(got, x)
			one := make([]float32, 1)
			for _, i := range []int{0, 1<<16 - 1, 1 << 16, 1<<16 + 99, 1<<16 + 100, 1<<16 + 101, 1 << 17, n - 1} {
				if f(one, x[i:i+1]); !same(got[i], one[0]) {
					t.Errorf("%s, element %d: %v, want %v", name, i, got[i], one[0])
				}
			}
		}
	})
}
