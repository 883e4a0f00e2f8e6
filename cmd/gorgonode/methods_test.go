package main

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of methods into docs/solvers.md")

// TestMethodsTable compares the table in docs/solvers.md with what gorgonode methods --markdown prints.
func TestMethodsTable(t *testing.T) {
	const name, head, begin, end = "../../docs/solvers.md", "| name | order |", "<!-- methods -->\n", "<!-- /methods -->"
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(b), begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the table", name)
	}
	var want strings.Builder
	if err := markdownMethods(&want); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(want.String(), head) {
		t.Fatalf("the table begins with %.20q", want.String())
	}
	if table == want.String() {
		return
	}
	if !*update {
		t.Fatalf("the table in %s is not that of gorgonode methods --markdown; go test ./cmd/gorgonode -run MethodsTable "+
			"-update mends it", name)
	}
	if err := os.WriteFile(name, []byte(before+begin+want.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
