package training

import (
	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// Curve is a line, or points, of a CurvesPlot. A NaN is a gap.
type Curve struct {
	Name   string // in the legend; empty is in none
	X, Y   []float64
	Points bool // points instead of a line
	Dashed bool
}

// CurvesPlot shows curves of any two quantities.
type CurvesPlot struct {
	Title, XLabel, YLabel string
	Curves                []Curve
	Width                 float64 // inches; 0 is 8
	Height                float64 // inches; 0 is 4.5
}

// Figure draws the plot.
func (f CurvesPlot) Figure() (*Figure, error) {
	b := emptyBounds()
	for _, c := range f.Curves {
		if len(c.X) != len(c.Y) {
			return nil, errors.Errorf("training: plot: curve %q has %d and %d coordinates", c.Name, len(c.X), len(c.Y))
		}
		for i, x := range c.X {
			if finite(x) && finite(c.Y[i]) {
				b.addX(x)
				b.addY(c.Y[i])
			}
		}
	}
	if b.xMin > b.xMax {
		return nil, errors.New("training: plot: there is nothing to draw")
	}
	b, err := b.padded()
	if err != nil {
		return nil, err
	}
	fig := &Figure{legend: newLegend()}
	if fig.width, err = inches(f.Width, 8); err != nil {
		return nil, err
	}
	if fig.height, err = inches(f.Height, 4.5); err != nil {
		return nil, err
	}
	p := newPanel(f.Title, f.XLabel, f.YLabel, b)
	fig.panels = []*plot.Plot{p}
	addGrid(p)
	for k, c := range f.Curves {
		var sample plot.Thumbnailer
		if c.Points {
			var style draw.GlyphStyle = glyph(k, colorOf(k), c.Dashed)
			err, sample = addPoints(p, c.X, c.Y, crowded(style, len(c.X))), pointSample(style)
		} else {
			style := lineStyle(colorOf(k), c.Dashed)
			err, sample = addCurve(p, c.X, c.Y, style), lineSample(style)
		}
		if err != nil {
			return nil, errors.Wrapf(err, "training: plot: curve %q", c.Name)
		}
		if c.Name != "" {
			fig.explain(c.Name, sample)
		}
	}
	return fig, nil
}
