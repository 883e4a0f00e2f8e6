package ude

import (
	"math"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// objective is a compiled cost of a vector, with its gradient. It is for one goroutine.
type objective struct {
	size  int
	rho   []float64 // the weight of the gaps between segments
	plan  *graph.Plan[float64]
	value *graph.Plan[float64]
	cost  []float64
	drop  []float64
	err   error // the newest that is none of solving, which says that a value of the vector is bad
}

func newObjective(fn *graph.Func, size int) (*objective, error) {
	vjp, err := fn.ValueVJP()
	if err != nil {
		return nil, errors.Wrap(err, "ude: gradient of the cost")
	}
	o := &objective{size: size, rho: []float64{1}, cost: make([]float64, 1), drop: make([]float64, 1)}
	if o.plan, err = graph.Compile[float64](vjp); err != nil {
		return nil, errors.Wrap(err, "ude")
	}
	o.value, err = graph.Compile[float64](fn)
	return o, errors.Wrap(err, "ude")
}

// at is the cost at x, and its gradient where grad is not nil. Where the model cannot be solved the cost is infinite.
func (o *objective) at(x, grad []float64) float64 {
	var err error
	if grad == nil {
		err = o.value.Run([][]float64{x, o.rho}, [][]float64{o.cost})
	} else {
		err = o.plan.Run([][]float64{x, o.rho, {1}}, [][]float64{o.cost, grad, o.drop})
	}
	if err != nil {
		var failed *solvers.Error
		if !errors.As(err, &failed) {
			o.err = err
		}
		clear(grad)
		return math.Inf(1)
	}
	if math.IsNaN(o.cost[0]) || !finite(grad) {
		clear(grad)
		return math.Inf(1)
	}
	return o.cost[0]
}

func finite(x []float64) bool {
	for _, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
