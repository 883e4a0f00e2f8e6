package main

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/pkg/errors"
)

type gradcheckCommand struct {
	equationFlags
	At string `group:"Times:" placeholder:"TIMES" help:"Times of the states that are differentiated: times, and START:STEP:END, with commas between them. Default: four, a quarter of the whole apart."`

	Mode []string `group:"Check:" placeholder:"A,B" help:"Gradient modes to run: backprop, checkpoints, reversible, forward, adjoint, interpolated, gauss, unrolled. Default: all."`
	Wrt  []string `group:"Check:" placeholder:"A,B,X(0),T" help:"Compare the derivatives by these parameters and initial values alone; T is all times. Default: everything."`
	Tol  float64  `group:"Check:" default:"1e-6" placeholder:"X" help:"The largest error allowed to a mode that is exact for the numbers computed. Default: ${default}."`

	JSON bool `name:"json" group:"Output:" help:"Print JSON on stdout instead of the table."`
}

// Help is what gorgonode gradcheck --help begins with.
func (*gradcheckCommand) Help() string {
	return `Differentiates a solve of a model by every gradient mode of the library that suits the method, and prints their errors, work, time and memory. What is differentiated is a number L, the sum of all states at the times of --at, each in units of the largest size that it has on the way and times a random weight that is always the same; by the initial values, the parameters and the times, the first one included. Parameters that an initial value is made of are held there. The .ode format is described in docs/ode-format.md, the modes in docs/gradients.md.

The columns:

numbers: the error from central differences of the solve, repeated over the same steps. A mode that is exact for the numbers computed differs from them by the differences' own errors alone, whatever the tolerance; if one differs by more than --tol, the exit code is 1.

solution: the error from the gradient of the exact solution, which is computed at a tolerance of 1e-12. Here every mode shows what the tolerance of the solve allows.

Both are those of the worst element, relative to the largest element of its kind (initial values, parameters, times) or 1 if that is larger, where derivatives are by parameters in units of their values, and by initial values in the units above. The worst element from the numbers, or from the solution for a mode that approximates that, is named with both values, in units of the file.

f, back: evaluations of the right-hand side on the way forward, and those, its products with vectors and its derivatives' on the way back. time: both ways under a TapeMachine, the fastest of several runs. memory: the most that live objects of the heap take during a run of its own, over what they took before; the collector runs at the end of the forward pass and as often as it can to find that. A mode that does not work with the method is a line that says why.

Examples:

    gorgonode gradcheck testdata/ode/lotka-volterra.ode
    gorgonode gradcheck testdata/ode/lotka-volterra.ode --method rk4 --step 0.1 --t1 10
    gorgonode gradcheck testdata/ode/robertson.ode --method radau
    gorgonode gradcheck testdata/ode/van-der-pol.ode --method radau --set mu=50 --t1 60 --mode backprop,adjoint,gauss`
}

// Run runs gorgonode gradcheck.
func (c *gradcheckCommand) Run(ctx context.Context, t terminal) error {
	modes, err := chosenModes(c.Mode)
	if err != nil {
		return err
	}
	if !(c.Tol > 0) || math.IsInf(c.Tol, 0) {
		return badInputf("--tol %g: it must be positive", c.Tol)
	}
	q, err := c.problem(ctx, t)
	if err != nil {
		return err
	}
	r, err := q.check(modes)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	if err := c.write(t, q, r); err != nil {
		return err
	}
	if !(r.resolved <= c.Tol) {
		fmt.Fprintf(t.err, "warning: rounding leaves the differences uncertain by %.1e: whether a mode is exact to %g they "+
			"cannot tell\n", r.resolved, c.Tol)
	}
	return r.verdict(c.Tol)
}

// verdict is an error if a mode that is exact is not.
func (r *gradcheckResult) verdict(tol float64) error {
	var wrong []string
	for _, m := range r.modes {
		if m.exact && (m.status == statusFailed || m.gradient != nil && !(m.numbers.beyond <= tol)) {
			wrong = append(wrong, m.name)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	verb := "differs"
	if len(wrong) > 1 {
		verb = "differ"
	}
	return errors.Errorf("%s %s from central differences by more than %g, or failed", strings.Join(wrong, ", "), verb, tol)
}
