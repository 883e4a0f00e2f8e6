package main

import (
	"slices"
	"time"

	"gorgonode/bench/problems"
	"gorgonode/solvers"
)

// measurement is one solve.
type measurement struct {
	Problem        string  `json:"problem"`
	Library        string  `json:"library"`
	Method         string  `json:"method"`
	RTol           float64 `json:"rtol"`
	Error          float64 `json:"error"` // see problems.Problem.Error
	F              int     `json:"f"`
	Jacobians      int     `json:"jacobians"`
	Factorizations int     `json:"factorizations"`
	Steps          int     `json:"steps"` // accepted and rejected
	Seconds        float64 `json:"seconds"`
	Failure        string  `json:"failure,omitempty"`
}

// batches are the groups of repeated solves; the time is the median of theirs.
const batches = 5

// measure solves once for the numbers, and then again in batches that take about spend together, for the time.
func measure(p *problems.Problem, method solvers.Method, rtol float64, spend time.Duration) measurement {
	m := measurement{Problem: p.Name, Library: "gorgonode", Method: method.Name(), RTol: rtol}
	set := p.Settings(method, rtol)
	begin := processorTime()
	sol, err := solvers.Solve(p.System, p.Y0, 0, p.T1, set)
	first := processorTime() - begin
	m.F, m.Jacobians, m.Factorizations, m.Steps = sol.Stats.F, sol.Stats.Jacobian, sol.Stats.Factorizations, sol.Stats.Steps
	if err != nil {
		m.Failure, m.Seconds = sol.Status.String(), first.Seconds()
		return m
	}
	m.Error = p.Error(sol.LastY)
	repeats := 1 + int(spend/batches/max(first, time.Microsecond))
	var times [batches]time.Duration
	for i := range times {
		begin := processorTime()
		for range repeats {
			_, _ = solvers.Solve(p.System, p.Y0, 0, p.T1, set)
		}
		times[i] = processorTime() - begin
	}
	slices.Sort(times[:])
	m.Seconds = times[batches/2].Seconds() / float64(repeats)
	return m
}
