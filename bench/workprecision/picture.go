package main

import (
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// colors are those of Okabe and Ito, "Color Universal Design" (2008), without their yellow, which a white page swallows. The
// marks tell curves apart too.
var (
	colors = []color.Color{
		color.NRGBA{0x00, 0x72, 0xB2, 0xff}, // blue
		color.NRGBA{0xD5, 0x5E, 0x00, 0xff}, // vermillion
		color.NRGBA{0x00, 0x9E, 0x73, 0xff}, // bluish green
		color.NRGBA{0xCC, 0x79, 0xA7, 0xff}, // reddish purple
		color.NRGBA{0xE6, 0x9F, 0x00, 0xff}, // orange
		color.NRGBA{0x56, 0xB4, 0xE9, 0xff}, // sky blue
		color.NRGBA{0x00, 0x00, 0x00, 0xff}, // black
	}
	marks = []draw.GlyphDrawer{
		draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{},
		draw.TriangleGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{}, draw.CircleGlyph{},
	}
	ink  = color.NRGBA{0x33, 0x33, 0x33, 0xff}
	mesh = color.NRGBA{0xd8, 0xd8, 0xd8, 0xff}
)

const (
	panelHeight = 4.2 * vg.Inch
	panelWidth  = 4.2 * vg.Inch
	legendWidth = 1.3 * vg.Inch
)

// picture draws the error over the evaluations of f and over the time, into a file named for the problem.
func picture(dir string, p *problem, ms []measurement) error {
	img := vgimg.NewWith(vgimg.UseWH(2*panelWidth+legendWidth, panelHeight), vgimg.UseDPI(110))
	all := draw.New(img)
	var legend plot.Legend
	var panels [2]*plot.Plot
	for i, x := range []struct {
		name string
		of   func(m *measurement) float64
	}{
		{"evaluations of f", func(m *measurement) float64 { return float64(m.F) }},
		{"time, ms", func(m *measurement) float64 { return 1e3 * m.Seconds }},
	} {
		panel := newPanel(x.name)
		legend = newLegend()
		for _, c := range curves(ms, x.of) {
			line, points, err := plotter.NewLinePoints(c.xys)
			if err != nil {
				return errors.Wrapf(err, "plot of %s", p.name)
			}
			line.Width, line.Color = vg.Points(1.5), c.color
			if c.dashed {
				line.Dashes = []vg.Length{vg.Points(4), vg.Points(2)}
			}
			points.Color, points.Shape, points.Radius = c.color, c.mark, vg.Points(3.2)
			panel.Add(line, points)
			legend.Add(c.name, line, points)
		}
		if i == 0 {
			panel.Y.Label.Text = "error"
		}
		panels[i] = panel
	}
	for i, panel := range panels {
		left := vg.Length(i) * panelWidth
		panel.Draw(draw.Crop(all, left+vg.Points(6), left-panelWidth-legendWidth, vg.Points(4), -vg.Points(28)))
	}
	all.FillText(draw.TextStyle{Font: sans(13), Color: ink, Handler: plot.DefaultTextHandler}, vg.Point{X: vg.Points(8), Y: panelHeight - vg.Points(18)}, p.title)
	legend.Draw(draw.Crop(all, 2*panelWidth+vg.Points(8), 0, 0, -vg.Points(26)))
	f, err := os.Create(filepath.Join(dir, "work-precision-"+p.name+".png"))
	if err != nil {
		return errors.Wrapf(err, "plot of %s", p.name)
	}
	if _, err := (vgimg.PngCanvas{Canvas: img}).WriteTo(f); err != nil {
		_ = f.Close()
		return errors.Wrapf(err, "plot of %s", p.name)
	}
	return errors.Wrapf(f.Close(), "plot of %s", p.name)
}

// curve is that of a method.
type curve struct {
	name   string
	xys    plotter.XYs
	color  color.Color
	mark   draw.GlyphDrawer
	dashed bool
}

// curves has one for each method, in their order.
func curves(ms []measurement, x func(*measurement) float64) []*curve {
	var cs []*curve
	for i := range ms {
		m := &ms[i]
		if m.Failure != "" || !(m.Error > 0) {
			continue
		}
		n := len(cs)
		if n == 0 || cs[n-1].name != m.Method {
			cs = append(cs, &curve{name: m.Method, color: colors[n%len(colors)], mark: marks[n%len(marks)], dashed: n >= len(colors)})
			n++
		}
		cs[n-1].xys = append(cs[n-1].xys, plotter.XY{X: x(m), Y: m.Error})
	}
	return cs
}

func sans(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

func newPanel(x string) *plot.Plot {
	p := plot.New()
	p.X.Label.Text = x
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = decades{}, decades{}
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font, a.Label.TextStyle.Color = sans(11), ink
		a.Tick.Label.Font, a.Tick.Label.Color = sans(10), ink
		a.LineStyle.Color, a.Tick.LineStyle.Color = ink, ink
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = mesh, mesh
	p.Add(grid)
	return p
}

func newLegend() plot.Legend {
	l := plot.NewLegend()
	l.TextStyle.Font, l.TextStyle.Color = sans(10.5), ink
	l.Top, l.Left = true, true
	l.ThumbnailWidth = vg.Points(26)
	l.Padding = vg.Points(5)
	return l
}

// decades are the ticks of a logarithmic axis: powers of ten, with names where there is room, and what lies between them
// where there are few.
type decades struct{}

// Ticks implements [plot.Ticker].
func (decades) Ticks(lo, hi float64) []plot.Tick {
	first, last := int(math.Floor(math.Log10(lo))), int(math.Ceil(math.Log10(hi)))
	every := 1 + (last-first)/9
	factors := []float64{1}
	if last-first <= 4 {
		factors = []float64{1, 3}
	}
	var ticks []plot.Tick
	for k := first; k <= last; k++ {
		for _, d := range factors {
			v := d * math.Pow10(k)
			if v < lo*(1-1e-9) || v > hi*(1+1e-9) {
				continue
			}
			tick := plot.Tick{Value: v}
			if k%every == 0 {
				tick.Label = label(d, k)
			}
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

// label is d·10^k in few letters.
func label(d float64, k int) string {
	if k >= -2 && k <= 3 {
		return fmt.Sprintf("%.4g", d*math.Pow10(k))
	}
	return fmt.Sprintf("%ge%d", d, k)
}
