package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

// accuracy is a function with the arguments that count and what is right for those that have no logarithm and the like.
type accuracy struct {
	name    string
	f64     func(dst, x []float64)
	f32     func(dst, x []float32)
	limit   float64 // in ulp
	reach   float64 // most arguments are within ±reach
	floor   float64 // an ulp is at least that of this number: near a zero that is not at 0
	at0     float64
	atMinus float64 // at −∞
	atPlus  float64
}

var (
	nan  = math.NaN()
	inf  = math.Inf(1)
	mine = math.Copysign(0, -1)
)

var accuracies = []accuracy{
	{"exp", Exp[float64], Exp[float32], 1, 700, 0, 1, 0, inf},
	{"log", Log[float64], Log[float32], 1, 1e4, 0, -inf, nan, inf},
	{"tanh", Tanh[float64], Tanh[float32], 2, 20, 0, 0, -1, 1},
	{"sigmoid", Sigmoid[float64], Sigmoid[float32], 2, 40, 0, 0.5, 0, 1},
	{"softplus", Softplus[float64], Softplus[float32], 2, 40, 0, math.Ln2, 0, inf},
	{"sin", Sin[float64], Sin[float32], 1.5, 1e3, 0, 0, nan, nan},
	{"cos", Cos[float64], Cos[float32], 1.5, 1e3, 0, 1, nan, nan},
	{"silu", Silu[float64], Silu[float32], 2, 40, 0, 0, mine, inf},
	{"gelu", Gelu[float64], Gelu[float32], 2, 8, 0, 0, mine, inf},
	{"sigmoid prime", SigmoidPrime[float64], SigmoidPrime[float32], 2, 40, 0, 0.25, 0, 0},
	{"tanh prime", TanhPrime[float64], TanhPrime[float32], 2, 20, 0, 1, 0, 0},
	{"silu prime", SiluPrime[float64], SiluPrime[float32], 2, 40, 1. / 64, 0.5, 0, 1},
	{"gelu prime", GeluPrime[float64], GeluPrime[float32], 2, 8, 1. / 64, 0.5, 0, 1},
}

// spread are arguments of every scale and sign, most of them within ±reach.
func spread(n int, reach float64) []float64 {
	xs := []float64{5e-324, -5e-324, 1e-310, -1e-310, 1e-45, 1e-40, 708, -708, 709.78, 709.79, -745.1, -745.2, -720, 88.7,
		88.8, -87.4, -103.9, -104, 1e300, -1e300}
	r := rand.New(rand.NewPCG(1, 2))
	for len(xs) < n {
		xs = append(xs, (2*r.Float64()-1)*reach, (2*r.Float64()-1)*reach/10, 2*r.Float64()-1,
			math.Ldexp(2*r.Float64()-1, r.IntN(80)-70),
			(2*r.Float64()-1)*750)
	}
	return xs
}

// bigUlps is the distance of got from want in units of the last place of want.
func bigUlps(got float64, want *big.Float, floor float64) float64 {
	const bits, least = 53, -1074
	w, _ := want.Float64()
	if math.IsInf(got, 0) || math.IsInf(w, 0) || got != got {
		if got == w {
			return 0
		}
		return inf
	}
	place := max(want.MantExp(nil)-bits, least)
	if floor > 0 {
		_, e := math.Frexp(floor)
		place = max(place, e-bits)
	}
	d, _ := scaled(diff(wide(got), want), -place).Float64()
	return math.Abs(d)
}

// reference is what a function gives for its arguments; nil where nothing is known.
func (a *accuracy) reference(xs []float64) []*big.Float {
	want := make([]*big.Float, len(xs))
	for i, v := range xs {
		switch {
		case a.name == "sin" || a.name == "cos":
			if math.Abs(v) > 0x1p40 {
				continue
			}
		case a.name != "log" && math.Abs(v) > 1e4:
			continue // eˣ is 0 or too large for the reference
		}
		want[i] = references[a.name](wide(v))
	}
	return want
}

// checkAccuracy compares f with the reference.
func checkAccuracy(t *testing.T, a *accuracy, xs []float64, want []*big.Float) {
	t.Helper()
	out := make([]float64, len(xs))
	a.f64(out, xs)
	worst, at := 0.0, 0
	for i := range xs {
		if want[i] == nil {
			continue
		}
		if u := bigUlps(out[i], want[i], a.floor); u > worst {
			worst, at = u, i
		}
	}
	t.Logf("%s: %.3f ulp at %v", a.name, worst, xs[at])
	if worst > a.limit {
		t.Errorf("%s(%v) = %v, want %v: %.3f ulp", a.name, xs[at], out[at], want[at], worst)
	}
}

// checkSpecial tries zeros, infinities and NaN.
func checkSpecial[T Float](t *testing.T, a *accuracy, f func(dst, x []T)) {
	t.Helper()
	special := []T{0, T(math.Inf(-1)), T(inf), T(nan)}
	got := make([]T, len(special))
	f(got, special)
	for i, w := range []float64{a.at0, a.atMinus, a.atPlus, nan} {
		if unsigned := strings.HasSuffix(a.name, "prime") && w == 0 && got[i] == 0; !unsigned && !same(got[i], T(w)) {
			t.Errorf("%s(%v) = %v, want %v", a.name, special[i], got[i], w)
		}
	}
	if zero := []T{T(mine)}; a.at0 == 0 {
		if f(zero, zero); !same(zero[0], T(mine)) {
			t.Errorf("%s(−0) = %v", a.name, zero[0])
		}
	}
}

func TestAccuracy(t *testing.T) {
	for i := range accuracies {
		a := &accuracies[i]
		t.Run(a.name, func(t *testing.T) {
			xs := spread(800, a.reach)
			if a.name == "log" {
				for i, x := range xs {
					xs[i] = math.Abs(x)
				}
			}
			want := a.reference(xs)
			atLevels(t, func(t *testing.T) {
				checkAccuracy(t, a, xs, want)
				checkSpecial(t, a, a.f64)
				checkSpecial(t, a, a.f32)
			})
		})
	}
}

// One float32 out of 40,013 of them all, against the portable float64.
func TestAccuracyFloat32(t *testing.T) {
	const stride = 40013
	atLevels(t, func(t *testing.T) {
		var xs, ys []float32
		var x, y []float64
		for bits := uint64(0); bits < 1<<32; bits += stride {
			if v := math.Float32frombits(uint32(bits)); v == v {
				xs, x = append(xs, v), append(x, float64(v))
			}
		}
		ys, y = make([]float32, len(xs)), make([]float64, len(xs))
		for _, a := range accuracies {
			a.f32(ys, xs)
			best := level
			level = portable
			a.f64(y, x)
			level = best
			worst, at := 0.0, 0
			for i, w := range y {
				g := float64(ys[i])
				if g == float64(float32(w)) || g != g && w != w {
					continue
				}
				ulp := math.Ldexp(1, max(math.Ilogb(max(math.Abs(w), a.floor))-23, -149))
				u := math.Abs(g-w) / ulp
				if u != u {
					u = inf
				}
				if u > worst {
					worst, at = u, i
				}
			}
			t.Logf("%s: %.3f ulp at %v", a.name, worst, xs[at])
			if worst > a.limit {
				t.Errorf("%s(%v) = %v, want %v: %.3f ulp", a.name, xs[at], ys[at], y[at], worst)
			}
		}
	})
}
