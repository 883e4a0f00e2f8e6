package solvers

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"
)

// patterned is y' = J y with random entries on a pattern, as a System that gives what is asked for.
func patterned(rng *rand.Rand, n int, p Pattern, jacobian, jvp bool) (System[float64], []float64) {
	a := make([]float64, n*n)
	for j, rows := range p.columns(n) {
		for _, i := range rows {
			a[i*n+j] = rng.NormFloat64()
		}
	}
	sys := System[float64]{
		Dim:     n,
		Pattern: p,
		F: func(_ float64, y, d []float64) error {
			for i := range d {
				d[i] = dot(a[i*n:(i+1)*n], y)
			}
			return nil
		},
		VJP: func(_ float64, _, w, _, wy, _ []float64) (float64, error) {
			for j := range wy {
				wy[j] = 0
				for i, v := range w {
					wy[j] += v * a[i*n+j]
				}
			}
			return 0, nil
		},
	}
	if jvp {
		sys.JVP = func(_ float64, _, v, out []float64) error { return sys.F(0, v, out) }
	}
	if jacobian {
		sys.Jacobian = func(_ float64, _, jac []float64) error { copy(jac, a); return nil }
	}
	return sys, a
}

// scattered is a band of half-width 2 whose components are numbered at random: sparse, with a narrow band to be found.
func scattered(rng *rand.Rand, n int) Pattern {
	place := rng.Perm(n)
	var rows, cols []int
	for i := range n {
		for j := max(0, i-2); j <= min(n-1, i+2); j++ {
			rows, cols = append(rows, place[i]), append(cols, place[j])
		}
	}
	return Sparse(rows, cols)
}

type patternCase struct {
	name    string
	pattern Pattern
	groups  int // of columns
	stored  int
}

func patternCases(rng *rand.Rand, n int) []patternCase {
	return []patternCase{
		{"dense", Dense(), n, n * n},
		{"full band", Banded(n, n), n, n * n},
		{"tridiagonal", Banded(1, 1), 3, 3 * n},
		{"lower", Banded(3, 0), 4, 4 * n},
		{"upper", Banded(0, 3), 4, 4 * n},
		{"diagonal", Banded(0, 0), 1, n},
		{"blocks", BlockDiagonal(n/4, 4), 4, 4 * n},
		{"scattered", scattered(rng, n), 0, 5 * n},
		{"empty", Sparse(nil, nil), 1, n},
		{"arrow", Sparse(append(make([]int, n), 3), append(rng.Perm(n), 0)), 0, n * n},
	}
}

func TestShiftedSystems(t *testing.T) {
	for _, n := range []int{4, 40} {
		rng := rand.New(rand.NewSource(3))
		for _, c := range patternCases(rng, n) {
			t.Run(fmt.Sprintf("%s/%d", c.name, n), func(t *testing.T) {
				sys, a := patterned(rng, n, c.pattern, false, true)
				checkShifted[float64](t, sys, a, false, 0.7, 1e-11)
				checkShifted[complex128](t, sys, a, false, complex(0.7, 1.1), 1e-11)
				if n == 40 {
					// Far enough from the spectrum to converge.
					checkShifted[float64](t, sys, a, true, 25, 1e-3)
					checkShifted[complex128](t, sys, a, true, complex(20, 21), 1e-3)
				}
			})
		}
	}
}

// checkShifted multiplies a solution back.
func checkShifted[S scalar](t *testing.T, sys System[float64], a []float64, iterative bool, sigma S, tol float64) {
	t.Helper()
	n := sys.Dim
	set, err := check(sys, make([]float64, n), 0, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	env := newEnvironment(sys, set)
	jac, err := newJacobian(env, iterative)
	if err != nil {
		t.Fatal(err)
	}
	lin := newShifted[S](jac)
	if err := jac.eval(0, make([]float64, n), nil); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewSource(4))
	for _, transposed := range []bool{false, true} {
		b, x := make([]S, n), make([]S, n)
		for i := range b {
			b[i] = fromReal[S](rng.NormFloat64()) + fromPart[S](rng.NormFloat64(), parts[S]()-1)
		}
		run := func() {
			copy(x, b)
			if !lin.factor(sigma) {
				t.Fatal("singular")
			}
			ok := false
			if transposed {
				ok = lin.solveTransposed(x)
			} else {
				ok = lin.solve(x)
			}
			if !ok {
				t.Fatal("no solution")
			}
		}
		run()
		var worst float64
		for i := range b {
			r := sigma*x[i] - b[i]
			for j := range x {
				v := a[i*n+j]
				if transposed {
					v = a[j*n+i]
				}
				r -= fromReal[S](v) * x[j]
			}
			worst = math.Max(worst, magnitude(r))
		}
		if worst > tol*length(b)+tol*length(x) {
			t.Errorf("transposed %t, iterative %t: residual %g", transposed, iterative, worst)
		}
		if m := testing.AllocsPerRun(5, run); m != 0 {
			t.Errorf("%g allocations", m)
		}
	}
	if env.stats.Factorizations == 0 || env.stats.Jacobian != 1 {
		t.Errorf("%+v", env.stats)
	}
}

func TestSingularSystems(t *testing.T) {
	for _, p := range []Pattern{Dense(), Banded(1, 1), BlockDiagonal(10, 2)} {
		for _, bad := range []float64{1, math.NaN(), math.Inf(1)} {
			// σI − J with σ = 1 has a zero, or no number, in the middle of its diagonal, and nothing beside it.
			sys := System[float64]{Dim: 20, Pattern: p, F: decay().F, Jacobian: func(_ float64, _, jac []float64) error {
				jac[7*20+7] = bad
				return nil
			}}
			set, _ := check(sys, make([]float64, 20), 0, 1, nil)
			jac, err := newJacobian(newEnvironment(sys, set), false)
			if err != nil {
				t.Fatal(err)
			}
			if err := jac.eval(0, make([]float64, 20), nil); err != nil {
				t.Fatal(err)
			}
			if newShifted[float64](jac).factor(1) || newShifted[complex128](jac).factor(1) {
				t.Errorf("%+v with %g was factorised", p, bad)
			}
		}
	}
}

// TestJacobianSources: System.Jacobian, System.JVP and differences give the same matrix, at the price of one product a
// group.
func TestJacobianSources(t *testing.T) {
	const n = 20
	rng := rand.New(rand.NewSource(8))
	for _, c := range patternCases(rng, n) {
		var want []float64
		for _, source := range []string{"Jacobian", "JVP", "F"} {
			rng := rand.New(rand.NewSource(9))
			sys, _ := patterned(rng, n, c.pattern, source == "Jacobian", source == "JVP")
			set, _ := check(sys, make([]float64, n), 0, 1, nil)
			env := newEnvironment(sys, set)
			jac, err := newJacobian(env, false)
			if err != nil {
				t.Fatal(err)
			}
			y := make([]float64, n)
			for i := range y {
				y[i] = 1 + rng.Float64()
			}
			if err := jac.eval(0, y, nil); err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = slices.Clone(jac.v)
			}
			if d := maxDiff(jac.v, want); d > 1e-6 || len(jac.v) > c.stored {
				t.Errorf("%s by %s: %g off, %d entries", c.name, source, d, len(jac.v))
			}
			if g := len(jac.groups); c.groups > 0 && source != "Jacobian" && g != c.groups {
				t.Errorf("%s: %d groups; want %d", c.name, g, c.groups)
			}
			switch s := env.stats; source {
			case "JVP":
				if s.JVP != len(jac.groups) || s.F != 0 {
					t.Errorf("%s: %+v", c.name, s)
				}
			case "F":
				if s.F != len(jac.groups)+1 {
					t.Errorf("%s: %+v", c.name, s)
				}
			}
		}
	}
}

// TestDifferencesScale: columns of very different size, at components of very different size, zero among them.
func TestDifferencesScale(t *testing.T) {
	y := []float64{1e8, 1e-9, 0, -3}
	f := func(_ float64, y, d []float64) error {
		d[0], d[1] = -y[0]+1e3*y[3]*y[3], 1e12*y[1]*y[1]-2*y[1]
		d[2], d[3] = math.Sin(1e3*y[2]), 5e-3*y[3]*y[0]
		return nil
	}
	want := []float64{-1, 0, 0, -6e3, 0, 2e3 - 2, 0, 0, 0, 0, 1e3, 0, -15e-3, 0, 0, 5e5}
	sys := System[float64]{Dim: 4, F: f}
	set, _ := check(sys, y, 0, 1, nil)
	jac, err := newJacobian(newEnvironment(sys, set), false)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := jac.eval(0, y, nil); err != nil {
			t.Fatal(err)
		}
	}
	for k, v := range want {
		// Relative to the largest of the column.
		var scale float64
		for i := k % 4; i < 16; i += 4 {
			scale = math.Max(scale, math.Abs(want[i]))
		}
		if d := math.Abs(jac.v[k] - v); d > 2e-4*scale {
			t.Errorf("entry %d is %g; want %g", k, jac.v[k], v)
		}
	}
}

// TestDifferencesWall: where f isn't finite on one side the differences are taken on the other.
func TestDifferencesWall(t *testing.T) {
	sys := System[float64]{Dim: 1, F: func(_ float64, y, d []float64) error {
		d[0] = 3 * y[0]
		if y[0] > 1 {
			d[0] = math.NaN()
		}
		return nil
	}}
	set, _ := check(sys, []float64{1}, 0, 1, nil)
	jac, err := newJacobian(newEnvironment(sys, set), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := jac.eval(0, []float64{1}, nil); err != nil || math.Abs(jac.v[0]-3) > 1e-6 {
		t.Errorf("%v, %v", jac.v, err)
	}
}

func TestFindPattern(t *testing.T) {
	const n = 24
	rng := rand.New(rand.NewSource(1))
	for _, c := range patternCases(rng, n) {
		for _, jvp := range []bool{false, true} {
			sys, a := patterned(rng, n, c.pattern, !jvp, jvp)
			got, err := FindPattern(sys, 0, draw(rng, n))
			if err != nil {
				t.Fatal(err)
			}
			for j, rows := range got.columns(n) {
				for i := range n {
					if a[i*n+j] != 0 && !slices.Contains(rows, i) {
						t.Fatalf("%s: entry (%d, %d) is missed", c.name, i, j)
					}
				}
			}
			if l := newLayout(&got, n); l.len() > c.stored {
				t.Errorf("%s: %d entries stored", c.name, l.len())
			}
		}
	}
	if p, err := FindPattern(decay(), 0, []float64{1}); err == nil {
		t.Errorf("%+v without derivatives", p)
	}
}

func TestPatternRefused(t *testing.T) {
	for _, p := range []Pattern{Banded(-1, 2), BlockDiagonal(2, 3), Sparse([]int{0}, nil), Sparse([]int{4}, []int{0}),
		Sparse([]int{0}, []int{-1})} {
		sys := System[float64]{Dim: 4, F: decay().F, Pattern: p}
		set, _ := check(sys, make([]float64, 4), 0, 1, nil)
		_, err := newJacobian(newEnvironment(sys, set), false)
		wantStatus(t, err, BadInput)
	}
}
