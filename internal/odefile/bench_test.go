package odefile_test

import (
	"os"
	"path/filepath"
	"testing"

	"gorgonode/internal/odefile"
)

// models are the example files.
var models = []string{"lotka-volterra", "lorenz", "van-der-pol", "robertson", "fitzhugh-nagumo"}

func example(t testing.TB, name string) *odefile.File {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "ode", name+".ode"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := odefile.Parse(name+".ode", text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// BenchmarkRHS times an evaluation of f, of its Jacobian and of the sensitivities' right-hand side.
func BenchmarkRHS(b *testing.B) {
	for _, name := range models {
		f := example(b, name)
		m, err := f.Compile()
		if err != nil {
			b.Fatal(err)
		}
		sys, err := m.System(nil)
		if err != nil {
			b.Fatal(err)
		}
		n := sys.Dim
		y, dy, jac := append([]float64(nil), f.Inits...), make([]float64, n), make([]float64, n*n)
		b.Run(name+"/f", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sys.F(1, y, dy)
			}
		})
		b.Run(name+"/jacobian", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sys.Jacobian(1, y, jac)
			}
		})
		s, err := m.Sensitivities(nil, y, nil)
		if err != nil {
			b.Fatal(err)
		}
		z, err := s.Start(y, nil)
		if err != nil {
			b.Fatal(err)
		}
		whole, _, err := s.Problem(0, 20, z, 1e-6, 1e-8)
		if err != nil {
			b.Fatal(err)
		}
		dz := make([]float64, len(z))
		b.Run(name+"/sensitivities", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				whole.F(1, z, dz)
			}
		})
	}
}

// BenchmarkCompile times what a solve waits for before it begins.
func BenchmarkCompile(b *testing.B) {
	f := example(b, "fitzhugh-nagumo")
	for b.Loop() {
		if _, err := f.System(nil); err != nil {
			b.Fatal(err)
		}
	}
}
