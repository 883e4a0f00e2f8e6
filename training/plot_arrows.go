package training

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// arrows draws a vector field on an even grid. Arrows point where a trajectory on the page would go; their length
// grows with the root of the speed, so that slow places still show a direction.
type arrows struct {
	field func(x, y float64) (dx, dy float64)
}

const (
	arrowSpacing = 0.36 * vg.Inch
	arrowLongest = 0.30 * vg.Inch
	arrowWidth   = vg.Length(0.9)
)

// Plot makes arrows a plot.Plotter.
func (a arrows) Plot(c draw.Canvas, p *plot.Plot) {
	size := c.Size()
	nx, ny := max(int(size.X/arrowSpacing), 2), max(int(size.Y/arrowSpacing), 2)
	type arrow struct {
		at     vg.Point
		dx, dy float64 // in page units
		speed  float64
	}
	var all []arrow
	fastest := 0.0
	for i := range nx {
		for j := range ny {
			u, v := (float64(i)+0.5)/float64(nx), (float64(j)+0.5)/float64(ny)
			dx, dy := a.field(p.X.Min+u*(p.X.Max-p.X.Min), p.Y.Min+v*(p.Y.Max-p.Y.Min))
			dx *= float64(size.X) / (p.X.Max - p.X.Min)
			dy *= float64(size.Y) / (p.Y.Max - p.Y.Min)
			speed := math.Hypot(dx, dy)
			if !finite(speed) || speed == 0 {
				continue
			}
			fastest = math.Max(fastest, speed)
			at := vg.Point{X: c.Min.X + vg.Length(u)*size.X, Y: c.Min.Y + vg.Length(v)*size.Y}
			all = append(all, arrow{at, dx / speed, dy / speed, speed})
		}
	}
	for _, w := range all {
		length := arrowLongest * vg.Length(0.3+0.7*math.Sqrt(w.speed/fastest))
		drawArrow(&c, w.at, w.dx, w.dy, length)
	}
}

// drawArrow draws an arrow whose middle is at a point, in a direction of length one.
func drawArrow(c *draw.Canvas, at vg.Point, dx, dy float64, length vg.Length) {
	along := func(s vg.Length, aside vg.Length) vg.Point {
		return vg.Point{
			X: at.X + s*vg.Length(dx) - aside*vg.Length(dy),
			Y: at.Y + s*vg.Length(dy) + aside*vg.Length(dx),
		}
	}
	head := min(vg.Points(4.5), length/2)
	tip, neck := length/2, length/2-head
	c.StrokeLines(draw.LineStyle{Color: arrowColor, Width: arrowWidth}, []vg.Point{along(-length/2, 0), along(neck, 0)})
	c.FillPolygon(arrowColor, []vg.Point{along(tip, 0), along(neck, head*0.42), along(neck, -head*0.42)})
}

type arrowSample struct{}

// Thumbnail makes arrowSample a plot.Thumbnailer.
func (arrowSample) Thumbnail(c *draw.Canvas) { drawArrow(c, c.Center(), 1, 0, arrowLongest) }
