package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/pkg/errors"

	"gorgonode/solvers"
)

type methodsCommand struct {
	JSON     bool `name:"json" xor:"format" help:"Print a JSON array of objects, one a method."`
	Markdown bool `xor:"format" help:"Print the table in Markdown."`
}

// Help is what gorgonode methods --help begins with.
func (*methodsCommand) Help() string {
	return `Lists the methods by the names that --method takes. The order p says that the error at a fixed time falls as the p-th power of the step. A method with an embedded order has error control and chooses its steps by --rtol and --atol; another takes constant ones, see --step. The dense order is that of what is shown between steps. Stages are the evaluations of the right-hand side in a first step without iterations; with FSAL the last one is the next step's first. An implicit method solves equations in each step and is for stiff problems. Of radau there are radau9 and radau13 as well, of orders 9 and 13, and radau-auto, which takes one of the three by --rtol. A symplectic method is for q' = v(p, t), p' = a(q, t) alone: the first half of the variables are positions q, the second momenta p.`
}

// methodInfo is a method as JSON shows it.
type methodInfo struct {
	Name          string `json:"name"`
	Family        string `json:"family"`
	Order         int    `json:"order"`
	EmbeddedOrder int    `json:"embedded_order"` // 0: no error control
	DenseOrder    int    `json:"dense_order"`
	Stages        int    `json:"stages"`
	FSAL          bool   `json:"fsal"`
	Implicit      bool   `json:"implicit"`
	Separable     bool   `json:"separable"` // only for q' = v(p, t), p' = a(q, t)
	Reference     string `json:"reference"`
}

// Run runs gorgonode methods.
func (c *methodsCommand) Run(t terminal) error {
	var err error
	switch {
	case c.JSON:
		var all []methodInfo
		for _, m := range allMethods() {
			i := m.Info()
			all = append(all, methodInfo{i.Name, i.Family, i.Order, i.EmbeddedOrder, i.DenseOrder, i.Stages, i.FSAL, i.Implicit,
				i.Separable, i.Reference})
		}
		e := json.NewEncoder(t.out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		err = e.Encode(all)
	case c.Markdown:
		err = markdownMethods(t.out)
	default:
		w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, strings.Join(methodColumns, "\t"))
		for _, m := range allMethods() {
			fmt.Fprintln(w, strings.Join(methodRow(m.Info()), "\t"))
		}
		err = w.Flush()
	}
	return errors.Wrap(err, "write to stdout")
}

// allMethods are the methods for any system, then those for systems of positions and momenta.
func allMethods() []solvers.Method { return append(solvers.Methods(), solvers.SeparableMethods()...) }

var methodColumns = []string{"name", "order", "embedded", "dense", "stages", "FSAL", "implicit", "family", "reference"}

func methodRow(i solvers.Info) []string {
	yes := func(b bool) string {
		if b {
			return "yes"
		}
		return "-"
	}
	embedded := "-"
	if i.Adaptive() {
		embedded = fmt.Sprint(i.EmbeddedOrder)
	}
	return []string{i.Name, fmt.Sprint(i.Order), embedded, fmt.Sprint(i.DenseOrder), fmt.Sprint(i.Stages), yes(i.FSAL),
		yes(i.Implicit),
		i.Family, i.Reference}
}

func markdownMethods(w io.Writer) error {
	b := &strings.Builder{}
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(methodColumns, " | "), strings.Repeat(" --- |", len(methodColumns)))
	for _, m := range allMethods() {
		fmt.Fprintf(b, "| %s |\n", strings.Join(methodRow(m.Info()), " | "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
