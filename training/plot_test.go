package training

import (
	"bytes"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type drawer interface{ Figure() (*Figure, error) }

func lynxHareFigures(t testing.TB) map[string]drawer {
	s := lynxHare(t)
	field := func(x, y float64) (dx, dy float64) {
		dy, dx = lotkaVolterra(y, x)
		return dx, dy
	}
	return map[string]drawer{
		"data":   FitPlot{Data: s},
		"fit":    FitPlot{Title: "Lynx and hare", YLabel: "pelts (thousands)", Data: s, HeldOut: 5, Model: lynxHareModel(1925)},
		"panels": FitPlot{Data: s, Model: lynxHareModel(1925), Panels: true},
		"phase":  PhasePlot{X: "Hare", Y: "Lynx", Data: s, HeldOut: 5, Model: lynxHareModel(1920), Field: field},
		"loss":   LossPlot{Records: lossRecords(5000), Names: []string{"loss", "validation"}, Best: 4000},
	}
}

// A figure's bytes are the same each time, and PNG has the size that was asked for.
func TestFiguresAreDeterministic(t *testing.T) {
	for name, d := range lynxHareFigures(t) {
		for _, format := range []string{"png", "svg"} {
			var first, again, anew bytes.Buffer
			f, err := d.Figure()
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range []*bytes.Buffer{&first, &again} {
				if err := f.Encode(b, format); err != nil {
					t.Fatal(err)
				}
			}
			if f, err = d.Figure(); err != nil {
				t.Fatal(err)
			}
			if err := f.Encode(&anew, format); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first.Bytes(), again.Bytes()) || !bytes.Equal(first.Bytes(), anew.Bytes()) {
				t.Errorf("%s.%s: different bytes for the same figure", name, format)
			}
			if format == "png" && name == "fit" {
				c, err := png.DecodeConfig(&first)
				if err != nil || c.Width != 1200 || c.Height != 675 {
					t.Errorf("%v, %d × %d pixels", err, c.Width, c.Height)
				}
			}
		}
	}
}

func TestFiguresSayWhatTheyShow(t *testing.T) {
	want := map[string][]string{
		"data":   {">Lynx<", ">Hare<", ">Year<", ">Lynx, Hare<", ">1910<"},
		"fit":    {">Lynx and hare<", ">pelts (thousands)<", ">held out<", ">forecast<", ">model<", ">observed<"},
		"panels": {">forecast<", ">Lynx<", ">Hare<"},
		"phase":  {">start<", ">vector field<", ">held out<"},
		"loss":   {">step<", ">best<", ">validation<", ">0.001<"},
	}
	for name, d := range lynxHareFigures(t) {
		f, err := d.Figure()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := f.Encode(&b, "svg"); err != nil {
			t.Fatal(err)
		}
		for _, w := range want[name] {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s: %s is not in the picture", name, w)
			}
		}
	}
}

func TestFigureSave(t *testing.T) {
	f, err := FitPlot{Data: lynxHare(t)}.Figure()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "fit.PNG")
	if err := f.Save(path); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	if len(before) == 0 {
		t.Error("nothing saved")
	}
	wantError(t, f.Save(filepath.Join(filepath.Dir(path), "fit.jpg")), `can be png or svg, not "jpg"`)
}

func TestPlotsRefuse(t *testing.T) {
	s := lynxHare(t)
	huge := &Series{Names: []string{"a"}, T: []float64{0, 1}, X: [][]float64{{-1.7e308}, {1.7e308}}}
	other := &Series{Names: []string{"a", "b"}, T: []float64{0}, X: [][]float64{{1, 1}}}
	for _, tt := range []struct {
		want string
		d    drawer
	}{
		{"no series given", FitPlot{}},
		{"21 of 21 rows held out", FitPlot{Data: s, HeldOut: 21}},
		{`the model has a column "a"`, FitPlot{Data: s, Model: other}},
		{"too large to draw", FitPlot{Data: huge}},
		{"a side of 1 inches", FitPlot{Data: s, Width: 1}},
		{"a side of NaN inches", FitPlot{Data: s, Height: math.NaN()}},
		{"neither data nor a model", PhasePlot{}},
		{"has one column only", PhasePlot{Data: huge}},
		{`no column "Fox"`, PhasePlot{Data: s, X: "Fox"}},
		{`both axes are "Hare"`, PhasePlot{Data: s, X: "Hare", Y: "Hare"}},
		{"22 of 21 rows held out", PhasePlot{Data: s, HeldOut: 22}},
		{"no records", LossPlot{}},
		{`no record has a value "other"`, LossPlot{Records: lossRecords(3), Names: []string{"other"}}},
	} {
		_, err := tt.d.Figure()
		wantError(t, err, tt.want)
	}
}

// Odd data makes an odd picture, but neither a panic nor an endless loop.
func TestPlotsOfOddData(t *testing.T) {
	one := func(t0 float64, v ...float64) *Series {
		s := &Series{Names: []string{"a", "b"}}
		for i, x := range v {
			s.T, s.X = append(s.T, t0+float64(i)), append(s.X, []float64{x, -x})
		}
		return s
	}
	record := func(v ...float64) (r []Record) {
		for i, x := range v {
			r = append(r, Record{Step: i * i, Values: map[string]float64{"loss": x}})
		}
		return r
	}
	spin := func(x, y float64) (float64, float64) { return y, -x }
	inf := math.Inf(1)
	for i, d := range []drawer{
		FitPlot{Data: one(0, 0)},
		FitPlot{Data: one(1e15, 1, 2, 3), Panels: true},
		FitPlot{Data: one(0, nan, nan), Model: one(0, 1, nan, 2)},
		FitPlot{Data: one(0, 5e-324, 0), Model: one(-5, 1e299, -1e299, 1)},
		FitPlot{Data: one(0, 1e15, 1e15+0.125, nan, 1e15)},
		FitPlot{Data: one(0, 1, 2), HeldOut: 1, Model: one(100, 1, 2), Title: strings.Repeat("long ", 60)},
		PhasePlot{Data: one(0, nan)},
		PhasePlot{Model: one(0, 1), Field: spin},
		PhasePlot{Model: one(0, 0), Field: func(float64, float64) (float64, float64) { return 0, nan }},
		PhasePlot{Data: one(0, 1, 2), HeldOut: 2, Field: func(x, y float64) (float64, float64) { return inf, 1e308 * x }},
		LossPlot{Records: record(1)},
		LossPlot{Records: record(nan, inf)},
		LossPlot{Records: record(1, 0, -1)},
		LossPlot{Records: record(5e-324, 1e299)},
		LossPlot{Records: record(1, 1, 1)},
		LossPlot{Records: record(1, 1.0000001), Best: 1},
		LossPlot{Records: record(nan, 3, nan, 2e-8)},
	} {
		f, err := d.Figure()
		if err != nil {
			t.Errorf("%d: %v", i, err)
			continue
		}
		for _, format := range []string{"png", "svg"} {
			var b bytes.Buffer
			if err := f.Encode(&b, format); err != nil {
				t.Errorf("%d: %v", i, err)
			}
			if strings.Contains(b.String(), "NaN") {
				t.Errorf("%d: NaN in the %s", i, format)
			}
		}
	}
}

func TestTicks(t *testing.T) {
	labels := func(even bool, lo, hi float64) string {
		ticks := logTicks{}.Ticks(lo, hi)
		if even {
			ticks = evenTicks{}.Ticks(lo, hi)
		}
		var all []string
		for _, k := range ticks {
			if k.Label != "" {
				all = append(all, k.Label)
			}
		}
		return strings.Join(all, " ")
	}
	for _, tt := range []struct {
		even   bool
		lo, hi float64
		want   string
	}{
		{true, 1900, 1920, "1900 1905 1910 1915 1920"},
		{true, -0.31, 0.29, "-0.3 -0.2 -0.1 0.0 0.1 0.2"},
		{true, 0, 5e7, "0 1e+07 2e+07 3e+07 4e+07 5e+07"},
		{true, 1e-9, 4e-9, "1.0e-09 1.5e-09 2.0e-09 2.5e-09 3.0e-09 3.5e-09 4.0e-09"},
		{true, 1, 1, ""},
		{false, 3e-5, 20, "1e-4 0.001 0.01 0.1 1 10"},
		{false, 0.02, 0.9, "0.02 0.05 0.1 0.2 0.5"},
		{false, 2, 4, "2 3 4"},
		{false, 1e-20, 1e20, "1e-18 1e-12 1e-6 1 1e6 1e12 1e18"},
		{false, 0, 1, ""},
	} {
		if got := labels(tt.even, tt.lo, tt.hi); got != tt.want {
			t.Errorf("%g to %g: %s, want %s", tt.lo, tt.hi, got, tt.want)
		}
	}
}

// A spike of one step must be seen among a million.
func TestThinKeepsSpikesAndGaps(t *testing.T) {
	x, y := make([]float64, 100000), make([]float64, 100000)
	for i := range x {
		x[i], y[i] = float64(i), math.Sin(float64(i)/1e4)
	}
	y[33333], y[66666], y[50000] = 100, -100, nan
	tx, ty := thin(x, y)
	high, low, gaps := 0, 0, 0
	for i, v := range ty {
		if i > 0 && tx[i] <= tx[i-1] {
			t.Fatal("steps fall")
		}
		switch {
		case v == 100:
			high++
		case v == -100:
			low++
		case math.IsNaN(v):
			gaps++
		}
	}
	if len(tx) > 5000 || high != 1 || low != 1 || gaps != 1 || tx[len(tx)-1] != 99999 {
		t.Errorf("%d points, %d high, %d low, %d gaps, last %g", len(tx), high, low, gaps, tx[len(tx)-1])
	}
}
