package solvers

import (
	"math"
	"testing"
)

// brusselator is the reaction–diffusion problem of Hairer and Wanner II, IV.10, with m points and u, v side by side at each:
// a band of half-width 2,
//
//	u' = 1 + u²v − 4u + α(u_{i−1} − 2u_i + u_{i+1}),   v' = 3u − u²v + α(v_{i−1} − 2v_i + v_{i+1}).
func brusselator(m int) (System[float64], []float64) {
	n := 2 * m
	alpha := 0.02 * float64((m+1)*(m+1))
	edge := []float64{1, 3}
	f := func(_ float64, y, d []float64) error {
		for i := range n {
			left, right := edge[i%2], edge[i%2]
			if i >= 2 {
				left = y[i-2]
			}
			if i+2 < n {
				right = y[i+2]
			}
			u, v := y[i/2*2], y[i/2*2+1]
			d[i] = alpha * (left - 2*y[i] + right)
			if i%2 == 0 {
				d[i] += 1 + u*u*v - 4*u
			} else {
				d[i] += 3*u - u*u*v
			}
		}
		return nil
	}
	jvp := func(_ float64, y, w, out []float64) error {
		for i := range n {
			out[i] = -2 * alpha * w[i]
			if i >= 2 {
				out[i] += alpha * w[i-2]
			}
			if i+2 < n {
				out[i] += alpha * w[i+2]
			}
			k := i / 2 * 2
			u, v := y[k], y[k+1]
			r := 2*u*v*w[k] + u*u*w[k+1]
			if i%2 == 0 {
				out[i] += r - 4*w[k]
			} else {
				out[i] += 3*w[k] - r
			}
		}
		return nil
	}
	y0 := make([]float64, n)
	for i := range m {
		x := float64(i+1) / float64(m+1)
		y0[2*i], y0[2*i+1] = 1+math.Sin(2*math.Pi*x), 3
	}
	return System[float64]{Dim: n, F: f, JVP: jvp}, y0
}

// byColumns is the Jacobian of a System with JVP.
func byColumns(sys System[float64]) func(float64, []float64, []float64) error {
	n := sys.Dim
	return func(t float64, y, jac []float64) error {
		v, out := make([]float64, n), make([]float64, n)
		for j := range v {
			v[j] = 1
			if err := sys.JVP(t, y, v, out); err != nil {
				return err
			}
			v[j] = 0
			for i, x := range out {
				jac[i*n+j] = x
			}
		}
		return nil
	}
}

// TestStructures: with a Jacobian of one price the pattern changes the results by rounding alone. Other ways to the
// Jacobian, or an iterative solver, change them by what Newton's method leaves.
func TestStructures(t *testing.T) {
	const m = 40
	base, y0 := brusselator(m)
	s := &Settings{Method: Radau{}, RTol: 1e-7, ATol: 1e-7}
	given := base
	given.Jacobian = byColumns(base)
	dense, err := Solve(given, y0, 0, 10, s)
	if err != nil {
		t.Fatal(err)
	}
	found, err := FindPattern(base, 0, y0)
	if err != nil {
		t.Fatal(err)
	}
	plain := base
	plain.JVP = nil
	for _, c := range []struct {
		name    string
		sys     System[float64]
		pattern Pattern
		m       Radau
		groups  int // products, or differences, a Jacobian
		tol     float64
	}{
		{"banded", given, Banded(2, 2), Radau{}, 0, 1e-11},
		{"wider", given, Banded(3, 5), Radau{}, 0, 1e-11},
		{"banded, by products", base, Banded(2, 2), Radau{}, 5, 1e-7},
		{"found", base, found, Radau{}, 5, 1e-7},
		{"dense, by products", base, Dense(), Radau{}, 2 * m, 1e-7},
		{"banded, by differences", plain, Banded(2, 2), Radau{}, 0, 1e-7},
		{"dense, by differences", plain, Dense(), Radau{}, 0, 1e-7},
		{"too narrow", base, Banded(2, 1), Radau{}, 4, 1e-7},
		{"Krylov", base, Dense(), Radau{Krylov: true}, 0, 1e-7},
		{"Krylov, by differences", plain, Dense(), Radau{Krylov: true}, 0, 1e-7},
	} {
		c.sys.Pattern = c.pattern
		set := *s
		set.Method = c.m
		sol, err := Solve(c.sys, y0, 0, 10, &set)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := maxDiff(sol.LastY, dense.LastY); d > c.tol {
			t.Errorf("%s: %g apart", c.name, d)
		}
		if c.tol < 1e-10 && sol.Stats != dense.Stats {
			t.Errorf("%s: %+v; dense %+v", c.name, sol.Stats, dense.Stats)
		}
		if c.groups > 0 && sol.Stats.JVP != c.groups*sol.Stats.Jacobian {
			t.Errorf("%s: %+v", c.name, sol.Stats)
		}
		t.Logf("%-24s %+v", c.name, sol.Stats)
	}
}

// TestBatchOfBlocks: rows side by side with the pattern of blocks are the dense system, and a batch of one row many times
// steps as that row does.
func TestBatchOfBlocks(t *testing.T) {
	const rows = 5
	f, jac := vanDerPol(30)
	batch := System[float64]{
		Dim: 2 * rows,
		F: func(x float64, y, d []float64) error {
			for r := range rows {
				if err := f(x, y[2*r:2*r+2], d[2*r:2*r+2]); err != nil {
					return err
				}
			}
			return nil
		},
		JVP: func(x float64, y, v, out []float64) error {
			var j [4]float64
			for r := range rows {
				if err := jac(x, y[2*r:2*r+2], j[:]); err != nil {
					return err
				}
				out[2*r], out[2*r+1] = j[0]*v[2*r]+j[1]*v[2*r+1], j[2]*v[2*r]+j[3]*v[2*r+1]
			}
			return nil
		},
	}
	s := &Settings{Method: Radau{}, RTol: 1e-6, ATol: 1e-6}
	for _, alike := range []bool{false, true} {
		y0 := make([]float64, 2*rows)
		for r := range rows {
			y0[2*r] = 2
			if !alike {
				y0[2*r] += 0.1 * float64(r)
			}
		}
		batch.Pattern, batch.Jacobian = Dense(), byColumns(batch)
		dense, err := Solve(batch, y0, 0, 40, s)
		if err != nil {
			t.Fatal(err)
		}
		batch.Pattern = BlockDiagonal(rows, 2)
		blocks, err := Solve(batch, y0, 0, 40, s)
		if err != nil {
			t.Fatal(err)
		}
		if d := maxDiff(dense.LastY, blocks.LastY); d > 1e-10 || dense.Stats.F != blocks.Stats.F {
			t.Errorf("%g apart; %+v and %+v", d, dense.Stats, blocks.Stats)
		}
		batch.Jacobian = nil
		products, err := Solve(batch, y0, 0, 40, s)
		if err != nil || products.Stats.JVP != 2*products.Stats.Jacobian {
			t.Errorf("%+v, %v", products.Stats, err)
		}
		if alike {
			one, err := Solve(System[float64]{Dim: 2, F: f, Jacobian: jac}, y0[:2], 0, 40, s)
			if err != nil {
				t.Fatal(err)
			}
			if d := maxDiff(one.LastY, blocks.LastY[:2]); d > 1e-10 || one.Stats.F != blocks.Stats.F {
				t.Errorf("%g apart; %+v and one row %+v", d, blocks.Stats, one.Stats)
			}
		}
	}
}

// TestRadauDoesNotAllocate: whatever the structure.
func TestRadauDoesNotAllocate(t *testing.T) {
	base, y0 := brusselator(10)
	for _, m := range append(radaus(), Radau{Krylov: true}) {
		for _, p := range []Pattern{Dense(), Banded(2, 2), Sparse([]int{0}, []int{19})} {
			for _, jvp := range []bool{false, true} {
				sys := base
				sys.Pattern = p
				if !jvp {
					sys.JVP = nil
				}
				it, err := NewIntegrator(sys, y0, 0, 1e9, &Settings{Method: m, MaxStep: 0.01})
				if err != nil {
					t.Fatal(err)
				}
				step := func() {
					if !it.Step() {
						t.Fatal(it.Err())
					}
				}
				step()
				if n := testing.AllocsPerRun(20, step); n != 0 {
					t.Errorf("%+v, %+v, JVP %t: %g allocations a step", m, p, jvp, n)
				}
			}
		}
	}
}

func BenchmarkRadau(b *testing.B) {
	for _, p := range stiffProblems(b) {
		sys := p.system(true)
		s := &Settings{Method: Radau{}, RTol: 1e-6, ATol: 1e-6 * p.small}
		b.Run("problem="+p.name+"/rtol=1e-06", func(b *testing.B) {
			b.ReportAllocs()
			var sol *Solution[float64]
			for b.Loop() {
				var err error
				if sol, err = Solve(sys, p.y0, 0, p.t1, s); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(sol.Stats.F), "f/op")
			b.ReportMetric(p.scaled(sol.LastY), "error")
		})
	}
	sys, y0 := brusselator(250)
	sys.Pattern = Banded(2, 2)
	b.Run("problem=brusselator500/rtol=1e-06", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Solve(sys, y0, 0, 10, &Settings{Method: Radau{}, RTol: 1e-6, ATol: 1e-6}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
