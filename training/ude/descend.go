package ude

import (
	"context"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/optimize"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/training"
)

// descent lowers a cost.
type descent struct {
	ctx    context.Context
	cost   func(x, grad []float64) float64 // infinite where there is none; grad may be nil
	seen   func(cost float64) error        // told of every step; may be nil
	failed func() error                    // an error that ends the descent; may be nil
}

// vector is x with its gradient, as Gorgonia's solvers take it.
type vector struct{ value, grad *tensor.Dense }

func newVector(x []float64) (*vector, []float64) {
	grad := make([]float64, len(x))
	of := func(data []float64) *tensor.Dense {
		return tensor.New(tensor.WithShape(len(data)), tensor.WithBacking(data))
	}
	return &vector{of(x), of(grad)}, grad
}

func (v *vector) Value() G.Value         { return v.value }
func (v *vector) Grad() (G.Value, error) { return v.grad, nil }

// adam takes steps of Gorgonia's Adam (Kingma and Ba 2015) from x, at a rate that falls to a hundredth along a cosine,
// and leaves the best x that it met. From where there is no cost it goes back to the best and on at half the rate.
func (d *descent) adam(x []float64, steps int, rate float64) (best float64, err error) {
	at := slices.Clone(x)
	v, grad := newVector(at)
	falling := training.Cosine(rate, rate/100, steps)
	solver := G.NewAdamSolver()
	best = math.Inf(1)
	const patience = 12
	for step, bad := 0, 0; step < steps && bad < patience; step++ {
		if err := d.ctx.Err(); err != nil {
			return best, errors.Wrap(err, "ude: stopped")
		}
		cost := d.cost(at, grad)
		if err := d.told(cost); err != nil {
			return best, err
		}
		if math.IsInf(cost, 1) {
			bad++
			copy(at, x)
			solver = G.NewAdamSolver()
			if math.IsInf(best, 1) {
				return best, nil // there is nothing to go back to
			}
			d.cost(at, grad)
		} else if cost < best {
			best = cost
			copy(x, at)
		}
		G.WithLearnRate(falling(step) / float64(int(1)<<bad))(solver)
		if err := solver.Step([]G.ValueGrad{v}); err != nil {
			return best, errors.Wrap(err, "ude: adam")
		}
	}
	return best, nil
}

func (d *descent) told(cost float64) error {
	if d.failed != nil {
		if err := d.failed(); err != nil {
			return err
		}
	}
	if d.seen == nil {
		return nil
	}
	return d.seen(cost)
}

// manyUnknowns is from where on BFGS keeps no matrix.
const manyUnknowns = 400

// bfgs goes on from x by the BFGS of gonum, of limited memory where there are many unknowns, and leaves the best x.
func (d *descent) bfgs(x []float64, iterations int) (best float64, err error) {
	grad := make([]float64, len(x))
	last := slices.Clone(x)
	cost := d.cost(x, grad)
	if math.IsInf(cost, 1) {
		return cost, nil
	}
	evaluate := func(at []float64) {
		if !slices.Equal(at, last) {
			copy(last, at)
			cost = d.cost(at, grad)
		}
	}
	var method optimize.Method = &optimize.BFGS{GradStopThreshold: math.NaN()}
	if len(x) > manyUnknowns {
		method = &optimize.LBFGS{GradStopThreshold: math.NaN()}
	}
	result, err := optimize.Minimize(optimize.Problem{
		Func: func(at []float64) float64 { evaluate(at); return cost },
		Grad: func(dst, at []float64) { evaluate(at); copy(dst, grad) },
	}, slices.Clone(x), &optimize.Settings{
		MajorIterations: iterations, FuncEvaluations: 10 * iterations, GradientThreshold: 1e-6,
		Converger: &optimize.FunctionConverge{Absolute: 1e-9, Iterations: 20},
		Recorder:  &recorder{d},
	}, method)
	// A line search that finds nothing better is how most of these descents end, at the rounding of the cost.
	if stopped := d.ctx.Err(); stopped != nil {
		return cost, errors.Wrap(stopped, "ude: stopped")
	}
	if d.failed != nil {
		if err := d.failed(); err != nil {
			return cost, err
		}
	}
	if result == nil {
		return cost, errors.Wrap(err, "ude: bfgs")
	}
	copy(x, result.X)
	return result.F, nil
}

// recorder tells a descent of every iteration.
type recorder struct{ d *descent }

// Init implements optimize.Recorder.
func (r *recorder) Init() error { return nil }

// Record implements optimize.Recorder.
func (r *recorder) Record(at *optimize.Location, op optimize.Operation, _ *optimize.Stats) error {
	if err := r.d.ctx.Err(); err != nil {
		return err
	}
	if op != optimize.MajorIteration {
		return nil
	}
	return r.d.told(at.F)
}
