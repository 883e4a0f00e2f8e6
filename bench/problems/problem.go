package problems

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/pkg/errors"

	"gorgonode/solvers"
	"gorgonode/testdata/ivp"
)

// Problem is an initial value problem y' = f(t, y), y(0) = Y0, whose end y(T1) = Want is known. Load gives these three.
type Problem struct {
	Name  string // as lotka-volterra
	Title string
	Stiff bool
	// Small is the size below which errors are absolute: the absolute tolerance is Small·rtol, and the error of a component is
	// relative to Small + |y|.
	Small    float64
	System   solvers.System[float64]
	Y0, Want []float64
	T1       float64

	file, id string // of testdata/ivp
}

// All are the problems, yet to be loaded.
func All() []*Problem {
	const mu = 1000
	return []*Problem{
		{Name: "lotka-volterra", Title: "Lotka–Volterra", file: "reference.json", id: "LV", Small: 1,
			System: solvers.System[float64]{Dim: 2, F: lotkaVolterra}},
		{Name: "lorenz", Title: "Lorenz", file: "reference.json", id: "LORENZ10", Small: 1,
			System: solvers.System[float64]{Dim: 3, F: lorenz}},
		{Name: "vanderpol", Title: "Van der Pol, μ = 1000", file: "stiff.json", id: "VDPOL", Stiff: true, Small: 1,
			System: solvers.System[float64]{Dim: 2, F: vanDerPol(mu), Jacobian: vanDerPolJacobian(mu)}},
		{Name: "robertson", Title: "Robertson", file: "stiff.json", id: "ROBER", Stiff: true, Small: 1e-8,
			System: solvers.System[float64]{Dim: 3, F: robertson, Jacobian: robertsonJacobian}},
		{Name: "hires", Title: "HIRES", file: "stiff.json", id: "HIRES", Stiff: true, Small: 1e-4,
			System: solvers.System[float64]{Dim: 8, F: hires, Jacobian: hiresJacobian}},
		{Name: "brusselator", Title: "Brusselator, 500 equations", file: "brusselator.json", id: "BRUSS1D", Stiff: true, Small: 1,
			System: BrusselatorSystem()},
	}
}

// Methods are those that suit the problem: explicit ones, or for a stiff problem implicit ones. Auto is among both.
func (p *Problem) Methods() []solvers.Method {
	if p.Stiff {
		return []solvers.Method{
			solvers.TRBDF2{}, solvers.KenCarp4{}, solvers.Kvaerno5{}, solvers.Rodas5P{}, solvers.Radau{}, solvers.Radau{Stages: 5},
			solvers.Radau{Stages: 7}, solvers.BDF{}, solvers.Auto{},
		}
	}
	return []solvers.Method{
		solvers.Bosh3{}, solvers.Fehlberg{}, solvers.Dopri5{}, solvers.Tsit5{}, solvers.DOP853{}, solvers.Vern7{},
		solvers.Vern9{}, solvers.Adams{}, solvers.Auto{},
	}
}

// maxSteps ends a solve by a method that doesn't suit.
const maxSteps = 200_000

// Settings are those of a solve by a method at a relative tolerance.
func (p *Problem) Settings(m solvers.Method, rtol float64) *solvers.Settings {
	return &solvers.Settings{Method: m, RTol: rtol, ATol: rtol * p.Small, MaxSteps: maxSteps}
}

// Error is the largest error of an end y, each component's in units of Small + |y_i|.
func (p *Problem) Error(y []float64) float64 {
	var e float64
	for i, v := range p.Want {
		e = math.Max(e, math.Abs(y[i]-v)/(p.Small+math.Abs(v)))
	}
	return e
}

// Load takes the problem's interval, first and last state from the reference solutions. An error says what is wrong
// with these.
func (p *Problem) Load() error {
	b, err := ivp.Files.ReadFile(p.file)
	if err != nil {
		return errors.Wrapf(err, "problems: reference of %s", p.Name)
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
		return errors.Wrapf(err, "problems: read %s", p.file)
	}
	for _, q := range file.Problems {
		if q.ID != p.id {
			continue
		}
		t, err := numbers([]string{q.T})
		if err != nil {
			return errors.Wrapf(err, "problems: %s: T of %s", p.file, p.id)
		}
		p.T1 = t[0]
		if p.Y0, err = numbers(q.Y0); err != nil {
			return errors.Wrapf(err, "problems: %s: y0 of %s", p.file, p.id)
		}
		if p.Want, err = numbers(q.Verified); err != nil {
			return errors.Wrapf(err, "problems: %s: y_verified of %s", p.file, p.id)
		}
		return nil
	}
	return errors.Errorf("problems: %s has no problem %s", p.file, p.id)
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
