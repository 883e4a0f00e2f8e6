package training

import (
	"image/color"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// BandPlot shows curves with a band of doubt around each, and the points that they are to be held against: a panel for each.
type BandPlot struct {
	Columns []string      // headings of the columns of panels
	Rows    []string      // names, at the left
	Panels  [][]BandPanel // Panels[row][column]
	XLabel  string
	Seen    string  // what the points are that the curves were drawn from; empty is "observed"
	Band    string  // what the bands are, as "90 % band"
	Width   float64 // of a column, in inches; 0 is 4
	Height  float64 // of a row, in inches; 0 is 1.8
}

// BandPanel is one of a BandPlot. What it lacks is not drawn.
type BandPanel struct {
	X, Y, Low, High  []float64 // a curve, and the band around it
	SeenX, SeenY     []float64 // points that the curve was drawn from
	HiddenX, HiddenY []float64 // points that it was not drawn from
	Forecast         bool      // there is a forecast, and
	From             float64   // where it begins
}

// Figure draws the plot. The scale of a panel follows its points: of a band that runs away so much is shown as their own
// range on either side.
func (f BandPlot) Figure() (*Figure, error) {
	if len(f.Rows) == 0 || len(f.Columns) == 0 || len(f.Panels) != len(f.Rows) {
		return nil, errors.Errorf("training: plot: %d rows of panels for %d names and %d columns", len(f.Panels),
			len(f.Rows), len(f.Columns))
	}
	side := func(wanted, otherwise float64, n int) (vg.Length, error) {
		if wanted == 0 {
			wanted = otherwise
		}
		return inches(math.Min(60, wanted*float64(n)+0.6), 0)
	}
	fig := &Figure{legend: newLegend(), columns: len(f.Columns)}
	var err error
	if fig.width, err = side(f.Width, 4, len(f.Columns)); err != nil {
		return nil, err
	}
	if fig.height, err = side(f.Height, 1.8, len(f.Rows)); err != nil {
		return nil, err
	}
	fig.width += 1.4 * vg.Inch // of the legend
	for i, row := range f.Panels {
		if len(row) != len(f.Columns) {
			return nil, errors.Errorf("training: plot: row %d has %d panels, and there are %d columns", i, len(row),
				len(f.Columns))
		}
		for j, one := range row {
			p, err := f.panel(one, i, j)
			if err != nil {
				return nil, errors.WithMessagef(err, "%s, %s", f.Rows[i], f.Columns[j])
			}
			fig.panels = append(fig.panels, p)
		}
	}
	f.explain(fig)
	return fig, nil
}

func (f BandPlot) panel(one BandPanel, row, column int) (*plot.Plot, error) {
	for _, pair := range [][2]int{{len(one.X), len(one.Y)}, {len(one.SeenX), len(one.SeenY)}, {len(one.HiddenX),
		len(one.HiddenY)}} {
		if pair[0] != pair[1] {
			return nil, errors.Errorf("training: plot: %d and %d coordinates", pair[0], pair[1])
		}
	}
	if len(one.Low) != len(one.High) || len(one.Low) > 0 && len(one.Low) != len(one.X) {
		return nil, errors.Errorf("training: plot: a band of %d and %d values around %d", len(one.Low), len(one.High),
			len(one.X))
	}
	b, err := one.bounds()
	if err != nil {
		return nil, err
	}
	title, xLabel, yLabel := "", "", ""
	if row == 0 {
		title = f.Columns[column]
	}
	if row == len(f.Rows)-1 {
		xLabel = f.XLabel
	}
	if column == 0 {
		yLabel = shorten(f.Rows[row])
	}
	p := newPanel(title, xLabel, yLabel, b)
	p.Title.TextStyle.Font = sans(12)
	if one.Forecast {
		p.Add(span{one.From, ""})
	}
	addGrid(p)
	if one.Forecast {
		p.Add(divider{one.From, ""})
	}
	if len(one.Low) > 0 {
		p.Add(shade{one.X, one.Low, one.High})
	}
	if err := addCurve(p, one.X, one.Y, lineStyle(colorOf(0), false)); err != nil {
		return nil, err
	}
	if err := addPoints(p, one.SeenX, one.SeenY, crowded(bandGlyph(false), len(one.SeenX)+len(one.HiddenX))); err != nil {
		return nil, err
	}
	return p, addPoints(p, one.HiddenX, one.HiddenY, crowded(bandGlyph(true), len(one.SeenX)+len(one.HiddenX)))
}

// bounds are those of the points, and as far as it doesn't run away of the band.
func (one BandPanel) bounds() (bounds, error) {
	b := emptyBounds()
	add := func(x, y []float64) {
		for i, v := range x {
			b.addX(v)
			b.addY(y[i])
		}
	}
	add(one.SeenX, one.SeenY)
	add(one.HiddenX, one.HiddenY)
	within, reach := b, b.yMax-b.yMin
	add(one.X, one.Y)
	for i := range one.Low {
		b.addY(one.Low[i])
		b.addY(one.High[i])
	}
	if reach > 0 {
		b.yMin, b.yMax = math.Max(b.yMin, within.yMin-reach), math.Min(b.yMax, within.yMax+reach)
	}
	return b.padded()
}

func (f BandPlot) explain(fig *Figure) {
	var curve, band, seen, hidden, forecast bool
	for _, row := range f.Panels {
		for _, p := range row {
			curve, band = curve || len(p.X) > 0, band || len(p.Low) > 0
			seen, hidden, forecast = seen || len(p.SeenX) > 0, hidden || len(p.HiddenX) > 0, forecast || p.Forecast
		}
	}
	if seen {
		name := f.Seen
		if name == "" {
			name = "observed"
		}
		fig.explain(name, pointSample(bandGlyph(false)))
	}
	if hidden {
		fig.explain("hidden", pointSample(bandGlyph(true)))
	}
	if curve {
		fig.explain("mean", lineSample(lineStyle(colorOf(0), false)))
	}
	if band {
		fig.explain(f.Band, shadeSample{})
	}
	if forecast {
		fig.explain("forecast", spanSample{})
	}
}

func bandGlyph(hollow bool) draw.GlyphStyle {
	g := glyph(0, inkColor, hollow)
	if hollow {
		g.Color = colorOf(1)
	}
	g.Radius = vg.Points(2.6)
	return g
}

var shadeColor = color.NRGBA{0xbf, 0xdb, 0xec, 0xff}

// shade fills what lies between two curves, below the grid and everything else.
type shade struct{ x, low, high []float64 }

// Plot implements plot.Plotter.
func (s shade) Plot(c draw.Canvas, p *plot.Plot) {
	var piece plotter.XYs
	n := 0
	flush := func() {
		if n > 1 {
			if poly, err := plotter.NewPolygon(piece); err == nil {
				poly.Color, poly.LineStyle.Width = shadeColor, 0
				poly.Plot(c, p)
			}
		}
		piece, n = nil, 0
	}
	from := 0
	for i := 0; i <= len(s.x); i++ {
		if i < len(s.x) && finite(s.low[i]) && finite(s.high[i]) {
			continue
		}
		for k := from; k < i; k++ {
			piece = append(piece, plotter.XY{X: s.x[k], Y: clamp(s.high[k], p)})
		}
		for k := i - 1; k >= from; k-- {
			piece = append(piece, plotter.XY{X: s.x[k], Y: clamp(s.low[k], p)})
		}
		n = i - from
		flush()
		from = i + 1
	}
}

// clamp keeps a value where the panel shows it.
func clamp(y float64, p *plot.Plot) float64 { return math.Max(p.Y.Min, math.Min(p.Y.Max, y)) }

type shadeSample struct{}

// Thumbnail implements plot.Thumbnailer.
func (shadeSample) Thumbnail(c *draw.Canvas) { fillSample(c, shadeColor) }

type spanSample struct{}

// Thumbnail implements plot.Thumbnailer.
func (spanSample) Thumbnail(c *draw.Canvas) { fillSample(c, spanColor) }

func fillSample(c *draw.Canvas, fill color.Color) {
	c.FillPolygon(fill, []vg.Point{{X: c.Min.X, Y: c.Min.Y}, {X: c.Min.X, Y: c.Max.Y}, {X: c.Max.X, Y: c.Max.Y}, {X: c.Max.X,
		Y: c.Min.Y}})
}
