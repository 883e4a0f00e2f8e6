package training

import (
	"image"
	"image/color"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// HeatPlot shows a function of the plane, such as a density, as colours from white for zero to dark for its largest
// value, in 64 levels.
type HeatPlot struct {
	Title    string
	X, Y     string     // headings of the axes
	From, To [2]float64 // opposite corners, (x, y)
	Points   [][]float64
	// Value is the function at many points, (x, y) each: not negative. Where it isn't finite there is no colour.
	Value  func(points [][]float64) ([]float64, error)
	Cells  int     // along each side; 0 is 160
	Width  float64 // inches; 0 is 6
	Height float64 // inches; 0 is 5.5
}

// Figure evaluates the function, once, and draws the plot.
func (f HeatPlot) Figure() (*Figure, error) {
	n := f.Cells
	if n == 0 {
		n = 160
	}
	b := bounds{f.From[0], f.To[0], f.From[1], f.To[1]}
	switch {
	case f.Value == nil:
		return nil, errors.New("training: heat plot: no function")
	case n < 2 || n > 2000:
		return nil, errors.Errorf("training: heat plot: %d cells along a side, want 2 to 2000", n)
	case !finite(b.xMin) || !finite(b.xMax) || !finite(b.yMin) || !finite(b.yMax) || b.xMin >= b.xMax || b.yMin >= b.yMax:
		return nil, errors.Errorf("training: heat plot: no area between %v and %v", f.From, f.To)
	}
	img, err := f.image(n)
	if err != nil {
		return nil, err
	}
	fig := &Figure{palette: heatPalette()}
	if fig.width, err = inches(f.Width, 6); err != nil {
		return nil, err
	}
	if fig.height, err = inches(f.Height, 5.5); err != nil {
		return nil, err
	}
	p := newPanel(f.Title, shorten(f.X), shorten(f.Y), b)
	fig.panels = []*plot.Plot{p}
	p.Add(still{plotter.NewImage(img, b.xMin, b.yMin, b.xMax, b.yMax)})
	var x, y []float64
	for _, r := range f.Points {
		if len(r) == 2 && r[0] >= b.xMin && r[0] <= b.xMax && r[1] >= b.yMin && r[1] <= b.yMax {
			x, y = append(x, r[0]), append(y, r[1])
		}
	}
	dot := draw.GlyphStyle{Color: colorOf(1), Radius: vg.Points(1), Shape: draw.CircleGlyph{}}
	return fig, errors.Wrap(addPoints(p, x, y, dot), "training: heat plot")
}

// image has the first row of cells at the top.
func (f HeatPlot) image(n int) (image.Image, error) {
	points := make([][]float64, 0, n*n)
	for i := range n {
		for j := range n {
			u, v := (float64(j)+0.5)/float64(n), 1-(float64(i)+0.5)/float64(n)
			points = append(points, []float64{f.From[0] + u*(f.To[0]-f.From[0]), f.From[1] + v*(f.To[1]-f.From[1])})
		}
	}
	values, err := f.Value(points)
	if err != nil {
		return nil, errors.WithMessage(err, "training: heat plot")
	}
	if len(values) != len(points) {
		return nil, errors.Errorf("training: heat plot: %d values at %d points", len(values), len(points))
	}
	most := 0.0
	for _, v := range values {
		if finite(v) {
			most = math.Max(most, v)
		}
	}
	img := image.NewNRGBA(image.Rect(0, 0, n, n))
	for k, v := range values {
		if finite(v) {
			img.SetNRGBA(k%n, k/n, heat(v/math.Max(most, math.SmallestNonzeroFloat64)))
		}
	}
	return img, nil
}

// heat goes from white by the blue of the other plots to nearly black, as v goes from 0 to 1, in heatLevels levels.
func heat(v float64) color.NRGBA {
	stops := [3][3]float64{{255, 255, 255}, {0x00, 0x72, 0xB2}, {0x00, 0x14, 0x2c}}
	v = 2 * math.Round(math.Min(1, math.Max(0, v))*(heatLevels-1)) / (heatLevels - 1)
	i := min(int(v), 1)
	part := v - float64(i)
	var c [3]uint8
	for k := range c {
		c[k] = uint8(math.Round((1-part)*stops[i][k] + part*stops[i+1][k]))
	}
	return color.NRGBA{c[0], c[1], c[2], 0xff}
}
