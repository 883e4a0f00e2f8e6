package training

import (
	"bytes"
	"image/color"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Figure is a finished picture: panels under one another, or in a grid, with a common legend on their right, where it hides
// nothing. The same Figure gives the same bytes every time.
type Figure struct {
	panels        []*plot.Plot  // row by row
	columns       int           // 0 is 1
	palette       color.Palette // the colours of a PNG; nil is all
	legend        plot.Legend
	hasLegend     bool
	width, height vg.Length
}

// pngDPI shows 10 pt text at 21 pixels, which reads well on a screen and prints well at half a page.
const pngDPI = 150

// Save writes the figure as PNG or SVG, by the end of the file's name. The file is replaced in one go.
func (f *Figure) Save(path string) error {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	var b bytes.Buffer
	if err := f.Encode(&b, format); err != nil {
		return errors.Wrapf(err, "training: save %s", path)
	}
	return WriteFile(path, func(w io.Writer) error {
		_, err := b.WriteTo(w)
		return err
	})
}

// Encode writes the figure in the format "png" or "svg".
func (f *Figure) Encode(w io.Writer, format string) error {
	switch format {
	case "png":
		c := vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(pngDPI), vgimg.UseBackgroundColor(color.White))
		f.draw(draw.New(c))
		return errors.Wrap(writePNG(w, c.Image(), f.palette), "training: write figure")
	case "svg":
		c := vgsvg.New(f.width, f.height)
		f.draw(draw.New(c))
		_, err := c.WriteTo(w)
		return errors.Wrap(err, "training: write figure")
	}
	return errors.Errorf("training: a figure can be png or svg, not %q", format)
}

func (f *Figure) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	const margin = vg.Inch / 8
	c = draw.Crop(c, margin, -margin, margin, -margin)
	if f.hasLegend {
		title := f.panels[0].Title
		top := c
		if title.Text != "" {
			top.Max.Y -= title.TextStyle.Rectangle(title.Text).Size().Y + title.Padding
		}
		size := f.legend.Rectangle(c).Size()
		top.Min.X = top.Max.X - size.X
		f.legend.Draw(top)
		c.Max.X -= size.X + vg.Inch/6
	}
	columns := max(1, f.columns)
	var rows [][]*plot.Plot
	for row := range slices.Chunk(f.panels, columns) {
		rows = append(rows, row)
	}
	tiles := draw.Tiles{Rows: len(rows), Cols: columns, PadX: vg.Inch / 10, PadY: vg.Inch / 10}
	for i, canvases := range plot.Align(rows, tiles, c) {
		for j, p := range rows[i] {
			p.Draw(canvases[j])
		}
	}
}

// inches is a side of a figure.
func inches(wanted, otherwise float64) (vg.Length, error) {
	if wanted == 0 {
		wanted = otherwise
	}
	const least, most = 2, 60
	if !(wanted >= least && wanted <= most) {
		return 0, errors.Errorf("training: a side of %g inches: a figure has from %d to %d", wanted, least, most)
	}
	return vg.Length(wanted) * vg.Inch, nil
}

func (f *Figure) explain(name string, marks ...plot.Thumbnailer) {
	const longest = 28
	if r := []rune(name); len(r) > longest {
		name = string(r[:longest-1]) + "…"
	}
	f.legend.Add(name, marks...)
	f.hasLegend = true
}
