package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"gorgonode/bench/problems"
)

// table prints the measurements of a problem.
func table(w io.Writer, p *problems.Problem, ms []measurement) error {
	fmt.Fprintf(w, "\n%s, to t = %g, atol = %g·rtol\n", p.Title, p.T1, p.Small)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "method\trtol\terror\tf\tJacobians\tfactorisations\tsteps\tms\t")
	for _, m := range ms {
		e := fmt.Sprintf("%.1e", m.Error)
		if m.Failure != "" {
			e = m.Failure
		}
		fmt.Fprintf(t, "%s\t%.0e\t%s\t%d\t%d\t%d\t%d\t%.3g\t\n", m.Method, m.RTol, e, m.F, m.Jacobians, m.Factorizations,
			m.Steps, 1e3*m.Seconds)
	}
	return t.Flush()
}
