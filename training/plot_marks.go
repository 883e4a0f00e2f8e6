package training

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// marker is a point's shape: a polygon, or a circle when it has no corners. A hollow one is white inside, so that
// lines beneath don't make it look full.
type marker struct {
	corners [][2]float64
	hollow  bool
}

// markerShapes tell columns apart where colours can't: in print, and when colours come round again.
var markerShapes = [][][2]float64{
	nil,
	{{-0.88, -0.88}, {0.88, -0.88}, {0.88, 0.88}, {-0.88, 0.88}},
	{{-1.1, -0.75}, {1.1, -0.75}, {0, 1.2}},
	{{0, -1.25}, {1.25, 0}, {0, 1.25}, {-1.25, 0}},
}

func markerOf(j int, hollow bool) marker {
	return marker{corners: markerShapes[j%len(markerShapes)], hollow: hollow}
}

// DrawGlyph makes marker a draw.GlyphDrawer.
func (m marker) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, at vg.Point) {
	var path vg.Path
	if m.corners == nil {
		path.Move(vg.Point{X: at.X + sty.Radius, Y: at.Y})
		path.Arc(at, sty.Radius, 0, 2*math.Pi)
	}
	for i, k := range m.corners {
		pt := vg.Point{X: at.X + vg.Length(k[0])*sty.Radius, Y: at.Y + vg.Length(k[1])*sty.Radius}
		if i == 0 {
			path.Move(pt)
		} else {
			path.Line(pt)
		}
	}
	path.Close()
	var fill, edge color.Color = sty.Color, color.White
	scale := float64(sty.Radius) / markerRadius
	width := vg.Points(0.6 * scale)
	if m.hollow {
		fill, edge = color.White, sty.Color
		width = vg.Points(1.3 * math.Sqrt(scale))
	}
	c.SetColor(fill)
	c.Fill(path)
	c.SetLineStyle(draw.LineStyle{Color: edge, Width: width})
	c.Stroke(path)
}

const markerRadius = 3.6 // points

func glyph(j int, c color.Color, hollow bool) draw.GlyphStyle {
	return draw.GlyphStyle{Color: c, Radius: vg.Points(markerRadius), Shape: markerOf(j, hollow)}
}

// crowded makes the points of a long series smaller, so that they stay apart.
func crowded(sty draw.GlyphStyle, points int) draw.GlyphStyle {
	const roomFor = 120
	if points > roomFor {
		sty.Radius *= vg.Length(math.Max(math.Sqrt(roomFor/float64(points)), 0.35))
	}
	return sty
}

// span shades a panel to the right of a time, with a line at the time and words beside it.
type span struct {
	from  float64
	label string
}

// Plot makes span a plot.Plotter.
func (s span) Plot(c draw.Canvas, p *plot.Plot) {
	toX, _ := p.Transforms(&c)
	x := toX(s.from)
	if x <= c.Min.X || x >= c.Max.X {
		return
	}
	c.FillPolygon(spanColor, []vg.Point{{X: x, Y: c.Min.Y}, {X: c.Max.X, Y: c.Min.Y}, {X: c.Max.X, Y: c.Max.Y},
		{X: x, Y: c.Max.Y}})
}

// divider is the line at the beginning of a span: drawn apart from it, over the grid.
type divider span

// Plot makes divider a plot.Plotter.
func (d divider) Plot(c draw.Canvas, p *plot.Plot) {
	toX, _ := p.Transforms(&c)
	x := toX(d.from)
	if x <= c.Min.X || x >= c.Max.X {
		return
	}
	c.StrokeLine2(draw.LineStyle{Color: quietColor, Width: vg.Points(1), Dashes: []vg.Length{vg.Points(2), vg.Points(2)}},
		x, c.Min.Y, x, c.Max.Y)
	sty := smallText()
	size := sty.Rectangle(d.label).Size()
	gap := vg.Points(4)
	if left := x + gap + size.X; left > c.Max.X {
		x -= size.X + 2*gap // no room to the right
	}
	c.FillText(sty, vg.Point{X: x + gap, Y: c.Max.Y - size.Y - gap}, d.label)
}

// addCurve adds a curve, broken where a value is missing or infinite. A point between two gaps becomes a dot, or it would
// not be seen.
func addCurve(p *plot.Plot, x, y []float64, style draw.LineStyle) error {
	var piece plotter.XYs
	flush := func() error {
		defer func() { piece = nil }()
		switch len(piece) {
		case 0:
			return nil
		case 1:
			dot, err := plotter.NewScatter(piece)
			if err != nil {
				return err
			}
			dot.GlyphStyle = draw.GlyphStyle{Color: style.Color, Radius: style.Width, Shape: draw.CircleGlyph{}}
			p.Add(still{dot})
			return nil
		}
		line, err := plotter.NewLine(piece)
		if err != nil {
			return err
		}
		line.LineStyle = style
		p.Add(still{line})
		return nil
	}
	for i := range x {
		if !finite(y[i]) {
			if err := flush(); err != nil {
				return err
			}
			continue
		}
		piece = append(piece, plotter.XY{X: x[i], Y: y[i]})
	}
	return flush()
}

// addPoints adds the values that are there.
func addPoints(p *plot.Plot, x, y []float64, style draw.GlyphStyle) error {
	var pts plotter.XYs
	for i := range x {
		if finite(x[i]) && finite(y[i]) {
			pts = append(pts, plotter.XY{X: x[i], Y: y[i]})
		}
	}
	if len(pts) == 0 {
		return nil
	}
	s, err := plotter.NewScatter(pts)
	if err != nil {
		return err
	}
	s.GlyphStyle = style
	p.Add(still{s})
	return nil
}

// still hides the data range of a plotter: the panel's bounds are decided before.
type still struct{ plot.Plotter }

// lineSample and pointSample are what a legend shows.
func lineSample(style draw.LineStyle) plot.Thumbnailer { return &plotter.Line{LineStyle: style} }

func pointSample(style draw.GlyphStyle) plot.Thumbnailer { return &plotter.Scatter{GlyphStyle: style} }
