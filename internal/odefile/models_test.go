package odefile_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gorgonode/internal/odefile"
)

// handWritten are the fields of the example files, coded by hand.
var handWritten = map[string]func(t float64, y, p, dy []float64){
	"lotka-volterra": func(_ float64, y, p, dy []float64) {
		a, b, c, d := p[0], p[1], p[2], p[3]
		dy[0] = a*y[0] - b*y[0]*y[1]
		dy[1] = d*y[0]*y[1] - c*y[1]
	},
	"lorenz": func(_ float64, y, p, dy []float64) {
		dy[0] = p[0] * (y[1] - y[0])
		dy[1] = y[0]*(p[1]-y[2]) - y[1]
		dy[2] = y[0]*y[1] - p[2]*y[2]
	},
	"van-der-pol": func(_ float64, y, p, dy []float64) {
		dy[0] = y[1]
		dy[1] = p[0]*(1-y[0]*y[0])*y[1] - y[0]
	},
	"robertson": func(_ float64, y, p, dy []float64) {
		r1, r2, r3 := p[0]*y[0], p[1]*y[1]*y[1], p[2]*y[1]*y[2]
		dy[0], dy[1], dy[2] = -r1+r3, r1-r3-r2, r2
	},
	"fitzhugh-nagumo": func(t float64, y, p, dy []float64) {
		current := 0.0
		if t > p[3] && t < p[4] {
			current = p[5]
		}
		dy[0] = y[0] - y[0]*y[0]*y[0]/3 - y[1] + current
		dy[1] = (y[0] + p[0] - p[1]*y[1]) / p[2]
	},
}

func TestModelsAgainstHandWritten(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, name := range models {
		f := example(t, name)
		p := f.Values()
		sys, err := f.System(nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, want := make([]float64, sys.Dim), make([]float64, sys.Dim)
		for range 50 {
			at, y := 100*rng.Float64(), make([]float64, sys.Dim)
			for i := range y {
				y[i] = 4*rng.Float64() - 1
			}
			if err := sys.F(at, y, got); err != nil {
				t.Fatal(err)
			}
			handWritten[name](at, y, p, want)
			for i := range want {
				near(t, fmt.Sprintf("%s: d%s/dt", name, f.Names[i]), got[i], want[i], 1e-13)
			}
		}
	}
}

// near compares relative to the larger of 1 and what is wanted.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance*math.Max(1, math.Abs(want)) || math.IsNaN(got) != math.IsNaN(want) {
		t.Errorf("%s is %.17g, want %.17g", what, got, want)
	}
}

// mustParse parses a text that is right.
func mustParse(t testing.TB, text string) *odefile.File {
	t.Helper()
	f, err := odefile.Parse("model.ode", []byte(text))
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	return f
}

func TestDerivativesOfModels(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, name := range models {
		f := example(t, name)
		y := make([]float64, len(f.Names))
		for i := range y {
			y[i] = 0.5 + rng.Float64()
		}
		if name == "robertson" {
			y[1] = 1e-5 // where it lives; elsewhere differences of so large rates are worthless
		}
		checkDerivatives(t, f, 30, y, f.Values(), 1e-6)
	}
}

// checkTangentVJP compares TangentVJP with central differences of TimeDerivative and JVP.
func checkTangentVJP(t *testing.T, f *odefile.File, m *odefile.Model, at float64, y, p []float64, tolerance float64) {
	t.Helper()
	const tau = 0.7
	n := len(y)
	v, w := make([]float64, n), make([]float64, n)
	for i := range v {
		v[i], w[i] = math.Cos(float64(i))*math.Max(1e-3, math.Abs(y[i])), 1+0.3*float64(i)
	}
	along := func(at float64, y, p []float64) (sum float64) {
		sys, err := m.System(p)
		if err != nil {
			t.Fatal(err)
		}
		ft, jv := make([]float64, n), make([]float64, n)
		if err := sys.TimeDerivative(at, y, ft); err != nil {
			t.Fatal(err)
		}
		if err := sys.JVP(at, y, v, jv); err != nil {
			t.Fatal(err)
		}
		for i := range w {
			sum += w[i] * (tau*ft[i] + jv[i])
		}
		return sum
	}
	sys, err := m.System(p)
	if err != nil {
		t.Fatal(err)
	}
	wy, wp := make([]float64, n), make([]float64, len(p))
	wt, err := sys.TangentVJP(at, y, tau, v, w, wy, wp)
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, got, x float64, value func(x float64) float64) {
		t.Helper()
		h := 6e-6 * math.Max(1, math.Abs(x))
		near(t, f.Name+": TangentVJP by "+name, got, (value(x+h)-value(x-h))/((x+h)-(x-h)), tolerance)
	}
	with := func(x []float64, j int, v float64) []float64 {
		x = append([]float64(nil), x...)
		x[j] = v
		return x
	}
	check("t", wt, at, func(x float64) float64 { return along(x, y, p) })
	for j := range y {
		check(fmt.Sprintf("y%d", j), wy[j], y[j], func(x float64) float64 { return along(at, with(y, j, x), p) })
	}
	for j := range p {
		check(fmt.Sprintf("p%d", j), wp[j], p[j], func(x float64) float64 { return along(at, y, with(p, j, x)) })
	}
}

// checkDerivatives compares Jacobian, JVP, VJP and TimeDerivative with central differences of F, and with each other.
func checkDerivatives(t *testing.T, f *odefile.File, at float64, y, p []float64, tolerance float64) {
	t.Helper()
	m, err := f.Compile()
	if err != nil {
		t.Fatal(err)
	}
	n, np := len(y), len(p)
	eval := func(at float64, y, p []float64) []float64 {
		sys, err := m.System(p)
		if err != nil {
			t.Fatal(err)
		}
		dy := make([]float64, n)
		if err := sys.F(at, y, dy); err != nil {
			t.Fatal(err)
		}
		return dy
	}
	difference := func(x []float64, j int, f func(x []float64) []float64) []float64 {
		h := 6e-6 * math.Max(1, math.Abs(x[j]))
		up, down := append([]float64(nil), x...), append([]float64(nil), x...)
		up[j] += h
		down[j] -= h
		u, d := f(up), f(down)
		for i := range u {
			u[i] = (u[i] - d[i]) / (up[j] - down[j])
		}
		return u
	}
	sys, err := m.System(p)
	if err != nil {
		t.Fatal(err)
	}
	jac := make([]float64, n*n)
	if err := sys.Jacobian(at, y, jac); err != nil {
		t.Fatal(err)
	}
	byState, byParam := make([][]float64, n), make([][]float64, np)
	for j := range n {
		byState[j] = difference(y, j, func(y []float64) []float64 { return eval(at, y, p) })
		unit, col := make([]float64, n), make([]float64, n)
		unit[j] = 1
		if err := sys.JVP(at, y, unit, col); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			near(t, fmt.Sprintf("%s: ∂f%d/∂y%d", f.Name, i, j), jac[i*n+j], byState[j][i], tolerance)
			near(t, fmt.Sprintf("%s: JVP %d, %d", f.Name, i, j), col[i], jac[i*n+j], 1e-13)
		}
	}
	for j := range np {
		byParam[j] = difference(p, j, func(p []float64) []float64 { return eval(at, y, p) })
	}
	byTime := difference([]float64{at}, 0, func(x []float64) []float64 { return eval(x[0], y, p) })
	dfdt := make([]float64, n)
	if err := sys.TimeDerivative(at, y, dfdt); err != nil {
		t.Fatal(err)
	}
	for i, v := range dfdt {
		near(t, fmt.Sprintf("%s: ∂f%d/∂t", f.Name, i), v, byTime[i], tolerance)
	}
	if sys.TangentVJP != nil {
		checkTangentVJP(t, f, m, at, y, p, tolerance)
	}
	for i := range n {
		w, dydt, wy, wp := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, np)
		w[i] = 1
		wt, err := sys.VJP(at, y, w, dydt, wy, wp)
		if err != nil {
			t.Fatal(err)
		}
		near(t, f.Name+": VJP by t", wt, byTime[i], tolerance)
		near(t, f.Name+": f of VJP", dydt[i], eval(at, y, p)[i], 1e-14)
		for j := range n {
			near(t, fmt.Sprintf("%s: VJP by y%d", f.Name, j), wy[j], jac[i*n+j], 1e-13)
		}
		for j := range np {
			near(t, fmt.Sprintf("%s: ∂f%d/∂p%d", f.Name, i, j), wp[j], byParam[j][i], tolerance)
		}
	}
}
