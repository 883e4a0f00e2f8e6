package training

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
)

// LossPlot shows how values fell during training. The scale is logarithmic if every value is positive. A curve has a
// gap where its value isn't finite or isn't in the record.
type LossPlot struct {
	Title   string
	YLabel  string // empty is "loss"
	Records []Record
	Names   []string // values to show; empty is "loss"
	Best    int      // the step whose weights were kept: gets a vertical line; 0 is none
	Width   float64  // inches; 0 is 8
	Height  float64  // inches; 0 is 4.5
}

// Figure draws the plot.
func (f LossPlot) Figure() (*Figure, error) {
	if len(f.Names) == 0 {
		f.Names = []string{"loss"}
	}
	if f.YLabel == "" {
		f.YLabel = "loss"
	}
	if len(f.Records) == 0 {
		return nil, errors.New("training: loss plot: no records")
	}
	steps := make([]float64, len(f.Records))
	curves := make([][]float64, len(f.Names))
	b, positive := emptyBounds(), true
	for i, r := range f.Records {
		steps[i] = float64(r.Step)
		b.addX(steps[i])
	}
	for k, name := range f.Names {
		curves[k] = make([]float64, len(f.Records))
		there := false
		for i, r := range f.Records {
			v, ok := r.Values[name]
			there = there || ok
			if !ok || !finite(v) {
				v = math.NaN()
			}
			curves[k][i] = v
			b.addY(v)
			positive = positive && !(v <= 0)
		}
		if !there {
			return nil, errors.Errorf("training: loss plot: no record has a value %q", name)
		}
	}
	positive = positive && b.yMin <= b.yMax
	return f.figure(steps, curves, b, positive)
}

func (f LossPlot) figure(steps []float64, curves [][]float64, b bounds, log bool) (fig *Figure, err error) {
	lo, hi := b.yMin, b.yMax
	if b, err = b.padded(); err != nil {
		return nil, err
	}
	if log {
		air := math.Pow(hi/lo, 0.05)
		if !(air > 1.02) {
			air = 1.02
		}
		// lo may be the smallest number there is, and hi/lo then infinite.
		b.yMin, b.yMax = math.Max(lo/math.Min(air, 1e6), math.SmallestNonzeroFloat64), hi*math.Min(air, 1e6)
	}
	fig = &Figure{legend: newLegend()}
	if fig.width, err = inches(f.Width, 8); err != nil {
		return nil, err
	}
	if fig.height, err = inches(f.Height, 4.5); err != nil {
		return nil, err
	}
	p := newPanel(f.Title, "step", f.YLabel, b)
	fig.panels = []*plot.Plot{p}
	if log {
		p.Y.Scale = plot.LogScale{}
		p.Y.Tick.Marker = logTicks{}
	}
	addGrid(p)
	if f.Best > 0 {
		p.Add(divider{float64(f.Best), "best"})
	}
	for k, name := range f.Names {
		style := lineStyle(colorOf(k), false)
		x, y := thin(steps, curves[k])
		if err := addCurve(p, x, y, style); err != nil {
			return nil, errors.Wrapf(err, "training: loss plot: %q", name)
		}
		if len(f.Names) > 1 {
			fig.explain(name, lineSample(style))
		}
	}
	return fig, nil
}

// thin keeps a curve of many points to what a page can show: of each of some hundred stretches the first, the lowest,
// the highest and the last point, so that no spike is lost. A stretch with a gap keeps the gap.
func thin(x, y []float64) (tx, ty []float64) {
	const stretches = 800
	if len(x) <= 4*stretches {
		return x, y
	}
	for s := range stretches {
		from, to := s*len(x)/stretches, (s+1)*len(x)/stretches
		lowest, highest, gap := from, from, -1
		for i := from; i < to; i++ {
			switch {
			case math.IsNaN(y[i]):
				gap = i
			case math.IsNaN(y[lowest]) || y[i] < y[lowest]:
				lowest = i
			}
			if !math.IsNaN(y[i]) && (math.IsNaN(y[highest]) || y[i] > y[highest]) {
				highest = i
			}
		}
		keep := []int{from, lowest, highest, to - 1}
		if gap >= 0 {
			keep = append(keep, gap)
		}
		slices.Sort(keep)
		for _, i := range slices.Compact(keep) {
			tx, ty = append(tx, x[i]), append(ty, y[i])
		}
	}
	return tx, ty
}
