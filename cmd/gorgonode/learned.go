package main

import (
	"gorgonode/training"
	"gorgonode/training/ude"
)

// learned is what a run folder holds, whatever kind of model it is, as far as a forecast goes.
type learned struct {
	kind         string // for titles
	data         *training.Series
	heldOut      int
	spacing      float64 // mean, of rows
	forecast     func(times []float64) (*training.Series, error)
	forecastFrom func(s *training.Series, row int, times []float64) (*training.Series, error)
}

// loadLearned reads a run that fit has left.
func loadLearned(dir string) (*learned, error) {
	run, err := training.OpenRun(dir)
	if err != nil {
		return nil, err
	}
	if ude.Is(run) {
		f, err := ude.Load(dir)
		if err != nil {
			return nil, err
		}
		return &learned{f.Model().Name(), f.Data, f.Config.HoldOut, spacingOf(f.Data), f.Forecast, f.ForecastFrom}, nil
	}
	f, err := training.LoadFitted(dir)
	if err != nil {
		return nil, err
	}
	return &learned{"neural ODE", f.Data, f.Config.HoldOut, f.Transform.Time.Unit, f.Forecast, f.ForecastFrom}, nil
}
