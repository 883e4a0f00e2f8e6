package chart

import (
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/plot/plotter"
)

// A picture is as wide as its panels and its legend, and curves of one number are explained once.
func TestSave(t *testing.T) {
	c := &Chart{Title: "two panels", PanelWidth: 4, LegendWidth: 1}
	for _, name := range []string{"left", "right"} {
		c.Panel(name, "x", "y")
		for i, curve := range []string{"one", "two"} {
			if err := c.Curve(i, curve, plotter.XYs{{X: 1, Y: 1e-3}, {X: 100, Y: 1e-7}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(c.named) != 2 {
		t.Errorf("the legend has %v", c.named)
	}
	path := filepath.Join(t.TempDir(), "chart.png")
	if err := c.Save(path); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, err := png.DecodeConfig(f)
	if err != nil || size.Width != 9*dpi {
		t.Errorf("%d pixels wide, want %d; %v", size.Width, 9*dpi, err)
	}
	if err := c.Curve(2, "three", plotter.XYs{{X: math.NaN(), Y: 1}}); err == nil {
		t.Error("a curve through NaN")
	}
	if err := c.Save(filepath.Join(t.TempDir(), "no", "chart.png")); err == nil {
		t.Error("saved where there is no folder")
	}
}

func TestDecades(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   []string
	}{
		{1, 1000, []string{"1", "3", "10", "30", "100", "300", "1000"}},
		{2e-10, 1, []string{"", "1e-8", "", "1e-6", "", "1e-4", "", "0.01", "", "1"}},
	} {
		var got []string
		for _, tick := range (decades{}).Ticks(c.lo, c.hi) {
			got = append(got, tick.Label)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("from %g to %g: %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
}
