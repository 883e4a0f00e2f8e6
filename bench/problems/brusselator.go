package problems

import (
	"math"

	"gorgonode/solvers"
)

// The Brusselator with diffusion in one dimension (Hairer and Wanner II, IV.1), by central differences at cells inner points
// of [0, 1],
//
//	u' = 1 + u²v − 4u + (1/50) u_xx,   u = 1 at both ends,   u(x, 0) = 1 + sin 2πx,
//	v' = 3u − u²v     + (1/50) v_xx,   v = 3 at both ends,   v(x, 0) = 3,
//
// for 0 ≤ t ≤ 10. u and v alternate in the state, so that the Jacobian has two diagonals on either side.
const (
	cells     = 250
	diffusion = (cells + 1) * (cells + 1) / 50.
)

func brusselator(_ float64, y, d []float64) error {
	um, vm := 1., 3.
	for i := 0; i < 2*cells; i += 2 {
		u, v := y[i], y[i+1]
		up, vp := 1., 3.
		if i+2 < 2*cells {
			up, vp = y[i+2], y[i+3]
		}
		r := u * u * v
		d[i] = 1 + r - 4*u + diffusion*(um-2*u+up)
		d[i+1] = 3*u - r + diffusion*(vm-2*v+vp)
		um, vm = u, v
	}
	return nil
}

func brusselatorJVP(_ float64, y, w, out []float64) error {
	var wum, wvm float64
	for i := 0; i < 2*cells; i += 2 {
		u, v, wu, wv := y[i], y[i+1], w[i], w[i+1]
		var wup, wvp float64
		if i+2 < 2*cells {
			wup, wvp = w[i+2], w[i+3]
		}
		r := 2*u*v*wu + u*u*wv
		out[i] = r - 4*wu + diffusion*(wum-2*wu+wup)
		out[i+1] = 3*wu - r + diffusion*(wvm-2*wv+wvp)
		wum, wvm = wu, wv
	}
	return nil
}

// BrusselatorSystem is the Brusselator as a system of 500 equations.
func BrusselatorSystem() solvers.System[float64] {
	return solvers.System[float64]{Dim: 2 * cells, F: brusselator, JVP: brusselatorJVP, Pattern: solvers.Banded(2, 2)}
}

// BrusselatorStart is its initial state, for a solve to t = 10.
func BrusselatorStart() []float64 {
	y := make([]float64, 2*cells)
	for i := range cells {
		y[2*i] = 1 + math.Sin(2*math.Pi*float64(i+1)/(cells+1))
		y[2*i+1] = 3
	}
	return y
}
