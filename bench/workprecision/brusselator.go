package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/pkg/errors"

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
	bruss1    = 10.
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

func brusselatorStart() []float64 {
	y := make([]float64, 2*cells)
	for i := range cells {
		y[2*i] = 1 + math.Sin(2*math.Pi*float64(i+1)/(cells+1))
		y[2*i+1] = 3
	}
	return y
}

// writeReference solves the Brusselator by two methods of high order at tight tolerances and writes the end of the first to w,
// with the difference to the second.
func writeReference(w io.Writer) error {
	sys := solvers.System[float64]{Dim: 2 * cells, F: brusselator, JVP: brusselatorJVP, Pattern: solvers.Banded(2, 2)}
	y0 := brusselatorStart()
	var ends [2][]float64
	for i, s := range []solvers.Settings{
		{Method: solvers.Radau{Stages: 7}, RTol: 1e-13, ATol: 1e-13},
		{Method: solvers.Vern9{}, RTol: 1e-13, ATol: 1e-13, MaxSteps: 1 << 20},
	} {
		sol, err := solvers.Solve(sys, y0, 0, bruss1, &s)
		if err != nil {
			return errors.Wrap(err, "reference of the Brusselator")
		}
		ends[i] = sol.LastY
	}
	var diff float64
	for i, v := range ends[0] {
		diff = math.Max(diff, math.Abs(v-ends[1][i])/math.Abs(v))
	}
	type entry struct {
		ID       string   `json:"id"`
		Name     string   `json:"name"`
		N        int      `json:"n"`
		T0       string   `json:"t0"`
		T        string   `json:"T"`
		Y0       []string `json:"y0"`
		Verified []string `json:"y_verified"`
		Rel      string   `json:"verified_rel"`
		Note     string   `json:"note"`
	}
	b, err := json.MarshalIndent(map[string][]entry{"problems": {{
		ID: "BRUSS1D", Name: "Brusselator with diffusion, 250 points", N: 2 * cells, T0: "0", T: fmt.Sprint(bruss1),
		Y0: printed(y0), Verified: printed(ends[0]), Rel: fmt.Sprintf("%.1e", diff),
		Note: "Radau IIA of order 13 at 1e-13, in double precision; verified_rel: difference to Verner's method of order 9",
	}}}, "", " ")
	if err != nil {
		return errors.Wrap(err, "reference of the Brusselator")
	}
	_, err = w.Write(append(b, '\n'))
	return errors.Wrap(err, "write the reference")
}

func printed(v []float64) []string {
	s := make([]string, len(v))
	for i := range v {
		s[i] = strconv.FormatFloat(v[i], 'g', -1, 64)
	}
	return s
}
