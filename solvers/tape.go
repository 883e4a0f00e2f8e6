package solvers

import (
	"math"
	"slices"
	"sync/atomic"

	"github.com/pkg/errors"
)

// Tape keeps the accepted steps of one solve for [Tape.Backward]: the grid t_0, ..., t_N and one state a grid point. Once
// made it gives the same to all who use it, several goroutines at once included.
//
// An event that began the method anew leaves two grid points, n and n+1: the end of the step as it was before the event
// cut it, and the time of the event with the state that it left. Between those two there is no step.
//
// With Settings.Checkpoints a tape holds so many states and makes the others again from them. Backward passes then take
// turns, each using the room of checkpoints that it is past, and so do calls of [Tape.State]. Beside the states it
// keeps some 8 to 32 bytes for an attempted step.
type Tape[T Float] struct {
	set    *Settings // of the solve, defaults filled in
	dim    int
	carry  int // numbers beyond the state that the method keeps a step
	events []Event[T]

	t     []float64
	state ledger[T]
	saves []savedState
	t1    float64 // the end that was aimed at
	dir   float64

	marks  []int     // with constant steps, the grid indices of the mandatory times; nil under error control
	within []float64 // with constant steps, the place of each grid point between two mandatory times
	ahead  float64   // and the mandatory time that follows the last grid point

	occurred []occurred[T]
	cuts     []int // the grid points n after which the method began anew because of an event

	stages  *stageTape[T]   // nil: it keeps none
	kept    *checkpoints[T] // nil: state has all states; otherwise those of the last points
	choices ledger[T]       // with checkpoints, the carry of a guided method
	tried   []trial
}

// trial is an attempt from grid point n to t1 that was rejected, or accepted and undone for an event that it missed.
type trial struct {
	n      int
	t1     float64
	undone bool
}

// savedState is the place of a saved state: at t0 for step 0, otherwise within step−1, the interval from t_{step−1} to
// t_step, its end included.
type savedState struct {
	step int
	t    float64
	node bool // the state is that of grid point step
}

// occurred is an event of the tape.
type occurred[T Float] struct {
	Occurrence[T]
	step    int  // in the interval from t_{step−1} to t_step
	cut     bool // it is one of those that began the method anew
	primary bool // and the one that gave their time
}

func newTape[T Float](it *Integrator[T]) (*Tape[T], error) {
	name := it.set.Method.Name()
	d, ok := it.step.(differentiable[T])
	if !ok {
		return nil, notSupported(name, "the method has no gradient")
	}
	it.env.taped = true
	tp := &Tape[T]{set: it.set, dim: len(it.y), carry: d.carrySize(), t1: it.t1, dir: it.dir}
	if it.watch != nil {
		tp.events = it.watch.events
	}
	for i := range tp.events {
		e := &tp.events[i]
		if e.restarts() && e.Gradient == nil || e.Map != nil && e.MapVJP == nil {
			return nil, notSupported(name, "%v", e.wrap(i, errNoEventGradient))
		}
	}
	expected := it.env.sys.Room.of()
	points := max(leastPoints, expected.points)
	if it.grid != nil {
		points = int(math.Min(it.grid.total()+1, mostPoints))
		tp.within = make([]float64, 0, points)
	}
	tp.t = make([]float64, 0, points)
	tp.saves = make([]savedState, 0, len(it.set.SaveAt)+1)
	if it.set.Checkpoints > 0 {
		return tp, tp.checkpoint(it)
	}
	tp.state.init(tp.dim+tp.carry, expected.points)
	if rk, ok := it.step.(*erk[T]); ok && it.env.sys.Keep > 0 {
		tp.stages = newStageTape[T](tp.dim, it.env.sys.Keep, points, expected.values)
		rk.stages = tp.stages
	}
	return tp, nil
}

// A tape has room for as many grid points as are planned, within these bounds, or expected, before it must grow.
const (
	leastPoints = 64
	mostPoints  = 1 << 16
)

// TapeRoom is how much the last tape of a system came to hold, so that the next can have the memory for that at once
// instead of bit by bit: see System.Room. The zero value is ready, and several solves may use one at the same time.
type TapeRoom struct{ points, values atomic.Int64 }

// expectation is how many grid points, and values of stages, a tape is likely to have; 0: nobody knows.
type expectation struct{ points, values int }

func (r *TapeRoom) of() expectation {
	if r == nil {
		return expectation{}
	}
	return expectation{int(r.points.Load()), int(r.values.Load())}
}

// note keeps what a tape of a whole solve has come to.
func note[T Float](r *TapeRoom, tp *Tape[T]) {
	if r == nil || tp.kept != nil {
		return
	}
	r.points.Store(int64(len(tp.t)))
	if tp.stages != nil {
		r.values.Store(int64(tp.stages.values.n))
	}
}

// checkpoint prepares a tape for keeping few states.
func (tp *Tape[T]) checkpoint(it *Integrator[T]) error {
	s, ok := it.step.(resumable[T])
	if !ok {
		return notSupported(tp.set.Method.Name(), "the method can't go on from a checkpoint")
	}
	history := 1
	if m, ok := s.(withHistory[T]); ok {
		history = m.history()
	}
	tp.kept = newCheckpoints[T](tp.set.Checkpoints, history)
	if _, ok := s.(guided[T]); ok {
		tp.choices.init(tp.carry, 0)
		tp.carry = 0
	}
	tp.state = newRing[T](tp.dim+tp.carry, history+2)
	var m memory[T]
	m.write(s)
	it.trying = !m.empty()
	return nil
}

// record appends the point where the next step begins, and before it the end of a step that an event cut. A nil tape records
// nothing.
func (tp *Tape[T]) record(it *Integrator[T]) {
	if tp == nil {
		return
	}
	if g := it.grid; g != nil {
		tp.ahead = g.marks[min(g.i+1, len(g.marks)-1)]
	}
	if n := len(tp.t) - 1; tp.stages != nil && n >= 0 {
		tp.stages.record(it.step.(*erk[T]), n, it.grid != nil || it.watch != nil || n == 0 || it.status != Running)
	}
	if it.watch != nil && len(tp.t) > 0 {
		w := it.watch
		for i, o := range w.fired {
			cut := i >= w.cut
			tp.occurred = append(tp.occurred, occurred[T]{o, len(tp.t), cut, cut && i == w.primary})
		}
	}
	if !it.restarted {
		copy(tp.point(it, it.t), it.y)
	} else {
		tp.cuts = append(tp.cuts, len(tp.t))
		copy(tp.point(it, it.full), it.watch.end)
		if tp.within != nil {
			tp.within = append(tp.within, 0) // its time is its own
		}
		copy(tp.state.next(), it.y)
		tp.t = append(tp.t, it.t)
	}
	last := len(tp.t) - 1
	if tp.choices.size > 0 {
		for tp.choices.n <= last {
			tp.choices.next()
		}
	}
	if tp.choices.size+tp.carry > 0 {
		it.step.(differentiable[T]).carry(tp.carried(last))
		if it.restarted {
			copy(tp.carried(last-1), tp.carried(last))
		}
	}
	if tp.kept != nil {
		tp.recordTrials(it)
		ended := it.status == Success || it.status == EventOccurred
		tp.kept.record(tp, last, ended, it.step.(resumable[T]))
	}
}

// recordTrials notes the attempts of the last step that were rejected.
func (tp *Tape[T]) recordTrials(it *Integrator[T]) {
	n := len(tp.t) - 2
	if it.restarted {
		n--
	}
	for _, a := range it.tried[:max(0, len(it.tried)-1)] {
		a.n = n
		tp.tried = append(tp.tried, a)
	}
	it.tried = it.tried[:0]
}

// point appends a grid point that is planned, or was before an event, and returns room for its state.
func (tp *Tape[T]) point(it *Integrator[T], t float64) []T {
	if g := it.grid; g != nil {
		j := g.j
		if t != it.t {
			j++ // the event came before the grid's next point
		} else if j == 0 {
			tp.marks = append(tp.marks, len(tp.t))
		}
		tp.within = append(tp.within, float64(j)/float64(g.m))
	}
	tp.t = append(tp.t, t)
	return tp.state.next()
}

// saved notes the place of the next saved state.
func (tp *Tape[T]) saved(s savedState) {
	if tp != nil {
		tp.saves = append(tp.saves, s)
	}
}

// points is the number of grid points so far.
func (tp *Tape[T]) points() int {
	if tp == nil {
		return 0
	}
	return len(tp.t)
}

// Steps is the number N of accepted steps, or intervals between grid points where events have added some; 0 of a nil tape.
func (tp *Tape[T]) Steps() int { return max(0, tp.points()-1) }

// Time returns the grid point t_n, n = 0..N, and NaN for another n.
func (tp *Tape[T]) Time(n int) float64 {
	if n < 0 || n >= tp.points() {
		return math.NaN()
	}
	return tp.t[n]
}

// State returns the state at t_n, n = 0..N, which must not be changed, and nil for another n. A tape with checkpoints
// gives a copy, or nil where it doesn't hold the state: that changes with every backward pass, which State waits for.
func (tp *Tape[T]) State(n int) []T {
	if n < 0 || n >= tp.points() {
		return nil
	}
	if tp.kept == nil {
		return tp.at(n)
	}
	tp.kept.mu.Lock()
	defer tp.kept.mu.Unlock()
	return slices.Clone(tp.at(n))
}

// at is State for a pass, which has the lock: the tape's own memory.
func (tp *Tape[T]) at(n int) []T {
	y := tp.state.at(n)
	if y == nil {
		return nil
	}
	return y[:tp.dim:tp.dim]
}

// carried returns what the method kept with grid point n.
func (tp *Tape[T]) carried(n int) []T {
	if tp.choices.size > 0 {
		return tp.choices.at(n)
	}
	return tp.state.at(n)[tp.dim:]
}

// isCut reports whether there is no step between t_n and t_{n+1}, but an event.
func (tp *Tape[T]) isCut(n int) bool {
	_, found := slices.BinarySearch(tp.cuts, n)
	return found
}

// ended reports whether the last grid point is the t1 aimed at, and not the time of an event.
func (tp *Tape[T]) ended() bool { n := len(tp.t); return n < 2 || !tp.isCut(n-2) }

// errNoEventGradient is the cause where an event has no derivative.
var errNoEventGradient = errors.New("a gradient needs the event's Gradient, and MapVJP where it has Map")
