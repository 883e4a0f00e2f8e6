package chart

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

// The colours are those of Okabe and Ito, "Color Universal Design" (2008), without their yellow, which a white page
// swallows, and gray. The marks tell curves apart too.
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

const (
	panelHeight = 4.2 * vg.Inch
	titleHeight = vg.Inch / 3
	dpi         = 110
)

// Chart is a picture in the making.
type Chart struct {
	// Title stands above the panels.
	Title string
	// PanelWidth and LegendWidth are in inches.
	PanelWidth, LegendWidth float64

	panels []*plot.Plot
	legend plot.Legend
	named  map[string]bool
}

// Panel adds a panel, on the right of those that there are.
func (c *Chart) Panel(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font, p.Title.TextStyle.Color = sans(13), ink
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
	c.panels = append(c.panels, p)
	return p
}

// Curve draws points, joined by a line, on the panel added last. The i-th curve of every panel looks the same, and the
// legend has a name once. An error says that a coordinate is not finite.
func (c *Chart) Curve(i int, name string, points plotter.XYs) error {
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return errors.Wrapf(err, "chart: %s", name)
	}
	line.Width, line.Color = vg.Points(1.5), colors[i%len(colors)]
	if i >= len(colors) {
		line.Dashes = []vg.Length{vg.Points(4), vg.Points(2)}
	}
	dots.Color, dots.Shape, dots.Radius = line.Color, marks[i%len(marks)], vg.Points(3.2)
	c.panels[len(c.panels)-1].Add(line, dots)
	if c.named == nil {
		c.named, c.legend = map[string]bool{}, newLegend()
	}
	if !c.named[name] {
		c.named[name] = true
		c.legend.Add(name, line, dots)
	}
	return nil
}

// Save writes the picture as PNG.
func (c *Chart) Save(path string) error {
	panel, legend := vg.Length(c.PanelWidth)*vg.Inch, vg.Length(c.LegendWidth)*vg.Inch
	width, top := vg.Length(len(c.panels))*panel+legend, vg.Points(6)
	if c.Title != "" {
		top += titleHeight
	}
	img := vgimg.NewWith(vgimg.UseWH(width, panelHeight), vgimg.UseDPI(dpi))
	all := draw.New(img)
	for i, p := range c.panels {
		left := vg.Length(i) * panel
		p.Draw(draw.Crop(all, left+vg.Points(6), left+panel-width, vg.Points(4), -top))
	}
	if c.Title != "" {
		style := draw.TextStyle{Font: sans(13), Color: ink, Handler: plot.DefaultTextHandler}
		all.FillText(style, vg.Point{X: vg.Points(8), Y: panelHeight - vg.Points(18)}, c.Title)
	}
	c.legend.Draw(draw.Crop(all, width-legend+vg.Points(8), 0, 0, -vg.Points(26)))
	f, err := os.Create(path)
	if err != nil {
		return errors.Wrap(err, "chart")
	}
	if _, err := (vgimg.PngCanvas{Canvas: img}).WriteTo(f); err != nil {
		_ = f.Close()
		return errors.Wrap(err, "chart")
	}
	return errors.Wrap(f.Close(), "chart")
}

func sans(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

func newLegend() plot.Legend {
	l := plot.NewLegend()
	l.TextStyle.Font, l.TextStyle.Color = sans(10.5), ink
	l.Top, l.Left = true, true
	l.ThumbnailWidth = vg.Points(26)
	l.Padding = vg.Points(5)
	return l
}

// decades are the ticks of a logarithmic axis: powers of ten, with names where there is room, and three times these
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
