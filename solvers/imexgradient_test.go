package solvers

import (
	"slices"
	"strings"
	"testing"
)

// hyperIMEX is a step of an additive method in hyper-dual numbers, written from its definition, with Newton's method
// carried on to rounding in the derivatives too.
func hyperIMEX(f, stiff hyperField, tab *esdirkTableau, explicit [][]float64) hyperStep {
	return func(t, t1 hyper, y, theta []hyper) ([]hyper, func(hyper) []hyper) {
		h := t1.minus(t)
		g := h.times(num(tab.Gamma))
		var slopes [][]hyper // k_1, l_1, k_2, l_2, ...
		arg := y
		for i := range tab.A {
			at := t.plus(h.times(num(tab.C[i])))
			if i > 0 {
				var c []hyper
				for j := range i {
					c = append(c, h.times(num(tab.A[i][j])), h.times(num(explicit[i][j])))
				}
				psi := combined(y, c, slopes)
				arg = append([]hyper(nil), psi...)
				for range 12 { // quadratic, and the derivatives one behind
					r := stiff(at, arg, theta)
					for l := range r {
						r[l] = r[l].minus(arg[l].minus(psi[l]).over(g))
					}
					for l, d := range solveHyper(stiff.shifted(num(1).over(g), at, arg, theta), r) {
						arg[l] = arg[l].plus(d)
					}
				}
			}
			k, l := stiff(at, arg, theta), f(at, arg, theta)
			for j := range l {
				l[j] = l[j].minus(k[j])
			}
			slopes = append(slopes, k, l)
		}
		var b []hyper
		for i := range tab.A {
			b = append(b, h.times(num(tab.weight(i))), h.times(num(tab.weight(i))))
		}
		y1 := combined(y, b, slopes)
		return y1, func(x hyper) []hyper {
			f0, f1 := f(t, y, theta), f(t1, y1, theta)
			out := make([]hyper, len(y))
			for i := range out {
				// Hermite's cubic by its basis.
				s := num(1).minus(x)
				p0 := s.times(s).times(num(1).plus(x.times(num(2))))
				p1 := x.times(x).times(num(3).minus(x.times(num(2))))
				m0, m1 := x.times(s).times(s).times(h), num(0).minus(x.times(x).times(s).times(h))
				out[i] = p0.times(y[i]).plus(p1.times(y1[i])).plus(m0.times(f0[i])).plus(m1.times(f1[i]))
			}
			return out
		}
	}
}

// TestIMEXGradient compares with forward differentiation of the method over the same grid, and with differences of Follow.
func TestIMEXGradient(t *testing.T) {
	for _, p := range gradientProblems()[1:] {
		got, tape := p.solve(t, KenCarp4{})
		p.agree(t, got, hyperIMEX(p.f, p.stiff, kencarp4, kencarp4Explicit).derivatives(&p.in, p.w, tape), 1e-12)
		p.agree(t, got, p.differences(t, tape), 1e-8)
	}
}

// TestIMEXGradientAtTheEnds has saved times within the first and the last step: the one's beginning and the other's end
// are the times of the solve, with which they stretch, and the slopes of the interpolant too.
func TestIMEXGradientAtTheEnds(t *testing.T) {
	p := gradientProblems()[1]
	_, tape := p.solve(t, KenCarp4{})
	grid := tape.t
	last := len(grid) - 1
	p.in.ts = []float64{grid[0], 0.7*grid[0] + 0.3*grid[1], 0.4*grid[0] + 0.6*grid[1], 0.4*grid[last-1] + 0.6*grid[last],
		grid[last]}
	got, tape := p.solve(t, KenCarp4{})
	if !slices.Equal(tape.t, grid) {
		t.Fatal("the saved times changed the steps")
	}
	p.agree(t, got, hyperIMEX(p.f, p.stiff, kencarp4, kencarp4Explicit).derivatives(&p.in, p.w, tape), 1e-12)
}

// TestIMEXFollow: over the tape's own steps Follow gives the solve's own numbers, as far as the equations are solved.
func TestIMEXFollow(t *testing.T) {
	for _, p := range gradientProblems()[1:] {
		s := p.settings
		s.Method, s.SaveAt = KenCarp4{}, p.in.ts
		sol, tape, err := SolveTape(p.system(), p.in.y0, p.in.t0, p.in.t1, &s)
		if err != nil {
			t.Fatal(err)
		}
		ys, err := tape.Follow(p.system(), p.in.y0, p.in.t0, p.in.t1, p.in.ts)
		if err != nil {
			t.Fatal(err)
		}
		for i, y := range ys {
			if d := maxDiff(y, sol.Y[i]); d > 1e-12 {
				t.Errorf("%s: at t=%g Follow is %g off", p.name, p.in.ts[i], d)
			}
		}
	}
}

// TestIMEXGradientConstantSteps compares with differences of Solve itself, over its moving grid.
func TestIMEXGradientConstantSteps(t *testing.T) {
	for _, p := range gradientProblems()[1:] {
		in := &p.in
		s := Settings{Method: KenCarp4{}, Step: 0.031, SaveAt: in.ts}
		_, tape, err := SolveTape(p.system(), in.y0, in.t0, in.t1, &s)
		if err != nil {
			t.Fatal(err)
		}
		g, err := tape.Backward(p.system(), p.w)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, in, flat(g), 1e-8, func() float64 {
			c := s
			c.SaveAt = in.ts
			sol, err := Solve(p.system(), in.y0, in.t0, in.t1, &c)
			if err != nil {
				t.Fatal(err)
			}
			return loss(p.w, sol.Y)
		})
	}
}

// TestIMEXGradientNeeds: Stiff without StiffVJP is refused.
func TestIMEXGradientNeeds(t *testing.T) {
	p := gradientProblems()[1]
	_, tape := p.solve(t, KenCarp4{})
	sys := p.system()
	sys.StiffVJP = nil
	g, err := tape.Backward(sys, p.w)
	if wantStatus(t, err, NotSupported); g != nil || err != nil && !strings.Contains(err.Error(), "System.StiffVJP") {
		t.Errorf("%v", err)
	}
}
