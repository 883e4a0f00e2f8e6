package density

import (
	"fmt"
	"math"

	"gorgonode/training"
)

const (
	shownPoints = 2000 // of the table, in a picture
	shownDraws  = 20_000
	shownPairs  = 4 // the columns whose pairs are shown
	pairCells   = 50
	pairsSeed   = 1
)

// Picture shows the density. Of one column it is a curve, of two a heat map with points of the table. Of more columns
// it has, for each pair of the first four, the table's points beside the density of the pair alone, counted in cells
// from draws.
func (f *Fitted) Picture(title string, points [][]float64) (*training.Figure, error) {
	if err := checkRows(points); err != nil {
		return nil, err
	}
	switch f.Dim {
	case 1:
		return f.curve(title, points)
	case 2:
		from, to := corners(points, 0, 1)
		return f.Plot(title, [2]string(f.Columns), from, to, points[:min(shownPoints, len(points))])
	}
	return f.pairs(points)
}

func (f *Fitted) curve(title string, points [][]float64) (*training.Figure, error) {
	from, to := span(points, 0)
	const n = 400
	rows, x, y := make([][]float64, n+1), make([]float64, n+1), make([]float64, n+1)
	for i := range rows {
		x[i] = from + (to-from)*float64(i)/n
		rows[i] = []float64{x[i]}
	}
	l, err := f.LogProb(rows)
	if err != nil {
		return nil, err
	}
	for i, v := range l {
		y[i] = math.Exp(v)
	}
	return training.CurvesPlot{
		Title: title, XLabel: f.Columns[0], YLabel: "density", Curves: []training.Curve{{Name: "density", X: x, Y: y}},
	}.Figure()
}

func (f *Fitted) pairs(points [][]float64) (*training.Figure, error) {
	draws, err := f.Sample(shownDraws, pairsSeed)
	if err != nil {
		return nil, err
	}
	grid := training.HeatGrid{Columns: []string{"data", string(f.Config.Model)}, Side: 2.5}
	for i := range min(f.Dim, shownPairs) {
		for j := range i {
			from, to := corners(points, j, i)
			data := training.HeatPlot{From: from, To: to, Cells: pairCells,
				Points: project(points[:min(shownPoints, len(points))], j, i)}
			data.Value = func(at [][]float64) ([]float64, error) { return make([]float64, len(at)), nil }
			model := training.HeatPlot{From: from, To: to, Cells: pairCells, Value: counted(project(draws, j, i), from, to)}
			grid.Rows = append(grid.Rows, fmt.Sprintf("%s, %s", f.Columns[j], f.Columns[i]))
			grid.Plots = append(grid.Plots, []training.HeatPlot{data, model})
		}
	}
	return grid.Figure()
}

// counted is how many points lie in the cell of each of the places asked for.
func counted(points [][]float64, from, to [2]float64) func(at [][]float64) ([]float64, error) {
	cell := func(p []float64) (k [2]int) {
		for j := range k {
			k[j] = int(math.Floor(pairCells * (p[j] - from[j]) / (to[j] - from[j])))
		}
		return k
	}
	count := map[[2]int]float64{}
	for _, p := range points {
		count[cell(p)]++
	}
	return func(at [][]float64) ([]float64, error) {
		v := make([]float64, len(at))
		for i, p := range at {
			v[i] = count[cell(p)]
		}
		return v, nil
	}
}

func project(points [][]float64, a, b int) [][]float64 {
	out := make([][]float64, len(points))
	for i, p := range points {
		out[i] = []float64{p[a], p[b]}
	}
	return out
}

func corners(points [][]float64, a, b int) (from, to [2]float64) {
	from[0], to[0] = span(points, a)
	from[1], to[1] = span(points, b)
	return from, to
}

// span holds a column's values with some air.
func span(points [][]float64, j int) (from, to float64) {
	from, to = math.Inf(1), math.Inf(-1)
	for _, p := range points {
		from, to = math.Min(from, p[j]), math.Max(to, p[j])
	}
	air := 0.1 * (to - from)
	if air == 0 {
		air = 1
	}
	return from - air, to + air
}
