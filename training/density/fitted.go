package density

import (
	"math"

	"github.com/pkg/errors"

	"gorgonode/layers/flow"
	"gorgonode/training"
)

// Named gives names to the columns, for Save and the report.
func (f *Fitted) Named(columns ...string) error {
	if len(columns) != f.Dim {
		return errors.Errorf("density: %d names for %d columns", len(columns), f.Dim)
	}
	f.Columns = append([]string(nil), columns...)
	return nil
}

// LogProb is the log-density at each row, in nats and the table's units, by the exact trace.
func (f *Fitted) LogProb(rows [][]float64) ([]float64, error) {
	l, err := flow.LogProbRows(f.Flow, rows)
	return l, errors.WithMessage(err, "density")
}

// Sample draws n rows.
func (f *Fitted) Sample(n int, seed uint64) ([][]float64, error) {
	rows, err := flow.Sample(f.Flow, n, seed)
	return rows, errors.WithMessage(err, "density")
}

func (f *Fitted) meanNLL(rows [][]float64) (float64, error) {
	l, err := f.LogProb(rows)
	if err != nil {
		return math.NaN(), err
	}
	mean := 0.0
	for _, v := range l {
		mean -= v / float64(len(l))
	}
	return mean, nil
}

// Plot draws the density of two columns as a heat map, with points of the table if there are any, whose names are those of
// the axes. From and to are opposite corners.
func (f *Fitted) Plot(title string, names [2]string, from, to [2]float64, points [][]float64) (*training.Figure, error) {
	if f.Dim != 2 {
		return nil, errors.Errorf("density: plot: %d columns, and a plane has 2", f.Dim)
	}
	return training.HeatPlot{
		Title: title, X: names[0], Y: names[1], From: from, To: to, Points: points,
		Value: func(points [][]float64) ([]float64, error) {
			l, err := f.LogProb(points)
			for i := range l {
				l[i] = math.Exp(l[i])
			}
			return l, err
		},
	}.Figure()
}
