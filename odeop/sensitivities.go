package odeop

import (
	"math"
	"slices"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// sensitivities is the second solve of Forward, of the state and its columns:
//
//	z = (y, S_1, ..., S_m),   S_c' = (∂f/∂y) S_c + (∂f/∂θ) θ̇_c + ...
//
// Where it follows the grid of the first, the times have columns too, for the steps move with them. A moving time t_i
// stretches the steps beside it: with s for the time on the recorded grid and τ(s) for where it has moved, y' = f(τ(s),
// y) τ'(s), whence
//
//	S' = (∂f/∂y) S + (∂f/∂t) τ_i(s) + f τ_i'(s),   τ_i = ∂τ/∂t_i,
//
// with τ_i the hat function that is 1 at t_i and 0 at the next grid points that do not move with it: with constant steps the
// mandatory times on both sides; under error control the other end of the first step for t₀, and of the last for the
// last time. The step of a Runge–Kutta method for these equations is the derivative of its step.
type sensitivities[T graph.Float] struct {
	solve   *solve[T]
	sys     solvers.System[T]
	b       *atTheta[T]
	times   []float64
	w       [][]T
	wanted  wanted
	traced  *traced[T]
	n       int
	g       *gradients[T]
	work    solvers.Stats
	follows bool // the recorded grid
	control bool // the columns count in the step size control
	columns []sensitivity
	f       []T // f at the point of the last evaluation

	// Following: the current step's neighbours that may move, and the saved times that they are, or −1.
	lo, hi   float64
	loI, hiI int
	marks    []float64 // mandatory times in the direction of the solve
}

// sensitivity is a column: what it is by.
type sensitivity struct {
	kind  sensitivityKind
	part  int // of θ
	index int // in y0, in the part of θ, or of the time
	at    int // in θ
}

type sensitivityKind int

const (
	byY0    sensitivityKind = iota
	byTheta                 //
	byTime                  // following
	byStart                 // the first time, where the grid doesn't matter: S(t₀) = −f(t₀, y₀)
)

// seed lists the columns wanted.
func (p *sensitivities[T]) seed() {
	if p.wanted.y0 {
		for i := range p.n {
			p.columns = append(p.columns, sensitivity{kind: byY0, index: i})
		}
	}
	at := 0
	for k, n := range p.solve.field.theta {
		for i := range n {
			if p.wanted.theta[k] {
				p.columns = append(p.columns, sensitivity{kind: byTheta, part: k, index: i, at: at + i})
			}
		}
		at += n
	}
	switch last := len(p.times) - 1; {
	case !p.wanted.times:
	case !p.follows:
		p.columns = append(p.columns, sensitivity{kind: byStart})
	case p.constant():
		for i := range p.times {
			p.columns = append(p.columns, sensitivity{kind: byTime, index: i})
		}
	default:
		p.columns = append(p.columns, sensitivity{kind: byTime, index: 0}, sensitivity{kind: byTime, index: last})
	}
}

// constant reports whether the first solve took constant steps.
func (p *sensitivities[T]) constant() bool {
	return p.solve.settings.Step > 0 || !p.solve.settings.Method.Info().Adaptive()
}

func (p *sensitivities[T]) run() error {
	n, last := p.n, len(p.times)-1
	z := make([]T, n*(1+len(p.columns)))
	copy(z, p.traced.y0)
	p.f = make([]T, n)
	for c, col := range p.columns {
		s := z[n*(1+c) : n*(2+c)]
		switch col.kind {
		case byY0:
			s[col.index] = 1
		case byStart:
			if err := p.sys.F(p.times[0], p.traced.y0, s); err != nil {
				return err
			}
			p.g.stats.F++
			negate(s)
		}
	}
	if p.w[0] != nil && p.wanted.y0 {
		accumulate(p.g.y0, p.w[0])
	}
	it, err := solvers.NewIntegrator(p.system(), z, p.times[0], p.times[last], p.settings())
	if err != nil {
		return err
	}
	defer func() { p.work = it.Stats() }()
	dir := math.Copysign(1, p.times[last]-p.times[0])
	at, slope := make([]T, len(z)), make([]T, len(z))
	next := 1
	for k := 0; ; k++ {
		p.enter(k)
		if !it.Step() {
			return it.Err()
		}
		for ; next <= last && dir*(it.T()-p.times[next]) >= 0; next++ {
			t := p.times[next]
			if p.w[next] == nil {
				continue
			}
			if t == it.T() {
				copy(at, it.Y())
			} else if err := it.Interpolate(t, at); err != nil {
				return err
			}
			if err := p.take(next, at); err != nil {
				return err
			}
			if p.follows && p.wanted.times && next < last && !p.constant() { // no point of the grid moves with it
				if err := it.InterpolateSlope(t, slope); err != nil {
					return err
				}
				p.moved(next, dot(p.w[next], slope[:n]))
			}
		}
		if p.turns(k) {
			if err := it.SetState(it.T(), it.Y()); err != nil {
				return err
			}
		}
	}
}

// take adds what the i-th saved state gives.
func (p *sensitivities[T]) take(i int, z []T) error {
	w, n := p.w[i], p.n
	for c, col := range p.columns {
		d := dot(w, z[n*(1+c):n*(2+c)])
		switch col.kind {
		case byY0:
			p.g.y0[col.index] += T(d)
		case byTheta:
			p.g.theta[col.at] += T(d)
		default:
			p.g.times[col.index] += d
		}
	}
	if !p.follows && p.wanted.times {
		if err := p.sys.F(p.times[i], z[:n], p.f); err != nil {
			return err
		}
		p.g.stats.F++
		p.g.times[i] += dot(w, p.f)
	}
	return nil
}

// moved takes the slope of the i-th saved state within a step of the recorded grid: it moves with its own time, and against
// those that the step moves with.
func (p *sensitivities[T]) moved(i int, slope float64) {
	p.g.times[i] += slope
	for _, col := range p.columns {
		if col.kind == byTime {
			hat, _ := p.hat(col.index, p.times[i])
			p.g.times[col.index] -= hat * slope
		}
	}
}

// settings are those of the second solve.
func (p *sensitivities[T]) settings() *solvers.Settings {
	set := p.solve.settings
	set.SaveAt, set.Progress = p.times, nil
	parts := 1 + len(p.columns)
	set.RTols, set.ATols = repeated(set.RTols, parts, 0), repeated(set.ATols, parts, 0)
	if p.follows || p.control {
		if set.Norm == nil {
			set.Norm = solvers.RMS{} // of each column, not of all together
		}
		set.Norm = backwardSolve{}.norm(set.Norm, p.n, parts, 0)
	} else {
		set.Norm = backwardSolve{}.norm(set.Norm, p.n, 1, p.n*(parts-1))
	}
	if !p.follows {
		return &set
	}
	first, last := p.times[0], p.times[len(p.times)-1]
	set.SaveAt, set.MaxSteps = nil, 0
	set.Step = 2 * math.Abs(last-first) // one step between two points of the grid
	p.marks = p.mandatory()
	set.Through = p.traced.grid
	return &set
}

// mandatory are the times that the first solve's constant steps end at.
func (p *sensitivities[T]) mandatory() []float64 {
	ts := slices.Clone(p.times)
	lo, hi := math.Min(ts[0], ts[len(ts)-1]), math.Max(ts[0], ts[len(ts)-1])
	for _, t := range slices.Concat(p.solve.settings.Through, p.solve.settings.Jumps) {
		if t > lo && t < hi {
			ts = append(ts, t)
		}
	}
	slices.Sort(ts)
	ts = slices.Compact(ts)
	if p.times[0] == hi {
		slices.Reverse(ts)
	}
	return ts
}

// enter makes step k of the recorded grid the current one.
func (p *sensitivities[T]) enter(k int) {
	grid := p.traced.grid
	p.loI, p.hiI = -1, -1
	if !p.follows || !p.wanted.times || k+1 >= len(grid) {
		return
	}
	p.lo, p.hi = grid[k], grid[k+1]
	if p.constant() {
		dir := math.Copysign(1, p.hi-p.lo)
		i := 1
		for i < len(p.marks)-1 && dir*(p.marks[i]-p.lo) <= 0 {
			i++
		}
		p.lo, p.hi = p.marks[i-1], p.marks[i]
		p.loI, p.hiI = slices.Index(p.times, p.lo), slices.Index(p.times, p.hi)
		return
	}
	if k == 0 {
		p.loI = 0
	}
	if k == len(grid)-2 {
		p.hiI = len(p.times) - 1
	}
}

// turns reports whether the slope of a τ_i jumps at the end of step k, so that no stage of this step may serve the next.
func (p *sensitivities[T]) turns(k int) bool {
	grid := p.traced.grid
	switch last := len(grid) - 2; {
	case !p.follows || !p.wanted.times || k == last:
		return false
	case p.constant():
		return p.solve.settings.Method.Info().FSAL && slices.Contains(p.marks, grid[k+1])
	default:
		return k == 0 || k == last-1
	}
}
