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

// detest has the equations of the file, and how much larger than the tolerance the error at T may be: a step's error is at
// most the tolerance, and what they add up to depends on how the problem forgets or magnifies them. 10 suits one that
// forgets, 30 one that keeps them, more one whose neighbouring solutions part.
var detest = []struct {
	id     string
	factor float64
	f      field
}{
	{"A1", 10, func(_ float64, y, d []float64) { d[0] = -y[0] }},
	{"A2", 10, func(_ float64, y, d []float64) { d[0] = -y[0] * y[0] * y[0] / 2 }},
	{"A3", 30, func(t float64, y, d []float64) { d[0] = y[0] * math.Cos(t) }},
	{"A4", 10, func(_ float64, y, d []float64) { d[0] = y[0] / 4 * (1 - y[0]/20) }},
	{"B1", 300, func(_ float64, y, d []float64) {
		d[0], d[1] = 2*(y[0]-y[0]*y[1]), -(y[1] - y[0]*y[1])
	}},
	{"B2", 10, func(_ float64, y, d []float64) {
		d[0], d[1], d[2] = -y[0]+y[1], y[0]-2*y[1]+y[2], y[1]-y[2]
	}},
	{"B3", 10, func(_ float64, y, d []float64) {
		d[0], d[1], d[2] = -y[0], y[0]-y[1]*y[1], y[1]*y[1]
	}},
	{"B5", 30, func(_ float64, y, d []float64) {
		d[0], d[1], d[2] = y[1]*y[2], -y[0]*y[2], -0.51*y[0]*y[1]
	}},
	{"C1", 10, func(_ float64, y, d []float64) {
		d[0], d[9] = -y[0], y[8]
		for i := 1; i < 9; i++ {
			d[i] = y[i-1] - y[i]
		}
	}},
	{"C2", 10, func(_ float64, y, d []float64) {
		d[0], d[9] = -y[0], 9*y[8]
		for i := 1; i < 9; i++ {
			d[i] = float64(i)*y[i-1] - float64(i+1)*y[i]
		}
	}},
	{"C4", 10, func(_ float64, y, d []float64) {
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
	{"E1", 30, func(t float64, y, d []float64) {
		s := t + 1
		d[0], d[1] = y[1], -(y[1]/s + (1-0.25/(s*s))*y[0])
	}},
	{"E2", 30, func(_ float64, y, d []float64) { d[0], d[1] = y[1], (1-y[0]*y[0])*y[1]-y[0] }},
	{"E3", 100, func(t float64, y, d []float64) {
		d[0], d[1] = y[1], y[0]*y[0]*y[0]/6-y[0]+2*math.Sin(2.78535*t)
	}},
	{"E5", 10, func(t float64, y, d []float64) { d[0], d[1] = y[1], math.Sqrt(1+y[1]*y[1])/(25-t) }},
	{"BRUS", 30, func(_ float64, y, d []float64) {
		d[0], d[1] = 1+y[0]*y[0]*y[1]-4*y[0], 3*y[0]-y[0]*y[0]*y[1]
	}},
	// The largest Lyapunov exponent is 0.9: e^9 ≈ 8000 over the interval.
	{"LORENZ10", 8000, func(_ float64, y, d []float64) {
		d[0], d[1], d[2] = 10*(y[1]-y[0]), y[0]*(28-y[2])-y[1], y[0]*y[1]-8./3*y[2]
	}},
	{"LV", 100, func(_ float64, y, d []float64) { d[0], d[1] = 1.5*y[0]-y[0]*y[1], -3*y[1]+y[0]*y[1] }},
}

// slack is how much more a method may err than the factors above: Fehlberg's solution of order 5 has an error constant nine
// times Dopri5's at the same estimate, and Tsit5's estimate is small beside its error where E3 is sharpest.
var slack = map[string]float64{"fehlberg": 3, "tsit5": 2, "kvaerno5": 5, "kencarp4": 4, "doubling": 2}

// TestReference compares the end values of every adaptive method with the quadruple precision ones.
func TestReference(t *testing.T) {
	refs := references(t)
	if len(refs) != len(detest) {
		t.Errorf("%d problems in the file, %d here", len(refs), len(detest))
	}
	var table strings.Builder
	for _, m := range methodsUnderTest() {
		if coarse(m) {
			continue // see TestCoarse
		}
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
				if m.Order() < 4 && rtol < 1e-7 || m.Order() < 3 && rtol < 1e-4 {
					continue // tens of thousands of steps
				}
				limit := p.factor * math.Max(1, slack[m.Name()])
				sol, err := Solve(sys, y0, number(t, ref.T0), number(t, ref.T), &Settings{Method: m, RTol: rtol, ATol: rtol})
				if err != nil {
					t.Errorf("%s on %s: %v", m.Name(), p.id, err)
					continue
				}
				var e float64
				for i, v := range want {
					e = math.Max(e, math.Abs(sol.LastY[i]-v)/(1+math.Abs(v)))
				}
				fmt.Fprintf(&table, "%-8s %-9s rtol %.0e  error/rtol %8.2f  f %6d  accepted %5d  rejected %4d\n",
					m.Name(), p.id, rtol, e/rtol, sol.Stats.F, sol.Stats.Accepted, sol.Stats.Rejected)
				if e > limit*rtol {
					t.Errorf("%s on %s at rtol %g: error %.3g, more than %g times it", m.Name(), p.id, rtol, e, limit)
				}
			}
		}
	}
	t.Log("\n" + table.String())
}
