package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pkg/errors"

	"gorgonode/bench/workload"
)

type benchCommand struct {
	Workload []string      `placeholder:"NAME" help:"Workloads to run, by name or by its beginning: W1, W2-f32. Without it, all."`
	Mode     []string      `placeholder:"MODE" help:"Modes to run: forward, backprop, adjoint. Without it, all."`
	Threads  int           `default:"1" help:"Threads to run on (GOMAXPROCS)."`
	Spend    time.Duration `default:"1s" help:"About how long to repeat each measurement."`
	List     bool          `help:"List the workloads and run nothing."`
	JSON     bool          `name:"json" help:"Print one JSON object a line, one for each workload and mode."`
}

// Help is what gorgonode bench --help begins with.
func (*benchCommand) Help() string {
	return `Times whole solves of fixed workloads the way that a program runs them, a graph under a TapeMachine: forward alone, and with the loss and its gradient by all weights, by Backprop or by the continuous adjoint. Times are medians; compare them with others of the same run on the same machine only. The error is that of the last state or of the gradient, relative to a solve at rtol 1e-12. Allocations a step are those that a run over four times the time makes more than one over twice the time, over the steps that it takes more, forwards and backwards.

W5 are classic initial value problems, stiff and not, solved by each solver that suits at rtol 1e-6 with no graph, forward alone; W5-lorenz names those of one problem. Their error is the largest of a component of the end, relative to its size, against the project's reference solutions, and their allocations a step are those of a solve at rtol 1e-6 beyond one at 1e-3.

--json prints objects with the keys workload, mode, threads (GOMAXPROCS), median_s and min_s (of a run, in seconds), runs (how many were timed), evaluations_forward (of the field), evaluations_backward (of the field and of its vector-Jacobian products), steps (accepted, of the forward solve), rejected, error, allocs_per_step, and first_s (from nothing to the first result).`
}

// Run runs gorgonode bench.
func (c *benchCommand) Run(ctx context.Context, t terminal) error {
	chosen, err := c.choose()
	if err != nil {
		return badInput(err)
	}
	if c.List {
		w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		for _, l := range chosen {
			fmt.Fprintf(w, "%s\t%s\n", l.Name, l.About)
		}
		return w.Flush()
	}
	modes := c.Mode
	if len(modes) == 0 {
		modes = workload.Modes
	}
	const format = "%-28s %-9s %12s %6s %6s %7s %9s %9.1e %8.2g\n"
	if !c.JSON {
		fmt.Fprintf(t.out, strings.NewReplacer("%9.1e", "%9s", "%8.2g", "%8s").Replace(format),
			"workload", "mode", "median", "f", "f+vjp", "steps", "rejected", "error", "allocs")
	}
	for _, l := range chosen {
		for _, mode := range modes {
			if !l.Runs(mode) {
				continue
			}
			m, err := workload.Measure(ctx, l, mode, c.Threads, c.Spend)
			if err != nil {
				return errors.WithMessagef(err, "%s %s", l.Name, mode)
			}
			if c.JSON {
				if err := json.NewEncoder(t.out).Encode(m); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(t.out, format, m.Workload, m.Mode, time.Duration(m.Median*1e9).Round(100*time.Nanosecond).String(),
				fmt.Sprint(m.EvaluationsForward), fmt.Sprint(m.EvaluationsBackward), fmt.Sprint(m.Steps), fmt.Sprint(m.Rejected),
				m.Error, m.AllocsPerStep)
		}
	}
	return nil
}

// choose checks the flags and finds the workloads.
func (c *benchCommand) choose() ([]*workload.Workload, error) {
	if c.Threads < 1 || c.Threads > 4*runtime.NumCPU() {
		return nil, errors.Errorf("--threads %d: want 1 to %d", c.Threads, 4*runtime.NumCPU())
	}
	if c.Spend < 0 || c.Spend > time.Hour {
		return nil, errors.Errorf("--spend %v: want from 0 to an hour", c.Spend)
	}
	for _, m := range c.Mode {
		if !slices.Contains(workload.Modes, m) {
			return nil, errors.Errorf("--mode %q: want one of %s", m, strings.Join(workload.Modes, ", "))
		}
	}
	if len(c.Workload) == 0 {
		return workload.All(), nil
	}
	var chosen []*workload.Workload
	for _, name := range c.Workload {
		found := workload.Named(name)
		if len(found) == 0 {
			return nil, errors.Errorf("--workload %q: there is none; see gorgonode bench --list", name)
		}
		chosen = append(chosen, found...)
	}
	return chosen, nil
}
