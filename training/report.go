package training

import (
	"math"

	"github.com/pkg/errors"
)

// Report is what a Fitted has to show: numbers and pictures.
type Report struct {
	Summary Summary
	fitted  *Fitted
	model   *Series // the trajectory, for the pictures
	records []Record
}

// Summary is a Fitted in numbers. It holds no date and no duration: the same run gives the same bytes.
type Summary struct {
	Format   int             `json:"format"`
	Data     string          `json:"data"` // name of the series
	Time     string          `json:"time"`
	Columns  []string        `json:"columns"`
	Model    ForecasterModel `json:"model"`
	Rows     int             `json:"rows"`
	From     float64         `json:"from"` // times of the first and the last row
	To       float64         `json:"to"`
	Weights  int             `json:"weights"`   // trained numbers, the initial state among them
	Steps    int             `json:"steps"`     // of training
	BestStep int             `json:"best_step"` // whose weights were kept, counted from 1; 0 is the last
	Train    Errors          `json:"train"`
	HeldOut  Errors          `json:"held_out"`
	All      Errors          `json:"all"`
	// ForecastTo is how far the pictures show the model. It is less than was asked for where the model could not be solved
	// so far; Warning then says why.
	ForecastTo float64 `json:"forecast_to"`
	Warning    string  `json:"warning,omitempty"`
}

// NewReport solves the model to beyond time units after the last row. Records are those of the training, for the picture
// of the loss; without any there is none.
func (f *Fitted) NewReport(beyond float64, records []Record) (*Report, error) {
	first, last := f.Data.T[0], f.Data.T[f.Data.Len()-1]
	if !(beyond >= 0) || math.IsInf(beyond, 0) {
		return nil, errors.Errorf("training: report: a forecast of %g beyond the last row: it must not be negative", beyond)
	}
	r := &Report{fitted: f, records: records, Summary: Summary{
		Format: forecasterKind.Format, Data: f.Data.Name, Time: f.Data.TimeName, Columns: f.Data.Names, Model: f.Model.cfg.Model,
		Rows: f.Data.Len(), From: first, To: last, Steps: f.Steps, BestStep: f.BestStep,
		Train: f.Train, HeldOut: f.HeldOut, All: f.All, ForecastTo: last + beyond,
	}}
	for _, p := range f.Model.Params() {
		r.Summary.Weights += p.Size()
	}
	var err error
	if r.model, err = f.Forecast(Between(first, last+beyond)); err != nil && beyond > 0 {
		r.Summary.ForecastTo, r.Summary.Warning = last, err.Error()
		r.model, err = f.Forecast(Between(first, last))
	}
	return r, err
}

// Between are times from one to another, close enough for a smooth line on a page.
func Between(from, to float64) []float64 {
	const n = 500
	times := make([]float64, 0, n+1)
	for i := range n {
		t := from + (to-from)*float64(i)/n
		if i == 0 || t > times[len(times)-1] {
			times = append(times, t)
		}
	}
	if to > times[len(times)-1] {
		times = append(times, to)
	}
	return times
}

// The names of what Write puts into a run; those of the pictures without their ends.
const (
	summaryFile  = "summary.json"
	fitPicture   = "fit"
	phasePicture = "phase"
	lossPicture  = "loss"
)

type picture struct {
	name string
	draw func() (*Figure, error)
}

// Write puts summary.json and the pictures, each as PNG and SVG, into a run: fit, the data with the model's fit and
// forecast; phase, the first two columns against each other, where there are two; loss, its fall in training.
func (r *Report) Write(w *RunWriter) error {
	if err := w.SaveJSON(summaryFile, r.Summary); err != nil {
		return err
	}
	pictures := []picture{{fitPicture, r.FitPicture}}
	if r.fitted.Data.Dim() > 1 {
		pictures = append(pictures, picture{phasePicture, r.PhasePicture})
	}
	if len(r.records) > 0 {
		pictures = append(pictures, picture{lossPicture, r.LossPicture})
	}
	for _, p := range pictures {
		fig, err := p.draw()
		if err != nil {
			return err
		}
		if err := w.SaveFigure(p.name, fig); err != nil {
			return err
		}
	}
	return nil
}
