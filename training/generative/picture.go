package generative

import (
	"context"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training"
)

// PictureOptions say what a picture shows.
type PictureOptions struct {
	Series int // the first so many; 0 is 4
	// Hide keeps values from the encoder, as Metrics do, and shows them apart.
	Hide    bool
	Until   [][]float64 // times of each series; the curve goes on to the last of them. nil is to the last row
	Samples int         // 0 is 100
	Seed    uint64
}

const (
	pictureChannels = 3
	pictureTimes    = 150 // of a curve
)

// Picture shows the first series of a set, up to three channels of each: what was observed, the mean, and the band of 90 %
// in which measurements are expected.
func (f *Fitted) Picture(ctx context.Context, set *series.Set, o PictureOptions) (*training.Figure, error) {
	fig, err := f.picture(ctx, set, o)
	return fig, errors.WithMessage(err, "generative: picture")
}

func (f *Fitted) picture(ctx context.Context, set *series.Set, o PictureOptions) (*training.Figure, error) {
	if o.Series == 0 {
		o.Series = 4
	}
	if o.Samples == 0 {
		o.Samples = 100
	}
	if err := (PredictOptions{Samples: o.Samples}).check(); err != nil {
		return nil, err
	}
	var list []*series.Series
	var times [][]float64
	for i, s := range set.Series {
		from, to := f.Config.origin(s), f.Config.origin(s)
		if s.Len() > 0 {
			to = s.Times[s.Len()-1]
		}
		if o.Until != nil && len(o.Until[i]) > 0 {
			to = max(to, o.Until[i][len(o.Until[i])-1])
		}
		if to > from && len(list) < o.Series {
			list, times = append(list, s), append(times, between(from, to))
		}
	}
	if len(list) == 0 {
		return nil, errors.Errorf("no series of %s has a time to show", set.Name)
	}
	shown := set.With(list)
	scaled, err := f.scaled(shown)
	if err != nil {
		return nil, err
	}
	q := query{set: scaled, exercise: f.Config.exercise(), samples: o.Samples, seed: o.Seed}
	switch {
	case !o.Hide:
		q.hide = 0
	case q.split == 0 && q.hide == 0:
		q.hide = hidden
	}
	p := &Prediction{Channels: f.Channels, Quantiles: make([][][][]float64, 2)}
	if q.times, err = f.sinceStart(shown, times, p); err != nil {
		return nil, err
	}
	plot := training.BandPlot{
		XLabel: "time", Band: "90 %, with noise", Columns: f.Channels[:min(len(f.Channels), pictureChannels)],
	}
	err = f.draw(ctx, q, func(g group) error {
		f.summarise(p, g, []float64{(1 - band) / 2, (1 + band) / 2})
		for i := range g.times {
			plot.Rows = append(plot.Rows, list[g.first+i].ID)
			plot.Panels = append(plot.Panels, f.panels(p, g, list[g.first+i], i))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return plot.Figure()
}

// panels are those of series i of a group.
func (f *Fitted) panels(p *Prediction, g group, s *series.Series, i int) []training.BandPanel {
	var row []training.BandPanel
	at, d := g.first+i, len(f.Channels)
	for k := range min(d, pictureChannels) {
		one := training.BandPanel{X: p.Times[at]}
		for j := range one.X {
			one.Y = append(one.Y, p.Mean[at][j][k])
			one.Low, one.High = append(one.Low, p.Quantiles[0][at][j][k]), append(one.High, p.Quantiles[1][at][j][k])
		}
		for j, t := range s.Times {
			place := (i*g.whole.Steps+j)*d + k
			switch {
			case g.whole.Mask[place] == 0:
			case g.seen.Mask[place] == 1:
				one.SeenX, one.SeenY = append(one.SeenX, t), append(one.SeenY, s.Values[j][k])
			default:
				one.HiddenX, one.HiddenY = append(one.HiddenX, t), append(one.HiddenY, s.Values[j][k])
			}
		}
		if f.Config.Objective == Extrapolate {
			one.Forecast, one.From = true, f.Config.origin(s)+f.Config.Split
		} else if n := s.Len(); n > 0 && s.Times[n-1] < one.X[len(one.X)-1] {
			one.Forecast, one.From = true, s.Times[n-1]
		}
		row = append(row, one)
	}
	return row
}

// between are times from one to another, a curve's.
func between(from, to float64) []float64 {
	times := []float64{from}
	for k := 1.0; k <= pictureTimes; k++ {
		if t := from + (to-from)*k/pictureTimes; t > times[len(times)-1] {
			times = append(times, t)
		}
	}
	return times
}
