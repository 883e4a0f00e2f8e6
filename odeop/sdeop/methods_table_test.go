package sdeop

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of methods into docs/neural-sde.md")

// methodsTable has a row for each method.
func methodsTable() string {
	var b strings.Builder
	b.WriteString("| name | type | diagonal or scalar | g of t alone | general | calculus | error estimate | Lévy areas | reversible |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	order := func(p float64) string {
		if p == 0 {
			return "-"
		}
		return fmt.Sprint(p)
	}
	yes := func(v bool) string {
		if v {
			return "yes"
		}
		return "-"
	}
	for _, m := range Methods() {
		i := m.Info()
		var calculus []string
		if i.Ito {
			calculus = append(calculus, Ito.String())
		}
		if i.Stratonovich {
			calculus = append(calculus, Stratonovich.String())
		}
		fmt.Fprintf(&b, "| %s | `%T` | %s | %s | %s | %s | %s | %s | %s |\n", m.Name(), m, order(i.Strong), order(i.StrongAdditive),
			order(i.StrongGeneral), strings.Join(calculus, ", "), yes(i.Adaptive), yes(i.LevyArea), yes(i.Reversible))
	}
	return b.String()
}

// TestMethodsTable compares the table in docs/neural-sde.md with what the methods say of themselves.
func TestMethodsTable(t *testing.T) {
	const name, begin, end = "../../docs/neural-sde.md", "<!-- methods -->\n", "<!-- /methods -->"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), begin)
	table, after, ok2 := strings.Cut(rest, end)
	switch want := methodsTable(); {
	case !ok1 || !ok2:
		t.Fatalf("%s has no place for the table", name)
	case table == want:
	case !*update:
		t.Fatalf("the table in %s is not that of the methods; go test ./odeop/sdeop -run MethodsTable -update mends it", name)
	default:
		if err := os.WriteFile(name, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
