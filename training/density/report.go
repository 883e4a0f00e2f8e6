package density

import (
	"math"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/training"
)

// Report is what a Fitted has to show: numbers and pictures.
type Report struct {
	Summary Summary
	fitted  *Fitted
	points  *training.Points
	records []training.Record
}

// Summary is a Fitted in numbers. It holds no date and no duration: the same run gives the same bytes.
type Summary struct {
	Format   int      `json:"format"`
	Data     string   `json:"data"` // name of the table
	Model    Model    `json:"model"`
	Columns  []string `json:"columns"`
	Rows     int      `json:"rows"`
	Weights  int      `json:"weights"`   // trained numbers
	Steps    int      `json:"steps"`     // of training
	BestStep int      `json:"best_step"` // after which the weights were kept
	// Means of −ln p in nats, in the table's units: of the rows trained on, and of the others; null where there are none.
	Train   float64  `json:"train_nll"`
	HeldOut *float64 `json:"held_out_nll"`
	// Gaussian is that of one normal distribution with the training rows' mean and covariances, on the held-out rows, or on
	// all where there are none; null where their covariance is singular.
	Gaussian *float64 `json:"gaussian_nll"`
}

// NewReport takes the table that f was fitted to. Records are those of the training, for the picture of the loss; without
// any there is none.
func (f *Fitted) NewReport(points *training.Points, records []training.Record) (*Report, error) {
	if err := checkRows(points.Rows); err != nil {
		return nil, err
	}
	if len(points.Rows[0]) != f.Dim {
		return nil, errors.Errorf("density: report: rows of %d numbers for %d columns", len(points.Rows[0]), f.Dim)
	}
	r := &Report{fitted: f, points: points, records: records, Summary: Summary{
		Format: kind.Format, Data: points.Name, Model: f.Config.Model, Columns: f.Columns, Rows: len(points.Rows),
		Steps: f.Steps, BestStep: f.BestStep, Train: f.Train,
	}}
	for _, p := range f.Params() {
		r.Summary.Weights += p.Size()
	}
	r.Summary.Weights -= 2 * f.Dim // of the standardisation
	train, held := split(points.Rows, f.Config.heldOut(len(points.Rows)), f.Config.Seed)
	if !math.IsNaN(f.HeldOut) {
		r.Summary.HeldOut = &f.HeldOut
	} else {
		held = train
	}
	if v, err := Gaussian(train, held); err == nil {
		r.Summary.Gaussian = &v
	}
	return r, nil
}

// The names of what Write puts into a run; those of the pictures without their ends.
const (
	summaryFile    = "summary.json"
	densityPicture = "density"
	lossPicture    = "loss"
)

// Write puts summary.json and the pictures, each as PNG and SVG, into a run: density, of the columns, see Picture; loss, its
// fall in training.
func (r *Report) Write(w *training.RunWriter) error {
	if err := w.SaveJSON(summaryFile, r.Summary); err != nil {
		return err
	}
	fig, err := r.fitted.Picture(r.title("density"), r.points.Rows)
	if err != nil {
		return err
	}
	if err := w.SaveFigure(densityPicture, fig); err != nil {
		return err
	}
	if len(r.records) == 0 {
		return nil
	}
	what := "mean of −ln p in training"
	if r.fitted.Config.Model == FlowMatching {
		what = "mean square error of velocities in training"
	}
	fig, err = training.LossPlot{Title: r.title(what), Records: r.records, Best: r.Summary.BestStep}.Figure()
	if err != nil {
		return err
	}
	return w.SaveFigure(lossPicture, fig)
}

func (r *Report) title(what string) string {
	name, _, _ := strings.Cut(r.points.Name, ".")
	return name + ": " + what
}
