// Command workprecision solves six well-known problems with every method that suits, at tolerances from 1e-3 to 1e-10, and
// shows what accuracy costs: evaluations of f, Jacobians, factorisations, steps and time. From the repository's root:
//
//	go run ./bench/workprecision                              all, as tables
//	go run ./bench/workprecision --plots docs/images          and as pictures
//	go run ./bench/workprecision --summary                    what each method needs for the same error, in Markdown
//	go run ./bench/workprecision --problem hires --method bdf
//	go run ./bench/workprecision --json                       for another program, such as bench/peers/ivp.py
//	go run ./bench/workprecision --reference                  the Brusselator's end, as in testdata/ivp/brusselator.json
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/pkg/errors"

	"gorgonode/bench/problems"
)

// tolerances are the relative ones.
var tolerances = []float64{1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10}

type options struct {
	plots, problem, method   string
	json, summary, reference bool
	spend                    time.Duration
}

func main() {
	runtime.GOMAXPROCS(1) // the garbage collector's work shall count
	var o options
	flag.StringVar(&o.plots, "plots", "", "a folder for pictures; empty: none")
	flag.StringVar(&o.problem, "problem", "", "the problem's name; empty: all")
	flag.StringVar(&o.method, "method", "", "names of methods, with commas between them; empty: all that suit")
	flag.BoolVar(&o.json, "json", false, "print JSON, one solve a line")
	flag.BoolVar(&o.summary, "summary", false, "print what each method needs for the same error, in Markdown")
	flag.BoolVar(&o.reference, "reference", false, "print the reference solution of the Brusselator and solve nothing else")
	flag.DurationVar(&o.spend, "spend", 30*time.Millisecond, "repeat each solve for so long")
	flag.Parse()
	if err := run(os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "workprecision:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, o options) error {
	if o.reference {
		return writeReference(w)
	}
	if !o.json {
		fmt.Fprintf(w, "%s %s/%s, %s, %d CPUs, one used\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, processor(),
			runtime.NumCPU())
	}
	found := false
	for _, p := range problems.All() {
		if o.problem != "" && o.problem != p.Name {
			continue
		}
		if err := p.Load(); err != nil {
			return err
		}
		ms := measureAll(p, o.method, o.spend)
		found = found || len(ms) > 0
		if err := show(w, p, ms, o); err != nil {
			return err
		}
	}
	if !found {
		return errors.Errorf("there is no such problem, or no such method for it")
	}
	return nil
}

// measureAll solves the problem by the methods of these names at every tolerance. A method that fails at one isn't
// tried at a tighter one.
func measureAll(p *problems.Problem, names string, spend time.Duration) []measurement {
	var ms []measurement
	for _, m := range p.Methods() {
		if names != "" && !contains(strings.Split(names, ","), m.Name()) {
			continue
		}
		for _, rtol := range tolerances {
			one := measure(p, m, rtol, spend)
			ms = append(ms, one)
			if one.Failure != "" {
				break
			}
		}
	}
	return ms
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

func show(w io.Writer, p *problems.Problem, ms []measurement, o options) error {
	var err error
	switch {
	case o.json:
		e := json.NewEncoder(w)
		for i := range ms {
			if err = e.Encode(&ms[i]); err != nil {
				break
			}
		}
	case o.summary:
		err = summary(w, p, ms)
	default:
		err = table(w, p, ms)
	}
	if err != nil {
		return errors.Wrap(err, "print")
	}
	if o.plots == "" {
		return nil
	}
	return picture(o.plots, p, ms)
}

// processor is the name of the machine's processor, where Linux tells it.
func processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return "unknown processor"
}
