package odefile

import "gorgonode/solvers"

// Events are the events of the file with these values of the parameters, nil for the file's own: what goes to a solver
// with [Model.System]. They are for one goroutine.
func (m *Model) Events(p []float64) ([]solvers.Event[float64], error) {
	f := m.File
	p, err := f.parameters(p)
	if err != nil || len(f.resets) == 0 {
		return nil, err
	}
	conditions, err := f.dynamics("conditions", f.conditions())
	if err != nil {
		return nil, err
	}
	g, value := conditions.system(p).F, make([]float64, len(f.resets))
	events := make([]solvers.Event[float64], len(f.resets))
	for i, e := range f.resets {
		after, err := f.dynamics("state after an event", e.to)
		if err != nil {
			return nil, err
		}
		events[i] = e.event(func(t float64, y []float64) (float64, error) {
			err := g(t, y, value)
			return value[i], err
		}, after.system(p).F)
	}
	return events, nil
}

func (e *reset) event(
	g func(t float64, y []float64) (float64, error), to func(t float64, y, after []float64) error,
) solvers.Event[float64] {
	out := solvers.Event[float64]{Name: "global", G: g, Map: to, Direction: solvers.Falling, Terminal: e.stop}
	if e.rising {
		out.Direction = solvers.Rising
	}
	return out
}
