package training

import (
	"bytes"
	"image/png"
	"testing"
)

// Every plot stands where its row and column say: the one dark plot is in the second row and the second column.
func TestHeatGrid(t *testing.T) {
	plot := func(dark bool) HeatPlot {
		return HeatPlot{To: [2]float64{1, 1}, Cells: 2, Value: func(at [][]float64) ([]float64, error) {
			v := make([]float64, len(at))
			for i := range v {
				if dark {
					v[i] = 1
				}
			}
			return v, nil
		}}
	}
	g := HeatGrid{
		Columns: []string{"a", "b", "c"}, Rows: []string{"x", "y"},
		Plots: [][]HeatPlot{{plot(false), plot(false), plot(false)}, {plot(false), plot(true), plot(false)}},
	}
	fig, err := g.Figure()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := fig.Encode(&b, "png"); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	for i := range 2 {
		for j := range 3 {
			r, _, _, _ := img.At(w*(2*j+1)/6, h*(2*i+1)/4).RGBA()
			if dark := r < 0x4000; dark != (i == 1 && j == 1) {
				t.Errorf("row %d, column %d: dark %t", i, j, dark)
			}
		}
	}
	for _, bad := range []HeatGrid{
		{},
		{Columns: g.Columns, Rows: g.Rows, Plots: g.Plots[:1]},
		{Columns: g.Columns[:2], Rows: g.Rows, Plots: g.Plots},
		{Columns: g.Columns, Rows: g.Rows, Plots: g.Plots, Side: -1},
		{Columns: g.Columns[:1], Rows: g.Rows[:1], Plots: [][]HeatPlot{{{}}}},
	} {
		if _, err := bad.Figure(); err == nil {
			t.Errorf("%+v is no error", bad)
		}
	}
}
