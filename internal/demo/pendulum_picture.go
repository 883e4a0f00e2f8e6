package demo

import "gorgonode/training"

// pendulumPictures are the plane of angle and velocity, and the energy over time.
type pendulumPictures struct {
	times         []float64
	phase, energy training.CurvesPlot
}

func newPendulumPictures(track *pendulumMotion) *pendulumPictures {
	times, states := track.heldOut()
	p := &pendulumPictures{
		times: times,
		phase: training.CurvesPlot{Title: "from the first held-out state", XLabel: "q, rad", YLabel: "p, rad/s",
			Width: 7.5, Height: 5},
		energy: training.CurvesPlot{Title: "energy 2.4(1 − cos q) + p²", XLabel: "time, s", YLabel: "energy, rad²/s²"},
	}
	p.curves("held out", states, true, false)
	return p
}

// add draws a solve; of those from differences at the middle the energy alone.
func (p *pendulumPictures) add(m pendulumModel, path [][]float64) {
	p.curves(m.name(), path, false, m.middle)
}

func (p *pendulumPictures) curves(name string, path [][]float64, points, middle bool) {
	phase := training.Curve{Name: name, Points: points}
	energy := training.Curve{Name: name, X: p.times, Points: points, Dashed: middle}
	for _, x := range path {
		phase.X, phase.Y = append(phase.X, x[0]), append(phase.Y, x[1])
		energy.Y = append(energy.Y, pendulumEnergy(x))
	}
	if !middle {
		p.phase.Curves = append(p.phase.Curves, phase)
	}
	p.energy.Curves = append(p.energy.Curves, energy)
}

func (p *pendulumPictures) save(r *Result, o Options) error {
	fig, err := p.phase.Figure()
	if err := o.picture(r, "phase", fig, err); err != nil {
		return err
	}
	fig, err = p.energy.Figure()
	return o.picture(r, "energy", fig, err)
}
