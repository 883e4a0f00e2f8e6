package main

import (
	"context"
	"fmt"
	"math"

	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/generative"
)

// predictGenerative asks a generative model about the series of --data, or without it draws new ones.
func (c *predictCommand) predictGenerative(ctx context.Context, t terminal, run *training.Run) error {
	f, err := generative.Load(run.Dir)
	if err != nil {
		return badInput(err)
	}
	source, err := readSource(run)
	if err != nil {
		return badInput(err)
	}
	for _, m := range append([]moment{c.From, c.Until}, c.At...) {
		if m.date && source.TimeUnit == "" {
			return badInputf("%s is a date: the times of this run are numbers", m.text)
		}
	}
	seed := uint64(1)
	if c.Seed != nil {
		seed = *c.Seed
	}
	if c.Data == "" {
		return c.generateSeries(ctx, t, f, seed)
	}
	const most = 100_000
	o := generative.PredictOptions{Seed: seed, Quantiles: c.Quantiles}
	if c.Samples != nil {
		if o.Samples = *c.Samples; o.Samples < 1 || o.Samples > most {
			return badInputf("--samples %d: from 1 to %d can be drawn", o.Samples, most)
		}
	}
	for _, q := range c.Quantiles {
		if !(q > 0 && q < 1) {
			return badInputf("--quantiles %g: want more than 0 and less than 1", q)
		}
	}
	set, err := c.loadAsked(source, f.Channels, nil)
	if err != nil {
		return badInput(err)
	}
	timed := c.From.given() || c.Until.given() || c.Every != nil || c.Horizon != nil || len(c.At) > 0
	if timed {
		if o.Times, err = c.seriesTimes(f, set); err != nil {
			return err
		}
	}
	classes := f.Classes != nil && !timed && len(c.Quantiles) == 0
	if classes {
		o.Times = make([][]float64, len(set.Series))
	} else if len(o.Quantiles) == 0 {
		o.Quantiles = []float64{0.05, 0.95}
	}
	p, err := f.Predict(ctx, set, o)
	if err != nil {
		return err
	}
	table := classTable(p.IDs, p.Classes, p.Probabilities)
	if !classes {
		table = valueTable(p.IDs, p.Times, p.Channels, p.Mean, p.Quantiles, o.Quantiles)
	}
	if err := c.writeTable(t, table); err != nil || c.Plot == "" {
		return err
	}
	fig, err := f.Picture(ctx, set, generative.PictureOptions{Until: o.Times, Samples: o.Samples, Seed: seed})
	if err != nil {
		return err
	}
	return c.savePlot(t, fig)
}

func (c *predictCommand) savePlot(t terminal, fig *training.Figure) error {
	if err := fig.Save(c.Plot); err != nil {
		return err
	}
	c.tell(t, "wrote %s\n", c.Plot)
	return nil
}

// seriesTimes are those that the flags ask for, of each series: from its last row on where nothing else is said.
func (c *predictCommand) seriesTimes(f *generative.Fitted, set *series.Set) ([][]float64, error) {
	spacing := meanSpacing(set)
	var all [][]float64
	for _, s := range set.Series {
		if s.Len() == 0 {
			all = append(all, nil)
			continue
		}
		first, last := s.Times[0], s.Times[s.Len()-1]
		if f.Config.Origin != nil {
			first = *f.Config.Origin
		}
		g := spaced{from: last, after: true, until: last + math.Round(float64(s.Len())/2)*spacing, every: spacing}
		if c.Horizon != nil {
			g.until = last + *c.Horizon*spacing
		}
		times, err := c.spacedTimes(g)
		if err != nil {
			return nil, err
		}
		if len(times) > 0 && times[0] < first {
			return nil, badInputf("time %s: the state of series %s begins at %s", short(times[0]), s.ID, short(first))
		}
		all = append(all, times)
	}
	return all, nil
}

// spaced are times at equal steps, where flags don't say otherwise.
type spaced struct {
	from, until, every float64
	after              bool // the first is not from itself, but a step behind it
}

// spacedTimes are those of --at, or of --from, --until and --every.
func (c *predictCommand) spacedTimes(g spaced) ([]float64, error) {
	if len(c.At) > 0 {
		var times []float64
		for _, m := range c.At {
			times = append(times, m.t)
		}
		return times, nil
	}
	if c.From.given() {
		g.from, g.after = c.From.t, false
	}
	if c.Until.given() {
		g.until = c.Until.t
	}
	if c.Every != nil {
		g.every = *c.Every
	}
	if !(g.every > 0) {
		return nil, badInputf("no series has a second row: say by --every how far apart the times are")
	}
	if !(g.until >= g.from) {
		return nil, badInputf("the last time, %s, is before the first, %s: see --from, --until and --horizon",
			short(g.until), short(g.from))
	}
	const most = 1e5
	n := math.Floor((g.until-g.from)/g.every + 1e-9)
	if !(n <= most) {
		return nil, badInputf("--every %g: that makes %.3g times of a series; at most %g are given", g.every, n, most)
	}
	var times []float64
	for i := 0.0; i <= n; i++ {
		if i > 0 || !g.after {
			times = append(times, g.from+i*g.every)
		}
	}
	if len(times) == 0 {
		return nil, badInputf("no time behind %s and up to %s in steps of %s: see --horizon, --until and --every",
			short(g.from), short(g.until), short(g.every))
	}
	return times, nil
}

// generateSeries draws new series.
func (c *predictCommand) generateSeries(ctx context.Context, t terminal, f *generative.Fitted, seed uint64) error {
	switch {
	case len(c.Quantiles) > 0:
		return badInputf("--quantiles are of a prediction: give the series to predict by --data")
	case c.Horizon != nil:
		return badInputf("--horizon is counted from a last row: give the series to predict by --data, or a last time by --until")
	}
	const most = 10_000
	n := 10
	if c.Samples != nil {
		if n = *c.Samples; n < 1 || n > most {
			return badInputf("--samples %d: from 1 to %d series can be drawn", n, most)
		}
	}
	from := 0.0
	if f.Config.Origin != nil {
		from = *f.Config.Origin
	}
	times, err := c.spacedTimes(spaced{from: from, until: from + f.Config.Span, every: f.Config.Step})
	if err != nil {
		return err
	}
	if times[0] < from {
		return badInputf("time %s: a series begins at %s", short(times[0]), short(from))
	}
	set, err := f.Generate(ctx, n, times, seed)
	if err != nil {
		return err
	}
	if err := c.writeTable(t, seriesTable(set)); err != nil || c.Plot == "" {
		return err
	}
	fig, err := drawnFigure(set)
	if err != nil {
		return err
	}
	return c.savePlot(t, fig)
}

func seriesTable(set *series.Set) [][]string {
	table := [][]string{append([]string{"id", "time"}, set.Channels...)}
	for _, s := range set.Series {
		for j, at := range s.Times {
			row := []string{s.ID, full(at)}
			for _, v := range s.Values[j] {
				row = append(row, full(v))
			}
			table = append(table, row)
		}
	}
	return table
}

// drawnFigure shows the first of drawn series.
func drawnFigure(set *series.Set) (*training.Figure, error) {
	const series, channels = 4, 3
	p := training.BandPlot{XLabel: "time", Seen: "drawn", Columns: set.Channels[:min(channels, len(set.Channels))]}
	for _, s := range set.Series[:min(series, len(set.Series))] {
		p.Rows = append(p.Rows, fmt.Sprint("draw ", s.ID))
		row := make([]training.BandPanel, len(p.Columns))
		for k := range row {
			for j, at := range s.Times {
				row[k].SeenX, row[k].SeenY = append(row[k].SeenX, at), append(row[k].SeenY, s.Values[j][k])
			}
		}
		p.Panels = append(p.Panels, row)
	}
	return p.Figure()
}
