package odeop

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

var update = flag.Bool("update", false, "write the table of modes and methods in docs/gradients.md")

// modes are all gradient modes.
var modes = []struct {
	name    string
	mode    GradientMode
	exact   func(solvers.Method) bool // for the numbers computed, by methods that control their error where they can
	refuses func(solvers.Method) bool // with an error of its own; nil: solvers.ErrNotSupported says what
}{
	{"Backprop", Backprop{}, always, nil},
	{"Backprop{Checkpoints: 3}", Backprop{Checkpoints: 3}, always, nil},
	{"Reversible", Reversible{}, always, func(m solvers.Method) bool {
		_, pair := m.(solvers.Reversible)
		_, ok := solvers.TableauOf(m)
		return !ok && !pair
	}},
	{"Forward", Forward{}, func(m solvers.Method) bool {
		return oneStep(m) && !(m.Info().Implicit && m.Info().Adaptive())
	}, nil},
	{"Adjoint", Adjoint{}, never, nil},
	{"InterpolatedAdjoint", InterpolatedAdjoint{}, never, nil},
	{"GaussAdjoint", GaussAdjoint{}, never, nil},
	{"Unrolled", Unrolled{}, always, nil},
}

func always(solvers.Method) bool { return true }
func never(solvers.Method) bool  { return false }

// driven is y' = tanh(y·w0) ⊙ u0·cos t − y/2 with two components.
func driven(times ...float64) *testField {
	return &testField{name: "driven", y: []int{1, 2}, args: [][]int{{1, 2}}, params: [][]int{{2, 2}}, times: times,
		field: func(ps []*graph.Param) Field {
			return func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
				z := must(G.Tanh(must(G.Mul(y, ps[0].In(y.Graph())))))
				z = must(G.HadamardProd(must(G.HadamardProd(z, args[0])), must(G.Cos(t))))
				return G.Sub(z, scaled(0.5, y))
			}
		}}
}

// irregular times, up and down.
var irregular = [][]float64{{-0.1, 0.35, 0.4, 1.1}, {1.1, 0.6, -0.1}}

// stepping is how a method is asked to solve in these tests, and what error in a gradient of the exact solution that
// allows: a hundred tolerances, or twice h^p, the problem's constants being about one.
func stepping(m solvers.Method) (opts []Option, tol float64) {
	info := m.Info()
	if !info.Adaptive() {
		const h = 0.02
		tol = 2
		for range info.Order {
			tol *= h
		}
		return []Option{Method(m), Step(h)}, max(tol, 1e-9)
	}
	tol = 1e-8
	if low, ok := map[int]float64{1: 1e-4, 2: 1e-5, 3: 1e-6}[info.Order]; ok {
		tol = low
	}
	return []Option{Method(m), Tolerance(tol, tol)}, 100 * tol
}

func checkDriven(t *testing.T, times []float64, opts ...Option) (*Check, error) {
	t.Helper()
	m := driven(times...).in(t, tensor.Float64)
	return CheckGradient(m.field(m.ps), m.y0, m.when, append(opts, Args(m.nodes...))...)
}

// Every mode's gradient through every method, by y0, the times, an arg and a parameter: where the mode is exact for the
// numbers computed against central differences, to what they can resolve; otherwise against the exact solution's, to
// the tolerance. What cannot be done says so. The table that comes out is in docs/gradients.md.
func TestEveryModeThroughEveryMethod(t *testing.T) {
	var table strings.Builder
	table.WriteString("| method |")
	for _, mode := range modes {
		fmt.Fprintf(&table, " `%s` |", mode.name)
	}
	table.WriteString("\n| --- |" + strings.Repeat(" --- |", len(modes)) + "\n")
	best := []Option{Method(solvers.Vern9{}), Tolerance(1e-13, 1e-13)}
	var exact []outcome
	for _, times := range irregular {
		exact = append(exact, driven(times...).in(t, tensor.Float64).gradients(how{at: true, opts: best}, true))
	}
	for _, m := range solvers.Methods() {
		fmt.Fprintf(&table, "| %s |", m.Name())
		opts, tol := stepping(m)
		for _, mode := range modes {
			what, worst := "to the tolerance", 0.0
			for i, times := range irregular {
				with := slices.Concat(opts, []Option{Gradient(mode.mode)})
				if _, ok := mode.mode.(Reversible); ok {
					with = append(with, Step(0.1))
				}
				var err error
				var e float64
				_, unrolled := mode.mode.(Unrolled)
				_, follows := mode.mode.(Forward) // its steps are the numbers', up to what Newton's method leaves
				switch {
				case mode.refuses != nil && mode.refuses(m):
					if _, err = configure(with); err != nil {
						what = "–"
						continue
					}
					err = errors.New("it should have been refused")
				case unrolled && times[0] < times[1]:
					continue // once: it takes long
				case unrolled:
					what = "exact"
					e, err = checkUnrolled(t, m, times)
					if err == nil && !(e <= 1e-12) {
						t.Errorf("%s, Unrolled, times %v: difference %g from Backprop", m.Name(), times, e)
					}
				case mode.exact(m) || follows && oneStep(m):
					bound := tol
					what = "exact with constant steps" // see TestForwardEqualsBackprop
					if mode.exact(m) {
						what, bound = "exact", 1e-7
					}
					var c *Check
					if c, err = checkDriven(t, times, with...); err == nil {
						e = c.Worst().Error
						if err := c.Err(bound); err != nil {
							t.Errorf("%s, %s, times %v: %v\n%v", m.Name(), mode.name, times, err, c)
						}
					}
				default:
					if _, err = configure(with); err == nil {
						o := driven(times...).in(t, tensor.Float64).gradients(how{at: true, opts: with}, true)
						if e = o.difference(t, exact[i]); !(e <= tol) {
							t.Errorf("%s, %s, times %v: difference %g, want at most %g", m.Name(), mode.name, times, e, tol)
						}
					}
				}
				worst = max(worst, e)
				if errors.Is(err, solvers.ErrNotSupported) {
					what = "–"
				} else if err != nil {
					t.Errorf("%s, %s: %v", m.Name(), mode.name, err)
				}
			}
			t.Logf("%-16s %-20s %-16s %.1e", m.Name(), mode.name, what, worst)
			fmt.Fprintf(&table, " %s |", what)
		}
		table.WriteByte('\n')
	}
	golden(t, "../docs/gradients.md", "modes", table.String())
}

// checkUnrolled is the difference of Unrolled from Backprop with constant steps.
func checkUnrolled(t *testing.T, m solvers.Method, times []float64) (float64, error) {
	opts := []Option{Method(m), Step(0.5)}
	with := append(slices.Clone(opts), Gradient(Unrolled{}))
	if _, err := configure(with); err != nil {
		return 0, err
	}
	h := how{opts: opts}
	back := driven(times...).in(t, tensor.Float64).gradients(h, false)
	h.opts = with
	return back.difference(t, driven(times...).in(t, tensor.Float64).gradients(h, false)), nil
}

// golden compares what stands between the two comments of a name in a file.
func golden(t *testing.T, path, name, want string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), "<!-- "+name+" -->\n")
	got, after, ok2 := strings.Cut(rest, "<!-- /"+name+" -->\n")
	switch {
	case !ok || !ok2:
		t.Fatalf("%s has no part %q", path, name)
	case got == want:
	case *update:
		if err := os.WriteFile(path, []byte(before+"<!-- "+name+" -->\n"+want+"<!-- /"+name+" -->\n"+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not what -update would write:\n%s", path, want)
	}
}

// Forward is exact by constant steps of implicit methods too, whose equations are solved to rounding.
func TestForwardEqualsBackprop(t *testing.T) {
	for _, m := range solvers.Methods() {
		if !oneStep(m) {
			continue
		}
		kinds := [][]Option{{Step(0.17)}, {Tolerance(1e-4, 1e-4)}}
		if info := m.Info(); info.Implicit || !info.Adaptive() {
			kinds = kinds[:1]
		}
		for _, opts := range kinds {
			for _, times := range irregular {
				for _, at := range []bool{false, true} {
					h := how{at: at, opts: append(slices.Clone(opts), Method(m))}
					back := driven(times...).in(t, tensor.Float64).gradients(h, true)
					h.opts = append(h.opts, Gradient(Forward{}))
					if d := driven(times...).in(t, tensor.Float64).gradients(h, true).difference(t, back); !(d <= 1e-12) {
						t.Errorf("%s, times %v, of times %v: difference %g", m.Name(), times, at, d)
					}
				}
			}
		}
	}
}
