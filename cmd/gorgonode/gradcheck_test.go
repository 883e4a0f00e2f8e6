package main

import (
	"bytes"
	"encoding/json"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// gradchecked runs gorgonode gradcheck and returns its JSON.
func gradchecked(t *testing.T, args ...string) gradcheckJSON {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(append([]string{"gradcheck", "--json"}, args...), &stdout, &stderr); code != codeOK {
		t.Fatalf("%v: exit code %d\n%s", args, code, &stderr)
	}
	var out gradcheckJSON
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, &stdout)
	}
	return out
}

// On the example models exact modes agree with differences, and those that approximate the exact solution's gradient do
// that to some hundred tolerances, which the worst condition of these solves allows.
func TestGradcheckExamples(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		back string // how Adjoint ends
		tol  float64
	}{
		{"lotka-volterra", []string{"--t1=10"}, statusOK, 1e-4},
		{"robertson", []string{"--method=radau", "--t1=40"}, statusFailed, 1e-5},
		{"van-der-pol", []string{"--method=radau", "--set=mu=50", "--t1=20"}, statusFailed, 1e-3},
	} {
		out := gradchecked(t, append([]string{modelFile(c.name), "--mode=backprop,checkpoints,adjoint,gauss"}, c.args...)...)
		if !out.Passed || out.Reference == nil || len(out.Modes) != 4 {
			t.Errorf("%s: %+v", c.name, out)
			continue
		}
		for _, m := range out.Modes {
			want := statusOK
			if m.Mode == "Adjoint" {
				want = c.back
			}
			if m.Status != want {
				t.Errorf("%s: %s: %s %s, want %s", c.name, m.Mode, m.Status, m.Message, want)
			}
			if m.Status != statusOK {
				if !strings.Contains(m.Message, "unstable") {
					t.Errorf("%s: %s: %s", c.name, m.Mode, m.Message)
				}
				continue
			}
			if len(m.Gradient) != len(out.Wrt) || *m.Forward == 0 || *m.Back == 0 || *m.Accepted == 0 || !(*m.Seconds > 0) {
				t.Errorf("%s: %+v", c.name, m)
			}
			if !m.Exact && !(float64(m.Solution.Error) <= c.tol) {
				t.Errorf("%s: %s is off by %g, want at most %g", c.name, m.Mode, m.Solution.Error, c.tol)
			}
		}
		if a, b := out.Modes[0].Gradient, out.Modes[1].Gradient; !slices.Equal(a, b) {
			t.Errorf("%s: with checkpoints %v, without %v", c.name, b, a)
		}
	}
}

// The derivatives are in units of the file: of x' = −kx, with one saved time, L = w₀x(0)/|x(0)| + w₁x(1)/|x(0)| and
// x(1) = x(0)e^{−k}.
func TestGradcheckUnits(t *testing.T) {
	path := t.TempDir() + "/model.ode"
	writeText(t, path, "x' = -k*x\npar k=0.01\ninit x=-200")
	out := gradchecked(t, path, "--mode=backprop", "--at=1", "--rtol=1e-12", "--atol=1e-12")
	w0, w1 := float64(out.Weights[0][0]), float64(out.Weights[1][0])
	e := math.Exp(-0.01)
	want := []float64{(w0 + w1*e) / 200, w1 * e, -w1 * 0.01 * e, w1 * 0.01 * e}
	for i, g := range out.Modes[0].Gradient {
		if math.Abs(float64(g)-want[i]) > 1e-11*math.Abs(want[i]) {
			t.Errorf("by %s: %.15g, want %.15g", out.Wrt[i], g, want[i])
		}
	}
	if len(out.Modes[0].Gradient) != len(want) {
		t.Errorf("%v", out.Wrt)
	}
}

// What a mode claims is judged by what differences can tell.
func TestGradcheckVerdict(t *testing.T) {
	some := []float64{1}
	for _, c := range []struct {
		mode modeResult
		want string
	}{
		{modeResult{name: "A", exact: true, status: statusOK, gradient: some, numbers: deviation{err: 1e-7, beyond: 1e-7}}, ""},
		{modeResult{name: "A", exact: true, status: statusOK, gradient: some, numbers: deviation{err: 1e-2, beyond: 0}}, ""},
		{modeResult{name: "A", exact: true, status: statusOK, gradient: some, numbers: deviation{err: 1e-5, beyond: 1e-5}},
			"A differs"},
		{modeResult{name: "A", exact: true, status: statusOK, gradient: some,
			numbers: deviation{err: math.NaN(), beyond: math.NaN()}}, "A differs"},
		{modeResult{name: "A", status: statusOK, gradient: some, numbers: deviation{err: 1, beyond: 1}}, ""},
		{modeResult{name: "A", exact: true, status: statusNotSupported, err: errors.New("no")}, ""},
		{modeResult{name: "A", exact: true, status: statusFailed, err: errors.New("no")}, "A differs"},
	} {
		err := (&gradcheckResult{modes: []modeResult{c.mode}}).verdict(1e-6)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.mode, err, c.want)
		}
	}
}

// A run that holds a megabyte is seen to, between its samples too; one that throws as much away all the time is not.
func TestPeakHeap(t *testing.T) {
	const size, slack = 1 << 20, 1 << 18
	p := &peakHeap{}
	held, err := p.of(func() error {
		b := make([]byte, size)
		p.sample()
		runtime.KeepAlive(b)
		return nil
	}, 0)
	if err != nil || held < size || held > size+slack {
		t.Errorf("held %d bytes, %v; want %d", held, err, size)
	}
	thrown, err := p.of(func() error {
		for range 64 {
			thrownAway = make([]byte, size/64)
		}
		p.sample()
		return nil
	}, 0)
	if err != nil || thrown > slack {
		t.Errorf("held %d bytes, %v; want about none", thrown, err)
	}
}

var thrownAway []byte
