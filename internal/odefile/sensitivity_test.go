package odefile_test

import (
	"fmt"
	"math"
	"testing"

	"gorgonode/internal/odefile"
	"gorgonode/solvers"
)

// final solves to t1 and returns the states and auxiliary outputs there.
func final(t *testing.T, m *odefile.Model, p, y0 []float64, t1 float64) []float64 {
	t.Helper()
	sys, err := m.System(p)
	if err != nil {
		t.Fatal(err)
	}
	events, err := m.Events(p)
	if err != nil {
		t.Fatal(err)
	}
	sol, err := solvers.Solve(sys, y0, 0, t1, &solvers.Settings{RTol: 1e-12, ATol: 1e-13}, events...)
	if err != nil {
		t.Fatal(err)
	}
	aux, err := m.AuxOf(p)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, len(m.File.Aux))
	if err := aux(t1, sol.LastY, out); err != nil {
		t.Fatal(err)
	}
	return append(append([]float64{}, sol.LastY...), out...)
}

func TestSensitivitiesAgainstDifferences(t *testing.T) {
	const t1 = 2.5
	files := []*odefile.File{example(t, "lotka-volterra"), example(t, "fitzhugh-nagumo"), mustParse(t, `
		par a=0.5, b=2, q=1e-4
		x' = if(x>0)then(a*y - x^2)else(sqrt(-x))
		y' = -b*x + max(y, -1)*q*1e4 - t*y
		z' = 0.1
		init x=a^2+1, y=b
		aux r = sqrt(x^2+y^2)*a`)}
	for _, f := range files {
		m, err := f.Compile()
		if err != nil {
			t.Fatal(err)
		}
		p, y0 := f.Values(), f.Inits
		s, err := m.Sensitivities(nil, y0, nil)
		if err != nil {
			t.Fatal(err)
		}
		z0, err := s.Start(y0, nil)
		if err != nil {
			t.Fatal(err)
		}
		sys, events, err := s.Problem(0, t1, z0, 1e-10, 1e-12)
		if err != nil {
			t.Fatal(err)
		}
		sol, err := solvers.Solve(sys, z0, 0, t1, &solvers.Settings{RTol: 1e-10, ATol: 1e-12, Norm: s.Norm()}, events...)
		if err != nil {
			t.Fatal(err)
		}
		matrix, err := s.Matrix()
		if err != nil {
			t.Fatal(err)
		}
		got, err := matrix(t1, sol.LastY)
		if err != nil {
			t.Fatal(err)
		}
		for j, name := range s.Wrt {
			up, down := perturbed(t, m, p, y0, j, 1, t1), perturbed(t, m, p, y0, j, -1, t1)
			for i := range got {
				want := (up.y[i] - down.y[i]) / (up.x - down.x)
				near(t, fmt.Sprintf("%s: output %d by %s", f.Name, i, name), got[i][j], want, 1e-6)
			}
		}
	}
}

type perturbation struct {
	x float64
	y []float64
}

func perturbed(t *testing.T, m *odefile.Model, p, y0 []float64, j int, sign, t1 float64) perturbation {
	p, y0 = append([]float64{}, p...), append([]float64{}, y0...)
	x, follow := p, true
	if j >= len(p) {
		x, j, follow = y0, j-len(p), false
	}
	size := math.Abs(x[j])
	if size == 0 {
		size = 1
	}
	x[j] += sign * 1e-4 * size
	if follow {
		y0 = m.File.Start(p)
	}
	return perturbation{x[j], final(t, m, p, y0, t1)}
}

func TestSensitivitiesByName(t *testing.T) {
	m, err := mustParse(t, "par alpha=2, b=3\nx' = -alpha*x\nY' = b*x\ninit x=1, y=alpha").Compile()
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Sensitivities([]float64{4, 5}, []float64{1, 2}, []string{"y(0)", "ALPHA"})
	if err != nil || fmt.Sprint(s.Wrt) != "[Y(0) alpha]" {
		t.Fatalf("by %v, %v", s.Wrt, err)
	}
	z, err := s.Start([]float64{1, 2}, []bool{false, true})
	if err != nil || fmt.Sprint(z) != "[1 2 0 2 0 0]" {
		t.Errorf("with a given initial value the start is %v, %v", z, err)
	}
	if z, err = s.Start([]float64{1, 2}, nil); err != nil || fmt.Sprint(z) != "[1 2 0 2 0 4]" {
		t.Errorf("the start is %v, %v", z, err)
	}
	for name, want := range map[string]string{
		"alhpa": `there is no parameter "alhpa"; did you mean "alpha"?`,
		"x":     `"x" is a state; its initial value is x(0)`,
		"z(0)":  `there is no state "z"`,
	} {
		if _, err := m.Sensitivities(nil, []float64{1, 2}, []string{name}); err == nil || err.Error() != want {
			t.Errorf("by %s: %v", name, err)
		}
	}
}

// The Jacobian of the system with sensitivities has second derivatives in it.
func TestJacobianOfSensitivities(t *testing.T) {
	m, err := example(t, "lotka-volterra").Compile()
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Sensitivities(nil, []float64{1, 2}, []string{"a", "x(0)"})
	if err != nil {
		t.Fatal(err)
	}
	sys, _, err := s.Problem(0, 1, make([]float64, 3*2), 1e-6, 1e-8)
	if err != nil {
		t.Fatal(err)
	}
	n := sys.Dim
	z, jac := make([]float64, n), make([]float64, n*n)
	for i := range z {
		z[i] = 0.3 + 0.7*float64(i)
	}
	if err := sys.Jacobian(0, z, jac); err != nil {
		t.Fatal(err)
	}
	up, down := make([]float64, n), make([]float64, n)
	for j := range n {
		const h = 1e-5
		z[j] += h
		sys.F(0, z, up)
		z[j] -= 2 * h
		sys.F(0, z, down)
		z[j] += h
		for i := range n {
			near(t, fmt.Sprintf("∂F%d/∂z%d", i, j), jac[i*n+j], (up[i]-down[i])/(2*h), 1e-8)
		}
	}
}
