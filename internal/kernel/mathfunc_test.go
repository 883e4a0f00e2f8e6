package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// ulps is the distance of got from want in units of the last place of want in T.
func ulps[T Float](got T, want float64) float64 {
	if g := float64(got); g == float64(T(want)) && math.Signbit(g) == math.Signbit(want) || g != g && want != want {
		return 0
	}
	var ulp float64
	switch any(got).(type) {
	case float32:
		w := math.Abs(want)
		ulp = math.Max(math.Ldexp(1, math.Ilogb(w)-23), math.SmallestNonzeroFloat32)
	default:
		w := math.Abs(want)
		ulp = math.Max(math.Nextafter(w, math.Inf(1))-w, math.SmallestNonzeroFloat64)
	}
	if d := math.Abs(float64(got)-want) / ulp; d == d {
		return d
	}
	return math.Inf(1)
}

func testAccuracy[T Float](t *testing.T, name string, f func(dst, x []T), want func(float64) float64, limit float64, xs []float64) {
	t.Helper()
	in, out := make([]T, len(xs)), make([]T, len(xs))
	for i, v := range xs {
		in[i] = T(v)
	}
	f(out, in)
	worst, at := 0.0, 0
	for i := range in {
		if u := ulps(out[i], want(float64(in[i]))); u > worst {
			worst, at = u, i
		}
	}
	t.Logf("%s: %.3g ulp at %v", name, worst, in[at])
	if worst > limit {
		t.Errorf("%s(%v) = %v, want %v: %.3g ulp", name, in[at], out[at], want(float64(in[at])), worst)
	}
	// In place, and at every length around a block.
	for n := range min(len(in), 2*block+3) {
		same := append([]T(nil), in[:n]...)
		f(same, same)
		for i, v := range same {
			if v != out[i] && v == v {
				t.Fatalf("%s in place, length %d, of %v: %v, want %v", name, n, in[i], v, out[i])
			}
		}
	}
}

// samples covers the number line: every scale, every sign, what is special, and a dense part around 0.
func samples() []float64 {
	xs := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 5e-324, -5e-324, 1e-310, 708, -708, 709.78, 709.79, -745.1, -745.2, -720, 88.7, 88.8, -87.4, -103.9, -104, 1e300}
	r := rand.New(rand.NewPCG(1, 2))
	for range 400000 {
		xs = append(xs, (2*r.Float64()-1)*22)
	}
	for range 100000 {
		xs = append(xs, (2*r.Float64()-1)*750, (2*r.Float64()-1)*110, math.Ldexp(2*r.Float64()-1, r.IntN(2000)-1060), math.Ldexp(2*r.Float64()-1, -r.IntN(20)))
	}
	return xs
}

// math.Tanh and math.Exp are themselves off by up to an ulp, which the limits allow for.
func TestAccuracy(t *testing.T) {
	xs := samples()
	testAccuracy(t, "tanh", Tanh[float64], math.Tanh, 3, xs)
	testAccuracy(t, "tanh", Tanh[float32], math.Tanh, 0.6, xs)
	testAccuracy(t, "exp", Exp[float64], math.Exp, 2, xs)
	testAccuracy(t, "exp", Exp[float32], math.Exp, 0.6, xs)
	testAccuracy(t, "sigmoid", Sigmoid[float64], sigmoid, 3, xs)
	testAccuracy(t, "sigmoid", Sigmoid[float32], sigmoid, 0.6, xs)
	testAccuracy(t, "softplus", Softplus[float64], softplus, 3, xs)
	testAccuracy(t, "softplus", Softplus[float32], softplus, 0.6, xs)
}

func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
