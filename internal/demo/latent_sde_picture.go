package demo

import (
	"fmt"
	"math"
	"strconv"

	"gorgonode/training"
)

func formatted(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// pathMoments are moments of paths on the grid.
type pathMoments struct {
	mean, deviation []float64 // at each time
	correlation     []float64 // of two times of a path that lie so far apart, from time 2 on
}

// momentsOf estimates them of paths, [path][time][0].
func momentsOf(paths [][][]float64) pathMoments {
	var l pathMoments
	n := len(paths[0])
	for i := range n {
		var sum, square float64
		for _, p := range paths {
			sum += p[i][0]
			square += p[i][0] * p[i][0]
		}
		mean := sum / float64(len(paths))
		l.mean = append(l.mean, mean)
		l.deviation = append(l.deviation, math.Sqrt(square/float64(len(paths))-mean*mean))
	}
	const from = 2 * ouPerUnit
	for lag := range n - from - ouPerUnit {
		var sum float64
		pairs := 0
		for i := from; i+lag < n; i += ouPerUnit {
			for _, p := range paths {
				sum += (p[i][0] - l.mean[i]) * (p[i+lag][0] - l.mean[i+lag]) / (l.deviation[i] * l.deviation[i+lag])
				pairs++
			}
		}
		l.correlation = append(l.correlation, sum/float64(pairs))
	}
	return l
}

// posteriorPicture shows three test series, what is inferred of them, and what is expected behind the window.
func (e *latentSDE) posteriorPicture() (*training.Figure, error) {
	p := training.BandPlot{
		Columns: []string{"a process seen at 16 times, and forecast"}, XLabel: "time", Width: 8, Height: 1.9,
		Seen: "observed", Band: "90 % band of z",
	}
	for b := range 3 {
		one := training.BandPanel{Forecast: true, From: ouWindow}
		for i, z := range e.test[b].z {
			one.X, one.Y = append(one.X, ouGrid(i)), append(one.Y, e.prediction.Mean[b][i][0])
			one.Low = append(one.Low, e.prediction.Quantiles[0][b][i][0])
			one.High = append(one.High, e.prediction.Quantiles[1][b][i][0])
			one.HiddenX, one.HiddenY = append(one.HiddenX, ouGrid(i)), append(one.HiddenY, z)
		}
		s := e.test[b].series
		for i, t := range s.Times {
			one.SeenX, one.SeenY = append(one.SeenX, t), append(one.SeenY, s.Values[i][0])
		}
		p.Rows, p.Panels = append(p.Rows, "z"), append(p.Panels, []training.BandPanel{one})
	}
	return p.Figure()
}

// pathsPicture has paths of the process on the left and of the learned prior on the right.
func (e *latentSDE) pathsPicture() (*training.Figure, error) {
	p := training.CurvesPlot{
		Title:  fmt.Sprintf("six paths of the process, and behind time %d six of the learned prior", ouEnd+1),
		XLabel: "time", YLabel: "z", Width: 9, Height: 4,
		Curves: []training.Curve{{Name: "process"}, {Name: "learned"}},
	}
	for k := range 6 {
		for i := range e.test[k].z {
			truth, learned := &p.Curves[0], &p.Curves[1]
			truth.X, truth.Y = append(truth.X, ouGrid(i)), append(truth.Y, e.test[k].z[i])
			learned.X, learned.Y = append(learned.X, ouEnd+1+ouGrid(i)), append(learned.Y, e.prior[k][i][0])
		}
		for c := range p.Curves {
			p.Curves[c].X, p.Curves[c].Y = append(p.Curves[c].X, math.NaN()), append(p.Curves[c].Y, math.NaN())
		}
	}
	return p.Figure()
}

// lawPicture has the moments beside those in closed form.
func (e *latentSDE) lawPicture() (*training.Figure, error) {
	p := training.CurvesPlot{
		Title:  "moments of the learned prior; dashed: of the process",
		XLabel: "time, or time between two", Width: 9, Height: 4.5,
		Curves: []training.Curve{
			{Name: "mean"}, {Name: "standard deviation"}, {Name: "correlation"},
			{Dashed: true}, {Dashed: true}, {Name: "closed form", Dashed: true},
		},
	}
	for k, values := range [][]float64{e.law.mean, e.law.deviation, e.law.correlation} {
		for i, v := range values {
			learned, truth := &p.Curves[k], &p.Curves[k+3]
			closed := [3]float64{ouMean, ouDeviation, math.Exp(-ouRate * ouGrid(i))}[k]
			learned.X, learned.Y = append(learned.X, ouGrid(i)), append(learned.Y, v)
			truth.X, truth.Y = append(truth.X, ouGrid(i)), append(truth.Y, closed)
		}
	}
	return p.Figure()
}
