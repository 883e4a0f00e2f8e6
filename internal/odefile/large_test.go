package odefile_test

import (
	"fmt"
	"math"
	"testing"
)

// A chain of many states: the Jacobian comes of products with groups of unit vectors.
func TestLargeModel(t *testing.T) {
	f := mustParse(t, "par d=0.5,k=2\nu0=1\nu61=0\nu[1..60]' = d*(u[j-1]-2*u[j]+u[j+1]) - k*u[j]^3/(1+[j])\ninit "+
		"u[1..60]=[j]/60")
	sys, err := f.System(nil)
	if err != nil {
		t.Fatal(err)
	}
	n := sys.Dim
	jac := make([]float64, n*n)
	for i := range jac {
		jac[i] = math.NaN() // it is written in full
	}
	if err := sys.Jacobian(0, f.Inits, jac); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		for j := range n {
			want := 0.0
			switch u := float64(i+1) / 60; {
			case i == j:
				want = -1 - 2*3*u*u/float64(i+2)
			case i-j == 1 || j-i == 1:
				want = 0.5
			}
			near(t, fmt.Sprintf("∂f%d/∂u%d", i+1, j+1), jac[i*n+j], want, 1e-13)
		}
	}
}

func TestSparsity(t *testing.T) {
	f := mustParse(t, "x'=q\ny'=x'+f(z)\nz'=f(t)\nw'=0\nq=f(w)*a\nf(z)=z^2+w\npar a=1")
	rows, cols := f.Sparsity()
	if got, want := fmt.Sprint(rows, cols), "[0 1 1 2] [3 2 3 3]"; got != want {
		t.Errorf("entries %s, want %s", got, want)
	}
}
