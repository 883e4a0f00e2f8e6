package odeop

import (
	"math"
	"slices"
	"sort"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// checkpoints are states of a solve, in its order.
type checkpoints[T graph.Float] struct {
	t []float64
	y [][]T
}

// path gives the state of a forward solve at any of its times, to one backward pass.
type path[T graph.Float] struct {
	*passed[T]
	solve  *solve[T]
	sys    solvers.System[T]
	t0, t1 float64
	stats  *solvers.Stats

	near  [2]stretch[T] // those solved again last, the newer first
	spare []T
}

// stretch is the way from a checkpoint to the next.
type stretch[T graph.Float] struct {
	from int
	sol  *solvers.Solution[T] // nil: none yet
}

// eval writes the state at t to y. Some methods have a stage beyond their step: y goes on there as the polynomial
// through five points that are as far from each other as t is from the end, p(−1) = Σ (−1)^k C(5, k+1) p(k).
func (p *path[T]) eval(t float64, y []T) error {
	end := p.t0
	if math.Abs(t-p.t1) < math.Abs(t-p.t0) {
		end = p.t1
	}
	if (t-p.t0)*(t-p.t1) <= 0 {
		return p.within(t, y)
	}
	if p.spare == nil {
		p.spare = make([]T, len(y))
	}
	clear(y)
	lo, hi := math.Min(p.t0, p.t1), math.Max(p.t0, p.t1)
	for k, c := range []T{5, -10, 10, -5, 1} {
		if err := p.within(math.Min(math.Max(end+float64(k)*(end-t), lo), hi), p.spare); err != nil {
			return err
		}
		for i, v := range p.spare {
			y[i] += c * v
		}
	}
	return nil
}

func (p *path[T]) within(t float64, y []T) error {
	if p.dense != nil {
		return p.dense.Eval(t, y)
	}
	sol, err := p.stretchAt(t)
	if err != nil {
		return err
	}
	return sol.Eval(t, y)
}

// stretchAt is the dense output around t. Two are kept, since the first guess of a backward solve's step may lie beyond
// its own.
func (p *path[T]) stretchAt(t float64) (*solvers.Solution[T], error) {
	if math.IsNaN(t) || math.IsInf(t, 0) {
		return nil, errors.WithMessagef(solvers.ErrNonFinite, "the state at t=%g", t)
	}
	ts := p.checkpoints.t
	dir := math.Copysign(1, p.t1-p.t0)
	from := max(0, sort.Search(len(ts), func(i int) bool { return dir*(ts[i]-t) >= 0 })-1) // at a checkpoint: the one before
	for i, s := range p.near {
		if s.sol != nil && (s.from == from || s.from == from+1 && ts[from+1] == t) {
			if i == 1 {
				p.near[0], p.near[1] = p.near[1], p.near[0]
			}
			return p.near[0].sol, nil
		}
	}
	set := p.solve.settings
	set.SaveAt, set.SaveEvery, set.Dense, set.Progress = nil, 0, true, nil
	sol, err := solvers.Solve(p.sys, p.checkpoints.y[from], ts[from], ts[from+1], &set)
	p.stats.Add(sol.Stats)
	if err != nil {
		return nil, p.solve.located(err)
	}
	p.near[0], p.near[1] = stretch[T]{from, sol}, p.near[0]
	return sol, nil
}

// stopsOf lets the backward solve step onto the checkpoints, so that no step needs more than one stretch.
func (p *path[T]) stopsOf(set *solvers.Settings) {
	if p.dense == nil {
		set.Through = slices.Concat(set.Through, p.checkpoints.t)
	}
}
