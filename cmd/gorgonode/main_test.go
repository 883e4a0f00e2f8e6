package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"gorgonode": main,
		// quickfit is gorgonode fit with so few steps that it learns nothing.
		"quickfit": func() {
			os.Args = append([]string{"gorgonode", "fit", "--window-steps=2", "--whole-steps=2"}, os.Args[1:]...)
			main()
		},
	})
}

func lynxHare(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "testdata", "lynx-hare", "hudson-bay-lynx-hare.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			data, err := os.ReadFile(lynxHare(t))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(env.WorkDir, "pelts.csv"), data, 0o666)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"samedir": sameDir, "jsonhas": jsonHas, "cut": cut, "oneline": oneLine, "waitfor": waitFor,
		},
	})
}

// sameDir A B: the folders have the same files with the same bytes.
func sameDir(ts *testscript.TestScript, neg bool, args []string) {
	a, b := contents(ts, ts.MkAbs(args[0])), contents(ts, ts.MkAbs(args[1]))
	var differ []string
	for name, data := range a {
		if other, ok := b[name]; !ok || !bytes.Equal(data, other) {
			differ = append(differ, name)
		}
	}
	if same := len(differ) == 0 && len(a) == len(b) && len(a) > 0; same == neg {
		ts.Fatalf("%d and %d files; these differ: %q", len(a), len(b), differ)
	}
}

type failer interface {
	Fatalf(format string, args ...any)
}

func contents(t failer, dir string) map[string][]byte {
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		all[strings.TrimPrefix(path, dir)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return all
}

// jsonHas FILE KEY...: the file is one JSON object, nothing else, with these keys.
func jsonHas(ts *testscript.TestScript, neg bool, args []string) {
	var v map[string]any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &v); err != nil {
		ts.Fatalf("%v", err)
	}
	for _, key := range args[1:] {
		if _, ok := v[key]; ok == neg {
			ts.Fatalf("key %q: there is %t", key, ok)
		}
	}
}

// cut FILE takes the last byte off a file.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	data := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(data[:len(data)-1]), 0o666))
}

// oneLine: the last command wrote one line to stderr, of the program's own.
func oneLine(ts *testscript.TestScript, _ bool, _ []string) {
	text := ts.ReadFile("stderr")
	if strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "gorgonode: ") {
		ts.Fatalf("not one line of an error: %q", text)
	}
}

// waitFor FILE: until it is there.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	for range 500 {
		if info, err := os.Stat(ts.MkAbs(args[0])); err == nil && info.Size() > 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("%s doesn't come", args[0])
}
