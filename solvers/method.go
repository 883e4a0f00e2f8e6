package solvers

import (
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Method is a method of integration. Methods are small structs whose zero value is ready: Dopri5{}, RK4{},
// ExplicitRK{Tableau: t}. The set is closed, for a method needs a stepper for each type of state; a tableau of one's own
// goes into [ExplicitRK].
type Method interface {
	// Name is the method's name, as in [MethodByName].
	Name() string
	// Order is the order of the states that it steps to.
	Order() int
	// Info describes it.
	Info() Info

	// newStepper32 and newStepper64 begin a solve.
	newStepper32(*environment[float32]) (stepper[float32], error)
	newStepper64(*environment[float64]) (stepper[float64], error)
}

// Info describes a method for a table or a text.
type Info struct {
	Name          string
	Family        string     // "explicit Runge–Kutta", ...
	Order         int        // global order p: the error at a fixed time behaves as h^p
	EmbeddedOrder int        // order of the solution that the error estimate compares with; 0: no estimate, constant steps only
	DenseOrder    int        // order q of the interpolant: between steps its error is the states' and O(h^(q+1))
	Stages        int        // evaluations of f in a first step
	FSAL          bool       // first same as last: the last stage of a step is the first of the next
	Implicit      bool       // each step solves equations
	Separable     bool       // for systems of positions and momenta alone, q' = v(t, p) and p' = a(t, q)
	Controller    Controller // the method's own step size control; what is zero is the package's default
	Reference     string     // where it comes from
}

// Adaptive reports whether the method has an error estimate.
func (i Info) Adaptive() bool { return i.EmbeddedOrder > 0 }

// Methods returns all methods for systems of any kind with their default values, simplest first. [SeparableMethods] are
// others.
func Methods() []Method {
	return []Method{
		Euler{},
		Midpoint{},
		Heun{},
		Ralston{},
		Bosh3{},
		Fehlberg{},
		RK4{},
		RK38{},
		Dopri5{},
		Tsit5{},
		DOP853{},
		Vern7{},
		Vern9{},
		Adams{},
		AdamsBashforth{},
		AdamsMoulton{},
		Radau{},
		ImplicitEuler{},
		Trapezoid{},
		TRBDF2{},
		Kvaerno5{},
		BDF{},
		Rodas5P{},
		Auto{},
		KenCarp4{},
		Reversible{},
		StepDoubling{},
	}
}

// variants are methods with a name that are not the default of their type.
func variants() []Method {
	return []Method{Radau{Stages: 5}, Radau{Stages: 7}, Radau{Stages: ByTolerance}}
}

// MethodByName returns the method of that name, whatever the case of its letters: one of Methods or
// SeparableMethods, radau9, radau13 or radau-auto.
func MethodByName(name string) (Method, error) {
	var names []string
	for _, m := range slices.Concat(Methods(), SeparableMethods(), variants()) {
		if strings.EqualFold(m.Name(), name) {
			return m, nil
		}
		names = append(names, m.Name())
	}
	return nil, &Error{Status: BadInput, Component: -1,
		Err: errors.Errorf("no method is called %q; there are %s", name, strings.Join(names, ", "))}
}

// newStepper begins a solve by m with a state of T's.
func newStepper[T Float](m Method, e *environment[T]) (stepper[T], error) {
	var s any
	var err error
	switch e := any(e).(type) {
	case *environment[float32]:
		s, err = m.newStepper32(e)
	case *environment[float64]:
		s, err = m.newStepper64(e)
	}
	if err != nil {
		return nil, err
	}
	return s.(stepper[T]), nil
}
