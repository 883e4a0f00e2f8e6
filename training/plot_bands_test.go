package training

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func TestBandPlot(t *testing.T) {
	x := []float64{0, 1, 2, 3}
	panel := BandPanel{
		X: x, Y: []float64{1, 2, math.NaN(), 3}, Low: []float64{0, 1, math.NaN(), -1e6}, High: []float64{2, 3, 4, 1e6},
		SeenX: x, SeenY: x, HiddenX: []float64{1.5}, HiddenY: []float64{2}, Forecast: true, From: 2,
	}
	plot := BandPlot{Columns: []string{"a", "b"}, Rows: []string{"one"}, Panels: [][]BandPanel{{panel, {SeenX: x,
		SeenY: x}}}, Band: "band"}
	fig, err := plot.Figure()
	if err != nil {
		t.Fatal(err)
	}
	var svg, png, again bytes.Buffer
	for format, b := range map[string]*bytes.Buffer{"svg": &svg, "png": &png} {
		if err := fig.Encode(b, format); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"observed", "hidden", "mean", "band", "forecast", ">one<", ">a<", ">b<"} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("the picture has no %q", want)
		}
	}
	if err := fig.Encode(&again, "svg"); err != nil || !bytes.Equal(svg.Bytes(), again.Bytes()) {
		t.Errorf("the same figure has other bytes: %v", err)
	}
	// The band runs away, and the scale does not: of points from 0 to 3 it shows a range of 3 on either side, and some air.
	b, err := panel.bounds()
	if err != nil || b.yMin < -4 || b.yMax > 7 {
		t.Errorf("bounds %+v, %v", b, err)
	}
	for want, bad := range map[string]BandPlot{
		"1 rows of panels for 2 names": {Columns: []string{"a"}, Rows: []string{"x", "y"}, Panels: [][]BandPanel{{{}}}},
		"row 0 has 2 panels":           {Columns: []string{"a"}, Rows: []string{"x"}, Panels: [][]BandPanel{{{}, {}}}},
		"4 and 3 coordinates": {Columns: []string{"a"}, Rows: []string{"x"}, Panels: [][]BandPanel{{{X: x,
			Y: x[:3]}}}},
		"a band of 4 and 3 values around 4": {Columns: []string{"a"}, Rows: []string{"x"}, Panels: [][]BandPanel{{{X: x,
			Y: x, Low: x, High: x[:3]}}}},
		"are too large to draw": {Columns: []string{"a"}, Rows: []string{"x"}, Panels: [][]BandPanel{{{X: x,
			Y: []float64{0, 1e305, 0, 0}}}}},
	} {
		if _, err := bad.Figure(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
