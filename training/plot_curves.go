package training

import (
	"image/color"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
)

// Curve is a line, or points, of a CurvesPlot. A NaN is a gap.
type Curve struct {
	Name   string // in the legend; empty is in none
	X, Y   []float64
	Points bool // points instead of a line
	Dashed bool
	// Low and High are the edges of a band that is shaded behind the curve, as long as X; nil is no band.
	Low, High []float64
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
		if (c.Low != nil || c.High != nil) && (len(c.Low) != len(c.X) || len(c.High) != len(c.X)) {
			return nil, errors.Errorf("training: plot: curve %q has %d coordinates and a band of %d and %d",
				c.Name, len(c.X), len(c.Low), len(c.High))
		}
		for _, y := range [][]float64{c.Y, c.Low, c.High} {
			for i, v := range y {
				if finite(c.X[i]) && finite(v) {
					b.addX(c.X[i])
					b.addY(v)
				}
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
		if c.Low != nil {
			if err := addBand(p, c.X, c.Low, c.High, colorOf(k)); err != nil {
				return nil, errors.Wrapf(err, "training: plot: band of curve %q", c.Name)
			}
		}
	}
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

// addBand shades what lies between two curves, broken where one of them is missing.
func addBand(p *plot.Plot, x, low, high []float64, c color.Color) error {
	r, g, b, _ := c.RGBA()
	shade := color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 0x40}
	from := 0
	for i := 0; i <= len(x); i++ {
		if i < len(x) && finite(x[i]) && finite(low[i]) && finite(high[i]) {
			continue
		}
		var edge plotter.XYs
		for j := from; j < i; j++ {
			edge = append(edge, plotter.XY{X: x[j], Y: low[j]})
		}
		for j := i - 1; j >= from; j-- {
			edge = append(edge, plotter.XY{X: x[j], Y: high[j]})
		}
		if from = i + 1; len(edge) < 4 {
			continue
		}
		area, err := plotter.NewPolygon(edge)
		if err != nil {
			return err
		}
		area.Color, area.LineStyle.Width = shade, 0
		p.Add(still{area})
	}
	return nil
}
