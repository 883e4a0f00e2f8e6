package main

import (
	"slices"
	"time"

	"gorgonode/solvers"
)

// measurement is one solve.
type measurement struct {
	Problem        string  `json:"problem"`
	Library        string  `json:"library"`
	Method         string  `json:"method"`
	RTol           float64 `json:"rtol"`
	Error          float64 `json:"error"` // see problem.scaled
	F              int     `json:"f"`
	Jacobians      int     `json:"jacobians"`
	Factorizations int     `json:"factorizations"`
	Steps          int     `json:"steps"` // accepted and rejected
	Seconds        float64 `json:"seconds"`
	Failure        string  `json:"failure,omitempty"`
}

// explicit are the methods for problems that are not stiff, implicit those for stiff ones. Auto is in both.
var (
	explicit = []solvers.Method{
		solvers.Bosh3{}, solvers.Fehlberg{}, solvers.Dopri5{}, solvers.Tsit5{}, solvers.DOP853{}, solvers.Vern7{},
		solvers.Vern9{}, solvers.Adams{}, solvers.Auto{},
	}
	implicit = []solvers.Method{
		solvers.TRBDF2{}, solvers.KenCarp4{}, solvers.Kvaerno5{}, solvers.Rodas5P{}, solvers.Radau{}, solvers.Radau{Stages: 5},
		solvers.Radau{Stages: 7}, solvers.BDF{}, solvers.Auto{},
	}
)

func (p *problem) methods() []solvers.Method {
	if p.stiff {
		return implicit
	}
	return explicit
}

// maxSteps ends a solve by a method that doesn't suit.
const maxSteps = 200_000

// batches are the groups of repeated solves; the time is the median of theirs.
const batches = 5

// measure solves once for the numbers, and then again in batches that take about spend together, for the time.
func measure(p *problem, method solvers.Method, rtol float64, spend time.Duration) measurement {
	m := measurement{Problem: p.name, Library: "gorgonode", Method: method.Name(), RTol: rtol}
	set := &solvers.Settings{Method: method, RTol: rtol, ATol: rtol * p.small, MaxSteps: maxSteps}
	begin := processorTime()
	sol, err := solvers.Solve(p.system, p.y0, 0, p.t1, set)
	first := processorTime() - begin
	m.F, m.Jacobians, m.Factorizations, m.Steps = sol.Stats.F, sol.Stats.Jacobian, sol.Stats.Factorizations, sol.Stats.Steps
	if err != nil {
		m.Failure, m.Seconds = sol.Status.String(), first.Seconds()
		return m
	}
	m.Error = p.scaled(sol.LastY)
	repeats := 1 + int(spend/batches/max(first, time.Microsecond))
	var times [batches]time.Duration
	for i := range times {
		begin := processorTime()
		for range repeats {
			_, _ = solvers.Solve(p.system, p.y0, 0, p.t1, set)
		}
		times[i] = processorTime() - begin
	}
	slices.Sort(times[:])
	m.Seconds = times[batches/2].Seconds() / float64(repeats)
	return m
}
