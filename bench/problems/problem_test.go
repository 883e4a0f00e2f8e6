package problems

import (
	"math"
	"testing"
)

// TestDerivatives checks the Jacobians of the problems by differences.
func TestDerivatives(t *testing.T) {
	for _, p := range All() {
		if !p.Stiff {
			continue
		}
		n := p.System.Dim
		y, dir := make([]float64, n), make([]float64, n)
		for i := range y {
			y[i], dir[i] = 1+0.3*math.Sin(float64(i)), math.Cos(3*float64(i))
		}
		got, lo, hi := make([]float64, n), make([]float64, n), make([]float64, n)
		if p.System.JVP != nil {
			_ = p.System.JVP(0, y, dir, got)
		} else {
			jac := make([]float64, n*n)
			_ = p.System.Jacobian(0, y, jac)
			for i := range n {
				for k := range n {
					got[i] += jac[i*n+k] * dir[k]
				}
			}
		}
		const h = 1e-5
		z := make([]float64, n)
		for s, d := range map[float64][]float64{-h: lo, h: hi} {
			for i := range z {
				z[i] = y[i] + s*dir[i]
			}
			_ = p.System.F(0, z, d)
		}
		var scale float64
		for i := range got {
			scale = math.Max(scale, math.Abs(got[i]))
		}
		for i := range got {
			if want := (hi[i] - lo[i]) / (2 * h); math.Abs(got[i]-want) > 1e-7*scale {
				t.Errorf("%s: row %d of the Jacobian's product is %g, the difference is %g", p.Name, i, got[i], want)
			}
		}
	}
}
