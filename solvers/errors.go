package solvers

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"
)

// Error is the error of every function of this package: what happened, where, and what may be tried.
//
// errors.Is(err, ErrMaxSteps), and so on for each [Status], tells the kinds apart; errors.As gives the place; the cause,
// such as the error that System.F returned, is in the chain too.
type Error struct {
	Status    Status
	Method    string  // name of the method, "" where none was chosen yet
	T         float64 // the last time whose state is good
	Step      float64 // signed size of the step that failed, 0 where there was none
	Component int     // the component of the state that was worst, -1 where it isn't known
	Err       error   // the cause; may be nil

	least bool // the step was Settings.MinStep
}

// Error returns the message.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("solvers: ")
	if e.Status == BadInput {
		// Bad input has no place in time.
		fmt.Fprintf(&b, "%v: %v", e.Status.Err(), e.Err)
		return b.String()
	}
	if e.Method != "" {
		fmt.Fprintf(&b, "%s: ", e.Method)
	}
	if e.Status == NotSupported {
		fmt.Fprintf(&b, "%v: %v", e.Status.Err(), e.Err)
		return b.String()
	}
	fmt.Fprintf(&b, "%v at t=%g", e.Status.Err(), e.T)
	if e.Step != 0 {
		fmt.Fprintf(&b, ", step %.3g", e.Step)
	}
	if e.Component >= 0 {
		fmt.Fprintf(&b, ", component %d", e.Component)
	}
	if e.Err != nil && e.Err != e.Status.Err() {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if a := e.Advice(); a != "" {
		fmt.Fprintf(&b, " (%s)", a)
	}
	return b.String()
}

// Advice says in a sentence what may be tried: that of the status, but for what is known of the cause. It is empty where
// there is nothing to advise.
func (e *Error) Advice() string {
	switch {
	case e.Status != StepTooSmall:
	case e.least:
		return "lower MinStep"
	case errors.Is(e.Err, errCrowded) || errors.Is(e.Err, errMissed):
		return accumulation
	case errors.Is(e.Err, ErrNonFinite):
		return "check f at this time and state"
	}
	return e.Status.Advice()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the error of e's status.
func (e *Error) Is(target error) bool { return target != nil && target == e.Status.Err() }

// errGradient is the cause of a NonFinite in a backward pass.
var errGradient = errors.New("the gradient")

func badInput(format string, args ...any) *Error {
	return &Error{Status: BadInput, Component: -1, Err: errors.Errorf(format, args...)}
}

func notSupported(method, format string, args ...any) *Error {
	return &Error{Status: NotSupported, Method: method, Component: -1, Err: errors.Errorf(format, args...)}
}
