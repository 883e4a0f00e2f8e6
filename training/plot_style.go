package training

import (
	"image/color"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// seriesColors are those of Okabe and Ito, "Color Universal Design" (2008), that can be told apart by colour-blind
// readers; without their yellow, which a white page swallows, and their black, which is for axes.
var seriesColors = []color.Color{
	color.NRGBA{0x00, 0x72, 0xB2, 0xff}, // blue
	color.NRGBA{0xD5, 0x5E, 0x00, 0xff}, // vermillion
	color.NRGBA{0x00, 0x9E, 0x73, 0xff}, // bluish green
	color.NRGBA{0xCC, 0x79, 0xA7, 0xff}, // reddish purple
	color.NRGBA{0xE6, 0x9F, 0x00, 0xff}, // orange
	color.NRGBA{0x56, 0xB4, 0xE9, 0xff}, // sky blue
}

var (
	inkColor   = color.NRGBA{0x33, 0x33, 0x33, 0xff}
	quietColor = color.NRGBA{0x88, 0x88, 0x88, 0xff}
	gridColor  = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}
	spanColor  = color.NRGBA{0xf4, 0xf4, 0xf4, 0xff}
	arrowColor = color.NRGBA{0xb8, 0xb8, 0xb8, 0xff}
)

func colorOf(j int) color.Color { return seriesColors[j%len(seriesColors)] }

func sans(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

func newLegend() plot.Legend {
	l := plot.NewLegend()
	l.TextStyle.Font, l.TextStyle.Color = sans(10.5), inkColor
	l.Top, l.Left = true, true
	l.ThumbnailWidth = vg.Points(30)
	l.Padding = vg.Points(5)
	return l
}

// bounds is the part of the plane that a panel shows.
type bounds struct{ xMin, xMax, yMin, yMax float64 }

func emptyBounds() bounds {
	inf := math.Inf(1)
	return bounds{xMin: inf, xMax: -inf, yMin: inf, yMax: -inf}
}

func (b *bounds) addX(x float64) { b.xMin, b.xMax = math.Min(b.xMin, x), math.Max(b.xMax, x) }

func (b *bounds) addY(y float64) {
	if !math.IsNaN(y) {
		b.yMin, b.yMax = math.Min(b.yMin, y), math.Max(b.yMax, y)
	}
}

// padded leaves some air around the data, so that no point lies on an axis.
func (b bounds) padded() (bounds, error) {
	var err error
	if b.xMin, b.xMax, err = pad(b.xMin, b.xMax, 0.02); err != nil {
		return b, err
	}
	low := b.yMin
	b.yMin, b.yMax, err = pad(b.yMin, b.yMax, 0.05)
	if low >= 0 && b.yMin < 0.15*b.yMax {
		b.yMin = 0 // counts and concentrations: the eye wants to see zero, and nothing below
	}
	return b, err
}

func pad(lo, hi, part float64) (float64, float64, error) {
	if lo > hi {
		return 0, 1, nil // nothing to show
	}
	// Beyond this, differences overflow or the numbers on an axis are all the same.
	const largest = 1e300
	if math.Max(-lo, hi) > largest {
		return 0, 0, errors.Errorf("training: values from %g to %g are too large to draw", lo, hi)
	}
	air := part * (hi - lo)
	if least := 1e-9*math.Max(math.Abs(lo), math.Abs(hi)) + 1e-300; air < least {
		air = math.Max(0.1*math.Max(math.Abs(lo), math.Abs(hi)), least)
		if lo == 0 && hi == 0 {
			air = 1
		}
	}
	return lo - air, hi + air, nil
}

// newPanel is an empty plot over those bounds.
func newPanel(title, xLabel, yLabel string, b bounds) *plot.Plot {
	p := plot.New()
	p.Title.Text = title
	p.Title.TextStyle.Font, p.Title.TextStyle.Color = sans(14), inkColor
	p.Title.Padding = vg.Points(10)
	for _, a := range []struct {
		axis     *plot.Axis
		label    string
		min, max float64
	}{{&p.X, xLabel, b.xMin, b.xMax}, {&p.Y, yLabel, b.yMin, b.yMax}} {
		a.axis.Label.Text = a.label
		a.axis.Label.TextStyle.Font, a.axis.Label.TextStyle.Color = sans(12), inkColor
		a.axis.Label.Padding = vg.Points(4)
		a.axis.Tick.Label.Font, a.axis.Tick.Label.Color = sans(10.5), inkColor
		a.axis.Tick.LineStyle.Color, a.axis.LineStyle.Color = quietColor, quietColor
		a.axis.Tick.Length = vg.Points(4)
		a.axis.Tick.Marker = evenTicks{}
		a.axis.Padding = 0
		a.axis.Min, a.axis.Max = a.min, a.max
	}
	return p
}

func addGrid(p *plot.Plot) {
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = gridColor, gridColor
	p.Add(g)
}

func lineStyle(c color.Color, dashed bool) draw.LineStyle {
	s := draw.LineStyle{Color: c, Width: vg.Points(1.8)}
	if dashed {
		s.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
	}
	return s
}

func smallText() text.Style {
	return text.Style{Font: sans(10), Color: quietColor, Handler: plot.DefaultTextHandler}
}
