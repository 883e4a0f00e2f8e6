package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gorgonode/solvers"
)

// TestDerivatives checks the Jacobians of the problems by differences.
func TestDerivatives(t *testing.T) {
	ps, err := problems("../../testdata/ivp")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		if !p.stiff {
			continue
		}
		n := p.system.Dim
		y, dir := make([]float64, n), make([]float64, n)
		for i := range y {
			y[i], dir[i] = 1+0.3*math.Sin(float64(i)), math.Cos(3*float64(i))
		}
		got, lo, hi := make([]float64, n), make([]float64, n), make([]float64, n)
		if p.system.JVP != nil {
			_ = p.system.JVP(0, y, dir, got)
		} else {
			jac := make([]float64, n*n)
			_ = p.system.Jacobian(0, y, jac)
			for i := range n {
				for k := range n {
					got[i] += jac[i*n+k] * dir[k]
				}
			}
		}
		const h = 1e-5
		z := make([]float64, n)
		for s, d := range map[float64][]float64{-h: lo, h: hi} {
			for i := range z {
				z[i] = y[i] + s*dir[i]
			}
			_ = p.system.F(0, z, d)
		}
		var scale float64
		for i := range got {
			scale = math.Max(scale, math.Abs(got[i]))
		}
		for i := range got {
			if want := (hi[i] - lo[i]) / (2 * h); math.Abs(got[i]-want) > 1e-7*scale {
				t.Errorf("%s: row %d of the Jacobian's product is %g, the difference is %g", p.name, i, got[i], want)
			}
		}
	}
}

// TestErrors solves each problem by one method that suits, and looks at the error.
func TestErrors(t *testing.T) {
	ps, err := problems("../../testdata/ivp")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		var method solvers.Method = solvers.DOP853{}
		if p.stiff {
			method = solvers.Radau{}
		}
		m := measure(p, method, 1e-8, 0)
		if m.Failure != "" || !(m.Error < 1e-6) {
			t.Errorf("%s by %s: error %g %s", p.name, m.Method, m.Error, m.Failure)
		}
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	var b bytes.Buffer
	o := options{data: "../../testdata/ivp", plots: dir, problem: "hires", method: "radau,bdf"}
	if err := run(&b, o); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n != 4+2*len(tolerances) {
		t.Errorf("%d lines:\n%s", n, b.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "work-precision-hires.png")); err != nil {
		t.Error(err)
	}
	if err := run(&b, options{data: o.data, problem: "nothing"}); err == nil {
		t.Error("a problem that there isn't")
	}
}
