package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/pkg/errors"

	"gorgonode/bench/problems"
	"gorgonode/solvers"
)

// writeReference solves the Brusselator by two methods of high order at tight tolerances and writes the end of the
// first to w, with the difference to the second.
func writeReference(w io.Writer) error {
	const end = 10.
	sys, y0 := problems.BrusselatorSystem(), problems.BrusselatorStart()
	var ends [2][]float64
	for i, s := range []solvers.Settings{
		{Method: solvers.Radau{Stages: 7}, RTol: 1e-13, ATol: 1e-13},
		{Method: solvers.Vern9{}, RTol: 1e-13, ATol: 1e-13, MaxSteps: 1 << 20},
	} {
		sol, err := solvers.Solve(sys, y0, 0, end, &s)
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
		ID: "BRUSS1D", Name: "Brusselator with diffusion, 250 points", N: sys.Dim, T0: "0", T: fmt.Sprint(end),
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
