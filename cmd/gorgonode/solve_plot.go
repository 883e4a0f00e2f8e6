package main

import (
	"bytes"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"gorgonode/training"
)

// plot draws the solution.
func (c *solveCommand) plot(q *problem, s *solution) error {
	if len(s.t) < 2 {
		return badInputf("--plot: there are not enough times to draw; see --at")
	}
	if c.Phase != "" {
		return c.phase(q, s)
	}
	panels, err := s.panels(filepath.Base(q.file.Name))
	if err != nil {
		return errors.Wrap(err, "plot")
	}
	var b bytes.Buffer
	if err := encode(&b, panels, strings.ToLower(filepath.Ext(c.Plot))); err != nil {
		return errors.Wrap(err, "plot")
	}
	return training.WriteFile(c.Plot, func(w io.Writer) error { _, err := b.WriteTo(w); return err })
}

// lineColors can be told apart by colour-blind readers: Okabe and Ito, "Color Universal Design" (2008).
var lineColors = []color.Color{
	color.NRGBA{0x00, 0x72, 0xB2, 0xff}, color.NRGBA{0xD5, 0x5E, 0x00, 0xff}, color.NRGBA{0x00, 0x9E, 0x73, 0xff},
	color.NRGBA{0xCC, 0x79, 0xA7, 0xff}, color.NRGBA{0xE6, 0x9F, 0x00, 0xff}, color.NRGBA{0x56, 0xB4, 0xE9, 0xff},
}

// panels are one plot, or one for each variable where their ranges are too different to share an axis.
func (s *solution) panels(title string) ([]*plot.Plot, error) {
	var low, high []float64
	for j := range s.names {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range s.y {
			if v := s.y[i][j]; !math.IsNaN(v) && !math.IsInf(v, 0) {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
		}
		low, high = append(low, lo), append(high, hi)
	}
	groups := [][]int{{}}
	apart := separate(low, high)
	for j := range s.names {
		if apart && j > 0 {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], j)
	}
	var out []*plot.Plot
	for g, members := range groups {
		p := newPanel()
		if g == 0 {
			p.Title.Text = title
		}
		if g == len(groups)-1 {
			p.X.Label.Text = "t"
		}
		for _, j := range members {
			if err := s.curve(p, j, !apart && len(s.names) > 1); err != nil {
				return nil, err
			}
		}
		if len(members) == 1 {
			j := members[0]
			p.Y.Label.Text = s.names[j]
			if constant(low[j], high[j]) { // rounding, magnified, looks like news
				size := math.Max(math.Abs(low[j]), math.Abs(high[j]))
				p.Y.Min, p.Y.Max = low[j]-0.5*size, high[j]+0.5*size
			}
		}
		p.X.Min, p.X.Max = math.Min(s.t[0], s.t[len(s.t)-1]), math.Max(s.t[0], s.t[len(s.t)-1])
		out = append(out, p)
	}
	return out, nil
}

func newPanel() *plot.Plot {
	p := plot.New()
	sans := func(size float64) font.Font {
		return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
	}
	p.Title.TextStyle.Font, p.Title.Padding = sans(13), vg.Points(6)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font, a.Tick.Label.Font = sans(11), sans(10)
	}
	p.Legend.TextStyle.Font, p.Legend.Top, p.Legend.Padding = sans(10), true, vg.Points(3)
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}, color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}
	p.Add(g)
	return p
}

// constant reports whether a range is no more than the error of a solve.
func constant(low, high float64) bool {
	return high-low <= 1e-4*math.Max(math.Abs(low), math.Abs(high))
}

// separate reports whether some range would be a flat line on the scale of another.
func separate(low, high []float64) bool {
	const flat, most = 30, 8
	least, largest := math.Inf(1), 0.0
	for j := range low {
		if r := high[j] - low[j]; r > 0 && !math.IsInf(r, 0) && !constant(low[j], high[j]) {
			least, largest = math.Min(least, r), math.Max(largest, r)
		}
	}
	return len(low) <= most && largest > flat*least
}

// curve adds a variable, broken where it isn't a number.
func (s *solution) curve(p *plot.Plot, j int, legend bool) error {
	style := draw.LineStyle{Color: lineColors[j%len(lineColors)], Width: vg.Points(1.6)}
	if j >= len(lineColors) {
		style.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
	}
	var piece plotter.XYs
	named := false
	for i := 0; i <= len(s.t); i++ {
		if i < len(s.t) && !math.IsNaN(s.y[i][j]) && !math.IsInf(s.y[i][j], 0) {
			piece = append(piece, plotter.XY{X: s.t[i], Y: s.y[i][j]})
			continue
		}
		if len(piece) > 1 {
			line, err := plotter.NewLine(piece)
			if err != nil {
				return err
			}
			line.LineStyle = style
			p.Add(line)
			if legend && !named {
				p.Legend.Add(s.names[j], line)
				named = true
			}
		}
		piece = nil
	}
	return nil
}

func encode(w io.Writer, panels []*plot.Plot, ext string) error {
	width, height := 8*vg.Inch, vg.Length(math.Max(4.5, 1.9*float64(len(panels))))*vg.Inch
	rows := make([][]*plot.Plot, len(panels))
	for i, p := range panels {
		rows[i] = []*plot.Plot{p}
	}
	tiles := draw.Tiles{Rows: len(rows), Cols: 1, PadY: vg.Points(8), PadTop: vg.Points(4), PadRight: vg.Points(12),
		PadLeft: vg.Points(4), PadBottom: vg.Points(4)}
	paint := func(c draw.Canvas) {
		for i, canvases := range plot.Align(rows, tiles, c) {
			rows[i][0].Draw(canvases[0])
		}
	}
	if ext == ".svg" {
		c := vgsvg.New(width, height)
		paint(draw.New(c))
		_, err := c.WriteTo(w)
		return err
	}
	c := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(150), vgimg.UseBackgroundColor(color.White))
	paint(draw.New(c))
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

// phase draws one variable against another, with the vector field where these two are the whole state.
func (c *solveCommand) phase(q *problem, s *solution) error {
	x, y, ok := strings.Cut(c.Phase, ",")
	ix, iy := s.index(x), s.index(y)
	if !ok || ix < 0 || iy < 0 || ix == iy {
		return badInputf("--phase %s: give two of %s, as X,Y", c.Phase, strings.Join(s.names, ", "))
	}
	f := training.PhasePlot{Title: filepath.Base(q.file.Name), X: s.names[ix], Y: s.names[iy], Model: s.series(q.file.Name)}
	if n := len(q.file.Names); n == 2 && ix < 2 && iy < 2 {
		sys, err := q.model.System(q.p)
		if err != nil {
			return err
		}
		f.Field = func(x, y float64) (dx, dy float64) {
			at, d := make([]float64, 2), make([]float64, 2)
			at[ix], at[iy] = x, y
			if err := sys.F(q.t0, at, d); err != nil {
				return math.NaN(), math.NaN()
			}
			return d[ix], d[iy]
		}
	}
	fig, err := f.Figure()
	if err != nil {
		return errors.Wrap(err, "plot")
	}
	return fig.Save(c.Plot)
}

func (s *solution) index(name string) int {
	for i, n := range s.names {
		if strings.EqualFold(n, strings.TrimSpace(name)) {
			return i
		}
	}
	return -1
}

// series is the solution as a table of increasing times.
func (s *solution) series(name string) *training.Series {
	out := &training.Series{Name: name, TimeName: "t", Names: s.names}
	n := len(s.t)
	for i := range n {
		k := i
		if s.t[n-1] < s.t[0] {
			k = n - 1 - i
		}
		row := append([]float64(nil), s.y[k]...)
		for j, v := range row {
			if math.IsInf(v, 0) {
				row[j] = math.NaN()
			}
		}
		out.T, out.X = append(out.T, s.t[k]), append(out.X, row)
	}
	return out
}
