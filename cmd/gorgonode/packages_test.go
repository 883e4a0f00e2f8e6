package main

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// Every package says in a doc.go what it is for.
func TestEveryPackageHasADoc(t *testing.T) {
	for _, dir := range []string{"graph", "layers", "odeop", "solvers", "training", "cmd/gorgonode",
		"training/ude", "internal/demo", "internal/kernel", "internal/nodeop", "internal/odefile"} {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", dir, "doc.go"), nil, parser.ParseComments)
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		if len(f.Doc.Text()) < 100 {
			t.Errorf("%s: doc.go says little: %q", dir, f.Doc.Text())
		}
	}
}
