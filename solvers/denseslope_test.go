package solvers

import (
	"errors"
	"math"
	"testing"
)

// The interpolant's slope against the central difference of its values, whose error is ε²/6 times a third derivative of
// about 1.
func TestInterpolateSlope(t *testing.T) {
	sys := System[float64]{Dim: 2, F: func(t float64, y, dydt []float64) error {
		dydt[0], dydt[1] = y[1], -y[0]+math.Sin(3*t)
		return nil
	}}
	for _, m := range []Method{Dopri5{}, DOP853{}, Bosh3{}, Adams{}, Kvaerno5{}, RK4{}} {
		for _, end := range []float64{2, -2} {
			set := &Settings{Method: m, RTol: 1e-5, ATol: 1e-5}
			if !m.Info().Adaptive() {
				set = &Settings{Method: m}
			}
			it, err := NewIntegrator(sys, []float64{1, 0}, 0, end, set)
			if err != nil {
				t.Fatal(err)
			}
			var a, b, slope [2]float64
			for it.Step() {
				last, _ := it.Last()
				for _, x := range []float64{0.25, 0.7} {
					s, eps := last+x*(it.T()-last), 1e-5*(it.T()-last)
					if err := errors.Join(it.Interpolate(s+eps, a[:]), it.Interpolate(s-eps, b[:]),
						it.InterpolateSlope(s, slope[:])); err != nil {
						t.Fatal(err)
					}
					for i := range slope {
						if want := (a[i] - b[i]) / ((s + eps) - (s - eps)); !(math.Abs(slope[i]-want) <= 1e-7) {
							t.Errorf("%s at %g: slope %g, by differences %g", m.Name(), s, slope[i], want)
						}
					}
				}
				if err := it.InterpolateSlope(it.T(), slope[:]); err != nil {
					t.Errorf("%s: %v at the end of a step", m.Name(), err)
				}
			}
			if err := it.InterpolateSlope(2*end, slope[:]); !errors.Is(err, ErrBadInput) {
				t.Errorf("outside of the step: %v", err)
			}
			if err := it.InterpolateSlope(end, slope[:1]); !errors.Is(err, ErrBadInput) {
				t.Errorf("into one component: %v", err)
			}
		}
	}
}
