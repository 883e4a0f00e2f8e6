package odeop

import (
	"fmt"
	"math"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Check is what CheckGradient and the like found: the gradient of a random combination of all that a solve gives, as
// Σ wᵢᵀ·y(tᵢ), by the chosen mode and by central differences.
type Check struct {
	Parts []CheckPart // y0, times, the args, the row args and the parameters

	// Weights are the wᵢ, one for each time, those of a cost behind those of y; the same for every mode and field of as
	// many times and components. Nil for CheckEventsGradient.
	Weights [][]float64
}

// CheckPart compares the gradients with respect to one input.
type CheckPart struct {
	Name  string // "y0", "times", "arg 0 (x)", "row arg 0 (x)" or the parameter's name
	Size  int
	Error float64 // the largest error, relative to the largest element of the part's gradient or, where that is larger, 1
	Index []int   // of the worst element

	Gradient, Difference float64 // of the worst element

	// Of all elements, row-major. Uncertainties are about how far the differences may be off; zero where the first difference
	// agreed with the gradient.
	Gradients, Differences, Uncertainties []float64
}

// Worst is the part with the largest error.
func (c *Check) Worst() CheckPart {
	var w CheckPart
	for i, p := range c.Parts {
		if i == 0 || worse(p.Error, w.Error) {
			w = p
		}
	}
	return w
}

// worse orders errors, with NaN as the worst.
func worse(a, b float64) bool { return a > b || math.IsNaN(a) && !math.IsNaN(b) }

// Err is nil if no error is larger than tol; otherwise it names the worst element with both values.
func (c *Check) Err(tol float64) error {
	if w := c.Worst(); !(w.Error <= tol) {
		return errors.Errorf("odeop: gradient of %s at %v is %.10g, but differences give %.10g: relative error %.2g, want "+
			"at most %.2g",
			w.Name, w.Index, w.Gradient, w.Difference, w.Error, tol)
	}
	return nil
}

// String is a table with a line for each part.
func (c *Check) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-24s %8s %10s  worst element\n", "with respect to", "size", "error")
	for _, p := range c.Parts {
		fmt.Fprintf(&b, "%-24s %8d %10.2g  %v: %.8g, by differences %.8g\n", p.Name, p.Size, p.Error, p.Index, p.Gradient,
			p.Difference)
	}
	return b.String()
}

// CheckGradient compares the gradient of Solve(f, y0, times, opts...) with central differences, with respect to y0, every
// time, every arg and every parameter, element by element: two solves for each, and more where they disagree. y0 and
// the args must be float64 nodes with values, and nothing is changed. Call it from a test of a field:
//
//	check, err := odeop.CheckGradient(field, y0, times)
//	if err == nil {
//		err = check.Err(1e-6)
//	}
//
// The differences are taken over the steps of the unperturbed solve, each row's own with PerRow, so that those of
// Backprop are exact to about 1e-8 whatever the tolerance of the solve. Adjoint approximates the gradient of the exact
// solution, and agrees to its tolerance. Unrolled, whose gradient is Gorgonia's, is an error.
func CheckGradient(f Field, y0 *gorgonia.Node, times []float64, opts ...Option) (*Check, error) {
	p, err := newProblem(f, y0, times, nil, false, opts)
	if err != nil {
		return nil, err
	}
	c, err := newChecker(p)
	return c.run(err)
}

// CheckRowsGradient is CheckGradient of SolveRows(f, y0, times, opts...). The part "times" is a matrix with a row for
// each row of y0; where a row has fewer times than another the room that is left over has no gradient.
func CheckRowsGradient(f Field, y0 *gorgonia.Node, times [][]float64, opts ...Option) (*Check, error) {
	p, err := newRowsProblem(f, y0, times, nil, false, opts)
	if err != nil {
		return nil, err
	}
	c, err := newChecker(p)
	return c.run(err)
}

// CheckEventsGradient is CheckGradient of SolveEvents(f, y0, times, events, opts...): of a combination of the states, of the
// times of the events, as many as Occurrences has room for, and of the states around them. The parameters that the
// events alone depend on are parts too. For the differences the events are found again, each in its step.
func CheckEventsGradient(f Field, y0 *gorgonia.Node, times []float64, events []Event, opts ...Option) (*Check, error) {
	p, sol, err := newEventsProblem(f, y0, times, nil, events, opts)
	if err != nil {
		return nil, err
	}
	c, err := newEventsChecker(p, events, sol)
	return c.run(err)
}

// CheckCostGradient is CheckGradient of SolveWithCost(f, g, y0, times, opts...): of a combination of the states and the
// costs, with PerRow and in every mode that CheckGradient takes.
func CheckCostGradient(f, g Field, y0 *gorgonia.Node, times []float64, opts ...Option) (*Check, error) {
	c, err := newCostChecker(f, g, y0, times, opts)
	return c.run(err)
}
