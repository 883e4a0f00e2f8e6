package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var exampleModels = []string{"lotka-volterra", "lorenz", "van-der-pol", "robertson", "fitzhugh-nagumo"}

func modelFile(name string) string { return filepath.Join("..", "..", "testdata", "ode", name+".ode") }

// solved runs gorgonode solve and returns its JSON.
func solved(t *testing.T, code int, args ...string) (out solveJSON, text string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if got := run(append([]string{"solve", "--json"}, args...), &stdout, &stderr); got != code {
		t.Fatalf("%v: exit code %d, want %d\n%s", args, got, code, &stderr)
	}
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, &stdout)
	}
	return out, stdout.String()
}

func TestSolveExamples(t *testing.T) {
	for _, name := range exampleModels {
		until := "--t1=5"
		out, _ := solved(t, codeOK, modelFile(name), until, "--at=0,2.5,5")
		if out.Status != "Success" || len(out.T) != 3 || len(out.Y) != 3 || len(out.Y[2]) != len(out.Names) {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

// Reference values of Robertson's reaction at t = 40: Hairer and Wanner, Solving Ordinary Differential Equations II, IV.1.
func TestSolveRobertson(t *testing.T) {
	out, _ := solved(t, codeOK, modelFile("robertson"), "--at=40", "--rtol=1e-9")
	for i, want := range []float64{0.7158270688, 9.185534765e-6, 0.2841637457} {
		if got := float64(out.Y[0][i]); math.Abs(got-want) > 1e-7*want {
			t.Errorf("%s(40) is %.10g, want %.10g", out.Names[i], got, want)
		}
	}
}

// The keys of the output are a promise.
func TestSolveJSONSchema(t *testing.T) {
	_, text := solved(t, codeOK, modelFile("lotka-volterra"), "--at=1,2,3", "--sensitivities")
	var all map[string]any
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	keys := func(v any) string {
		var k []string
		for name := range v.(map[string]any) {
			k = append(k, name)
		}
		slices.Sort(k)
		return strings.Join(k, " ")
	}
	for _, c := range []struct{ got, want string }{
		{keys(all), "names sensitivities stats status t y"},
		{keys(all["stats"]), "accepted_steps f_evaluations factorizations jacobian_evaluations rejected_steps seconds"},
		{keys(all["sensitivities"]), "dy wrt"},
		{fmt.Sprint(all["names"]), "[x y conserved]"},
		{fmt.Sprint(all["sensitivities"].(map[string]any)["wrt"]), "[a b c d x(0) y(0)]"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	dy := all["sensitivities"].(map[string]any)["dy"].([]any)
	if len(dy) != 3 || len(dy[0].([]any)) != 3 || len(dy[0].([]any)[0].([]any)) != 6 {
		t.Errorf("dy isn't times × names × wrt: %v", dy)
	}
}

func TestSolveSensitivitiesAgainstDifferences(t *testing.T) {
	tight := []string{modelFile("lotka-volterra"), "--at=4,8", "--rtol=1e-11", "--atol=1e-13"}
	out, _ := solved(t, codeOK, append(slices.Clone(tight), "--sensitivities")...)
	values := map[string]float64{"a": 1.1, "b": 0.4, "c": 0.4, "d": 0.1, "x(0)": 10, "y(0)": 5}
	for j, by := range out.Sensitivities.Wrt {
		h := 1e-4 * values[by]
		at := func(v float64) solveJSON {
			flag := fmt.Sprintf("--set=%s=%.17g", by, v)
			if name, initial := strings.CutSuffix(by, "(0)"); initial {
				flag = fmt.Sprintf("--init=%s=%.17g", name, v)
			}
			o, _ := solved(t, codeOK, append(slices.Clone(tight), flag)...)
			return o
		}
		up, down := at(values[by]+h), at(values[by]-h)
		for k := range out.T {
			for i, name := range out.Names {
				want := float64(up.Y[k][i]-down.Y[k][i]) / (2 * h)
				if got := float64(out.Sensitivities.Dy[k][i][j]); math.Abs(got-want) > 1e-6*math.Max(1, math.Abs(want)) {
					t.Errorf("d%s/d%s at t=%g is %.10g, differences say %.10g", name, by, out.T[k], got, want)
				}
			}
		}
	}
}

func TestSolveFailureJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "blowup.ode")
	writeText(t, path, "x' = x^2\naux root = sqrt(2 - x)\ninit x=1")
	out, _ := solved(t, codeFailed, path, "--at=0.5,3")
	if f := out.Failure; out.Status != "StepTooSmall" || f == nil || math.Abs(float64(f.T)-1) > 1e-3 || f.Variable != "x" {
		t.Fatalf("%+v, %+v", out, out.Failure)
	}
	if len(out.T) != 2 || out.T[1] != out.Failure.T || out.Y[0][0] < 1.9 {
		t.Errorf("the partial solution is %v, %v", out.T, out.Y)
	}
}

// The root of a negative number is null.
func TestSolveNotANumber(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.ode")
	writeText(t, path, "x' = -1\naux root = sqrt(x), inverse = 1/(x-x)")
	_, text := solved(t, codeOK, path, "--at=1", "--method=euler", "--step=1")
	if !strings.Contains(text, `"y":[[-1,null,null]]`) {
		t.Error(text)
	}
}

func TestSolveTimes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.ode")
	for _, c := range []struct {
		options     string
		args        []string
		first, last float64
		rows        int
	}{
		{"", nil, 0, 20, 101},
		{"@ total=10,dt=.05", nil, 0, 10, 201},
		{"@ total=10,dt=.05,nout=2,trans=4", nil, 4, 10, 61},
		{"@ total=10,dt=5", nil, 0, 10, 3},
		{"@ total=10,dt=5", []string{"-q", "--plot=" + filepath.Join(t.TempDir(), "a.svg")}, 0, 10, 101},
		{"@ total=10,t0=5,dt=-.1", nil, 5, -5, 101},
		{"@ total=1,dt=.03", []string{"--t1=.1"}, 0, 0.1, 5},
		{"", []string{"--at=3,1:1:5,2"}, 1, 5, 5},
		{"", []string{"--at=0:0.1:1"}, 0, 1, 11},
		{"", []string{"--t1=0"}, 0, 0, 1},
		{"", []string{"--at=-1,-2"}, -1, -2, 2},
	} {
		writeText(t, path, "x' = 1\n"+c.options)
		out, _ := solved(t, codeOK, append([]string{path}, c.args...)...)
		n := len(out.T)
		if n != c.rows || float64(out.T[0]) != c.first || float64(out.T[n-1]) != c.last {
			t.Errorf("%q %v: %d times from %v to %v, want %d from %v to %v", c.options, c.args, n, out.T[0], out.T[n-1], c.rows,
				c.first, c.last)
		}
	}
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
