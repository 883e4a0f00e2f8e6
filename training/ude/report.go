package ude

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"gorgonode/training"
)

// Summary is a Fitted in numbers. It holds no date: the same run gives the same bytes.
type Summary struct {
	Format  int      `json:"format"`
	Model   string   `json:"model"` // name of the model file
	Data    string   `json:"data"`  // name of the series
	Time    string   `json:"time"`
	Columns []string `json:"columns"`
	Rows    int      `json:"rows"`
	HeldOut int      `json:"held_out"`
	Values  int      `json:"values"` // that were fitted
	Noise   string   `json:"noise"`
	Weights int      `json:"weights"` // of networks
	NLL     float64  `json:"nll"`     // negative log-likelihood of the values that were fitted

	Estimates []Estimate `json:"estimates"`
	// Correlation is that of the free parameters and initial values; null for those that are not Determined.
	Correlation [][]*float64 `json:"correlation"`
	// Root mean squares of the residuals by column, of logarithms for lognormal noise; and of model minus data.
	Residual    map[string]float64 `json:"residual"`
	RMSE        map[string]float64 `json:"rmse"`
	RMSEHeldOut map[string]float64 `json:"rmse_held_out,omitempty"`

	// Better are fits with a lower cost that the profiles met.
	Better []Better `json:"better,omitempty"`

	ForecastTo float64 `json:"forecast_to"`
	Warning    string  `json:"warning,omitempty"` // why the pictures do not go so far as they should
}

// Better is a value of a profiled quantity with which the fit of all others is better than the fit, and by how much the
// cost is lower: other first values or restarts should lead there.
type Better struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Fall  float64 `json:"fall"`
}

// Report is what a Fitted has to show.
type Report struct {
	Summary  Summary
	Profiles []*Profile
	fitted   *Fitted
	model    *training.Series
	records  []training.Record
}

// NewReport solves the model to beyond time units after the last row. Records are those of the fit; without any there
// is no picture of them.
func (f *Fitted) NewReport(beyond float64, profiles []*Profile, records []training.Record) (*Report, error) {
	q, first, last := f.problem, f.Data.T[0], f.Data.T[f.Data.Len()-1]
	r := &Report{fitted: f, Profiles: profiles, records: records, Summary: Summary{
		Format: kind.Format, Model: q.model.Name(), Data: f.Data.Name, Time: f.Data.TimeName, Columns: f.Data.Names,
		Rows: f.Data.Len(), HeldOut: f.Config.HoldOut, Values: q.observed(), Noise: f.Config.Noise, Weights: q.weights, NLL: f.NLL,
		ForecastTo: last + beyond,
	}}
	for _, p := range profiles {
		if value, fall, found := p.Better(); found {
			r.Summary.Better = append(r.Summary.Better, Better{p.Name, value, fall})
		}
	}
	var err error
	if r.Summary.Estimates, err = f.Estimates(); err != nil {
		return nil, err
	}
	correlation, err := f.Correlation()
	if err != nil {
		return nil, err
	}
	r.Summary.Correlation = nullable(correlation)
	residuals, err := f.Residuals()
	if err != nil {
		return nil, err
	}
	fit, err := f.Forecast(f.Data.T)
	if err != nil {
		return nil, err
	}
	r.Summary.Residual = rootMeanSquares(residuals, nil, 0, q.rows)
	r.Summary.RMSE = rootMeanSquares(fit, f.Data, 0, q.rows)
	if q.rows < f.Data.Len() {
		r.Summary.RMSEHeldOut = rootMeanSquares(fit, f.Data, q.rows, f.Data.Len())
	}
	if r.model, err = f.Forecast(training.Between(first, last+beyond)); err != nil && beyond > 0 {
		r.Summary.ForecastTo, r.Summary.Warning = last, err.Error()
		r.model, err = f.Forecast(training.Between(first, last))
	}
	return r, err
}

// nullable has nil for what is not a number, which JSON lacks.
func nullable(matrix [][]float64) [][]*float64 {
	out := make([][]*float64, len(matrix))
	for i, row := range matrix {
		out[i] = make([]*float64, len(row))
		for j := range row {
			if !math.IsNaN(row[j]) {
				out[i][j] = &row[j]
			}
		}
	}
	return out
}

// rootMeanSquares are those of a − b by column, over rows of the two; b nil is zero.
func rootMeanSquares(a, b *training.Series, from, to int) map[string]float64 {
	out := map[string]float64{}
	for j, name := range a.Names {
		sum, n := 0.0, 0.0
		for k := from; k < to; k++ {
			d := a.X[k][j]
			if b != nil {
				d -= b.X[k][j]
			}
			if !math.IsNaN(d) {
				sum, n = math.Hypot(sum, d), n+1
			}
		}
		if n > 0 {
			out[name] = sum / math.Sqrt(n)
		}
	}
	return out
}

// Write puts into a run: summary.json; the pictures fit, residuals and loss; for each profile profile-NAME.csv and a
// picture; and for each network missing-NAME.csv, the inputs and outputs along the fitted trajectory,
// missing-NAME-grid.csv, those over a grid, and a picture.
func (r *Report) Write(w *training.RunWriter) error {
	if err := w.SaveJSON("summary.json", r.Summary); err != nil {
		return err
	}
	f := r.fitted
	fit, err := training.FitPlot{
		Title: r.title("data and " + r.Summary.Model), Data: f.Data, HeldOut: f.Config.HoldOut, Model: r.model,
		Panels: training.OwnScales(f.Data),
	}.Figure()
	if err := save(w, "fit", fit, err); err != nil {
		return err
	}
	residuals, err := r.ResidualPicture()
	if err := save(w, "residuals", residuals, err); err != nil {
		return err
	}
	if len(r.records) > 0 {
		loss, err := training.LossPlot{Title: r.title("cost of the fit, stage by stage"), YLabel: "cost",
			Names: []string{"cost"}, Records: r.records}.Figure()
		if err := save(w, "loss", loss, err); err != nil {
			return err
		}
	}
	for _, p := range r.Profiles {
		name := "profile-" + fileName(p.Name)
		if err := training.WriteFile(w.Path(name+".csv"), p.WriteCSV); err != nil {
			return err
		}
		fig, err := p.Picture()
		if err := save(w, name, fig, err); err != nil {
			return err
		}
	}
	return r.writeTerms(w)
}

func (r *Report) writeTerms(w *training.RunWriter) error {
	terms, err := r.fitted.Terms()
	if err != nil {
		return err
	}
	for _, t := range terms {
		name := "missing-" + strings.Join(t.Outputs, "-")
		if err := training.WriteFile(w.Path(name+".csv"), func(out io.Writer) error {
			return t.WriteAlong(out, r.Summary.Time)
		}); err != nil {
			return err
		}
		if t.Grid != nil {
			if err := training.WriteFile(w.Path(name+"-grid.csv"), t.WriteGrid); err != nil {
				return err
			}
		}
		fig, err := t.Picture(r.Summary.Time)
		if err := save(w, name, fig, err); err != nil {
			return err
		}
	}
	return nil
}

// ResidualPicture shows the residuals of each column over time.
func (r *Report) ResidualPicture() (*training.Figure, error) {
	s, err := r.fitted.Residuals()
	if err != nil {
		return nil, err
	}
	label := map[string]string{"gaussian": "model − data", "lognormal": "ln model − ln data",
		"poisson": "(model − data)/√model"}[r.Summary.Noise]
	p := training.CurvesPlot{Title: r.title("residuals"), XLabel: s.TimeName, YLabel: label, Height: 3.5}
	for j, name := range s.Names {
		c := training.Curve{Name: name, X: s.T, Points: true}
		for _, row := range s.X {
			c.Y = append(c.Y, row[j])
		}
		p.Curves = append(p.Curves, c)
	}
	p.Curves = append(p.Curves, training.Curve{X: []float64{s.T[0], s.T[s.Len()-1]}, Y: []float64{0, 0}, Dashed: true})
	return p.Figure()
}

func (r *Report) title(what string) string {
	return fmt.Sprintf("%s: %s", strings.TrimSuffix(r.Summary.Data, filepath.Ext(r.Summary.Data)), what)
}

// fileName is a name without the brackets of an initial value.
func fileName(name string) string { return strings.NewReplacer("(", "", ")", "").Replace(name) }

func save(w *training.RunWriter, name string, fig *training.Figure, err error) error {
	if err != nil {
		return err
	}
	return w.SaveFigure(name, fig)
}
