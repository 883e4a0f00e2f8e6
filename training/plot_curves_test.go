package training

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func TestCurvesPlot(t *testing.T) {
	fig, err := CurvesPlot{Title: "learned", XLabel: "x", YLabel: "f", Curves: []Curve{
		{Name: "truth", X: []float64{0, 1, 2}, Y: []float64{0, 1, math.NaN()}, Dashed: true},
		{Name: "rows", X: []float64{0, 1}, Y: []float64{0.1, 0.9}, Points: true},
	}}.Figure()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := fig.Encode(&b, "svg"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"learned", "truth", "rows"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in the picture", want)
		}
	}
	for _, c := range []struct {
		plot CurvesPlot
		want string
	}{
		{CurvesPlot{}, "nothing to draw"},
		{CurvesPlot{Curves: []Curve{{X: []float64{1}, Y: []float64{math.NaN()}}}}, "nothing to draw"},
		{CurvesPlot{Curves: []Curve{{Name: "a", X: []float64{1}}}}, `curve "a" has 1 and 0 coordinates`},
		{CurvesPlot{Curves: []Curve{{Name: "b", X: []float64{1}, Y: []float64{1}, Low: []float64{0}}}}, "a band of 1 and 0"},
		{CurvesPlot{Width: 1, Curves: []Curve{{X: []float64{1}, Y: []float64{1}}}}, "a side of 1 inches"},
	} {
		if _, err := c.plot.Figure(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// A band is broken where an edge is missing, so two pieces of two points each are two areas; one point alone is none.
func TestCurvesPlotBand(t *testing.T) {
	nan := math.NaN()
	x := []float64{0, 1, 2, 3, 4, 5, 6}
	svg := func(low []float64) string {
		c := Curve{Name: "mean", X: x, Y: x}
		if low != nil {
			c.Low, c.High = low, []float64{1, 2, 3, 4, 5, 6, 7}
		}
		fig, err := CurvesPlot{Curves: []Curve{c}}.Figure()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := fig.Encode(&b, "svg"); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	const shade = "fill-opacity:0.25"
	if n := strings.Count(svg([]float64{-1, 0, nan, 2, 3, nan, 5}), shade); n != 2 {
		t.Errorf("%d areas, want 2", n)
	}
	if strings.Contains(svg(nil), shade) {
		t.Error("an area without a band")
	}
}
