package training

import (
	"bytes"
	"image/png"
	"math"
	"testing"
)

// The largest value is dark and where it belongs, zero is white, and what isn't finite has no colour; up is up.
func TestHeatPlot(t *testing.T) {
	f := HeatPlot{From: [2]float64{0, 0}, To: [2]float64{4, 4}, Cells: 4, Points: [][]float64{{1, 1}, {9, 9}}}
	f.Value = func(points [][]float64) ([]float64, error) {
		v := make([]float64, len(points))
		for i, p := range points {
			switch {
			case p[0] < 1 && p[1] > 3: // the upper left cell
				v[i] = 2
			case p[0] > 3 && p[1] < 1:
				v[i] = math.NaN()
			}
		}
		return v, nil
	}
	img, err := f.image(4)
	if err != nil {
		t.Fatal(err)
	}
	if r, _, _, a := img.At(0, 0).RGBA(); r != 0 || a == 0 {
		t.Errorf("the largest value is %v", img.At(0, 0))
	}
	if r, _, _, _ := img.At(1, 1).RGBA(); r != 0xffff {
		t.Errorf("zero is %v", img.At(1, 1))
	}
	if _, _, _, a := img.At(3, 3).RGBA(); a != 0 {
		t.Errorf("no number is %v", img.At(3, 3))
	}
	fig, err := f.Figure()
	if err != nil {
		t.Fatal(err)
	}
	var a, b bytes.Buffer
	if err := fig.Encode(&a, "png"); err != nil {
		t.Fatal(err)
	}
	if err := fig.Encode(&b, "png"); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Errorf("the same figure gives other bytes: %v", err)
	}
	if _, err := png.Decode(&a); err != nil {
		t.Error(err)
	}
	none := func(points [][]float64) ([]float64, error) { return nil, nil }
	for _, bad := range []HeatPlot{
		{From: f.From, To: f.To},
		{From: f.From, To: f.From, Value: f.Value},
		{From: f.From, To: f.To, Value: f.Value, Cells: 1},
		{From: f.From, To: f.To, Value: none},
		{From: f.From, To: [2]float64{math.Inf(1), 1}, Value: f.Value},
	} {
		if _, err := bad.Figure(); err == nil {
			t.Errorf("%+v is no error", bad)
		}
	}
}

// A smooth function is drawn in the levels of the palette, none further than half a level of its own colour, so that the
// file is small: one in all colours, of as many pixels, is several times as large.
func TestHeatPlotIsSmall(t *testing.T) {
	f := HeatPlot{From: [2]float64{-3, -3}, To: [2]float64{3, 3}, Cells: 80}
	f.Value = func(points [][]float64) ([]float64, error) {
		v := make([]float64, len(points))
		for i, p := range points {
			v[i] = math.Exp(-(p[0]*p[0] + p[1]*p[1]) / 2)
		}
		return v, nil
	}
	fig, err := f.Figure()
	if err != nil {
		t.Fatal(err)
	}
	var few, all bytes.Buffer
	if err := fig.Encode(&few, "png"); err != nil {
		t.Fatal(err)
	}
	fig.palette = nil
	if err := fig.Encode(&all, "png"); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes, in all colours %d", few.Len(), all.Len())
	if 3*few.Len() > all.Len() {
		t.Errorf("%d bytes, in all colours %d", few.Len(), all.Len())
	}
	a, err := png.Decode(&few)
	if err != nil {
		t.Fatal(err)
	}
	b, err := png.Decode(&all)
	if err != nil {
		t.Fatal(err)
	}
	if a.Bounds() != b.Bounds() {
		t.Fatalf("sizes %v and %v", a.Bounds(), b.Bounds())
	}
	// From white to blue a level is 255/31.5 in red, the widest, half of it and a rounding 5; letters and edges are
	// within a sixteenth of the way to black, 16.
	const most = 16
	for y := range b.Bounds().Dy() {
		for x := range b.Bounds().Dx() {
			r, g, u, _ := a.At(x, y).RGBA()
			s, h, v, _ := b.At(x, y).RGBA()
			for _, d := range []int{int(r>>8) - int(s>>8), int(g>>8) - int(h>>8), int(u>>8) - int(v>>8)} {
				if max(d, -d) > most {
					t.Fatalf("pixel (%d, %d) is %v, want about %v", x, y, a.At(x, y), b.At(x, y))
				}
			}
		}
	}
}
