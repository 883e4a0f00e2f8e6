package workload

import (
	"context"
	"fmt"
	"time"

	"gorgonode/bench/problems"
	"gorgonode/solvers"
)

// classic is one of the initial value problems of bench/problems with a method, solved by package solvers with no graph.
type classic struct {
	problem *problems.Problem
	method  solvers.Method
}

// classicTolerance is the relative one of the solves.
const classicTolerance = 1e-6

// classics are W5: every problem by every method that suits it.
func classics() []*Workload {
	var all []*Workload
	for _, p := range problems.All() {
		for _, m := range p.Methods() {
			all = append(all, &Workload{
				Name:    fmt.Sprintf("W5-%s-%s", p.Name, m.Name()),
				About:   fmt.Sprintf("%s by %s at rtol %.0e, forward alone", p.Title, m.Name(), classicTolerance),
				classic: &classic{p, m},
			})
		}
	}
	return all
}

func (c *classic) measure(ctx context.Context, m *Measurement, spend time.Duration) error {
	begin := time.Now()
	p := c.problem
	if err := p.Load(); err != nil {
		return err
	}
	sol, err := c.solve(classicTolerance)
	if err != nil {
		return err
	}
	m.First = time.Since(begin).Seconds()
	m.EvaluationsForward, m.Steps, m.Rejected = sol.Stats.F, sol.Stats.Accepted, sol.Stats.Rejected
	m.Error = p.Error(sol.LastY)
	counted := func(rtol float64) func() (int, error) {
		return func() (int, error) {
			sol, err := c.solve(rtol)
			return sol.Stats.Accepted, err
		}
	}
	if m.AllocsPerStep, err = allocsPerStep(counted(1e-3), counted(classicTolerance)); err != nil {
		return err
	}
	return m.repeat(ctx, spend, func() error { _, err := c.solve(classicTolerance); return err })
}

func (c *classic) solve(rtol float64) (*solvers.Solution[float64], error) {
	p := c.problem
	return solvers.Solve(p.System, p.Y0, 0, p.T1, p.Settings(c.method, rtol))
}
