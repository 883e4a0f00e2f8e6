package main

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// colors are those of Okabe and Ito, "Color Universal Design" (2008), without their yellow, and gray; the marks tell curves apart too.
var (
	colors = []color.Color{
		color.NRGBA{0x00, 0x72, 0xB2, 0xff}, // blue
		color.NRGBA{0xD5, 0x5E, 0x00, 0xff}, // vermillion
		color.NRGBA{0x00, 0x9E, 0x73, 0xff}, // bluish green
		color.NRGBA{0xCC, 0x79, 0xA7, 0xff}, // reddish purple
		color.NRGBA{0xE6, 0x9F, 0x00, 0xff}, // orange
		color.NRGBA{0x56, 0xB4, 0xE9, 0xff}, // sky blue
		color.NRGBA{0x00, 0x00, 0x00, 0xff}, // black
		color.NRGBA{0x88, 0x88, 0x88, 0xff}, // gray
	}
	marks = []draw.GlyphDrawer{
		draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{},
		draw.TriangleGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{},
	}
	ink  = color.NRGBA{0x33, 0x33, 0x33, 0xff}
	mesh = color.NRGBA{0xd8, 0xd8, 0xd8, 0xff}
)

// picture draws the memory over the steps, both by powers of ten, into gradient-memory.png.
func picture(dir string, curves []curve, steps []int, batch int) error {
	sans := func(size float64) font.Font {
		return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
	}
	p := plot.New()
	p.Title.Text = fmt.Sprintf("Peak memory of forward and gradient, batch %d × %d", batch, width)
	p.Title.TextStyle.Font, p.Title.TextStyle.Color, p.Title.Padding = sans(13), ink, vg.Points(8)
	p.X.Label.Text, p.Y.Label.Text = "steps", "MiB"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	var ticks plot.ConstantTicks
	for _, n := range steps {
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: strconv.Itoa(n)})
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks, plot.LogTicks{Prec: -1}
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font, a.Label.TextStyle.Color = sans(11), ink
		a.Tick.Label.Font, a.Tick.Label.Color = sans(10), ink
		a.LineStyle.Color, a.Tick.LineStyle.Color = ink, ink
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = mesh, mesh
	p.Add(grid)
	legend := plot.NewLegend() // beside the plot
	legend.Top, legend.Left = true, true
	legend.TextStyle.Font, legend.TextStyle.Color = sans(10.5), ink
	legend.ThumbnailWidth, legend.Padding = vg.Points(26), vg.Points(5)
	for i, c := range curves {
		var xys plotter.XYs
		for _, n := range steps {
			if b, ok := c.bytes[n]; ok {
				xys = append(xys, plotter.XY{X: float64(n), Y: float64(b) / (1 << 20)})
			}
		}
		line, points, err := plotter.NewLinePoints(xys)
		if err != nil {
			return errors.Wrap(err, c.mode.name)
		}
		line.Width, line.Color = vg.Points(1.5), colors[i%len(colors)]
		points.Color, points.Shape, points.Radius = line.Color, marks[i%len(marks)], vg.Points(3.4)
		p.Add(line, points)
		title := c.mode.title
		if h := c.mode.hidden; h > 0 {
			title += fmt.Sprintf(", %d-%d-%d", width, h, width)
		}
		legend.Add(title, line, points)
	}
	p.X.Min, p.X.Max = 0.8*float64(slices.Min(steps)), 1.25*float64(slices.Max(steps))
	p.Y.Min, p.Y.Max = p.Y.Min/1.5, 1.5*p.Y.Max
	const legendWidth = 2.9 * vg.Inch
	img := vgimg.NewWith(vgimg.UseWH(5.4*vg.Inch+legendWidth, 4.2*vg.Inch), vgimg.UseDPI(110))
	all := draw.New(img)
	p.Draw(draw.Crop(all, vg.Points(6), -legendWidth, vg.Points(4), -vg.Points(6)))
	legend.Draw(draw.Crop(all, 5.4*vg.Inch+vg.Points(10), 0, 0, -vg.Points(40)))
	f, err := os.Create(filepath.Join(dir, "gradient-memory.png"))
	if err != nil {
		return errors.Wrap(err, "picture")
	}
	if _, err := (vgimg.PngCanvas{Canvas: img}).WriteTo(f); err != nil {
		_ = f.Close()
		return errors.Wrap(err, "picture")
	}
	return errors.Wrap(f.Close(), "picture")
}
