package odefile_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gorgonode/internal/odefile"
	"gorgonode/solvers"
)

// derivatives solves a model with its sensitivities and returns the derivatives at t1.
func derivatives(m *odefile.Model, p, y0 []float64, names []string, t0, t1 float64, method solvers.Method) ([][]float64,
	[]string, error) {
	const rtol, atol = 1e-11, 1e-13
	s, err := m.Sensitivities(p, y0, names)
	if err != nil {
		return nil, nil, err
	}
	z, err := s.Start(y0, nil)
	if err != nil {
		return nil, nil, err
	}
	sys, events, err := s.Problem(t0, t1, z, rtol, atol)
	if err != nil {
		return nil, nil, err
	}
	sol, err := solvers.Solve(sys, z, t0, t1, &solvers.Settings{Method: method, RTol: rtol, ATol: atol, Norm: s.Norm()},
		events...)
	if err != nil {
		return nil, nil, err
	}
	matrix, err := s.Matrix()
	if err != nil {
		return nil, nil, err
	}
	d, err := matrix(t1, sol.LastY)
	return d, s.Wrt, err
}

// bouncing is the height after n impacts of a ball dropped from h with gravity g and restitution r: with v = √(2gh) the
// n-th impact is at t_n = v/g (1 + 2(r + … + rⁿ⁻¹)), after which it flies up with rⁿ v.
func bouncing(g, r, h, t float64, n int) (height, speed float64) {
	v := math.Sqrt(2 * g * h)
	at, up := v/g, r*v
	for range n - 1 {
		at += 2 * up / g
		up *= r
	}
	return up*(t-at) - g/2*(t-at)*(t-at), up - g*(t-at)
}

func TestBouncingBall(t *testing.T) {
	const g, r, h = 9.81, 0.8, 1.5
	m, err := mustParse(t, "par g=9.81, r=0.8, h=1.5\nx' = v\nv' = -g\ninit x=h\nglobal -1 {x} {x=0; v=-r*v}").Compile()
	if err != nil {
		t.Fatal(err)
	}
	for n, t1 := range map[int]float64{1: 1.1, 3: 2.4, 5: 3.4} {
		d, wrt, err := derivatives(m, nil, []float64{h, 0}, []string{"g", "r", "h"}, 0, t1, nil)
		if err != nil {
			t.Fatal(err)
		}
		for j, x := range []func(e float64) (float64, float64){
			func(e float64) (float64, float64) { return bouncing(g+e, r, h, t1, n) },
			func(e float64) (float64, float64) { return bouncing(g, r+e, h, t1, n) },
			func(e float64) (float64, float64) { return bouncing(g, r, h+e, t1, n) },
		} {
			x2, v2 := x(2e-3)
			x1, v1 := x(1e-3)
			y1, w1 := x(-1e-3)
			y2, w2 := x(-2e-3)
			// Central differences of the fourth order of the closed form: 1e-12/30 of its fifth derivative, 1e-13 of rounding.
			near(t, fmt.Sprintf("∂x/∂%s after %d impacts", wrt[j], n), d[0][j], (8*(x1-y1)-(x2-y2))/12e-3, 1e-7)
			near(t, fmt.Sprintf("∂v/∂%s after %d impacts", wrt[j], n), d[1][j], (8*(v1-w1)-(v2-w2))/12e-3, 1e-7)
		}
	}
}

// The derivatives by everything of models whose right-hand side jumps, against central differences.
func TestSwitchingAgainstDifferences(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		t1   float64
	}{
		"a threshold that depends on a parameter": {"par k=1, c=0.6, a=2\nx' = if(x>c)then(-k*x)else(-a*x^2-0.1)\ninit x=2", 1.5},
		"a pulse":                {"par on=1, width=0.5, h=3\nx' = h*heav(t-on)*heav(on+width-t) - x\ninit x=1", 2.2},
		"the same surface twice": {"par c=1, b=2\nx' = 1 + heav(x-c) + if(c<x)then(b)else(0)\ninit x=0.1", 1.4},
		"a sign and a condition of one": {"par c=1, b=0.3\nq = sign(x-c)\nx' = 1 + b*q + 0.2*t\ny' = " +
			"if(q>0)then(x)else(-y)\ninit x=0.1, y=1", 2},
		"a periodic stimulus":      {"par p=0.7, w=0.3, h=2\nx' = h*(mod(t,p)<w) - x", 2.6},
		"stairs":                   {"par s=1.3\nx' = s\ny' = flr(x) + 0.5*ceil(x/2) - y\ninit x=0.2", 3.1},
		"a fall through stairs":    {"par s=1.3\nx' = -s\ny' = flr(x)*x - y\ninit x=2.2", 3.1},
		"a condition from behind":  {"par c=1\nx' = 1\ny' = if((1<x) & not(x>(2*c)))then((x-1)^2.5)else(0.1)\ninit x=0.3", 2.5},
		"a branch that ends there": {"par c=0.5\nx' = -1\ny' = if(x>c)then((x-c)^1.5)else(c)\ninit x=1.3", 2.5},
		"an event that reads all": {"par a=1.2, c=0.5\nx' = y\ny' = -a*x\ninit x=1\nglobal -1 {x-c*cos(t)} " +
			"{x=x+0.3*t;y=a*y-x^2*t}", 2.5},
		"an event over a condition": {"par c=0.5, r=2\nx' = if(x>c)then(-1)else(-2*x-0.1)\ninit x=1.2\nglobal -1 x-0.1 " +
			"{x=r*c}", 3},
		"a condition without a value": {"par c=0.5\nx' = 1\ny' = if(x>c)then(if(sqrt(x-c)<1)then(x)else(c*x))else(-y)\ninit " +
			"x=-0.3, y=1", 2.5},
		"a neuron": {"par i=2, vt=1, vr=0.2\nv' = -v + i\nw' = v - w\ninit v=0.1\nglobal 1 {v-vt} {v=vr;w=w+0.4}", 3},
	} {
		m, err := mustParse(t, c.text).Compile()
		if err != nil {
			t.Fatal(err)
		}
		p, y0 := m.File.Values(), m.File.Inits
		for _, method := range []solvers.Method{nil, solvers.Radau{}} {
			got, wrt, err := derivatives(m, p, y0, nil, 0, c.t1, method)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if method != nil {
				name += ", Radau"
			}
			for j, by := range wrt {
				up, down := switched(t, m, p, y0, j, 1, c.t1), switched(t, m, p, y0, j, -1, c.t1)
				for i := range got {
					near(t, fmt.Sprintf("%s: output %d by %s", name, i, by), got[i][j], (up.y[i]-down.y[i])/(up.x-down.x), 2e-6)
				}
			}
		}
	}
}

// switched is the solution with one input moved by 1e-4 of its size. The held system without derivatives is the model
// itself, with its switches found and stepped onto.
func switched(t *testing.T, m *odefile.Model, p, y0 []float64, j int, sign, t1 float64) perturbation {
	t.Helper()
	p, y0 = append([]float64{}, p...), append([]float64{}, y0...)
	x := p
	initial := j >= len(p)
	if initial {
		x, j = y0, j-len(p)
	}
	size := math.Abs(x[j])
	if size == 0 {
		size = 1
	}
	x[j] += sign * 1e-4 * size
	if !initial {
		y0 = m.File.Start(p)
	}
	const rtol, atol = 1e-12, 1e-14
	s, err := m.Sensitivities(p, y0, []string{m.File.Names[0] + "(0)"})
	if err != nil {
		t.Fatal(err)
	}
	z, err := s.Start(y0, nil)
	if err != nil {
		t.Fatal(err)
	}
	sys, events, err := s.Problem(0, t1, z, rtol, atol)
	if err != nil {
		t.Fatal(err)
	}
	sol, err := solvers.Solve(sys, z, 0, t1, &solvers.Settings{RTol: rtol, ATol: atol, Norm: s.Norm()}, events...)
	if err != nil {
		t.Fatal(err)
	}
	return perturbation{x[j], sol.LastY[:len(y0)]}
}

// The held model solves what the plain one does.
func TestHeldIsTheModel(t *testing.T) {
	m, err := mustParse(t, "par c=0.6\nx' = if(x>c)then(-x)else(-2*x^2-0.1)\ny' = mod(t, 0.7) - y*heav(x)\ninit x=2").Compile()
	if err != nil {
		t.Fatal(err)
	}
	got := switched(t, m, m.File.Values(), m.File.Inits, 0, 0, 2.5).y
	for i, want := range final(t, m, m.File.Values(), m.File.Inits, 2.5) {
		near(t, m.File.Names[i], got[i], want, 1e-8)
	}
}

// An event computes all new values from the old ones, happens in its direction alone, and may end the solve.
func TestEvents(t *testing.T) {
	m, err := mustParse(t, `
		% x rises to 1, then changes places with y, which is 3 there.
		x' = 1
		y' = 1
		init x=0 y=2
		g 1 \
		  { x - 1 } { x = y - 3 ; y = x; }
		global -1 x+5 {x=100}
		global +1 y-2.5 {arret=(1<0)}
		global 1 t-1.75 {arret=1; out_put=1}`).Compile()
	if err != nil {
		t.Fatal(err)
	}
	if len(m.File.Warnings) != 1 {
		t.Errorf("warnings %v", m.File.Warnings)
	}
	sys, err := m.System(nil)
	if err != nil {
		t.Fatal(err)
	}
	events, err := m.Events(nil)
	if err != nil {
		t.Fatal(err)
	}
	sol, err := solvers.Solve(sys, m.File.Inits, 0, 5, nil, events...)
	if err != nil || sol.Status != solvers.EventOccurred {
		t.Fatal(sol.Status, err)
	}
	near(t, "the end", sol.LastT, 1.75, 1e-12)
	near(t, "x", sol.LastY[0], 0.75, 1e-12)
	near(t, "y", sol.LastY[1], 1.75, 1e-12)
}

func TestBackInTime(t *testing.T) {
	m, err := mustParse(t, "par c=1\nx' = 1 + heav(x-c)\ninit x=2").Compile()
	if err != nil {
		t.Fatal(err)
	}
	// With x(0) = a, back from there the slope is 2 down to c at t = −(a−c)/2, then 1: x(−2) = c − 2 + (a−c)/2.
	d, _, err := derivatives(m, nil, []float64{2}, nil, 0, -2, nil)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "∂x/∂c", d[0][0], 0.5, 1e-10)
	near(t, "∂x/∂x(0)", d[0][1], 0.5, 1e-10)
}

func TestNoDerivatives(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// x = 1 − (t−1)² touches 1, but for 1e-13, which is less than the solution's tolerance.
		{"x' = 2*(1-t)\ny' = heav(x-1)\ninit x=1e-13", "model.ode:2:6: no derivatives from t=1 on: the solution touches"},
		{"x' = 2*(1-t)\ny' = 1\nglobal 1 {x-1} {y=0}\ninit x=1e-13",
			"model.ode:3:1: no derivatives from t=1 on: the solution touches"},
		{"x' = if(x>1)then(-1)else(1)", "model.ode:1:9: no derivatives from t=1 on: the solution slides"},
	} {
		f, err := odefile.Parse("model.ode", []byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		m, err := f.Compile()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := derivatives(m, nil, f.Inits, nil, 0, 2, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v", c.text, err)
		}
	}
	// ⌊x/0⌋ has no value, held or not.
	m, err := mustParse(t, "x' = mod(x, 0)\ninit x=1").Compile()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := derivatives(m, nil, []float64{1}, nil, 0, 1, nil); err == nil ||
		!strings.Contains(err.Error(), "non-finite") {
		t.Errorf("mod(x, 0): the error is %v", err)
	}
	// A kink, where nothing jumps, may be touched.
	m, err = mustParse(t, "par a=3\nx' = 2*(1-t)\ny' = a*if(x>1)then(x-1)else(0)").Compile()
	if err == nil {
		_, _, err = derivatives(m, nil, []float64{0, 0}, nil, 0, 2, nil)
	}
	if err != nil {
		t.Error(err)
	}
}
