package solvers

import (
	"github.com/pkg/errors"
)

// Event is something that happens where a function g(t, y) of the solution crosses zero. It is found on the interpolant of
// every step, so that it doesn't change the steps, but for what a Map or Terminal does.
//
// What counts as a crossing:
//
//   - The sign of g is looked at in the ends of each step and in Samples−1 places between them. Two zeros between
//     neighbouring places are missed, unless g comes so close to zero that the parabola through three neighbouring places
//     crosses it: then its vertex is looked at too. MaxStep and Samples help where a function moves faster than the state.
//   - A place where g is exactly zero counts as a crossing, as does a solution that only touches zero there.
//   - Where g is zero at t0, and after an event, g must leave zero first: a zero that the solve starts from is no event.
//   - A Map that lifts the state over zero is no crossing of the other events.
//
// Events are handled in the order of their times. Those whose times differ by rounding alone are simultaneous and come in
// the order in which they were given, each Map on the state that the one before it left. Events of a step behind one that
// changes the state are looked for again from the new state.
//
// An event that changes the state, or is terminal, begins the method anew. Its first step after it is not longer than the
// time since the method began before. A Map that turns the motion round leaves g at zero, and g may then go to the other
// side only by another event: a step that missed that is taken again, shorter. So a ball whose bounces become shorter and
// shorter isn't stepped through the floor. Where events follow each other within the resolution of time, or of a step that
// can't be shorter, the solve ends with StepTooSmall. A Map that leaves the state at rest where g is zero, as that of a
// ball that doesn't bounce at all, doesn't keep it from going on to the other side: for that change f, or end the solve.
//
// A solve with events can be differentiated with respect to everything, the times of the events included, where the events
// that change or end it have Gradient, and MapVJP where they have Map.
type Event[T Float] struct {
	// Name is used in errors. Empty: the event's number.
	Name string

	// G returns g(t, y).
	G func(t float64, y []T) (float64, error)

	// Direction says which crossings count, in the direction of the solve. Zero: Both.
	Direction Direction

	// Terminal ends the solve at the event, with status EventOccurred, after Map. False: it goes on.
	Terminal bool

	// Count is the occurrence of a Terminal event that ends the solve; those before it do what they do without Terminal.
	// Zero: the first.
	Count int

	// Map writes the state after the event to after, all of it, which comes as zeros; y is the one before it. It may also
	// change what f depends on.
	// Nil: the state goes on as it is, and so does the method.
	Map func(t float64, y, after []T) error

	// Samples is in how many parts each step is cut to look for crossings. 1 looks at the ends alone, which saves the
	// evaluation of the interpolant. Zero: 4.
	Samples int

	// Gradient writes ∂g/∂y to gy and ∂g/∂θ to gtheta, which is zero before, and returns ∂g/∂t. Nil: the event is not
	// differentiated.
	Gradient func(t float64, y, gy, gtheta []T) (gt float64, err error)

	// MapVJP is of Map what System.VJP is of f: it writes (∂map/∂y)ᵀ w to wy, adds (∂map/∂θ)ᵀ w to wtheta and returns
	// (∂map/∂t)ᵀ w. Nil: Map is not differentiated.
	MapVJP func(t float64, y, w, wy, wtheta []T) (wt float64, err error)
}

// Direction is that of a crossing.
type Direction int

const (
	// Both: any crossing.
	Both Direction = iota
	// Rising: from negative to positive in the course of the solve.
	Rising
	// Falling: from positive to negative in the course of the solve.
	Falling
)

// Occurrence is an event that occurred.
type Occurrence[T Float] struct {
	Event  int     // which, as they were given
	T      float64 // when
	Before []T     // the state that it met
	After  []T     // the state that it left; Before itself where the event has no Map
}

// restarts reports whether the method begins anew after any occurrence of the event.
func (e *Event[T]) restarts() bool { return e.Terminal || e.Map != nil }

// ends reports whether the n-th occurrence ends the solve.
func (e *Event[T]) ends(n int) bool { return e.Terminal && n >= max(1, e.Count) }

// counts reports whether a crossing from a g of that sign is an event.
func (e *Event[T]) counts(sign int8) bool {
	return e.Direction == Both || (e.Direction == Rising) == (sign < 0)
}

func (e *Event[T]) samples() int {
	if e.Samples == 0 {
		return 4
	}
	return e.Samples
}

// wrap names the i-th event in an error.
func (e *Event[T]) wrap(i int, err error) error {
	if e.Name == "" {
		return errors.WithMessagef(err, "event %d", i)
	}
	return errors.WithMessagef(err, "event %q", e.Name)
}

func checkEvents[T Float](events []Event[T]) error {
	for i := range events {
		e := &events[i]
		var err error
		switch {
		case e.G == nil:
			err = errors.New("G is nil")
		case e.Direction < Both || e.Direction > Falling:
			err = errors.Errorf("the direction is %d", e.Direction)
		case e.Count < 0:
			err = errors.Errorf("Count is %d; it must be positive, or zero for the first occurrence", e.Count)
		case e.Count > 0 && !e.Terminal:
			err = errors.New("Count is for a Terminal event")
		case e.Samples < 0 || e.Samples > maxSamples:
			err = errors.Errorf("Samples is %d; it must be positive and at most %d, or zero for the default", e.Samples, maxSamples)
		}
		if err != nil {
			return badInput("%v", e.wrap(i, err))
		}
	}
	return nil
}

// maxSamples bounds the memory of a search.
const maxSamples = 1 << 16
