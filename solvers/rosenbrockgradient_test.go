package solvers

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// hyperRosenbrock is a step of a Rosenbrock method in hyper-dual numbers, written from its definition.
func hyperRosenbrock(f hyperField, tab *rosenbrockTableau) hyperStep {
	return func(t, t1 hyper, y, theta []hyper) ([]hyper, func(hyper) []hyper) {
		h := t1.minus(t)
		ft := f.along(t, y, theta, -1)
		var u [][]hyper
		var arg []hyper
		for i := range tab.A {
			arg = combined(y, hypers(tab.A[i]), u)
			rhs := combined(f(t.plus(h.times(num(tab.Alpha[i]))), arg, theta), []hyper{h.times(num(tab.GammaI[i]))}, [][]hyper{ft})
			c := hypers(tab.C[i])
			for j := range c {
				c[j] = c[j].over(h)
			}
			e := f.shifted(num(1).over(h.times(num(tab.Gamma))), t, y, theta)
			u = append(u, solveHyper(e, combined(rhs, c, u)))
		}
		y1 := combined(arg, []hyper{num(1)}, u[len(u)-1:])
		return y1, func(x hyper) []hyper {
			rest := num(1).minus(x)
			out := make([]hyper, len(y))
			for i := range out {
				out[i] = rest.times(y[i]).plus(x.times(y1[i]))
			}
			power := x.times(rest)
			for _, row := range tab.H {
				c := hypers(row)
				for j := range c {
					c[j] = c[j].times(power)
				}
				out = combined(out, c, u)
				power = power.times(x)
			}
			return out
		}
	}
}

// gradientProblem is a solve whose gradient is compared.
type gradientProblem struct {
	name     string
	f, stiff hyperField
	in       inputs
	w        [][]float64
	settings Settings
}

func (p *gradientProblem) system() System[float64] {
	return p.f.system(p.in.theta, len(p.in.y0), p.stiff)
}

// gradientProblems are a reaction of rates 0.04 to 3e7, an oscillator with a stiff part and a forcing, and the network,
// each also with constant steps and one of them backward in time.
func gradientProblems() []gradientProblem {
	net, w := gradientCase(21, true)
	kinetics := inputs{y0: []float64{1, 0, 0}, theta: []float64{0.04, 1e4, 3e7}, t1: 40, ts: []float64{0, 0.3, 7, 11, 40}}
	vdp := inputs{y0: []float64{2, -0.5}, theta: []float64{30, 1.5, 0.7}, t0: 0.1, t1: 4, ts: []float64{0.1, 0.8, 0.81, 2.2, 4}}
	w2 := [][]float64{{1, 2}, nil, {-1, 0.3}, {0.2, 2}, {1.5, -1}}
	return []gradientProblem{
		{"Robertson", robertsonRates, nil, kinetics, [][]float64{{1, 2, 3}, nil, {1, 1e3, -1}, {-2, 1, 1}, {1, 1e4, 2}},
			Settings{RTol: 1e-6, ATol: 1e-10}},
		{"van der Pol", forcedVanDerPol, forcedVanDerPolStiff, vdp, w2, Settings{RTol: 1e-5, ATol: 1e-5}},
		{"van der Pol, loosely", forcedVanDerPol, forcedVanDerPolStiff, vdp, w2, Settings{RTol: 0.1, ATol: 0.1}},
		{"network", hyperNetwork, hyperNetworkStiff, *net, w, Settings{RTol: 1e-4, ATol: 1e-4}},
	}
}

// solve returns the gradient of the solve by m and its tape.
func (p *gradientProblem) solve(t *testing.T, m Method) ([]float64, *Tape[float64]) {
	t.Helper()
	s := p.settings
	s.Method, s.SaveAt = m, p.in.ts
	sys := p.system()
	_, tape, err := SolveTape(sys, p.in.y0, p.in.t0, p.in.t1, &s)
	if err != nil {
		t.Fatal(err)
	}
	g, err := tape.Backward(sys, p.w)
	if err != nil {
		t.Fatal(err)
	}
	return flat(g), tape
}

// agree compares derivatives by inputs, each on the scale of the input.
func (p *gradientProblem) agree(t *testing.T, got, want []float64, tol float64) {
	t.Helper()
	var scale float64
	k := 0
	p.in.each(func(_ string, x *float64) {
		scale = math.Max(scale, math.Abs(*x*want[k]))
		k++
	})
	k = 0
	p.in.each(func(name string, x *float64) {
		size := math.Abs(*x)
		if size == 0 {
			size = 1e-3 // Robertson's initial values of nothing
		}
		if e := size * math.Abs(got[k]-want[k]); !(e <= tol*(scale+size*math.Abs(want[k]))) {
			t.Errorf("%s: %s: gradient %.14g; want %.14g", p.name, name, got[k], want[k])
		}
		k++
	})
}

// differences are central ones of Follow, of fourth order.
func (p *gradientProblem) differences(t *testing.T, tape *Tape[float64]) []float64 {
	t.Helper()
	in := &p.in
	var out []float64
	in.each(func(_ string, x *float64) {
		at := *x
		value := func(shift float64) float64 {
			*x = at + shift
			defer func() { *x = at }()
			ts := append([]float64(nil), in.ts...)
			ys, err := tape.Follow(p.system(), in.y0, in.t0, in.t1, ts)
			if err != nil {
				t.Fatal(err)
			}
			return loss(p.w, ys)
		}
		eps := 1e-4 * math.Abs(at)
		if at == 0 {
			eps = 1e-7
		}
		out = append(out, (8*(value(eps)-value(-eps))-(value(2*eps)-value(-2*eps)))/(12*eps))
	})
	return out
}

// TestRosenbrockGradient compares with forward differentiation of the method over the same grid, and with differences
// of Follow.
func TestRosenbrockGradient(t *testing.T) {
	for _, p := range gradientProblems() {
		p.stiff = nil
		got, tape := p.solve(t, Rodas5P{})
		p.agree(t, got, hyperRosenbrock(p.f, &rodas5p).derivatives(&p.in, p.w, tape), 1e-12)
		p.agree(t, got, p.differences(t, tape), 1e-8)
	}
}

// TestRosenbrockGradientNeeds: a system without a function that the gradient needs is refused by its name. Without
// TimeDerivative the differences in its place leave their rounding.
func TestRosenbrockGradientNeeds(t *testing.T) {
	for _, p := range gradientProblems() {
		p.stiff = nil
		want, tape := p.solve(t, Rodas5P{})
		for _, c := range []struct {
			name   string
			remove func(*System[float64])
		}{
			{"System.TangentVJP", func(s *System[float64]) { s.TangentVJP = nil }},
			{"System.Jacobian or System.JVP", func(s *System[float64]) { s.Jacobian = nil }},
		} {
			sys := p.system()
			c.remove(&sys)
			g, err := tape.Backward(sys, p.w)
			if wantStatus(t, err, NotSupported); g != nil || err != nil && !strings.Contains(err.Error(), c.name) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		sys := p.system()
		sys.TimeDerivative = nil
		g, err := tape.Backward(sys, p.w)
		if err != nil {
			t.Fatal(err)
		}
		p.agree(t, flat(g), want, 1e-9)
	}
}

// TestRosenbrockTimeDerivative: System.TimeDerivative takes the place of the differences, and its error ends the solve.
func TestRosenbrockTimeDerivative(t *testing.T) {
	p := gradientProblems()[1]
	p.stiff = nil
	s := p.settings
	s.Method, s.FirstStep = Rodas5P{}, 0.01
	sys := p.system()
	given, err := Solve(sys, p.in.y0, p.in.t0, p.in.t1, &s)
	if err != nil {
		t.Fatal(err)
	}
	if st := given.Stats; st.F != 7*st.Steps+st.Accepted || st.JVP != st.Accepted {
		t.Errorf("%+v", st)
	}
	sys.TimeDerivative = nil
	differences, err := Solve(sys, p.in.y0, p.in.t0, p.in.t1, &s)
	if err != nil {
		t.Fatal(err)
	}
	if d := maxDiff(given.LastY, differences.LastY); d > 1e-8 {
		t.Errorf("they differ by %g", d)
	}
	mine := errors.New("mine")
	sys.TimeDerivative = func(float64, []float64, []float64) error { return mine }
	if _, err := Solve(sys, p.in.y0, p.in.t0, p.in.t1, &s); !errors.Is(err, mine) || !errors.Is(err, ErrFieldFailed) {
		t.Errorf("%v", err)
	}
}
