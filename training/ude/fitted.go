package ude

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/internal/odefile"
	"gorgonode/solvers"
	"gorgonode/training"
)

// Fitted is a model with what a fit has chosen.
type Fitted struct {
	Config Config           // with its defaults filled in
	Data   *training.Series // the columns that are states, all rows
	NLL    float64          // the negative log-likelihood of the rows that were fitted, the decay of weights left out

	problem *problem
	theta   []float64
	p       []float64 // the named parameters
	weights []float64
	y0      []float64
	model   *odefile.Model
	sigma   []float64 // of each state, the scale of its noise of greatest likelihood; 0 where there is none
	fisher  *information
}

func newFitted(q *problem, theta []float64) (*Fitted, error) {
	f := &Fitted{Config: q.c, Data: q.series, problem: q, theta: theta}
	f.p, f.weights, f.y0 = q.values(theta)
	var err error
	if f.model, err = q.model.file.Compile(); err != nil {
		return nil, err
	}
	ys, err := f.trajectory(q.series.T[:q.rows])
	if err != nil {
		return nil, errors.WithMessage(err, "ude: the fitted model fails on the data's own times")
	}
	f.sigma = make([]float64, len(f.y0))
	o := q.observations(q.rows)
	f.NLL = q.constantPart(o)
	for i, j := range q.column {
		sum := 0.0
		for k := range o.rows {
			if o.mask[k*o.states+i] == 0 {
				continue
			}
			r := q.residual(i, ys[k][i], o.value[k*o.states+i])
			sum += r * r
			if q.c.Noise == "poisson" {
				f.NLL += q.mean(i, ys[k][i]) - o.value[k*o.states+i]*q.continued(i, ys[k][i])
			}
		}
		if j >= 0 && q.c.Noise != "poisson" {
			least := relativeFloor * q.spread[i]
			f.sigma[i] = math.Sqrt(sum/o.count[i] + least*least)
			f.NLL += o.count[i] * math.Log(f.sigma[i])
		}
	}
	return f, nil
}

// Param is the value of a parameter by name, NaN where there is none.
func (f *Fitted) Param(name string) float64 {
	i := f.problem.model.file.ParamIndex(name)
	if i < 0 {
		return math.NaN()
	}
	return f.p[i]
}

// Start is the initial state, in the order of the model's states.
func (f *Fitted) Start() []float64 { return append([]float64(nil), f.y0...) }

// Model is the model file that was fitted.
func (f *Fitted) Model() *Model { return f.problem.model }

// all are the parameters with the weights behind them.
func (f *Fitted) all() []float64 { return append(append([]float64{}, f.p...), f.weights...) }

// trajectory are all states at increasing times from the first row's on.
func (f *Fitted) trajectory(times []float64) ([][]float64, error) {
	return f.trajectoryFrom(f.Data.T[0], f.y0, times)
}

func (f *Fitted) trajectoryFrom(from float64, y0, times []float64) ([][]float64, error) {
	for i, t := range times {
		switch {
		case math.IsNaN(t) || math.IsInf(t, 0):
			return nil, errors.Errorf("ude: forecast: time %g is not a finite number", t)
		case t < from:
			return nil, errors.Errorf("ude: forecast: time %g is before %g, where the forecast begins", t, from)
		case i > 0 && t <= times[i-1]:
			return nil, errors.Errorf("ude: forecast: time %g does not come after %g", t, times[i-1])
		}
	}
	if len(times) == 0 {
		return nil, nil
	}
	if last := times[len(times)-1]; last == from {
		return [][]float64{append([]float64(nil), y0...)}, nil
	}
	sys, err := f.model.System(f.all())
	if err != nil {
		return nil, err
	}
	set := f.problem.settings()
	set.SaveAt = times
	sol, err := solvers.Solve(sys, y0, from, times[len(times)-1], &set)
	if err != nil {
		return nil, errors.WithMessage(err, "ude")
	}
	return sol.Y, nil
}

// Forecast is the model's solution at times, strictly increasing from the first row's on, for the data's columns.
func (f *Fitted) Forecast(times []float64) (*training.Series, error) {
	ys, err := f.trajectory(times)
	if err != nil {
		return nil, err
	}
	return f.columns(times, ys), nil
}

// ForecastFrom is Forecast from a row, counted from 0, of another series of the same columns. States that are not
// observed have no value in a row: a model with such states is an error.
func (f *Fitted) ForecastFrom(s *training.Series, row int, times []float64) (*training.Series, error) {
	if err := s.Validate(); err != nil {
		return nil, errors.WithMessage(err, "ude: forecast")
	}
	switch {
	case !slices.Equal(s.Names, f.Data.Names):
		return nil, errors.Errorf("ude: forecast: %s has the columns %q, and the model was fitted to %q", s.Name, s.Names,
			f.Data.Names)
	case row < 0 || row >= s.Len():
		return nil, errors.Errorf("ude: forecast: %s has %d rows, and no row %d, counted from 0", s.Name, s.Len(), row)
	}
	y0 := make([]float64, len(f.y0))
	for i, j := range f.problem.column {
		if j < 0 {
			return nil, errors.Errorf("ude: forecast: the state %q is not observed, so a row does not say where to begin",
				f.problem.model.file.Names[i])
		}
		if y0[i] = s.X[row][j]; math.IsNaN(y0[i]) {
			return nil, errors.Errorf("ude: forecast: %s: a value is missing", place(s, row))
		}
	}
	ys, err := f.trajectoryFrom(s.T[row], y0, times)
	if err != nil {
		return nil, err
	}
	return f.columns(times, ys), nil
}

// columns are the observed states, as the data's columns.
func (f *Fitted) columns(times []float64, ys [][]float64) *training.Series {
	out := &training.Series{
		Name: f.Data.Name, TimeName: f.Data.TimeName, TimeUnit: f.Data.TimeUnit, Names: f.Data.Names,
		T: append([]float64(nil), times...), X: make([][]float64, len(times)),
	}
	for k := range times {
		out.X[k] = make([]float64, len(f.Data.Names))
		for i, j := range f.problem.column {
			if j >= 0 {
				out.X[k][j] = ys[k][i]
			}
		}
	}
	return out
}

// Residuals are model minus data at the rows, in the coordinate of the noise: differences for Gaussian noise, of
// logarithms for lognormal, divided by √λ for Poisson.
func (f *Fitted) Residuals() (*training.Series, error) {
	ys, err := f.trajectory(f.Data.T)
	if err != nil {
		return nil, err
	}
	out := f.columns(f.Data.T, ys)
	for k, row := range out.X {
		for i, j := range f.problem.column {
			if j >= 0 && !math.IsNaN(f.Data.X[k][j]) {
				row[j] = f.problem.residual(i, ys[k][i], f.Data.X[k][j])
			} else if j >= 0 {
				row[j] = math.NaN()
			}
		}
	}
	return out, nil
}
