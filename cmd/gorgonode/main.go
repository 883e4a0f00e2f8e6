package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"gorgonode/solvers"
	"gorgonode/training/generative"
	"gorgonode/training/sequence"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// commands is the command line, in the form that kong reads.
type commands struct {
	Fit       fitCommand       `cmd:"" help:"Learn a differential equation from a CSV file."`
	Predict   predictCommand   `cmd:"" help:"Forecast with a run that fit has left."`
	Solve     solveCommand     `cmd:"" help:"Solve a differential equation that is written in a .ode file."`
	Gradcheck gradcheckCommand `cmd:"" help:"Compare the gradient modes on a .ode file with each other and with differences."`
	Demo      demoCommand      `cmd:"" help:"Run an experiment with a known result."`
	Methods   methodsCommand   `cmd:"" help:"List the methods of integration that --method takes."`
	Bench     benchCommand     `cmd:"" help:"Time fixed workloads on this machine."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

const description = `Fit neural differential equations to tables of measurements, forecast with them, and solve differential equations that are written as text.

Examples:

    gorgonode fit testdata/lynx-hare/hudson-bay-lynx-hare.csv
    gorgonode predict runs/hudson-bay-lynx-hare
    gorgonode solve testdata/ode/lotka-volterra.ode
    gorgonode methods
    gorgonode version

Exit codes: 0 success; 1 training or solving failed; 2 bad usage or bad input; 130 interrupted.`

// terminal is where a command writes.
type terminal struct {
	out io.Writer // what was asked for
	err io.Writer // progress, remarks
}

// run runs a command line and returns its exit code.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	helped := false
	parser, err := kong.New(&commands{},
		kong.Name("gorgonode"), kong.Description(description), kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }), kong.WithHyphenPrefixedParameters(true),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.ExplicitGroups(flagGroups), kong.Vars{
			"defaultMethod": solvers.Dopri5{}.Name(), "sequenceModels": strings.Join(sequence.Models(), ", "),
			"generativeModels": strings.Join(generative.Models(), ", "),
		},
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(terminal{stdout, stderr}),
	)
	if err != nil {
		return report(stderr, err)
	}
	parser.Model.HelpFlag.Help = "Show this help."
	parsed, err := parser.Parse(args)
	if helped {
		return codeOK
	}
	if err != nil {
		return report(stderr, usageError(parsed, err))
	}
	return report(stderr, parsed.Run())
}

// report prints an error as one line, and returns the exit code that belongs to it.
func report(w io.Writer, err error) int {
	if err != nil {
		fmt.Fprintf(w, "gorgonode: %s\n", strings.Join(strings.Fields(err.Error()), " "))
	}
	return exitCode(err)
}
