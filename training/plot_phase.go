package training

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// PhasePlot shows two variables against each other: the model's trajectory, the observations, and the direction in
// which the model would move from anywhere.
type PhasePlot struct {
	Title   string
	X, Y    string  // headings of the columns for the two axes; empty are the first two
	Data    *Series // observations; nil is none
	HeldOut int     // how many rows of Data at the end were held out
	Model   *Series // trajectory; nil is none
	// Field is the model's derivative at a point, for the arrows; nil draws none. It is called for a few hundred points
	// each time the figure is encoded. Where it isn't finite there is no arrow.
	Field  func(x, y float64) (dx, dy float64)
	Width  float64 // inches; 0 is 6.5
	Height float64 // inches; 0 is 5
}

// Figure draws the plot.
func (f PhasePlot) Figure() (*Figure, error) {
	if f.Data == nil && f.Model == nil {
		return nil, errors.New("training: phase plot: neither data nor a model")
	}
	names := [2]string{f.X, f.Y}
	b := emptyBounds()
	dataX, dataY, err := f.pair(f.Data, &names, &b)
	if err != nil {
		return nil, err
	}
	modelX, modelY, err := f.pair(f.Model, &names, &b)
	if err != nil {
		return nil, err
	}
	if f.HeldOut < 0 || f.HeldOut > len(dataX) {
		return nil, errors.Errorf("training: phase plot: %d of %d rows held out", f.HeldOut, len(dataX))
	}
	if b, err = b.padded(); err != nil {
		return nil, err
	}
	fig := &Figure{legend: newLegend()}
	if fig.width, err = inches(f.Width, 6.5); err != nil {
		return nil, err
	}
	if fig.height, err = inches(f.Height, 5); err != nil {
		return nil, err
	}
	p := newPanel(f.Title, shorten(names[0]), shorten(names[1]), b)
	fig.panels = []*plot.Plot{p}
	addGrid(p)
	if f.Field != nil {
		p.Add(arrows{f.Field})
	}
	curve, point, start := lineStyle(colorOf(0), false), colorOf(1), startGlyph()
	if len(modelX) > 0 {
		if err := addCurve(p, modelX, modelY, curve); err != nil {
			return nil, errors.Wrap(err, "training: phase plot")
		}
		fig.explain("model", lineSample(curve))
	}
	if n := len(dataX); n > 0 {
		kept := n - f.HeldOut
		if err := addPoints(p, dataX[:kept], dataY[:kept], crowded(glyph(0, point, false), n)); err != nil {
			return nil, errors.Wrap(err, "training: phase plot")
		}
		if err := addPoints(p, dataX[kept:], dataY[kept:], crowded(glyph(0, point, true), n)); err != nil {
			return nil, errors.Wrap(err, "training: phase plot")
		}
		fig.explain("observed", pointSample(glyph(0, point, false)))
		if f.HeldOut > 0 {
			fig.explain("held out", pointSample(glyph(0, point, true)))
		}
	}
	x, y := modelX, modelY
	if len(x) == 0 {
		x, y = dataX, dataY
	}
	if err := addPoints(p, x[:1], y[:1], start); err != nil {
		return nil, errors.Wrap(err, "training: phase plot")
	}
	fig.explain("start", pointSample(start))
	if f.Field != nil {
		fig.explain("vector field", arrowSample{})
	}
	return fig, nil
}

// pair takes the two columns out of a series, with NaN where either is missing. The first series that is there gives
// the names that are not.
func (f PhasePlot) pair(s *Series, names *[2]string, b *bounds) (x, y []float64, err error) {
	if s == nil {
		return nil, nil, nil
	}
	if err := s.Validate(); err != nil {
		return nil, nil, err
	}
	var at [2]int
	for k := range names {
		if names[k] == "" {
			if s.Dim() <= k {
				return nil, nil, errors.Errorf("training: phase plot: %s has one column only", s.label())
			}
			names[k] = s.Names[k]
		}
		if at[k] = s.Index(names[k]); at[k] < 0 {
			return nil, nil, errors.Errorf("training: phase plot: %s has no column %q; there are %q", s.label(), names[k], s.Names)
		}
	}
	if names[0] == names[1] {
		return nil, nil, errors.Errorf("training: phase plot: both axes are %q", names[0])
	}
	for _, row := range s.X {
		u, v := row[at[0]], row[at[1]]
		if math.IsNaN(u) || math.IsNaN(v) {
			u, v = math.NaN(), math.NaN()
		} else {
			b.addX(u)
			b.addY(v)
		}
		x, y = append(x, u), append(y, v)
	}
	return x, y, nil
}

func startGlyph() draw.GlyphStyle {
	return draw.GlyphStyle{Color: colorOf(2), Radius: vg.Points(5.5), Shape: markerOf(3, false)}
}
