// Command adjoints shows what the gradient modes of odeop give and cost: their error against the tolerance, and the
// evaluations of the backward pass, of the continuous adjoint with and without the parameters in the norm of the step
// size control. From the repository's root:
//
//	go run ./bench/adjoints                              the table, in Markdown
//	go run ./bench/adjoints --plot docs/images/adjoints.png
//
// The problem is a neural ODE with 256 parameters, see problem.go; counts and errors are the same on every run.
package main

import (
	"flag"
	"fmt"
	"io"
	"math"
	"os"

	"gorgonode/odeop"
	"gorgonode/solvers"
)

// tolerances are the relative and absolute ones, of both passes.
var tolerances = []float64{1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10}

// modes are what is compared.
var modes = []struct {
	name string
	mode odeop.GradientMode
}{
	{"Backprop", odeop.Backprop{}},
	{"Adjoint, seminorm", odeop.Adjoint{MaxDrift: math.Inf(1)}},
	{"Adjoint, full norm", odeop.Adjoint{FullNorm: true, MaxDrift: math.Inf(1)}},
	{"InterpolatedAdjoint", odeop.InterpolatedAdjoint{}},
	{"GaussAdjoint", odeop.GaussAdjoint{}},
}

// measurement is one gradient.
type measurement struct {
	mode      string
	tolerance float64
	error     float64 // of the largest element, by the largest element of the exact gradient
	forward   int     // evaluations of f
	backward  int     // evaluations of f and products of the backward pass
}

func main() {
	picture := flag.String("plot", "", "the file of a picture; empty: none")
	flag.Parse()
	if err := run(os.Stdout, *picture, tolerances); err != nil {
		fmt.Fprintln(os.Stderr, "adjoints:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, picture string, tolerances []float64) error {
	ms, err := measure(tolerances)
	if err != nil {
		return err
	}
	if err := table(w, ms, tolerances); err != nil || picture == "" {
		return err
	}
	return plotTo(picture, ms)
}

func measure(tolerances []float64) ([]measurement, error) {
	p, err := newProblem()
	if err != nil {
		return nil, err
	}
	// Steps that follow the control, which the states alone don't ask for.
	exact, err := p.gradient(odeop.Method(solvers.Vern9{}), odeop.Tolerance(1e-13, 1e-13),
		odeop.Settings(solvers.Settings{MaxStep: 0.02}))
	if err != nil {
		return nil, err
	}
	var ms []measurement
	for _, m := range modes {
		for _, tol := range tolerances {
			var stats odeop.Stats
			g, err := p.gradient(odeop.Tolerance(tol, tol), odeop.Gradient(m.mode), odeop.Record(&stats))
			if err != nil {
				return nil, err
			}
			f, b := stats.Forward(), stats.Backward()
			ms = append(ms, measurement{m.name, tol, difference(g, exact), f.F, b.F + b.VJP})
		}
	}
	return ms, nil
}

// difference is the largest of g from exact, by the largest element of exact.
func difference(g, exact []float64) float64 {
	var worst, scale float64
	for i, v := range exact {
		worst, scale = math.Max(worst, math.Abs(g[i]-v)), math.Max(scale, math.Abs(v))
	}
	return worst / scale
}

// table has a line for each tolerance, and for each mode its error and its evaluations.
func table(w io.Writer, ms []measurement, tolerances []float64) error {
	fmt.Fprint(w, "| tolerance | f, forward |")
	for _, m := range modes {
		fmt.Fprintf(w, " %s | back |", m.name)
	}
	fmt.Fprint(w, "\n| ---: | ---: |")
	for range modes {
		fmt.Fprint(w, " ---: | ---: |")
	}
	fmt.Fprintln(w)
	for i, tol := range tolerances {
		fmt.Fprintf(w, "| %.0e | %d |", tol, ms[i].forward)
		for k := range modes {
			m := ms[k*len(tolerances)+i]
			fmt.Fprintf(w, " %.1e | %d |", m.error, m.backward)
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	return nil
}
