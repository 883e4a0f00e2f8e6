package solvers

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// reference is an entry of testdata/ivp/reference.json.
type reference struct {
	ID       string
	T0, T    string
	Y0       []string
	Verified []string `json:"y_verified"`
}

func references(t testing.TB) map[string]reference {
	t.Helper()
	b, err := os.ReadFile("../testdata/ivp/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Problems []reference }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	m := make(map[string]reference)
	for _, p := range file.Problems {
		m[p.ID] = p
	}
	return m
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func numbers(t testing.TB, s []string) []float64 {
	out := make([]float64, len(s))
	for i := range s {
		out[i] = number(t, s[i])
	}
	return out
}

type field = func(t float64, y, d []float64)

// detest has the equations of the file.
var detest = []struct {
	id string
	f  field
}{
	{"A1", func(_ float64, y, d []float64) { d[0] = -y[0] }},
	{"A2", func(_ float64, y, d []float64) { d[0] = -y[0] * y[0] * y[0] / 2 }},
	{"A3", func(t float64, y, d []float64) { d[0] = y[0] * math.Cos(t) }},
	{"A4", func(_ float64, y, d []float64) { d[0] = y[0] / 4 * (1 - y[0]/20) }},
	{"B1", func(_ float64, y, d []float64) {
		d[0], d[1] = 2*(y[0]-y[0]*y[1]), -(y[1] - y[0]*y[1])
	}},
	{"B2", func(_ float64, y, d []float64) {
		d[0], d[1], d[2] = -y[0]+y[1], y[0]-2*y[1]+y[2], y[1]-y[2]
	}},
	{"B3", func(_ float64, y, d []float64) {
		d[0], d[1], d[2] = -y[0], y[0]-y[1]*y[1], y[1]*y[1]
	}},
	{"B5", func(_ float64, y, d []float64) {
		d[0], d[1], d[2] = y[1]*y[2], -y[0]*y[2], -0.51*y[0]*y[1]
	}},
	{"C1", func(_ float64, y, d []float64) {
		d[0], d[9] = -y[0], y[8]
		for i := 1; i < 9; i++ {
			d[i] = y[i-1] - y[i]
		}
	}},
	{"C2", func(_ float64, y, d []float64) {
		d[0], d[9] = -y[0], 9*y[8]
		for i := 1; i < 9; i++ {
			d[i] = float64(i)*y[i-1] - float64(i+1)*y[i]
		}
	}},
	{"C4", func(_ float64, y, d []float64) {
		n := len(y)
		for i := range d {
			d[i] = -2 * y[i]
			if i > 0 {
				d[i] += y[i-1]
			}
			if i < n-1 {
				d[i] += y[i+1]
			}
		}
	}},
	{"E1", func(t float64, y, d []float64) {
		s := t + 1
		d[0], d[1] = y[1], -(y[1]/s + (1-0.25/(s*s))*y[0])
	}},
	{"E2", func(_ float64, y, d []float64) { d[0], d[1] = y[1], (1-y[0]*y[0])*y[1]-y[0] }},
	{"E3", func(t float64, y, d []float64) {
		d[0], d[1] = y[1], y[0]*y[0]*y[0]/6-y[0]+2*math.Sin(2.78535*t)
	}},
	{"E5", func(t float64, y, d []float64) { d[0], d[1] = y[1], math.Sqrt(1+y[1]*y[1])/(25-t) }},
	{"BRUS", func(_ float64, y, d []float64) {
		d[0], d[1] = 1+y[0]*y[0]*y[1]-4*y[0], 3*y[0]-y[0]*y[0]*y[1]
	}},
	{"LORENZ10", func(_ float64, y, d []float64) {
		d[0], d[1], d[2] = 10*(y[1]-y[0]), y[0]*(28-y[2])-y[1], y[0]*y[1]-8./3*y[2]
	}},
	{"LV", func(_ float64, y, d []float64) { d[0], d[1] = 1.5*y[0]-y[0]*y[1], -3*y[1]+y[0]*y[1] }},
}

// referenceLimit is how many times the tolerance the error at the end of a problem of the condition number κ may be
// (see condition).
//
// It is 30, and 30κ where the problem at least doubles errors. A method that goes on from a solution of lower order
// than the one it compares with has in each of its N steps an error of just the estimate, up to the tolerance: κN.
func referenceLimit(m Method, kappa float64, steps int) float64 {
	switch i := m.Info(); {
	case i.EmbeddedOrder > i.Order:
		return kappa * float64(steps)
	case kappa < 2:
		return 30
	}
	return 30 * kappa
}

// TestReference compares the end values of every adaptive method with the quadruple precision ones.
func TestReference(t *testing.T) {
	refs, kappas := references(t), conditionNumbers(t)
	if len(refs) != len(detest) {
		t.Errorf("%d problems in the file, %d here", len(refs), len(detest))
	}
	var table strings.Builder
	for _, m := range methodsUnderTest() {
		if !m.Info().Adaptive() {
			continue
		}
		for _, p := range detest {
			ref, ok := refs[p.id]
			if !ok {
				t.Fatalf("%s is not in the file", p.id)
			}
			y0, want := numbers(t, ref.Y0), numbers(t, ref.Verified)
			f := p.f
			sys := System[float64]{Dim: len(y0), F: func(t float64, y, d []float64) error { f(t, y, d); return nil }}
			for _, rtol := range []float64{1e-4, 1e-7, 1e-10} {
				if i := m.Info(); math.Pow(rtol, 1/float64(min(i.Order, i.EmbeddedOrder)+1)) < 1e-3 {
					continue // steps of that size: seconds
				}
				sol, err := Solve(sys, y0, number(t, ref.T0), number(t, ref.T), &Settings{Method: m, RTol: rtol, ATol: rtol})
				if err != nil {
					t.Errorf("%s on %s: %v", m.Name(), p.id, err)
					continue
				}
				var e float64
				for i, v := range want {
					e = math.Max(e, math.Abs(sol.LastY[i]-v)/(1+math.Abs(v)))
				}
				limit := referenceLimit(m, kappas[p.id], sol.Stats.Accepted)
				fmt.Fprintf(&table, "%-8s %-9s rtol %.0e  error/rtol %8.2f  f %6d  accepted %5d  rejected %4d\n",
					m.Name(), p.id, rtol, e/rtol, sol.Stats.F, sol.Stats.Accepted, sol.Stats.Rejected)
				if e > limit*rtol {
					t.Errorf("%s on %s at rtol %g: error %.3g, more than %.3g times it", m.Name(), p.id, rtol, e, limit)
				}
			}
		}
	}
	t.Log("\n" + table.String())
}
