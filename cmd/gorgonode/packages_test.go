package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every package that others import says in a doc.go what it is for.
func TestEveryPackageHasADoc(t *testing.T) {
	top := filepath.Join("..", "..")
	seen := map[string]bool{}
	err := filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		name := e.Name()
		switch {
		case err != nil:
			return err
		case e.IsDir() && path != top && path != ".." && (strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") ||
			name == "testdata"):
			return fs.SkipDir
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || seen[filepath.Dir(path)]:
			return nil
		}
		dir := filepath.Dir(path)
		seen[dir] = true
		src, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly)
		if err != nil || src.Name.Name == "main" && !strings.Contains(filepath.ToSlash(dir), "cmd/") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, "doc.go"), nil, parser.ParseComments)
		switch {
		case os.IsNotExist(err):
			t.Errorf("%s has no doc.go", dir)
		case err != nil:
			t.Errorf("%s: %v", dir, err)
		case len(f.Doc.Text()) < 100:
			t.Errorf("%s: doc.go says little: %q", dir, f.Doc.Text())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 10 {
		t.Errorf("only %d packages were found", len(seen))
	}
}
