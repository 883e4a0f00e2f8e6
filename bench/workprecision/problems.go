package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pkg/errors"

	"gorgonode/solvers"
)

// problem is an initial value problem whose end is known.
type problem struct {
	name   string // in the tables, and of the picture
	title  string
	file   string // of testdata/ivp
	id     string // in the file
	stiff  bool
	small  float64 // the absolute tolerance is small·rtol, and the error is relative to small + |y|
	system solvers.System[float64]

	y0, want []float64
	t1       float64
}

// problems are those of the bench, with their ends from the files in dir.
func problems(dir string) ([]*problem, error) {
	const mu = 1000
	ps := []*problem{
		{name: "lotka-volterra", title: "Lotka–Volterra", file: "reference.json", id: "LV", small: 1,
			system: solvers.System[float64]{Dim: 2, F: lotkaVolterra}},
		{name: "lorenz", title: "Lorenz", file: "reference.json", id: "LORENZ10", small: 1,
			system: solvers.System[float64]{Dim: 3, F: lorenz}},
		{name: "vanderpol", title: "Van der Pol, μ = 1000", file: "stiff.json", id: "VDPOL", stiff: true, small: 1,
			system: solvers.System[float64]{Dim: 2,
				F: func(_ float64, y, d []float64) error {
					d[0], d[1] = y[1], mu*(1-y[0]*y[0])*y[1]-y[0]
					return nil
				},
				Jacobian: func(_ float64, y, j []float64) error {
					j[1], j[2], j[3] = 1, -2*mu*y[0]*y[1]-1, mu*(1-y[0]*y[0])
					return nil
				}}},
		{name: "robertson", title: "Robertson", file: "stiff.json", id: "ROBER", stiff: true, small: 1e-8,
			system: solvers.System[float64]{Dim: 3, F: robertson, Jacobian: robertsonJacobian}},
		{name: "hires", title: "HIRES", file: "stiff.json", id: "HIRES", stiff: true, small: 1e-4,
			system: solvers.System[float64]{Dim: 8, F: hires, Jacobian: hiresJacobian}},
		{name: "brusselator", title: "Brusselator, 500 equations", file: "brusselator.json", id: "BRUSS1D", stiff: true, small: 1,
			system: solvers.System[float64]{Dim: 2 * cells, F: brusselator, JVP: brusselatorJVP,
				Pattern: solvers.Banded(2, 2)}},
	}
	for _, p := range ps {
		if err := p.read(filepath.Join(dir, p.file)); err != nil {
			return nil, err
		}
	}
	return ps, nil
}

// read takes the problem's interval, first and last state from a file.
func (p *problem) read(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return errors.Wrapf(err, "reference of %s", p.name)
	}
	var file struct {
		Problems []struct {
			ID       string   `json:"id"`
			T        string   `json:"T"`
			Y0       []string `json:"y0"`
			Verified []string `json:"y_verified"`
		} `json:"problems"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		return errors.Wrapf(err, "read %s", name)
	}
	for _, q := range file.Problems {
		if q.ID != p.id {
			continue
		}
		t, err := numbers([]string{q.T})
		if err != nil {
			return errors.Wrapf(err, "%s: T of %s", name, p.id)
		}
		p.t1 = t[0]
		if p.y0, err = numbers(q.Y0); err != nil {
			return errors.Wrapf(err, "%s: y0 of %s", name, p.id)
		}
		if p.want, err = numbers(q.Verified); err != nil {
			return errors.Wrapf(err, "%s: y_verified of %s", name, p.id)
		}
		return nil
	}
	return errors.Errorf("%s has no problem %s", name, p.id)
}

func numbers(s []string) ([]float64, error) {
	v := make([]float64, len(s))
	for i := range s {
		var err error
		if v[i], err = strconv.ParseFloat(s[i], 64); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// scaled is the largest error of y, each component's in units of small + |y_i|.
func (p *problem) scaled(y []float64) float64 {
	var e float64
	for i, v := range p.want {
		e = math.Max(e, math.Abs(y[i]-v)/(p.small+math.Abs(v)))
	}
	return e
}

func lotkaVolterra(_ float64, y, d []float64) error {
	d[0] = 1.5*y[0] - y[0]*y[1]
	d[1] = -3*y[1] + y[0]*y[1]
	return nil
}

func lorenz(_ float64, y, d []float64) error {
	d[0] = 10 * (y[1] - y[0])
	d[1] = y[0]*(28-y[2]) - y[1]
	d[2] = y[0]*y[1] - 8./3*y[2]
	return nil
}

func robertson(_ float64, y, d []float64) error {
	a, b, c := 0.04*y[0], 1e4*y[1]*y[2], 3e7*y[1]*y[1]
	d[0], d[1], d[2] = b-a, a-b-c, c
	return nil
}

func robertsonJacobian(_ float64, y, j []float64) error {
	j[0], j[1], j[2] = -0.04, 1e4*y[2], 1e4*y[1]
	j[3], j[4], j[5] = 0.04, -1e4*y[2]-6e7*y[1], -1e4*y[1]
	j[7] = 6e7 * y[1]
	return nil
}

func hires(_ float64, y, d []float64) error {
	r := 280 * y[5] * y[7]
	d[0] = -1.71*y[0] + 0.43*y[1] + 8.32*y[2] + 0.0007
	d[1] = 1.71*y[0] - 8.75*y[1]
	d[2] = -10.03*y[2] + 0.43*y[3] + 0.035*y[4]
	d[3] = 8.32*y[1] + 1.71*y[2] - 1.12*y[3]
	d[4] = -1.745*y[4] + 0.43*(y[5]+y[6])
	d[5] = -r + 0.69*y[3] + 1.71*y[4] - 0.43*y[5] + 0.69*y[6]
	d[6] = r - 1.81*y[6]
	d[7] = -d[6]
	return nil
}

func hiresJacobian(_ float64, y, j []float64) error {
	j[0], j[1], j[2] = -1.71, 0.43, 8.32
	j[8], j[9] = 1.71, -8.75
	j[18], j[19], j[20] = -10.03, 0.43, 0.035
	j[25], j[26], j[27] = 8.32, 1.71, -1.12
	j[36], j[37], j[38] = -1.745, 0.43, 0.43
	j[43], j[44], j[45], j[46], j[47] = 0.69, 1.71, -280*y[7]-0.43, 0.69, -280*y[5]
	j[53], j[54], j[55] = 280*y[7], -1.81, 280*y[5]
	j[61], j[62], j[63] = -280*y[7], 1.81, -280*y[5]
	return nil
}
