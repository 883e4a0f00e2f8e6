package solvers

import (
	"errors"
	"math"
	"testing"
)

// pendulous is y' = θ sin y + y cos t, not linear, not autonomous.
func pendulous(theta float64) System[float64] {
	return System[float64]{
		Dim:       1,
		NumParams: 1,
		F: func(t float64, y, dydt []float64) error {
			dydt[0] = theta*math.Sin(y[0]) + y[0]*math.Cos(t)
			return nil
		},
		Jacobian: func(t float64, y, jac []float64) error {
			jac[0] = theta*math.Cos(y[0]) + math.Cos(t)
			return nil
		},
		VJP: func(t float64, y, w, dydt, wy, wtheta []float64) (float64, error) {
			if dydt != nil {
				dydt[0] = theta*math.Sin(y[0]) + y[0]*math.Cos(t)
			}
			wy[0] = w[0] * (theta*math.Cos(y[0]) + math.Cos(t))
			wtheta[0] += w[0] * math.Sin(y[0])
			return -w[0] * y[0] * math.Sin(t), nil
		},
	}
}

// pendulousTangent is pendulous and its tangent v' = (θ cos y + cos t) v + sin y·θ̇, with the parameters (θ, θ̇).
func pendulousTangent(theta, dtheta float64) System[float64] {
	f := func(t float64, y, dydt []float64) error {
		sin, cos := math.Sincos(y[0])
		dydt[0] = theta*sin + y[0]*math.Cos(t)
		dydt[1] = (theta*cos+math.Cos(t))*y[1] + sin*dtheta
		return nil
	}
	return System[float64]{
		Dim:       2,
		NumParams: 2,
		F:         f,
		Jacobian: func(t float64, y, jac []float64) error {
			sin, cos := math.Sincos(y[0])
			j := theta*cos + math.Cos(t)
			copy(jac, []float64{j, 0, -theta*sin*y[1] + cos*dtheta, j})
			return nil
		},
		VJP: func(t float64, y, w, dydt, wy, wtheta []float64) (float64, error) {
			if dydt != nil {
				if err := f(t, y, dydt); err != nil {
					return 0, err
				}
			}
			sin, cos := math.Sincos(y[0])
			j := theta*cos + math.Cos(t)
			wy[0] = w[0]*j + w[1]*(-theta*sin*y[1]+cos*dtheta)
			wy[1] = w[1] * j
			wtheta[0] += w[0]*sin + w[1]*cos*y[1]
			wtheta[1] += w[1] * sin
			return -(w[0]*y[0] + w[1]*y[1]) * math.Sin(t), nil
		},
	}
}

// TestRetrace takes second derivatives of solves: the tangent of the states, and that of Backward's gradient, against central
// differences over the same steps.
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
			if errors.Is(err, ErrNotSupported) {
				continue
			}
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
			const eps = 1e-5
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
