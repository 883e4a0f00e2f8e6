package training

import (
	"math"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
)

// FitPlot shows a series over time, and a model's fit and forecast. Observations are points, hollow where they were
// held out; the model is a line, dashed where it forecasts. Where the forecast begins, a vertical line stands.
type FitPlot struct {
	Title   string
	XLabel  string  // empty is the heading of the time column
	YLabel  string  // empty is the headings of the columns
	Data    *Series // all observations, with those held out
	HeldOut int     // how many rows at the end were held out
	Model   *Series // the model's curve, at times of its own; columns by name, not all need be there. nil: data alone
	Panels  bool    // a panel for each column, with a scale of its own, instead of one for all
	Width   float64 // inches; 0 is 8
	Height  float64 // inches; 0 is 4.5, or 2.2 for each of several panels
}

// Figure draws the plot. The scale follows the data: of a model that runs away, so much is shown as the data's own
// range on either side.
func (f FitPlot) Figure() (*Figure, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	groups := [][]int{{}}
	for j := range f.Data.Names {
		if f.Panels && j > 0 {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], j)
	}
	height := 4.5
	if len(groups) > 1 {
		height = math.Min(2.2*float64(len(groups))+0.5, 60)
	}
	fig := &Figure{legend: newLegend()}
	var err error
	if fig.width, err = inches(f.Width, 8); err != nil {
		return nil, err
	}
	if fig.height, err = inches(f.Height, height); err != nil {
		return nil, err
	}
	for g, cols := range groups {
		p, err := f.panel(cols, g == 0, g == len(groups)-1)
		if err != nil {
			return nil, err
		}
		fig.panels = append(fig.panels, p)
	}
	f.explain(fig)
	return fig, nil
}

func (f FitPlot) check() error {
	if err := f.Data.Validate(); err != nil {
		return err
	}
	if f.HeldOut < 0 || f.HeldOut >= f.Data.Len() {
		return errors.Errorf("training: plot: %d of %d rows held out", f.HeldOut, f.Data.Len())
	}
	if f.Model == nil {
		return nil
	}
	if err := f.Model.Validate(); err != nil {
		return errors.Wrap(err, "training: plot: model")
	}
	for _, name := range f.Model.Names {
		if f.Data.Index(name) < 0 {
			return errors.Errorf("training: plot: the model has a column %q, the data has %q", name, f.Data.Names)
		}
	}
	return nil
}

// border is where the forecast begins: between the last row trained on and the first held out, or at the end of the
// data if the model goes on.
func (f FitPlot) border() (t float64, label string) {
	last := f.Data.Len() - 1
	if f.HeldOut > 0 {
		a, b := f.Data.T[last-f.HeldOut], f.Data.T[last-f.HeldOut+1]
		return a + (b-a)/2, "not trained on"
	}
	if f.Model != nil && f.Model.T[f.Model.Len()-1] > f.Data.T[last] {
		return f.Data.T[last], "forecast"
	}
	return math.Inf(1), ""
}

func (f FitPlot) panel(cols []int, first, last bool) (*plot.Plot, error) {
	b, err := f.bounds(cols)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(cols))
	for k, j := range cols {
		names[k] = f.Data.Names[j]
	}
	title, xLabel, yLabel := "", "", strings.Join(names, ", ")
	if f.YLabel != "" && !f.Panels {
		yLabel = f.YLabel
	}
	if first {
		title = f.Title
	}
	if xLabel = f.XLabel; xLabel == "" {
		xLabel = f.Data.TimeName
	}
	if !last {
		xLabel = ""
	}
	p := newPanel(title, xLabel, shorten(yLabel), b)
	if !last {
		p.X.Tick.Label.Font.Size = 0
		p.X.Tick.Marker = unlabelled{evenTicks{}}
	}
	border, label := f.border()
	p.Add(span{border, label})
	addGrid(p)
	p.Add(divider{border, label})
	for _, j := range cols {
		if err := f.addColumn(p, j, border); err != nil {
			return nil, errors.Wrapf(err, "training: plot: column %q", f.Data.Names[j])
		}
	}
	return p, nil
}

func (f FitPlot) bounds(cols []int) (bounds, error) {
	b := emptyBounds()
	for i, row := range f.Data.X {
		b.addX(f.Data.T[i])
		for _, j := range cols {
			b.addY(row[j])
		}
	}
	if f.Model != nil {
		within := b
		reach := b.yMax - b.yMin
		for i, row := range f.Model.X {
			b.addX(f.Model.T[i])
			for _, j := range cols {
				if k := f.Model.Index(f.Data.Names[j]); k >= 0 {
					b.addY(row[k])
				}
			}
		}
		if reach > 0 {
			b.yMin, b.yMax = math.Max(b.yMin, within.yMin-reach), math.Min(b.yMax, within.yMax+reach)
		}
	}
	return b.padded()
}

func (f FitPlot) addColumn(p *plot.Plot, j int, border float64) error {
	c := colorOf(j)
	if f.Model != nil {
		if k := f.Model.Index(f.Data.Names[j]); k >= 0 {
			t, y := f.Model.T, column(f.Model, k)
			cut := 0
			for cut < len(t) && t[cut] <= border {
				cut++
			}
			if err := addCurve(p, t[:cut], y[:cut], lineStyle(c, false)); err != nil {
				return err
			}
			// The dashes begin where the line ends.
			if from := max(cut-1, 0); cut < len(t) {
				if err := addCurve(p, t[from:], y[from:], lineStyle(c, true)); err != nil {
					return err
				}
			}
		}
	}
	kept := f.Data.Len() - f.HeldOut
	t, y := f.Data.T, column(f.Data, j)
	if err := addPoints(p, t[:kept], y[:kept], crowded(glyph(j, c, false), len(t))); err != nil {
		return err
	}
	return addPoints(p, t[kept:], y[kept:], crowded(glyph(j, c, true), len(t)))
}

func (f FitPlot) explain(fig *Figure) {
	border, _ := f.border()
	for j, name := range f.Data.Names {
		marks := []plot.Thumbnailer{pointSample(glyph(j, colorOf(j), false))}
		if f.Model != nil && f.Model.Index(name) >= 0 {
			marks = append([]plot.Thumbnailer{lineSample(lineStyle(colorOf(j), false))}, marks...)
		}
		fig.explain(name, marks...)
	}
	if f.HeldOut > 0 || f.Model != nil {
		fig.explain("observed", pointSample(glyph(0, quietColor, false)))
	}
	if f.HeldOut > 0 {
		fig.explain("held out", pointSample(glyph(0, quietColor, true)))
	}
	if f.Model != nil {
		fig.explain("model", lineSample(lineStyle(quietColor, false)))
		if f.Model.T[f.Model.Len()-1] > border {
			fig.explain("forecast", lineSample(lineStyle(quietColor, true)))
		}
	}
}

func column(s *Series, j int) []float64 {
	out := make([]float64, s.Len())
	for i, row := range s.X {
		out[i] = row[j]
	}
	return out
}
