package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/pkg/errors"

	"gorgonode/internal/odefile"
)

// equationFlags say which model is solved and how.
type equationFlags struct {
	File string `arg:"" name:"file" help:"A model in XPPAUT's .ode format; - is standard input."`

	Set  []string `group:"Model:" sep:"none" placeholder:"NAME=VALUE" help:"Another value of a parameter. May be repeated."`
	Init []string `group:"Model:" sep:"none" placeholder:"NAME=VALUE" help:"Another initial value of a variable. May be repeated."`

	T0 *float64 `name:"t0" group:"Times:" placeholder:"T" help:"First time. Default: the file's t0, or 0."`
	T1 *float64 `name:"t1" group:"Times:" placeholder:"T" help:"Last time, before the first to go back. Default: the last of --at, or the file's total later, or 20 later."`

	Method string   `group:"Solver:" placeholder:"NAME" help:"The method of integration, see gorgonode methods. Default: the file's, or dopri5."`
	RTol   *float64 `name:"rtol" group:"Solver:" placeholder:"X" help:"Relative error tolerated a step. Default: the file's tol, or 1e-6."`
	ATol   *float64 `name:"atol" group:"Solver:" placeholder:"X" help:"Absolute error tolerated a step. Default: the file's atol, or 1e-8."`
	Step   *float64 `group:"Solver:" placeholder:"H" help:"Take constant steps, no longer than this. Default: error control; for a method without it, the file's dt, or 0.05."`
}

type solveCommand struct {
	equationFlags
	At string `group:"Times:" placeholder:"TIMES" help:"When to show the solution: times, and START:STEP:END, with commas between them. Default: every dt of the file, or a hundredth of the whole."`

	Sensitivities bool     `group:"Output:" help:"Compute the derivatives of the solution by all parameters and initial values too."`
	Wrt           []string `group:"Output:" placeholder:"A,B,X(0)" help:"Compute the derivatives by these parameters and initial values alone."`
	CSV           string   `name:"csv" group:"Output:" placeholder:"FILE" help:"Write the solution as CSV, with all digits; - is stdout, instead of the table."`
	JSON          bool     `name:"json" group:"Output:" help:"Print JSON on stdout instead of the table."`
	Plot          string   `group:"Output:" placeholder:"FILE" help:"Draw the solution over time; the file ends in .png or .svg."`
	Phase         string   `group:"Output:" placeholder:"X,Y" help:"Let --plot draw variable Y against X."`
	Force         bool     `group:"Output:" help:"Overwrite the files of --csv and --plot."`
	Stats         bool     `group:"Output:" help:"Print the work that the solution took, on stderr."`
	Quiet         bool     `group:"Output:" short:"q" help:"Print no table."`
}

// Help is what gorgonode solve --help begins with.
func (*solveCommand) Help() string {
	return `Solves the differential equations of a model file and prints the values, a line for each time. A model file is text: an equation is x' = expression, parameters are par a=1, initial values init x=2, and @ total=40 says how long. docs/ode-format.md describes it all.

Examples:

    gorgonode solve testdata/ode/lotka-volterra.ode
    gorgonode solve testdata/ode/lotka-volterra.ode --set a=1.5 --init x=8 --t1 60 --plot hares.png
    gorgonode solve testdata/ode/lorenz.ode --at 0:0.5:10 --rtol 1e-10 --csv lorenz.csv
    gorgonode solve testdata/ode/fitzhugh-nagumo.ode --plot phase.svg --phase v,w
    gorgonode solve testdata/ode/lotka-volterra.ode --at 10,20 --sensitivities --json`
}

// Run runs gorgonode solve.
func (c *solveCommand) Run(ctx context.Context, t terminal) error {
	if err := c.check(); err != nil {
		return err
	}
	problem, err := c.problem(t)
	if err != nil {
		return err
	}
	result, failure := problem.solve(ctx)
	if result == nil {
		return failure
	}
	if err := c.write(t, problem, result); err != nil {
		return err
	}
	return failure
}

// check refuses flags that contradict each other, and files that may not be written.
func (c *solveCommand) check() error {
	switch {
	case c.JSON && c.CSV == "-":
		return badInputf("--json and --csv -: only one of them can go to stdout")
	case c.Phase != "" && c.Plot == "":
		return badInputf("--phase %s says what --plot draws: give --plot FILE too", c.Phase)
	}
	return outputs{c.CSV, c.Plot, c.Force}.check(c.File)
}

// read reads the model file. What is wrong with it is shown with its line, and the error that is returned is short.
func (c *solveCommand) read(t terminal) (*odefile.File, error) {
	var text []byte
	var err error
	name := c.File
	if name == "-" {
		name = "stdin"
		text, err = readModel(os.Stdin)
	} else {
		var file *os.File
		if file, err = os.Open(name); err == nil {
			text, err = readModel(file)
			file.Close()
		}
	}
	if err != nil {
		return nil, badInput(err)
	}
	f, err := odefile.Parse(name, text)
	if err != nil {
		return nil, modelError(t, err)
	}
	for _, w := range f.Warnings {
		fmt.Fprintf(t.err, "%s:%d: warning: %s\n", w.File, w.Line, w.Message)
	}
	return f, nil
}

// readModel reads no more than it takes to see that a file is too long, as /dev/zero is.
func readModel(r io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, odefile.MaxFile+1))
}

func modelError(t terminal, err error) error {
	var at *odefile.Error
	if !errors.As(err, &at) {
		return badInput(err)
	}
	fmt.Fprintln(t.err, at)
	return badInputf("%s: there is an error in line %d of the model", at.File, at.Line)
}
