package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"text/tabwriter"

	"github.com/pkg/errors"

	"gorgonode/internal/demo"
	"gorgonode/training"
)

type demoCommand struct {
	Name  string `arg:"" optional:"" help:"The experiment. Without one they are listed."`
	Out   string `group:"output" placeholder:"DIR" help:"The run folder. Default: runs/demo-NAME; runs/demo-NAME-2, -3, ... if that is taken."`
	Data  string `placeholder:"DIR" help:"The folder with the data, for experiments that need some."`
	Seed  uint64 `default:"1" placeholder:"N" help:"Of everything random. Default: ${default}."`
	Quick bool   `help:"A short version."`
	Force bool   `group:"output" help:"Replace the run in the folder, once the new one is whole."`
	JSON  bool   `name:"json" group:"output" help:"Print the figures as JSON on stdout."`
	Quiet bool   `group:"output" short:"q" help:"No progress."`
}

// Help is what gorgonode demo --help begins with.
func (*demoCommand) Help() string {
	return `Runs an experiment and prints what it found beside what is published or known. The run folder gets the figures (result.json, result.md), tables, and pictures as PNG and SVG. Ctrl-C stops, and leaves no folder.

Examples:

    gorgonode demo
    gorgonode demo missing-term
    gorgonode demo lotka-volterra --data testdata/lynx-hare --out runs/pelts`
}

// Run runs gorgonode demo.
func (c *demoCommand) Run(ctx context.Context, t terminal) error {
	if c.Name == "" {
		return listDemos(t)
	}
	d, err := demo.Find(c.Name)
	if err != nil {
		return badInput(err)
	}
	name := "demo-" + d.Name
	if c.Data != "" && c.Force {
		out := c.Out
		if out == "" {
			out = filepath.Join("runs", name)
		}
		if err := keepsInput(out, c.Data, true); err != nil {
			return badInput(err)
		}
	}
	w, err := createRun(c.Out, name, c.Force)
	if err != nil {
		return badInput(err)
	}
	result, run, err := c.run(ctx, t, d, w)
	if err != nil {
		return abandon(ctx, w, err)
	}
	return c.print(t, result, run)
}

func (c *demoCommand) run(ctx context.Context, t terminal, d demo.Demo, w *training.RunWriter) (demo.Result, *training.Run,
	error) {
	o := demo.Options{Out: w.Dir(), Data: c.Data, Seed: c.Seed, Quick: c.Quick}
	if !c.Quiet {
		o.Log = t.err
	}
	result, err := d.Run(ctx, o)
	if err != nil {
		return result, nil, err
	}
	if err := training.WriteFile(w.Path("result.json"), result.WriteJSON); err != nil {
		return result, nil, err
	}
	if err := training.WriteFile(w.Path("result.md"), result.WriteMarkdown); err != nil {
		return result, nil, err
	}
	if err := ctx.Err(); err != nil {
		return result, nil, err
	}
	run, err := w.Commit()
	return result, run, err
}

func (c *demoCommand) print(t terminal, r demo.Result, run *training.Run) error {
	var b bytes.Buffer
	if c.JSON {
		if err := r.WriteJSON(&b); err != nil {
			return err
		}
	} else {
		w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
		fmt.Fprintln(w, "\tfound\tpublished")
		for _, f := range r.Figures {
			value := fmt.Sprintf("%.4g", f.Value)
			if f.Unit != "" {
				value += " " + f.Unit
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, value, f.Published)
		}
		w.Flush()
		fmt.Fprintf(&b, "\nrun folder %s\n", shown(run.Dir))
	}
	_, err := b.WriteTo(t.out)
	return errors.Wrap(err, "write to stdout")
}

func listDemos(t terminal) error {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for _, d := range demo.All() {
		needs := ""
		if d.NeedsData != "" {
			needs = "--data: " + d.NeedsData
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", d.Name, d.Summary, needs)
	}
	w.Flush()
	_, err := b.WriteTo(t.out)
	return errors.Wrap(err, "write to stdout")
}
