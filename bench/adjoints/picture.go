package main

import (
	"fmt"
	"image/color"
	"math"
	"os"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// The colours are those of Okabe and Ito, "Color Universal Design" (2008); the marks tell the curves apart too.
var (
	colors = []color.Color{
		color.NRGBA{0x00, 0x00, 0x00, 0xff}, // black
		color.NRGBA{0x00, 0x72, 0xB2, 0xff}, // blue
		color.NRGBA{0x56, 0xB4, 0xE9, 0xff}, // sky blue
		color.NRGBA{0x00, 0x9E, 0x73, 0xff}, // bluish green
		color.NRGBA{0xD5, 0x5E, 0x00, 0xff}, // vermillion
	}
	marks = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.SquareGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}}
	ink   = color.NRGBA{0x33, 0x33, 0x33, 0xff}
	mesh  = color.NRGBA{0xd8, 0xd8, 0xd8, 0xff}
)

const (
	panelHeight = 4.2 * vg.Inch
	panelWidth  = 4.2 * vg.Inch
	legendWidth = 1.9 * vg.Inch
)

// plotTo draws the error against the tolerance, and the backward evaluations against the error.
func plotTo(path string, ms []measurement) error {
	img := vgimg.NewWith(vgimg.UseWH(2*panelWidth+legendWidth, panelHeight), vgimg.UseDPI(110))
	all := draw.New(img)
	var legend plot.Legend
	for i, panel := range []struct {
		title, x, y string
		at          func(m *measurement) (x, y float64)
	}{
		{"What the tolerance gives", "tolerance", "error of the gradient", func(m *measurement) (x, y float64) { return m.tolerance, m.error }},
		{"What it costs", "error of the gradient", "backward evaluations", func(m *measurement) (x, y float64) { return m.error, float64(m.backward) }},
	} {
		p := newPanel(panel.title, panel.x, panel.y)
		legend = newLegend()
		for k, mode := range modes {
			var xys plotter.XYs
			for j := range ms {
				if m := &ms[j]; m.mode == mode.name {
					x, y := panel.at(m)
					xys = append(xys, plotter.XY{X: x, Y: y})
				}
			}
			line, points, err := plotter.NewLinePoints(xys)
			if err != nil {
				return errors.Wrap(err, "plot")
			}
			line.Width, line.Color = vg.Points(1.5), colors[k]
			points.Color, points.Shape, points.Radius = colors[k], marks[k], vg.Points(3.2)
			p.Add(line, points)
			legend.Add(mode.name, line, points)
		}
		left := vg.Length(i) * panelWidth
		p.Draw(draw.Crop(all, left+vg.Points(6), left-panelWidth-legendWidth, vg.Points(4), -vg.Points(6)))
	}
	legend.Draw(draw.Crop(all, 2*panelWidth+vg.Points(8), 0, 0, -vg.Points(26)))
	f, err := os.Create(path)
	if err != nil {
		return errors.Wrap(err, "plot")
	}
	if _, err := (vgimg.PngCanvas{Canvas: img}).WriteTo(f); err != nil {
		_ = f.Close()
		return errors.Wrap(err, "plot")
	}
	return errors.Wrap(f.Close(), "plot")
}

func sans(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

func newPanel(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font, p.Title.TextStyle.Color = sans(13), ink
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = decades{}, decades{}
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font, a.Label.TextStyle.Color = sans(11), ink
		a.Tick.Label.Font, a.Tick.Label.Color = sans(9), ink
		a.LineStyle.Color, a.Tick.LineStyle.Color = ink, ink
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = mesh, mesh
	p.Add(grid)
	return p
}

// decades are ticks at powers of ten, some of them with their names where there are many, and at three times these where there are
// few.
type decades struct{}

// Ticks implements [plot.Ticker].
func (decades) Ticks(lo, hi float64) []plot.Tick {
	first, last := int(math.Ceil(math.Log10(lo)-1e-9)), int(math.Floor(math.Log10(hi)+1e-9))
	every := 1 + (last-first)/7
	var ticks []plot.Tick
	for k := first - 1; k <= last; k++ {
		if v := math.Pow10(k); k >= first {
			tick := plot.Tick{Value: v}
			if k%every == 0 {
				tick.Label = fmt.Sprintf("%g", v)
			}
			ticks = append(ticks, tick)
		}
		if v := 3 * math.Pow10(k); last-first < 3 && v >= lo && v <= hi {
			ticks = append(ticks, plot.Tick{Value: v, Label: fmt.Sprintf("%g", v)})
		}
	}
	return ticks
}

func newLegend() plot.Legend {
	l := plot.NewLegend()
	l.TextStyle.Font, l.TextStyle.Color = sans(10.5), ink
	l.Top, l.Left = true, true
	l.ThumbnailWidth = vg.Points(26)
	l.Padding = vg.Points(5)
	return l
}
