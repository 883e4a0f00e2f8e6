package odeop

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Event is something that happens where a function g(t, y, args...) of the solution crosses zero, as a ball hits the ground
// where its height does. [solvers.Event] says what counts as a crossing and how it is found.
//
// When and Map are written as fields are: with Gorgonia's functions, in y's graph, with the args of the solve and with
// parameters of their own. Gradients flow to all that they depend on.
type Event struct {
	// Name is used in errors. Empty: the event's number.
	Name string

	// When returns g, a number.
	When Field

	// Direction says which crossings count, in the direction of the solve. Zero: solvers.Both.
	Direction solvers.Direction

	// Terminal ends the solve at the event, after Map.
	Terminal bool

	// Count is the occurrence of a Terminal event that ends the solve. Zero: the first.
	Count int

	// Map returns the state after the event, all of it, of y's shape; y is the one before it: what it does not change it must
	// hand on. Nil: the state goes on as it is.
	Map Field

	// Samples is in how many parts each step is cut to look for crossings. Zero: that of solvers.Event.
	Samples int
}

// defaultOccurrences is the default of the option Occurrences.
const defaultOccurrences = 16

// mostNumbers is the largest size of a packed value.
const mostNumbers = math.MaxInt32

// ofEvents is the option of a solve with events.
func ofEvents(c *config) error {
	c.withEvents = true
	return nil
}

// Occurrences sets how many events the nodes of an EventSolution have room for. The default is 16. What they hold
// together, two states and three numbers for each event and the states at all times, is at most 2³¹−1 numbers.
func Occurrences(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.Errorf("odeop: room for %d events: it must be at least 1", n)
		}
		c.occurrences = n
		return nil
	}
}

// EventSolution is what SolveEvents made. Its methods make the nodes of what is asked for, each once. Shapes are known when
// the graph is built, so there is room for a fixed number of events, set by [Occurrences]. Those beyond it happen, and are
// counted, but are not listed; the room that is left over holds zeros, and −1 for the numbers.
type EventSolution struct {
	packed parts
	y      tensor.Shape
	n      int // times
	room   int // events
}

// SolveEvents integrates dy/dt = f(t, y, args...) as Solve does, with events on the way. Times, options, parameters and args
// are those of Solve; the solve ends at the last time or at a terminal event, and a state that was to be saved later is
// that at the end.
//
// Gradients flow through the states and through the times of the events, to y0, the args and all parameters, also those that
// the events alone depend on. With u the solution up to an event and p anything that it depends on, the time t* of the event
// moves by the implicit function theorem,
//
//	dt*/dp = −(g_y·u_p + g_p) / (g_t + g_y·u').
//
// Which events happen, and in which order, is held. A gradient is infinite, and an error, where the solution only touches
// g = 0. The mode is Backprop. Statistics are those of Record; a solve that a terminal event ended has the status
// solvers.EventOccurred.
func SolveEvents(f Field, y0 *gorgonia.Node, times []float64, events []Event, opts ...Option) (*EventSolution, error) {
	return solveEvents(f, y0, times, nil, events, opts)
}

// SolveEventsAt is SolveEvents at times that are a node, as those of [SolveAt]. A time before which the solve ends has
// no state that moves with it; with constant steps the first of them still sets the size of the last steps, and has a
// gradient by that.
func SolveEventsAt(f Field, y0, times *gorgonia.Node, events []Event, opts ...Option) (*EventSolution, error) {
	if times == nil {
		return nil, errors.New("odeop: solve with events: no times")
	}
	return solveEvents(f, y0, nil, times, events, opts)
}

// The parts of the packed value of a solve with events, in order. A size is (in numbers) + (in states).
type eventPart int

const (
	partStates eventPart = iota
	partFinal
	partBefore
	partAfter
	partEnd
	partTimes
	partNumbers
	partMask
	partCount
	eventParts
)

// layout has where each part begins, and the size of all.
func (s *EventSolution) layout() (at [eventParts + 1]int) {
	dim := s.y.TotalSize()
	for i, size := range [eventParts]int{
		partStates:  s.n * dim,
		partFinal:   dim,
		partBefore:  s.room * dim,
		partAfter:   s.room * dim,
		partEnd:     1,
		partTimes:   s.room,
		partNumbers: s.room,
		partMask:    s.room,
		partCount:   1,
	} {
		at[i+1] = at[i] + size
	}
	return at
}

func (s *EventSolution) part(name string, p eventPart, shape ...int) (*gorgonia.Node, error) {
	return s.packed.make(name, func(all *gorgonia.Node) (*gorgonia.Node, error) {
		at := s.layout()
		x, err := graph.Slice(all, gorgonia.S(at[p], at[p+1]))
		if err != nil {
			return nil, err
		}
		return graph.Reshape(x, shape...)
	})
}

// States are the states at all times, of shape (len(times), shape of y0...). One that was to be saved after the end of the
// solve is the state at the end.
func (s *EventSolution) States() (*gorgonia.Node, error) {
	return s.part("states", partStates, append([]int{s.n}, s.y...)...)
}

// Final is the state at the end, of y0's shape: at the last time, or after a terminal event.
func (s *EventSolution) Final() (*gorgonia.Node, error) {
	return s.part("final state", partFinal, s.y...)
}

// EndTime is the time of the end, a number: the last time, or that of a terminal event.
func (s *EventSolution) EndTime() (*gorgonia.Node, error) { return s.part("end time", partEnd) }

// Times are the times of the events, in their order, a vector with room for as many as Occurrences says.
func (s *EventSolution) Times() (*gorgonia.Node, error) {
	return s.part("times", partTimes, s.room)
}

// Before are the states that the events met, of shape (room, shape of y0...).
func (s *EventSolution) Before() (*gorgonia.Node, error) {
	return s.part("states before", partBefore, append([]int{s.room}, s.y...)...)
}

// After are the states that the events left, of shape (room, shape of y0...).
func (s *EventSolution) After() (*gorgonia.Node, error) {
	return s.part("states after", partAfter, append([]int{s.room}, s.y...)...)
}

// Numbers says which events they were, by their places in the list given to SolveEvents; −1 where there was none.
func (s *EventSolution) Numbers() (*gorgonia.Node, error) {
	return s.part("numbers", partNumbers, s.room)
}

// Mask is 1 where there was an event and 0 in the room that is left over.
func (s *EventSolution) Mask() (*gorgonia.Node, error) { return s.part("mask", partMask, s.room) }

// Count is how many events there were, a number, those without room included.
func (s *EventSolution) Count() (*gorgonia.Node, error) { return s.part("count", partCount) }

func solveEvents(f Field, y0 *gorgonia.Node, times []float64, at *gorgonia.Node, events []Event, opts []Option) (
	*EventSolution, error,
) {
	p, sol, err := newEventsProblem(f, y0, times, at, events, opts)
	if err != nil {
		return nil, err
	}
	if p.dtype == tensor.Float32 {
		sol.packed.node, err = applyHybrid[float32](p, events, sol)
	} else {
		sol.packed.node, err = applyHybrid[float64](p, events, sol)
	}
	return sol, err
}

// newEventsProblem is newProblem with events, and the plan of what comes out.
func newEventsProblem(f Field, y0 *gorgonia.Node, times []float64, at *gorgonia.Node, events []Event, opts []Option) (
	*problem, *EventSolution, error,
) {
	p, err := newProblem(f, y0, times, at, false, append(slices.Clone(opts), ofEvents))
	if err != nil {
		return nil, nil, err
	}
	if p.perRow {
		return nil, nil, errors.Errorf("%s: a solve with events has no PerRow", p.name)
	}
	if err := p.keepStates("events"); err != nil {
		return nil, nil, err
	}
	if len(events) == 0 {
		return nil, nil, errors.Errorf("%s: no events", p.name)
	}
	sol := &EventSolution{y: y0.Shape().Clone(), n: p.n, room: p.occurrences}
	if sol.room == 0 {
		sol.room = defaultOccurrences
	}
	dim := sol.y.TotalSize()
	if most := (mostNumbers - (sol.n+1)*dim - 2) / (2*dim + 3); sol.room > most {
		return nil, nil, errors.Errorf("%s: room for %d events of states of %d numbers at %d times, and there is for %d",
			p.name, sol.room, dim, sol.n, max(0, most))
	}
	return p, sol, nil
}
