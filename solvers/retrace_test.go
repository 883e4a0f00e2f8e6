package solvers

import (
	"math"
	"testing"
)

// pendulous is y' = θ sin y + y cos t.
func pendulous(theta float64) System[float64] {
	return hyperField(func(t hyper, y, theta []hyper) []hyper {
		return []hyper{theta[0].times(y[0].sin()).plus(y[0].times(t.cos()))}
	}).system([]float64{theta}, 1, nil)
}

// pendulousTangent is pendulous and its tangent v' = (θ cos y + cos t) v + sin y·θ̇, with the parameters (θ, θ̇).
func pendulousTangent(theta, dtheta float64) System[float64] {
	return hyperField(func(t hyper, y, theta []hyper) []hyper {
		sin, cos := y[0].sin(), y[0].cos()
		return []hyper{
			theta[0].times(sin).plus(y[0].times(t.cos())),
			theta[0].times(cos).plus(t.cos()).times(y[1]).plus(theta[1].times(sin)),
		}
	}).system([]float64{theta, dtheta}, 2, nil)
}

// TestRetrace takes second derivatives of solves: the tangent of the states, and that of Backward's gradient, against
// central differences over the same steps.
func TestRetrace(t *testing.T) {
	const theta, y0, dtheta, dy0 = -0.8, 0.7, 0.6, -1.3
	w := [][]float64{nil, {0.4}, {1.7}}
	for _, m := range Methods() {
		for _, step := range []float64{0, 0.25} {
			if step == 0 && !m.Info().Adaptive() {
				continue
			}
			set := &Settings{Method: m, RTol: 1e-5, ATol: 1e-7, Step: step, SaveAt: []float64{0.5, 1.1, 2}, Jumps: []float64{1.25}}
			_, tape, err := SolveTape(pendulous(theta), []float64{y0}, 0.5, 2, set)
			if err != nil {
				t.Fatalf("%s: %v", m.Name(), err)
			}
			states, second, err := tape.Retrace(pendulousTangent(theta, dtheta), []float64{y0, dy0})
			if err != nil {
				t.Fatalf("%s: %v", m.Name(), err)
			}
			cots := make([][]float64, len(w))
			for i, c := range w {
				if c != nil {
					cots[i] = []float64{0, c[0]}
				}
			}
			hess, err := second.Backward(pendulousTangent(theta, dtheta), cots)
			if err != nil {
				t.Fatalf("%s: %v", m.Name(), err)
			}
			const eps = 3e-5
			at := func(e float64) ([][]float64, *Gradient[float64]) {
				sys := pendulous(theta + e*dtheta)
				y, tp, err := tape.Retrace(sys, []float64{y0 + e*dy0})
				if err != nil {
					t.Fatalf("%s: %v", m.Name(), err)
				}
				g, err := tp.Backward(sys, w)
				if err != nil {
					t.Fatalf("%s: %v", m.Name(), err)
				}
				return y, g
			}
			yp, gp := at(eps)
			ym, gm := at(-eps)
			_, g := at(0)
			check := func(what string, got, plus, minus float64) {
				t.Helper()
				want := (plus - minus) / (2 * eps)
				if e := math.Abs(got - want); !(e <= 1e-8*math.Max(1, math.Abs(want))) {
					t.Errorf("%s, step %g: %s is %.12g, by differences %.12g", m.Name(), step, what, got, want)
				}
			}
			for i := range states {
				check("tangent of a state", states[i][1], yp[i][0], ym[i][0])
			}
			check("tangent of ∂L/∂y0", hess.Y0[0], gp.Y0[0], gm.Y0[0])
			check("tangent of ∂L/∂θ", hess.Theta[0], gp.Theta[0], gm.Theta[0])
			check("tangent of ∂L/∂t0", hess.T0, gp.T0, gm.T0)
			check("tangent of ∂L/∂t1", hess.T1, gp.T1, gm.T1)
			check("tangent of ∂L/∂t", hess.SaveAt[1], gp.SaveAt[1], gm.SaveAt[1])
			for i, d := range []float64{hess.Y0[1] - g.Y0[0], hess.Theta[1] - g.Theta[0]} {
				if !(math.Abs(d) <= 1e-12) {
					t.Errorf("%s, step %g: derivative %d by the tangent's start differs from the gradient by %g", m.Name(), step, i, d)
				}
			}
		}
	}
}
