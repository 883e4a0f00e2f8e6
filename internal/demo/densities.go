package demo

import (
	"context"
	"fmt"
	"math"
	"time"

	"gorgonode/training"
	"gorgonode/training/density"
	"gorgonode/training/toy"
)

// flowModels are the kinds of flow with what each is given: half a minute or less a set of points, on a free core.
// Layers and steps are not those at which a kind is at its best, which takes longer.
func flowModels(o Options) []flowModel {
	all := []flowModel{
		{"CNF", density.Config{Model: density.CNF, Hidden: []int{32, 32}, Steps: 1200, Batch: 192, Tolerance: 1e-3,
			LearnRate: 0.03}},
		{"flow matching", density.Config{Model: density.FlowMatching, Hidden: []int{48, 48}, Steps: 5000, Batch: 256,
			LearnRate: 0.01}},
		{"RealNVP", density.Config{Model: density.RealNVP, Hidden: []int{32, 32}, Flows: 12, Steps: 1500, Batch: 256,
			LearnRate: 0.005}},
		{"Glow", density.Config{Model: density.Glow, Hidden: []int{32, 32}, Flows: 12, Steps: 1500, Batch: 256, LearnRate: 0.005}},
	}
	for i := range all {
		c := &all[i].config
		c.Seed, c.HoldOut, c.Every = o.Seed, 0.05, c.Steps/10
		if o.Quick {
			c.Hidden, c.Steps, c.Batch, c.LearnRate, c.Every = []int{16, 16}, 40, 64, 0.02, 40
			c.Tolerance = 1e-3
			if c.Flows > 0 {
				c.Flows = 3
			}
			if c.Model == density.FlowMatching {
				c.Steps, c.Every = 200, 200
			}
		}
	}
	return all
}

type flowModel struct {
	name   string
	config density.Config
}

// pointSet is a distribution in the plane with points of it.
type pointSet struct {
	toy.Set
	title       string
	rows, fresh [][]float64 // to learn from, and to judge by
	from, to    [2]float64  // of the pictures
}

func pointSets(o Options) ([]pointSet, error) {
	n := 5000
	if o.Quick {
		n = 400
	}
	var all []pointSet
	for _, name := range []string{"moons", "eightgaussians", "checkerboard", "pinwheel"} {
		set, err := toy.ByName(name)
		if err != nil {
			return nil, err
		}
		title := map[string]string{"moons": "two moons", "eightgaussians": "eight Gaussians"}[name]
		if title == "" {
			title = name
		}
		s := pointSet{Set: set, title: title, rows: set.Sample(n, 2*o.Seed), fresh: set.Sample(n, 2*o.Seed+1)}
		s.from, s.to = square(s.rows)
		all = append(all, s)
	}
	return all, nil
}

// square is the smallest around all points, with some air: opposite corners.
func square(rows [][]float64) (from, to [2]float64) {
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for _, r := range rows {
		for j := range r {
			low[j], high[j] = math.Min(low[j], r[j]), math.Max(high[j], r[j])
		}
	}
	half := 0.54 * math.Max(high[0]-low[0], high[1]-low[1])
	for j := range low {
		middle := (low[j] + high[j]) / 2
		from[j], to[j] = middle-half, middle+half
	}
	return from, to
}

// Densities fits four kinds of flow to four distributions in the plane, and judges each by the mean of −ln p on fresh
// points, which no density can bring below the entropy but by chance.
func Densities(ctx context.Context, o Options) (Result, error) {
	r := Result{Name: "densities"}
	sets, err := pointSets(o)
	if err != nil {
		return r, err
	}
	grid := training.HeatGrid{Columns: []string{"data"}}
	for _, m := range flowModels(o) {
		grid.Columns = append(grid.Columns, m.name)
	}
	for _, s := range sets {
		row, err := s.learn(ctx, o, &r)
		if err != nil {
			return r, err
		}
		grid.Rows, grid.Plots = append(grid.Rows, s.title), append(grid.Plots, row)
	}
	if o.Out == "" {
		return r, nil
	}
	fig, err := grid.Figure()
	return r, o.picture(&r, "densities", fig, err)
}

// learn fits every flow to a set: a row of the picture, and of the table.
func (s *pointSet) learn(ctx context.Context, o Options, r *Result) ([]training.HeatPlot, error) {
	cells := 80
	if o.Quick {
		cells = 20
	}
	plot := training.HeatPlot{From: s.from, To: s.to, Cells: cells}
	data := plot
	data.Points = s.rows[:min(len(s.rows), 1200)]
	data.Value = func(points [][]float64) ([]float64, error) { return make([]float64, len(points)), nil }
	plots := []training.HeatPlot{data}
	gauss, err := density.Gaussian(s.rows, s.fresh)
	if err != nil {
		return nil, err
	}
	bound := ""
	if h := s.Entropy(); !math.IsNaN(h) {
		bound = fmt.Sprintf("%.3f, the entropy", h)
	}
	nats := func(what string, v float64) {
		r.Figures = append(r.Figures, Figure{Name: s.title + ", " + what + ": mean of −ln p", Value: v, Unit: "nats",
			Published: bound})
	}
	if s.LogDensity != nil {
		nats("true density on the same points", s.trueNLL())
	}
	nats("one Gaussian", gauss)
	for _, m := range flowModels(o) {
		start := time.Now()
		fit, err := density.Fit(ctx, s.rows, m.config, density.Options{})
		if err != nil {
			return nil, err
		}
		seconds := time.Since(start).Seconds()
		nll, err := meanNLL(fit, s.fresh)
		if err != nil {
			return nil, err
		}
		nats(m.name, nll)
		r.Figures = append(r.Figures, Figure{Name: s.title + ", " + m.name + ": time of training", Value: seconds, Unit: "s"})
		if o.Log != nil {
			fmt.Fprintf(o.Log, "%s, %s: %.3f nats after %d steps, %.1f s\n", s.title, m.name, nll, fit.BestStep, seconds)
		}
		p := plot
		p.Value = func(points [][]float64) ([]float64, error) {
			l, err := fit.LogProb(points)
			for i := range l {
				l[i] = math.Exp(l[i])
			}
			return l, err
		}
		plots = append(plots, p)
	}
	return plots, nil
}

func (s *pointSet) trueNLL() float64 {
	mean := 0.0
	for _, p := range s.fresh {
		mean -= s.LogDensity(p[0], p[1]) / float64(len(s.fresh))
	}
	return mean
}

func meanNLL(fit *density.Fitted, rows [][]float64) (float64, error) {
	l, err := fit.LogProb(rows)
	mean := 0.0
	for _, v := range l {
		mean -= v / float64(len(l))
	}
	return mean, err
}
