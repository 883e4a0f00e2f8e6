package solvers

import (
	"fmt"
	"math"
	"testing"
)

// sensitive is a problem with parameters, all its derivatives, and the sizes of the perturbations that differences take.
type sensitive struct {
	name       string
	sys        func(theta []float64) System[float64]
	y0, theta  []float64
	dy, dtheta []float64
	t0, t1     float64
	saves      []float64
	atol       float64
}

// byJacobian makes a System's VJP and JVP from its Jacobian, and from the derivatives by θ and t: param adds (∂f/∂θ)ᵀw.
func byJacobian(sys System[float64], param func(t float64, y, w, wtheta []float64) float64) System[float64] {
	n, jac := sys.Dim, make([]float64, sys.Dim*sys.Dim)
	sys.VJP = func(t float64, y, w, dydt, wy, wtheta []float64) (float64, error) {
		clear(jac)
		if err := sys.Jacobian(t, y, jac); err != nil {
			return 0, err
		}
		for j := range wy {
			wy[j] = 0
			for i, v := range w {
				wy[j] += v * jac[i*n+j]
			}
		}
		if dydt != nil {
			if err := sys.F(t, y, dydt); err != nil {
				return 0, err
			}
		}
		return param(t, y, w, wtheta), nil
	}
	sys.JVP = func(t float64, y, v, out []float64) error {
		clear(jac)
		if err := sys.Jacobian(t, y, jac); err != nil {
			return err
		}
		for i := range out {
			out[i] = dot(jac[i*n:(i+1)*n], v)
		}
		return nil
	}
	return sys
}

func sensitiveProblems() []sensitive {
	rober := func(k []float64) System[float64] {
		return byJacobian(System[float64]{
			Dim: 3, NumParams: 3,
			F: func(_ float64, y, d []float64) error {
				a, b, c := k[0]*y[0], k[2]*y[1]*y[2], k[1]*y[1]*y[1]
				d[0], d[1], d[2] = b-a, a-b-c, c
				return nil
			},
			Jacobian: func(_ float64, y, j []float64) error {
				copy(j, []float64{
					-k[0], k[2] * y[2], k[2] * y[1],
					k[0], -k[2]*y[2] - 2*k[1]*y[1], -k[2] * y[1],
					0, 2 * k[1] * y[1], 0,
				})
				return nil
			},
		}, func(_ float64, y, w, wk []float64) float64 {
			wk[0] += y[0] * (w[1] - w[0])
			wk[1] += y[1] * y[1] * (w[2] - w[1])
			wk[2] += y[1] * y[2] * (w[0] - w[1])
			return 0
		})
	}
	vdp := func(mu []float64) System[float64] {
		f, jac := vanDerPol(mu[0])
		return byJacobian(System[float64]{Dim: 2, NumParams: 1, F: f, Jacobian: jac},
			func(_ float64, y, w, wmu []float64) float64 {
				wmu[0] += w[1] * (1 - y[0]*y[0]) * y[1]
				return 0
			})
	}
	// y' = A(t) y + b sin θ₁t with a fast and a slow direction that turn: stiff, and every ∂f/∂t different from zero.
	linear := func(p []float64) System[float64] {
		matrix := func(t float64) (a, da [4]float64) {
			c, s := math.Cos(t), math.Sin(t)
			q := p[0] - 1 // −1 and −p₀, turned by t
			a = [4]float64{-1 - q*s*s, q * s * c, q * s * c, -1 - q*c*c}
			da = [4]float64{-2 * q * s * c, q * (c*c - s*s), q * (c*c - s*s), 2 * q * s * c}
			return a, da
		}
		return byJacobian(System[float64]{
			Dim: 2, NumParams: 2,
			F: func(t float64, y, d []float64) error {
				a, _ := matrix(t)
				g := math.Sin(p[1] * t)
				d[0], d[1] = a[0]*y[0]+a[1]*y[1]+g, a[2]*y[0]+a[3]*y[1]-2*g
				return nil
			},
			Jacobian: func(t float64, _, j []float64) error {
				a, _ := matrix(t)
				copy(j, a[:])
				return nil
			},
		}, func(t float64, y, w, wp []float64) float64 {
			_, da := matrix(t)
			c, s, g := math.Cos(t), math.Sin(t), math.Cos(p[1]*t)
			wp[0] += w[0]*(-s*s*y[0]+s*c*y[1]) + w[1]*(s*c*y[0]-c*c*y[1])
			wp[1] += t * g * (w[0] - 2*w[1])
			return w[0]*(da[0]*y[0]+da[1]*y[1]+p[1]*g) + w[1]*(da[2]*y[0]+da[3]*y[1]-2*p[1]*g)
		})
	}
	return []sensitive{
		{"Robertson", rober, []float64{1, 1e-5, 0.1}, []float64{0.04, 3e7, 1e4},
			[]float64{1e-3, 1e-8, 1e-3}, []float64{1e-5, 1e4, 1}, 0, 40, []float64{0, 0.3, 7, 40}, 1e-10},
		{"Van der Pol", vdp, []float64{2, -0.5}, []float64{50}, []float64{2e-6, 2e-5}, []float64{1e-4}, 0, 60,
			[]float64{0.5, 20, 41, 60}, 1e-8},
		{"linear", linear, []float64{1, 2}, []float64{1e4, 3}, []float64{1e-3, 1e-3}, []float64{1, 1e-4}, 0.2, 3,
			[]float64{0.2, 0.9, 1, 2.2, 3}, 1e-8},
		{"linear, backwards", linear, []float64{1, 2}, []float64{4, 3}, []float64{1e-3, 1e-3}, []float64{1e-3, 1e-4}, 3, 0.2,
			[]float64{2.5}, 1e-8},
	}
}

// ways are the ways to a Jacobian and a factorisation, of which a gradient is to be independent.
var ways = []struct {
	name string
	m    Radau
	set  func(*System[float64])
}{
	{"Jacobian", Radau{}, func(s *System[float64]) { s.JVP = nil }},
	{"JVP", Radau{}, func(s *System[float64]) { s.Jacobian = nil }},
	{"band", Radau{}, func(s *System[float64]) { s.Pattern = Banded(2, 2) }},
	{"VJP alone", Radau{}, func(s *System[float64]) { s.Jacobian, s.JVP = nil, nil }},
	{"nine", Radau{Stages: 5}, func(*System[float64]) {}},
	{"thirteen", Radau{Stages: 7}, func(s *System[float64]) { s.Jacobian, s.JVP = nil, nil }},
	{"Krylov", Radau{Krylov: true}, func(*System[float64]) {}},
}

// TestRadauGradient compares with differences of Follow, of fourth order, for every input.
func TestRadauGradient(t *testing.T) {
	for _, p := range sensitiveProblems() {
		for _, way := range ways {
			for _, tol := range []float64{1e-3, 1e-6} {
				t.Run(fmt.Sprintf("%s/%s/tol=%g", p.name, way.name, tol), func(t *testing.T) {
					checkRadauGradient(t, p, way.m, way.set, &Settings{Method: way.m, RTol: tol, ATol: p.atol * tol / 1e-6,
						SaveAt: p.saves})
				})
			}
		}
		// Constant steps, whose grid moves with the times, and which must be small enough for Newton's method all along.
		if p.name == "linear" {
			checkRadauGradient(t, p, Radau{}, func(*System[float64]) {}, &Settings{Method: Radau{}, Step: 2e-3, SaveAt: p.saves})
		}
	}
}

func checkRadauGradient(t *testing.T, p sensitive, m Radau, set func(*System[float64]), s *Settings) {
	t.Helper()
	make1 := func(theta []float64) System[float64] {
		sys := p.sys(theta)
		set(&sys)
		return sys
	}
	_, tape, err := SolveTape(make1(p.theta), p.y0, p.t0, p.t1, s)
	if err != nil {
		t.Fatal(err)
	}
	w := make([][]float64, len(p.saves))
	for i := range w {
		w[i] = make([]float64, len(p.y0))
		for j := range w[i] {
			// Weights that make every component count.
			w[i][j] = math.Cos(float64(3*i+2*j)) / (math.Abs(tape.State(tape.Steps())[j]) + 1e-6)
		}
	}
	g, err := tape.Backward(make1(p.theta), w)
	if err != nil {
		t.Fatal(err)
	}
	y0, theta, saves := append([]float64{}, p.y0...), append([]float64{}, p.theta...), append([]float64{}, p.saves...)
	t0, t1 := p.t0, p.t1
	difference := func(x *float64, d float64) float64 {
		at, also := *x, -1
		for i, v := range saves {
			if x == &t0 && v == t0 || x == &t1 && v == t1 {
				also = i
			}
		}
		value := func(k float64) float64 {
			*x = at + k*d
			if also >= 0 {
				saves[also] = *x
			}
			ys, err := tape.Follow(make1(theta), y0, t0, t1, saves)
			*x = at
			if also >= 0 {
				saves[also] = at
			}
			if err != nil {
				t.Fatal(err)
			}
			return loss(w, ys)
		}
		return (8*(value(1)-value(-1)) - (value(2) - value(-2))) / (12 * d)
	}
	var worst float64
	compare := func(name string, got float64, x *float64, d, unit float64) {
		want := difference(x, d)
		e := math.Abs(got-want) * unit
		worst = math.Max(worst, e/(math.Abs(want)*unit+1))
		if !(e <= 1e-7*(math.Abs(want)*unit+1)) {
			t.Errorf("%s: gradient %.10g; difference %.10g", name, got, want)
		}
	}
	for i := range y0 {
		compare(fmt.Sprintf("y0[%d]", i), g.Y0[i], &y0[i], p.dy[i], math.Abs(p.y0[i]))
	}
	for i := range theta {
		compare(fmt.Sprintf("θ[%d]", i), g.Theta[i], &theta[i], p.dtheta[i], p.theta[i])
	}
	h0, h1 := tape.Time(1)-tape.Time(0), tape.Time(tape.Steps())-tape.Time(tape.Steps()-1)
	compare("t0", g.T0, &t0, h0/10, 1)
	compare("t1", g.T1, &t1, h1/10, 1)
	for i, v := range p.saves {
		if v != p.t0 && v != p.t1 {
			compare(fmt.Sprintf("SaveAt[%d]", i), g.SaveAt[i], &saves[i], 1e-4, 1)
		}
	}
	t.Logf("largest relative difference %.1e, %d steps, %+v", worst, tape.Steps(), g.Stats)
}

// TestRadauGradientAllocations: the memory of a backward pass doesn't grow with the steps, whatever way it goes.
func TestRadauGradientAllocations(t *testing.T) {
	p := sensitiveProblems()[2]
	for _, way := range ways {
		sys := p.sys(p.theta)
		way.set(&sys)
		count := func(step float64) float64 {
			_, tape, err := SolveTape(sys, p.y0, p.t0, p.t1, &Settings{Method: way.m, Step: step})
			if err != nil {
				t.Fatal(err)
			}
			return testing.AllocsPerRun(1, func() {
				if _, err := tape.Backward(sys, [][]float64{{1, 2}}); err != nil {
					t.Fatal(err)
				}
			})
		}
		if few, many := count(2e-3), count(1e-3); many > few+2 { // the tape's own
			t.Errorf("%s: %g allocations for few steps, %g for many", way.name, few, many)
		}
	}
}
