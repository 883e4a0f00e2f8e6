package main

import (
	"math"
	"slices"
	"strings"

	G "gorgonia.org/gorgonia"

	"gorgonode/odeop"
	"gorgonode/solvers"
)

// gradientMode is a mode as gradcheck runs it.
type gradientMode struct {
	flag, name string
	// with makes the mode for what derivatives are wanted by.
	with func(wrt G.Nodes) odeop.GradientMode
	// exact tells whether the gradient is that of the numbers computed.
	exact func(solvers.Settings) bool
	// own: of a method of its own, which differs from the one asked for.
	own bool
	// unrolled: nodes of the outer graph, one step after the other.
	unrolled bool
}

// checkpoints is how many states Backprop may keep in the line of its own.
const checkpoints = 10

// maxUnrolled bounds the right-hand sides that are written out as nodes: Gorgonia's time grows with their square.
const maxUnrolled = 64

var gradientModes = []gradientMode{
	{flag: "backprop", name: "Backprop", with: always(odeop.Backprop{}), exact: yes},
	{flag: "checkpoints", name: "Backprop{Checkpoints: 10}", with: always(odeop.Backprop{Checkpoints: checkpoints}),
		exact: yes},
	{flag: "reversible", name: "Reversible", with: always(odeop.Reversible{}), exact: yes, own: true},
	{flag: "forward", name: "Forward", with: func(wrt G.Nodes) odeop.GradientMode {
		return odeop.Forward{WRT: wrt}
	}, exact: forwardIsExact},
	{flag: "adjoint", name: "Adjoint", with: always(odeop.Adjoint{}), exact: no},
	{flag: "interpolated", name: "InterpolatedAdjoint", with: always(odeop.InterpolatedAdjoint{}), exact: no},
	{flag: "gauss", name: "GaussAdjoint", with: always(odeop.GaussAdjoint{}), exact: no},
	{flag: "unrolled", name: "Unrolled", with: always(odeop.Unrolled{}), exact: yes, unrolled: true},
}

func always(m odeop.GradientMode) func(G.Nodes) odeop.GradientMode {
	return func(G.Nodes) odeop.GradientMode { return m }
}

func yes(solvers.Settings) bool { return true }
func no(solvers.Settings) bool  { return false }

// forwardIsExact: the columns are differentiated numbers for methods of one step that solve no equations, and for
// others with constant steps, where the equations are solved to rounding.
func forwardIsExact(set solvers.Settings) bool {
	switch set.Method.(type) {
	case solvers.StepDoubling, solvers.Reversible:
		return true
	}
	info := set.Method.Info()
	return strings.Contains(info.Family, "Runge–Kutta") && (!info.Implicit || set.Step > 0)
}

// chosenModes finds the modes of --mode.
func chosenModes(names []string) ([]gradientMode, error) {
	if len(names) == 0 {
		return gradientModes, nil
	}
	var flags []string
	for _, m := range gradientModes {
		flags = append(flags, m.flag)
	}
	var chosen []gradientMode
	for _, name := range names {
		i := slices.IndexFunc(flags, func(flag string) bool { return strings.EqualFold(flag, strings.TrimSpace(name)) })
		if i < 0 {
			return nil, badInputf("--mode %q: there are %s", name, strings.Join(flags, ", "))
		}
		chosen = append(chosen, gradientModes[i])
	}
	return chosen, nil
}

// unrolled is how many right-hand sides constant steps through the times take.
func unrolled(times []float64, set solvers.Settings) float64 {
	n := 0.0
	for i := range times[1:] {
		n += math.Ceil(math.Abs(times[i+1]-times[i])/set.Step - 1e-9)
	}
	return n * float64(set.Method.Info().Stages)
}
