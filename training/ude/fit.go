package ude

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers"
	"gorgonode/training"
)

// Check tells what is wrong with a model, a series and a configuration before any fit: what it returns is an error of the
// input, what Fit returns after it is one of the fit. Profiles are the names for which a [Fitted.Profile] will be asked.
func Check(m *Model, s *training.Series, c Config, profiles ...string) error {
	q, err := newProblem(m, s, c)
	if err != nil {
		return err
	}
	for _, name := range profiles {
		if _, err := q.unknown(name); err != nil {
			return err
		}
	}
	_, err = q.objective(horizon{rows: q.rows})
	return err
}

// Fit chooses the unknowns of a model so that its solution from the first row's time on meets the rows before the held-out
// ones. The result is a function of the model, the series and the configuration alone.
func Fit(ctx context.Context, m *Model, s *training.Series, c Config, o Options) (*Fitted, error) {
	q, err := newProblem(m, s, c)
	if err != nil {
		return nil, err
	}
	f := &fitter{problem: q, ctx: ctx, o: o}
	if f.whole, err = q.objective(horizon{rows: q.rows}); err != nil {
		return nil, err
	}
	f.smooth, f.complete = q.smoothed()
	var best []float64
	least := math.Inf(1)
	for r := range q.c.Restarts + 1 {
		f.restart = r
		theta, err := f.first(r)
		if err != nil {
			return nil, err
		}
		if err := f.stages(theta); err != nil {
			return nil, err
		}
		cost, err := f.finish(theta)
		if err != nil {
			return nil, err
		}
		if cost < least {
			best, least = theta, cost
		}
	}
	if best == nil {
		return nil, errors.Errorf("ude: %s: no values were found with which the model can be solved over the data: "+
			"try another start, or other first values", m.file.Name)
	}
	return newFitted(q, best)
}

// fitter is a Fit on its way.
type fitter struct {
	*problem
	ctx      context.Context
	o        Options
	whole    *objective
	smooth   *smooth
	complete bool // whether there is a smooth
	restart  int
	step     int
}

// first are the first unknowns: of the model file, and for restarts elsewhere, by about a factor of e^½ in a logarithm.
// The last layers of the networks are small, so that the first model is nearly the one without them.
func (f *fitter) first(r int) ([]float64, error) {
	rng := rand.New(rand.NewPCG(f.c.Seed, uint64(r)))
	theta := slices.Clone(f.begin)
	for i := range theta {
		if r > 0 {
			theta[i] += rng.NormFloat64() / 2
		}
	}
	for _, n := range f.model.file.Nets {
		act, err := layers.ActivationByName(n.Activation)
		if err != nil {
			return nil, err
		}
		mlp, err := layers.NewMLP(rng, n.Outputs[0], n.Sizes(), layers.WithActivation(act))
		if err != nil {
			return nil, err
		}
		for i, l := range mlp.Layers() {
			for _, p := range l.Params() {
				w := p.Float64s()
				for k := range w {
					if i == len(mlp.Layers())-1 {
						w[k] *= 0.1
					}
				}
				theta = append(theta, w...)
			}
		}
	}
	return theta, nil
}

// stages lead to where the last one, over the whole trajectory, can begin.
func (f *fitter) stages(theta []float64) error {
	start := f.c.Start
	switch {
	case start == "collocation" && !f.complete:
		return errors.New("ude: collocation wants every state observed, in five rows at least: take another start")
	case start == "auto" && !f.complete:
		start = "growing"
	}
	if start == "collocation" || start == "auto" {
		if err := f.collocate(theta); err != nil {
			return err
		}
	}
	if start == "multiple-shooting" || start == "auto" {
		return f.shoot(theta)
	}
	if start == "growing" {
		return f.grow(theta)
	}
	return nil
}

func (f *fitter) collocate(theta []float64) error {
	o, err := f.matching(f.smooth)
	if err != nil {
		return err
	}
	if _, err := f.lower("collocation", o, theta, f.c.Steps, f.c.Polish); err != nil {
		return err
	}
	for i, x := range f.named {
		if x.initial {
			theta[i] = x.coordinate(x.inside(f.smooth.y[0][x.index]))
		}
	}
	return nil
}

// shoot solves over segments of at least three intervals, at most ten of them.
func (f *fitter) shoot(theta []float64) error {
	h := horizon{rows: f.rows}
	length := max(3, (f.rows+8)/10)
	for cut := length; cut <= f.rows-2; cut += length {
		h.cuts = append(h.cuts, cut)
	}
	if len(h.cuts) == 0 {
		return nil
	}
	o, err := f.objective(h)
	if err != nil {
		return err
	}
	x := slices.Clone(theta)
	for _, cut := range h.cuts {
		for i, v := range f.stateNear(cut) {
			x = append(x, v/f.scale[i])
		}
	}
	for _, rho := range []float64{1, 30, 1000} {
		o.rho[0] = rho
		cost, err := f.lower(fmt.Sprintf("multiple shooting, %d segments, rho %g", h.segments(), rho), o, x, f.c.Steps/2,
			f.c.Polish/5)
		if err != nil {
			return err
		}
		if math.IsInf(cost, 1) {
			return nil
		}
	}
	copy(theta, x)
	return nil
}

// stateNear guesses the state at a row: smoothed, or the nearest values, or the initial state.
func (f *fitter) stateNear(row int) []float64 {
	if f.complete {
		return f.smooth.y[row]
	}
	y := slices.Clone(f.start)
	for i, j := range f.column {
		for d := 0; j >= 0 && d < f.rows; d++ {
			if k := row - d; k >= 0 && !math.IsNaN(f.series.X[k][j]) {
				y[i] = f.series.X[k][j]
				break
			}
			if k := row + d; k < f.rows && !math.IsNaN(f.series.X[k][j]) {
				y[i] = f.series.X[k][j]
				break
			}
		}
	}
	return y
}

// grow fits to a quarter of the rows, a half, three quarters.
func (f *fitter) grow(theta []float64) error {
	before := 0
	for _, part := range []float64{0.25, 0.5, 0.75} {
		rows := max(3, int(math.Ceil(part*float64(f.rows))))
		if rows == before || rows >= f.rows {
			continue
		}
		before = rows
		o, err := f.objective(horizon{rows: rows})
		if err != nil {
			return err
		}
		if _, err := f.lower(fmt.Sprintf("first %d rows", rows), o, theta, f.c.Steps, f.c.Polish/5); err != nil {
			return err
		}
	}
	return nil
}

// finish fits the whole trajectory. Where it cannot be solved, a growing horizon comes before.
func (f *fitter) finish(theta []float64) (float64, error) {
	if math.IsInf(f.whole.at(theta, nil), 1) {
		if err := f.grow(theta); err != nil {
			return 0, err
		}
	}
	return f.lower("whole trajectory", f.whole, theta, f.c.Steps, f.c.Polish)
}

// lower lowers a cost, by Adam and then BFGS.
func (f *fitter) lower(stage string, o *objective, x []float64, steps, polish int) (cost float64, err error) {
	d := &descent{ctx: f.ctx, cost: o.at, seen: f.record, failed: func() error { return o.err }}
	cost = o.at(x, nil)
	begin := cost
	if steps > 0 {
		if _, err = d.adam(x, steps, f.c.Rate); err != nil {
			return cost, err
		}
	}
	if polish > 0 {
		_, err = d.bfgs(x, polish)
	}
	cost = o.at(x, nil)
	if f.o.Log != nil && err == nil {
		fmt.Fprintf(f.o.Log, "fit %d, %s: cost %.6g → %.6g\n", f.restart+1, stage, begin, cost)
	}
	return cost, err
}

func (f *fitter) record(cost float64) error {
	f.step++
	if f.o.Metrics == nil {
		return nil
	}
	return f.o.Metrics.Write(training.Record{Step: f.step, Values: map[string]float64{"cost": cost}})
}
