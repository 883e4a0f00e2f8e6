package solvers

import "github.com/pkg/errors"

// Status says how a solve stands or why it ended.
type Status int

const (
	// Running: the solve has not reached t1 yet.
	Running Status = iota
	// Success: t1 was reached.
	Success
	// EventOccurred: a terminal event ended the solve, successfully.
	EventOccurred
	// MaxStepsReached: Settings.MaxSteps steps were attempted before t1.
	MaxStepsReached
	// MaxEventsReached: Settings.MaxEvents events occurred before t1.
	MaxEventsReached
	// Cancelled: Settings.Context was done before t1.
	Cancelled
	// StepTooSmall: the step size fell to Settings.MinStep, or to the resolution of time, and was still rejected.
	StepTooSmall
	// NonFinite: f or the state became NaN or infinite where no smaller step could be tried.
	NonFinite
	// NoConvergence: the nonlinear equations of an implicit method were not solved, and no smaller step could be tried.
	NoConvergence
	// FieldFailed: one of the functions of the System returned an error.
	FieldFailed
	// BadInput: an argument or a setting makes no sense.
	BadInput
	// NotSupported: the method cannot do what was asked of it.
	NotSupported
)

// The errors that belong to the statuses, for errors.Is: an [*Error] returned by this package is the error of its status.
var (
	ErrMaxSteps      = errors.New("too many steps")
	ErrMaxEvents     = errors.New("too many events")
	ErrCancelled     = errors.New("cancelled")
	ErrStepTooSmall  = errors.New("step size too small")
	ErrNonFinite     = errors.New("non-finite values")
	ErrNoConvergence = errors.New("no convergence of the nonlinear equations")
	ErrFieldFailed   = errors.New("the system returned an error")
	ErrBadInput      = errors.New("bad input")
	ErrNotSupported  = errors.New("not supported")
)

const accumulation = "where the events accumulate at one time, stop there with a terminal event"

// statuses has, for each Status, its name, its error and what a user may try.
var statuses = [...]struct {
	name   string
	err    error
	advice string
}{
	Running:       {name: "Running"},
	Success:       {name: "Success"},
	EventOccurred: {name: "EventOccurred"},
	MaxStepsReached: {
		name: "MaxStepsReached",
		err:  ErrMaxSteps,
		advice: "raise MaxSteps or loosen RTol and ATol; where the steps are much smaller than the solution's features the " +
			"problem is stiff and wants an implicit method",
	},
	MaxEventsReached: {
		name:   "MaxEventsReached",
		err:    ErrMaxEvents,
		advice: "raise MaxEvents; " + accumulation,
	},
	Cancelled: {
		name: "Cancelled",
		err:  ErrCancelled,
	},
	StepTooSmall: {
		name: "StepTooSmall",
		err:  ErrStepTooSmall,
		advice: "check for a singularity or a discontinuity of f near this time, or loosen RTol and ATol, which must " +
			"stay well above the rounding of the state's type",
	},
	NonFinite: {
		name:   "NonFinite",
		err:    ErrNonFinite,
		advice: "check f at this time and state; with constant steps take a smaller Step or a method with error control",
	},
	NoConvergence: {
		name:   "NoConvergence",
		err:    ErrNoConvergence,
		advice: "check the Jacobian, or take a smaller Step or a method with error control",
	},
	FieldFailed: {
		name:   "FieldFailed",
		err:    ErrFieldFailed,
		advice: "the cause is the system's own",
	},
	BadInput: {
		name: "BadInput",
		err:  ErrBadInput,
	},
	NotSupported: {
		name: "NotSupported",
		err:  ErrNotSupported,
	},
}

// known reports whether s is one of the constants above.
func (s Status) known() bool { return s >= 0 && int(s) < len(statuses) }

// String returns the status's name.
func (s Status) String() string {
	if !s.known() {
		return "Status(unknown)"
	}
	return statuses[s].name
}

// Err returns the error of the status: nil for Running, Success and EventOccurred.
func (s Status) Err() error {
	if !s.known() {
		return nil
	}
	return statuses[s].err
}

// Advice says in a sentence what may be tried. It is empty where there is nothing to advise.
func (s Status) Advice() string {
	if !s.known() {
		return ""
	}
	return statuses[s].advice
}
