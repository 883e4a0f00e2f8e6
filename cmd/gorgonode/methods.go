package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/pkg/errors"

	"gorgonode/solvers"
)

type methodsCommand struct{}

// Help is what gorgonode methods --help begins with.
func (*methodsCommand) Help() string {
	return `Lists the methods by the names that fit --method takes. The order p says that the error falls as the p-th power of the step. A method with error control chooses its steps by --rtol and --atol; another takes constant ones, see --step.`
}

// Run runs gorgonode methods.
func (*methodsCommand) Run(t terminal) error {
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "name\torder\tstages\terror control\tfamily\treference")
	for _, m := range solvers.Methods() {
		i := m.Info()
		control := "no"
		if i.Adaptive() {
			control = fmt.Sprintf("by order %d", i.EmbeddedOrder)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\n", i.Name, i.Order, i.Stages, control, i.Family, i.Reference)
	}
	return errors.Wrap(w.Flush(), "write to stdout")
}
