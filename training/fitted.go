package training

import (
	"math"

	"github.com/pkg/errors"
)

// Fitted is a trained Forecaster with what is needed to use it, and how well it does.
type Fitted struct {
	Config    FitConfig // with its defaults filled in
	Data      *Series   // all rows, in their own units
	Transform *Transform
	Model     *Forecaster

	Steps    int // of training, in both phases
	BestStep int // the step, counted from 1, whose parameters were kept; 0 is the last

	Train, HeldOut, All Errors // of the model's one trajectory, on the rows of each kind
}

// Forecast is the model's trajectory at times of the data's own unit, strictly increasing from the first row's on, in the
// columns' own units.
func (f *Fitted) Forecast(times []float64) (*Series, error) {
	scaled, err := f.scaledTimes(f.Data.T[0], times)
	if err != nil {
		return nil, err
	}
	rows, err := f.Model.Trajectory(scaled)
	if err != nil {
		return nil, err
	}
	return f.unscaled(times, rows)
}

// ForecastFrom is Forecast from a row of another series of the same columns, instead of from the learned initial state:
// times increase strictly from that row's on. The velocities of a model of second order are slopes through that row and the
// complete rows before it.
func (f *Fitted) ForecastFrom(s *Series, row int, times []float64) (*Series, error) {
	at, err := s.Slice(row, row+1)
	if err != nil {
		return nil, err
	}
	if at.Observed() < at.Dim() {
		return nil, errors.Errorf("training: forecast: %s: a value is missing", s.place(row))
	}
	if f.Config.Model.Model == SecondOrderModel {
		if at = s.completeTo(row); at.Len() < 2 {
			return nil, errors.Errorf("training: forecast: %s: the velocities there take a complete row before it", s.place(row))
		}
	}
	if at, err = f.Transform.Forward(at); err != nil {
		return nil, err
	}
	scaled, err := f.scaledTimes(s.T[row], times)
	if err != nil {
		return nil, err
	}
	last := at.Len() - 1
	rows, err := f.Model.TrajectoryFrom(at.T[last], f.Model.states(at)[last], scaled)
	if err != nil {
		return nil, err
	}
	return f.unscaled(times, rows)
}

// scaledTimes checks that times don't lie before the first, and increase. Scaled time 0 is that of the data's first row.
func (f *Fitted) scaledTimes(first float64, times []float64) ([]float64, error) {
	scaled := make([]float64, len(times))
	for i, t := range times {
		switch {
		case !finite(t):
			return nil, errors.Errorf("training: forecast: time %g is not a finite number", t)
		case t < first:
			return nil, errors.Errorf("training: forecast: time %g is before %g, where the forecast begins", t, first)
		case i > 0 && t <= times[i-1]:
			return nil, errors.Errorf("training: forecast: time %g does not come after %g", t, times[i-1])
		}
		scaled[i] = f.Transform.Time.Forward(t)
	}
	return scaled, nil
}

func (f *Fitted) unscaled(times []float64, rows [][]float64) (*Series, error) {
	out := &Series{
		Name: f.Data.Name, TimeName: f.Data.TimeName, TimeUnit: f.Data.TimeUnit, Names: f.Data.Names,
		T: append([]float64(nil), times...), X: rows,
	}
	for i, row := range rows {
		if err := f.Transform.InverseRow(row); err != nil {
			return nil, err
		}
		for j, v := range row {
			if !finite(v) {
				return nil, errors.Errorf("training: forecast: column %q at time %g is %g: the model runs away, or the values "+
					"are too large for it", out.Names[j], times[i], v)
			}
		}
	}
	return out, nil
}

// Errors are root mean squares of model minus data over the values that are there.
type Errors struct {
	Rows   int `json:"rows"`
	Values int `json:"values"` // how many are there
	// RMSE is in the columns' own units, one a column.
	RMSE map[string]float64 `json:"rmse,omitempty"`
	// LogRMSE is that of the natural logarithms, over all columns; only where all are trained on as logarithms.
	LogRMSE *float64 `json:"log_rmse,omitempty"`
	// ScaledRMSE is in units of each column's standard deviation (of logarithms where it is trained on as such), over all
	// columns.
	ScaledRMSE float64 `json:"scaled_rmse"`
}

// score fills in the errors.
func (f *Fitted) score() error {
	data, err := f.Transform.Forward(f.Data)
	if err != nil {
		return err
	}
	scaled, err := f.Model.Trajectory(data.T)
	if err != nil {
		return err
	}
	rows := make([][]float64, len(scaled))
	for i, row := range scaled {
		rows[i] = append([]float64(nil), row...)
	}
	own, err := f.unscaled(f.Data.T, rows)
	if err != nil {
		return err
	}
	n := f.Data.Len()
	cut := n - f.Config.HoldOut
	f.Train = f.errorsOf(scaled, data.X, own.X, 0, cut)
	f.HeldOut = f.errorsOf(scaled, data.X, own.X, cut, n)
	f.All = f.errorsOf(scaled, data.X, own.X, 0, n)
	return nil
}

// errorsOf compares the rows of the model with those of the data, scaled and in their own units.
func (f *Fitted) errorsOf(scaled, scaledData, own [][]float64, from, to int) Errors {
	e := Errors{Rows: to - from}
	var logs, total float64
	allLog := true
	for j, name := range f.Data.Names {
		col := f.Transform.Columns[j]
		allLog = allLog && col.Scaling == LogStandardise
		norm, n := 0.0, 0 // Hypot, for the squares of large values overflow
		for i := from; i < to; i++ {
			x := f.Data.X[i][j]
			if math.IsNaN(x) {
				continue
			}
			n++
			norm = math.Hypot(norm, own[i][j]-x)
			d := scaled[i][j] - scaledData[i][j]
			total += d * d
			logs += d * d * col.Std * col.Std
		}
		if n > 0 {
			if e.RMSE == nil {
				e.RMSE = map[string]float64{}
			}
			e.RMSE[name] = norm / math.Sqrt(float64(n))
		}
		e.Values += n
	}
	if e.Values == 0 {
		return e
	}
	e.ScaledRMSE = math.Sqrt(total / float64(e.Values))
	if allLog {
		v := math.Sqrt(logs / float64(e.Values))
		e.LogRMSE = &v
	}
	return e
}
