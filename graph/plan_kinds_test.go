package graph

import (
	"math"
	"testing"

	"gorgonia.org/tensor"
)

var someShapes = []tensor.Shape{
	{}, {1}, {7}, {1, 9}, {9, 1}, {5, 6}, {3, 1, 4}, {2, 3, 4, 5}, {2, 1, 3, 2, 3}, {2000}, {33, 70},
}

func TestPlanElementwise(t *testing.T) {
	for k := kindNeg; k <= kindSelect; k++ {
		t.Run(k.String(), func(t *testing.T) {
			for _, s := range someShapes {
				draw := normal()
				positive := draw
				switch k {
				case kindLog, kindLog2, kindSqrt, kindInvSqrt, kindPow:
					positive = func() float64 { return math.Abs(draw()) }
				case kindLog1p:
					positive = func() float64 { return math.Abs(draw()) - 0.5 }
				}
				checkPlan(t, positive, func(b *builder) ([]*expr, []*expr) {
					x, y, z := b.input("x", s), b.input("y", s), b.input("z", s)
					switch {
					case k.unary():
						return []*expr{x}, []*expr{b.unary(k, x)}
					case k.binary():
						return []*expr{x, y}, []*expr{b.binary(k, x, y)}
					}
					return []*expr{x, y, z}, []*expr{b.sel(b.binary(kindGt, x, y), y, z)}
				})
			}
		})
	}
}

// Every way in which a number, a row, a column or a transposed matrix can meet a matrix.
func TestPlanBroadcast(t *testing.T) {
	shapes := []tensor.Shape{{6, 7}, {1, 7}, {6, 1}, {1, 1}, {40, 60}, {1500, 3}, {3, 1500}}
	for k := kindAdd; k <= kindNe; k++ {
		for _, s := range shapes {
			for mode := range 6 {
				checkPlan(t, normal(), func(b *builder) ([]*expr, []*expr) {
					x := b.input("x", s)
					in := []*expr{x}
					var y *expr
					switch mode {
					case 0:
						y = b.fill(0.75, s)
					case 1:
						in = append(in, b.input("y", tensor.Shape{}))
						y = b.spread(in[1], s)
					case 2:
						in = append(in, b.input("y", tensor.Shape{s[1]}))
						y = b.spread(in[1], s)
					case 3:
						in = append(in, b.input("y", tensor.Shape{s[0], 1}))
						y = b.spread(in[1], s)
					case 4:
						in = append(in, b.input("y", tensor.Shape{s[1], s[0]}))
						y = b.transpose(in[1], []int{1, 0})
					case 5:
						in = append(in, b.input("y", tensor.Shape{2 * s[0], s[1] + 1}))
						y = b.slice(in[1], []int{1, 1}, []int{2, 1}, s)
					}
					x = b.unary(kindAbs, x)
					return in, []*expr{b.binary(k, x, y), b.binary(k, b.unary(kindAbs, y), x)}
				})
			}
		}
	}
}

func TestPlanMatMul(t *testing.T) {
	sizes := [][3]int{
		{1, 1, 1}, {1, 2, 1}, {1, 5, 9}, {1, 40, 3}, {20, 2, 50}, {20, 50, 2}, {50, 20, 2}, {20, 2, 2}, {7, 3, 1}, {9, 1, 9},
		{13, 17, 19}, {4, 4, 4}, {64, 64, 64}, {33, 70, 129}, {5, 130, 300}, {3, 4, 30}, {6, 5, 4},
	}
	for _, z := range sizes {
		for _, batch := range []tensor.Shape{{}, {1}, {3}, {2, 2}} {
			for trans := range 4 {
				// Sums of up to 130 products of about 4 are off by up to 130·4·2⁻²⁴ in float32 and 130·4·2⁻⁵³ in float64.
				checkPlanWithin(t, normal(), 1e-13, 3e-5, func(b *builder) ([]*expr, []*expr) {
					m, k, n := z[0], z[1], z[2]
					xs, ys := append(batch.Clone(), m, k), append(batch.Clone(), k, n)
					r := len(xs)
					if trans&1 != 0 {
						xs[r-2], xs[r-1] = k, m
					}
					if trans&2 != 0 {
						ys[r-2], ys[r-1] = n, k
					}
					x, y := b.input("x", xs), b.input("y", ys)
					p := b.matmul(x, y, trans&1 != 0, trans&2 != 0)
					bias := b.input("bias", tensor.Shape{n})
					return []*expr{x, y, bias}, []*expr{p, b.unary(kindTanh,
						b.add(b.matmul(b.scale(2, x), y, trans&1 != 0, trans&2 != 0), b.spread(bias, p.shape)))}
				})
			}
		}
	}
}

// A batch times one matrix, and factors that are slices, broadcasts and transpositions.
func TestPlanMatMulViews(t *testing.T) {
	checkPlan(t, normal(), func(b *builder) ([]*expr, []*expr) {
		x, w := b.input("x", tensor.Shape{3, 4, 5}), b.input("w", tensor.Shape{5, 6})
		y := b.input("y", tensor.Shape{10, 12})
		wide := b.spread(w, tensor.Shape{3, 5, 6})
		part := b.slice(y, []int{1, 2}, []int{2, 1}, tensor.Shape{4, 5})
		gaps := b.slice(y, []int{0, 1}, []int{1, 2}, tensor.Shape{5, 6})
		turned := b.transpose(x, []int{1, 0, 2})
		row := b.spread(b.input("r", tensor.Shape{5}), tensor.Shape{4, 5})
		return []*expr{x, w, y, row.args[0].args[0]}, []*expr{
			b.matmul(x, wide, false, false),
			b.unary(kindTanh, b.matmul(x, wide, false, false)),
			b.matmul(part, gaps, false, false),
			b.matmul(gaps, part, true, true),
			b.matmul(part, part, false, true),
			b.matmul(turned, b.spread(w, tensor.Shape{4, 5, 6}), false, false),
			b.matmul(row, gaps, false, false),
			b.matmul(row, row, true, false),
			b.matmul(row, row, false, true),
		}
	})
}

func TestPlanSum(t *testing.T) {
	for _, s := range someShapes {
		for set := range 1 << len(s) {
			var axes []int
			for a := range s {
				if set>>a&1 == 1 {
					axes = append(axes, a)
				}
			}
			checkPlan(t, normal(), func(b *builder) ([]*expr, []*expr) {
				x := b.input("x", s)
				y := b.unary(kindSquare, x)
				return []*expr{x}, []*expr{b.sum(y, axes), b.max(x, axes), b.argPick(x, y, axes), b.argPut(x, b.sum(y, axes), axes)}
			})
		}
	}
}

func TestPlanMoves(t *testing.T) {
	checkPlan(t, normal(), func(b *builder) ([]*expr, []*expr) {
		x, y := b.input("x", tensor.Shape{4, 5, 6}), b.input("y", tensor.Shape{4, 2, 6})
		turned := b.transpose(x, []int{2, 0, 1})
		step := b.slice(x, []int{1, 0, 2}, []int{2, 1, 3}, tensor.Shape{2, 5, 2})
		return []*expr{x, y}, []*expr{
			turned,
			b.reshape(turned, tensor.Shape{24, 5}),
			b.reshape(b.transpose(b.reshape(turned, tensor.Shape{24, 5}), []int{1, 0}), tensor.Shape{120}),
			step,
			b.embed(b.neg(step), []int{1, 0, 2}, []int{2, 1, 3}, tensor.Shape{4, 5, 6}),
			b.concat(1, x, y, b.neg(x)),
			b.concat(0, turned, turned),
			b.concat(2, b.spread(b.sum(y, []int{0, 1, 2}), y.shape), y, b.fill(3, tensor.Shape{4, 2, 1})),
			b.sum(turned, []int{1}),
			b.sum(b.reshape(turned, tensor.Shape{3, 2, 20}), []int{0, 2}),
			x, b.reshape(x, tensor.Shape{120}), b.fill(2, tensor.Shape{3}),
			b.slice(x, []int{1, 0, 0}, []int{1, 1, 1}, tensor.Shape{2, 5, 6}),
		}
	})
}

func TestPlanWindows(t *testing.T) {
	for _, w := range []window{
		{kh: 3, kw: 3, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1, top: 1, bottom: 1, left: 1, right: 1, h: 6, w: 5},
		{kh: 2, kw: 3, strideH: 2, strideW: 3, dilationH: 1, dilationW: 2, h: 9, w: 11},
		{kh: 3, kw: 2, strideH: 2, strideW: 1, dilationH: 3, dilationW: 1, top: 4, bottom: 0, left: 0, right: 5, h: 7, w: 4,
			pad: -3},
		{kh: 1, kw: 1, strideH: 3, strideW: 3, dilationH: 1, dilationW: 1, top: 2, bottom: 2, left: 3, right: 3, h: 2, w: 2,
			pad: 1},
	} {
		checkPlan(t, normal(), func(b *builder) ([]*expr, []*expr) {
			x := b.input("x", tensor.Shape{2, 3, w.h, w.w})
			shown := b.windows(x, &w)
			y := b.input("y", shown.shape)
			return []*expr{x, y}, []*expr{shown, b.unwindows(y, &w), b.max(shown, []int{4, 5})}
		})
	}
}

func TestPlanSpecialValues(t *testing.T) {
	special := []float64{0, math.Copysign(0, -1), 1, -1, 0.5, math.Inf(1), math.Inf(-1), math.NaN(), 5e-324, -1e-310, 710,
		-710, 746, -746, 1e308, 3e38, 1e-40, 90, -105, 20, -20}
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		for k := kindNeg; k <= kindNe; k++ {
			f := buildFunc(dt, func(b *builder) ([]*expr, []*expr) {
				s := tensor.Shape{len(special), len(special)}
				x, y := b.input("x", s), b.input("y", s)
				if k.unary() {
					return []*expr{x}, []*expr{b.unary(k, x)}
				}
				return []*expr{x, y}, []*expr{b.binary(k, x, y), b.binary(k, x, b.fill(-0.5, s)), b.binary(k, b.fill(0.5, s), x)}
			})
			in := filled(f, func() float64 { return 0 })
			for i := range special {
				for j := range special {
					in[0][i*len(special)+j] = special[i]
					if len(in) == 2 {
						in[1][i*len(special)+j] = special[j]
					}
				}
			}
			if dt == tensor.Float64 {
				agreeSpecial[float64](t, k, f, in, 4e-16)
			} else {
				agreeSpecial[float32](t, k, f, in, 2.4e-7)
			}
		}
	}
}

// agreeSpecial compares including the signs of zeros, to a relative tolerance that overflow and underflow do not hide.
func agreeSpecial[T Float](t *testing.T, k kind, f *Func, in [][]float64, tol float64) {
	t.Helper()
	x := asType[T](in)
	exact := make([][]float64, len(x))
	for i := range x {
		for _, v := range x[i] {
			exact[i] = append(exact[i], float64(v))
		}
	}
	want := evaluate(f, exact)
	p, err := Compile[T](f)
	if err != nil {
		t.Fatal(err)
	}
	got := outputsFor[T](f)
	if err := p.Run(x, got); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		for j, w := range want[i] {
			g, w := float64(got[i][j]), float64(T(w))
			tiny := 2 * float64(math.SmallestNonzeroFloat64)
			if _, ok := any(T(0)).(float32); ok {
				tiny = 2 * math.SmallestNonzeroFloat32
			}
			same := g == w && math.Signbit(g) == math.Signbit(w) || g != g && w != w
			if !same && !(math.Abs(g-w) <= tol*math.Abs(w)+tiny) {
				t.Errorf("%v %v, output %d, of %v: %v, want %v", f.dtype, k, i, in[0][j], g, w)
			}
		}
	}
}
