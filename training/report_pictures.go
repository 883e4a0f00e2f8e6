package training

import (
	"math"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

// title begins with the name of the data, without its end.
func (r *Report) title(what string) string {
	name := r.fitted.Data.label()
	return strings.TrimSuffix(name, filepath.Ext(name)) + ": " + what
}

// FitPicture shows the data with the model's fit and forecast.
func (r *Report) FitPicture() (*Figure, error) {
	f := r.fitted
	return FitPlot{Title: r.title("data and neural ODE"), Data: f.Data, HeldOut: f.Config.HoldOut, Model: r.model,
		Panels: OwnScales(f.Data)}.Figure()
}

// OwnScales tells whether columns need scales of their own: they are many, or one would look flat beside another.
func OwnScales(s *Series) bool {
	if s.Dim() > 4 {
		return true
	}
	largest, smallest := 0.0, math.Inf(1)
	low, high := math.Inf(1), math.Inf(-1)
	for j := range s.Names {
		b := emptyBounds()
		for _, row := range s.X {
			b.addY(row[j])
		}
		if b.yMin > b.yMax {
			continue
		}
		largest, smallest = math.Max(largest, b.yMax-b.yMin), math.Min(smallest, b.yMax-b.yMin)
		low, high = math.Min(low, b.yMin), math.Max(high, b.yMax)
	}
	const flat = 0.1 // of the page
	return s.Dim() > 1 && smallest < flat*math.Max(largest, high-low)
}

// PhasePicture shows the first two columns against each other. Arrows are drawn where a point of the page has one slope:
// for a model of these two columns alone, without other channels, that doesn't depend on time.
func (r *Report) PhasePicture() (*Figure, error) {
	f := r.fitted
	p := PhasePlot{Title: r.title("phase portrait"), Data: f.Data, HeldOut: f.Config.HoldOut, Model: r.model}
	if c := f.Model.cfg; f.Data.Dim() == 2 && c.Augment == 0 && !c.Time && c.Model != SecondOrderModel {
		slope, err := f.Slope()
		if err != nil {
			return nil, err
		}
		p.Field = func(x, y float64) (dx, dy float64) {
			d, err := slope(f.Data.T[0], []float64{x, y})
			if err != nil {
				return math.NaN(), math.NaN()
			}
			return d[0], d[1]
		}
	}
	return p.Figure()
}

// LossPicture shows how the loss fell, by phase.
func (r *Report) LossPicture() (*Figure, error) {
	// A long word beside a logarithmic axis makes gonum leave the space above the panel empty, so what is shown is in the
	// title.
	p := LossPlot{Title: r.title("mean square error in training"), YLabel: "loss", Best: r.fitted.BestStep}
	shown := map[string]string{windowLossName: "windows", trajectoryLossName: "trajectory"}
	seen := map[string]bool{}
	for _, rec := range r.records {
		values := map[string]float64{}
		for name, v := range rec.Values {
			if label := shown[name]; label != "" {
				values[label] = v
				seen[label] = true
			}
		}
		p.Records = append(p.Records, Record{Step: rec.Step, Values: values})
	}
	for _, name := range []string{windowLossName, trajectoryLossName} {
		if label := shown[name]; seen[label] {
			p.Names = append(p.Names, label)
		}
	}
	return p.Figure()
}

// Slope is the learned field in the data's own units: change of each column by time, at a time and a state. Channels
// beside the columns are taken as zero. The function is not for concurrent use.
//
//	x = g(z), z' = f(τ, z), τ = (t − t₀)/unit   ⇒   dx/dt = g'(z) f(τ, z)/unit
func (f *Fitted) Slope() (func(t float64, row []float64) ([]float64, error), error) {
	field, err := f.Model.Field()
	if err != nil {
		return nil, err
	}
	if f.Config.Model.Model == SecondOrderModel {
		return nil, errors.New("training: slope: that of a model of second order depends on velocities too")
	}
	return func(t float64, row []float64) ([]float64, error) {
		if len(row) != len(f.Transform.Columns) {
			return nil, errors.Errorf("training: slope: a state of %d values for %d columns", len(row), len(f.Transform.Columns))
		}
		z := make([]float64, len(row))
		for j, x := range row {
			var problem string
			if z[j], problem = f.Transform.Columns[j].forward(x); problem != "" {
				return nil, errors.Errorf("training: slope: column %q: %g %s", f.Transform.Columns[j].Name, x, problem)
			}
		}
		dz, err := field(f.Transform.Time.Forward(t), z)
		if err != nil {
			return nil, err
		}
		dx := make([]float64, len(row))
		for j, col := range f.Transform.Columns {
			dx[j] = dz[j] * col.Std / f.Transform.Time.Unit
			if col.Scaling == LogStandardise {
				dx[j] *= row[j] // x = exp(mean + std·z)
			}
		}
		return dx, nil
	}, nil
}
