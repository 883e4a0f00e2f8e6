package training

import (
	"image"
	"image/color"
	"image/png"
	"io"
)

// heatLevels is how many colours a heat plot has. A picture is scaled smoothly from its cells, which makes as many
// colours as pixels, and a large file of them; levels as close as these are still seen as a gradient.
const heatLevels = 64

// heatPalette has the levels of a heat plot, and what else is in such a picture: points, axes and letters, with their
// smoothed edges on white.
func heatPalette() color.Palette {
	p := make(color.Palette, heatLevels)
	for i := range p {
		p[i] = heat(float64(i) / (heatLevels - 1))
	}
	const edges = 16
	for _, c := range []color.Color{colorOf(1), inkColor} {
		r, g, b, _ := c.RGBA()
		for i := 1; i <= edges; i++ {
			on := func(v uint32) uint8 { return uint8((int(v>>8)*i + 255*(edges-i)) / edges) }
			p = append(p, color.NRGBA{on(r), on(g), on(b), 0xff})
		}
	}
	return p
}

// writePNG writes an image, with a palette in the nearest of its colours.
func writePNG(w io.Writer, img image.Image, palette color.Palette) error {
	if palette == nil {
		return png.Encode(w, img)
	}
	b := img.Bounds()
	few := image.NewPaletted(b, palette)
	nearest := map[color.Color]uint8{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := img.At(x, y)
			i, known := nearest[c]
			if !known {
				i = uint8(palette.Index(c))
				nearest[c] = i
			}
			few.SetColorIndex(x, y, i)
		}
	}
	return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, few)
}
