// Command memory measures what a training step of a neural ODE holds in memory, by gradient mode and number of steps: an MLP
// 64-128-64 with tanh in float32, y' = f(y) on [0, 1] by RK4 with constant steps, the mean square of the end as the
// loss, and its gradient by all weights. The cost of Forward grows with the number of weights, and it has an MLP
// 64-1-64. From the repository's root:
//
//	go run ./bench/memory                          a table in Markdown
//	go run ./bench/memory -batch 256 -plots docs/images       and a picture, with a larger batch: ten minutes
//	go run ./bench/memory -batch 256 -steps 100,1000 -modes adjoint,reversible
//
// Every number is the work of a process of its own, which collects its garbage every few milliseconds while it runs and
// notes the bytes that are still in use; the most, less what was in use before the model was made, is what is shown. So
// garbage doesn't count, and what the machine holds at once does.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

type options struct {
	batch               int
	steps, modes, plots string
	child               string
}

func main() {
	var o options
	flag.IntVar(&o.batch, "batch", 32, "rows of the batch, of 64 numbers each")
	flag.StringVar(&o.steps, "steps", "100,1000,10000", "numbers of steps, with commas between them")
	flag.StringVar(&o.modes, "modes", "", "names of gradient modes, with commas between them; empty: all")
	flag.StringVar(&o.plots, "plots", "", "a folder for a picture; empty: none")
	flag.StringVar(&o.child, "child", "", "measure this mode in this process, with the first of steps, and print the bytes")
	flag.Parse()
	if err := run(os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "memory:", err)
		os.Exit(1)
	}
}

// curve is what a mode needs, in bytes, by the number of steps.
type curve struct {
	mode  mode
	bytes map[int]uint64
}

func run(w io.Writer, o options) error {
	var steps []int
	for _, s := range strings.Split(o.steps, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return errors.Errorf("%q is no number of steps", s)
		}
		steps = append(steps, n)
	}
	if o.batch < 1 {
		return errors.Errorf("a batch of %d rows", o.batch)
	}
	if o.child != "" {
		m, err := modeNamed(o.child)
		if err != nil {
			return err
		}
		bytes, err := peak(m, o.batch, steps[0])
		if err == nil {
			_, err = fmt.Fprintln(w, bytes)
		}
		return err
	}
	modes, err := chosen(o.modes)
	if err != nil {
		return err
	}
	var curves []curve
	for _, m := range modes {
		c := curve{mode: m, bytes: map[int]uint64{}}
		for _, n := range steps {
			if m.most > 0 && n > m.most {
				continue
			}
			if c.bytes[n], err = measure(m.name, o.batch, n); err != nil {
				return err
			}
		}
		curves = append(curves, c)
	}
	if err := table(w, curves, steps, o.batch); err != nil || o.plots == "" {
		return err
	}
	return picture(o.plots, curves, steps, o.batch)
}

// chosen are the modes of these names.
func chosen(names string) ([]mode, error) {
	if names == "" {
		return modes, nil
	}
	var ms []mode
	for _, s := range strings.Split(names, ",") {
		m, err := modeNamed(s)
		if err != nil {
			return nil, err
		}
		ms = append(ms, m)
	}
	return ms, nil
}

func modeNamed(name string) (mode, error) {
	for _, m := range modes {
		if m.name == name {
			return m, nil
		}
	}
	return mode{}, errors.Errorf("no mode is called %q", name)
}

// measure has a process of its own for a mode and a number of steps.
func measure(name string, batch, steps int) (uint64, error) {
	exe, err := os.Executable()
	if err != nil {
		return 0, errors.Wrap(err, "this program")
	}
	cmd := exec.Command(exe, "-child", name, "-batch", strconv.Itoa(batch), "-steps", strconv.Itoa(steps))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, errors.Wrapf(err, "%s with %d steps", name, steps)
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(out)), 10, 64)
	return n, errors.Wrapf(err, "%s with %d steps", name, steps)
}

// table prints MiB by mode and steps, and how many states each step more takes.
func table(w io.Writer, curves []curve, steps []int, batch int) error {
	var b strings.Builder
	row := func(cells ...string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	head, rule := []string{"gradient"}, []string{"---"}
	for _, n := range steps {
		head, rule = append(head, fmt.Sprintf("%d steps, MiB", n)), append(rule, "---:")
	}
	row(append(head, "states a step")...)
	row(append(rule, "---:")...)
	for _, c := range curves {
		cells := []string{strings.TrimSpace("`" + c.mode.title + "` " + c.mode.note)}
		for _, n := range steps {
			if n, ok := c.bytes[n]; ok {
				cells = append(cells, fmt.Sprintf("%.1f", float64(n)/(1<<20)))
			} else {
				cells = append(cells, "–")
			}
		}
		more := "–"
		first, last := steps[0], 0
		for n := range c.bytes {
			last = max(last, n)
		}
		if n := c.bytes[last]; last > first {
			state := float64(4 * width * batch)
			more = fmt.Sprintf("%.2f", max(0, float64(n)-float64(c.bytes[first]))/float64(last-first)/state)
		}
		row(append(cells, more)...)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
