package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"gorgonode/training"
	"gorgonode/training/ude"
)

// odeFlags are of a fit of equations.
type odeFlags struct {
	ODE      string   `name:"ode" group:"equations" placeholder:"FILE.ode" help:"Fit the free parameters, initial values and networks of this model, see docs/ode-format.md. Columns are states by name, in upper or lower case. Nothing is held out unless --hold-out says so; of the flags below, those of the model's networks and of their training have no part in it."`
	Map      []string `group:"equations" placeholder:"COLUMN=STATE" help:"Columns that are not called like their state."`
	Noise    string   `group:"equations" placeholder:"NAME" help:"gaussian, lognormal or poisson. Its scale is estimated, one a column. Default: gaussian."`
	Free     []string `group:"equations" placeholder:"A,B,X(0)" help:"Parameters and initial values that are free beside those that the file calls so."`
	Start    string   `group:"equations" placeholder:"NAME" help:"What comes before the fit of the whole trajectory: single (nothing), multiple-shooting, collocation, growing, or auto: collocation and multiple shooting where all states are observed, else growing. Default: auto."`
	Restarts int      `group:"equations" placeholder:"N" help:"Fits from other first values beside the first; the best counts. Default: 0."`
	Steps    *int     `group:"equations" placeholder:"N" help:"Steps of Adam in each stage; 0 for none. Default: 300. Of densities, which take this flag too: all steps, 1000."`
	Polish   *int     `group:"equations" placeholder:"N" help:"Iterations of BFGS at the end; 0 for none. Default: 500."`
	Profile  []string `group:"equations" placeholder:"A,B" help:"Profiles of the likelihood of these free parameters."`
}

// refuse is an error where flags of equations are given without --ode.
func (f odeFlags) refuse() error {
	for _, x := range []struct {
		name  string
		given bool
	}{
		{"map", len(f.Map) > 0}, {"noise", f.Noise != ""}, {"free", len(f.Free) > 0}, {"start", f.Start != ""},
		{"restarts", f.Restarts != 0}, {"steps", f.Steps != nil}, {"polish", f.Polish != nil},
		{"profile", len(f.Profile) > 0},
	} {
		if x.given {
			return badInputf("--%s goes with --ode", x.name)
		}
	}
	return nil
}

func (c *fitCommand) equationsConfig() (ude.Config, error) {
	rtol, atol, err := c.tolerances(1e-6, 1e-6)
	if err != nil {
		return ude.Config{}, err
	}
	switch {
	case c.Step != nil:
		return ude.Config{}, badInputf("--step: equations are fitted under error control")
	case c.Gradient != "backprop":
		return ude.Config{}, badInputf("--gradient %s: equations are fitted by backprop", c.Gradient)
	case c.Augment != 0 || c.TimeDependent:
		return ude.Config{}, badInputf("--augment and --time-dependent go without --ode: the file says what the states are, " +
			"and may use t")
	case c.Scaling != "auto":
		return ude.Config{}, badInputf("--scaling %s goes without --ode; --noise lognormal compares logarithms", c.Scaling)
	}
	u := ude.Config{
		Columns: map[string]string{}, Noise: c.Noise, Free: c.Free, Start: c.Start, Restarts: c.Restarts, Seed: c.Seed,
		Method: c.Method, RTol: rtol, ATol: atol,
	}
	for _, f := range []struct {
		name  string
		given *int
		field *int
	}{{"steps", c.Steps, &u.Steps}, {"polish", c.Polish, &u.Polish}} {
		if f.given == nil {
			continue
		}
		if *f.given < 0 {
			return u, badInputf("--%s %d: it must be at least 0", f.name, *f.given)
		}
		*f.field = orNone(*f.given)
	}
	if c.HoldOut != nil {
		if u.HoldOut = *c.HoldOut; u.HoldOut == -1 {
			u.HoldOut = 0
		}
	}
	for _, text := range c.Map {
		column, state, ok := strings.Cut(text, "=")
		if column, state = strings.TrimSpace(column), strings.TrimSpace(state); !ok || column == "" || state == "" {
			return u, badInputf("--map %s: give it as COLUMN=STATE", text)
		}
		u.Columns[column] = state
	}
	return u, nil
}

// readEquations reads the model file. What is wrong with it is shown with its line, and the error that is returned is short.
func (c *fitCommand) readEquations(t terminal) (*ude.Model, error) {
	file, err := os.Open(c.ODE)
	if err != nil {
		return nil, badInput(err)
	}
	defer file.Close()
	text, err := readModel(file)
	if err != nil {
		return nil, badInput(err)
	}
	m, err := ude.ParseModel(c.ODE, text)
	if err != nil {
		return nil, modelError(t, err)
	}
	for _, w := range m.Warnings() {
		fmt.Fprintf(t.err, "warning: %s\n", w)
	}
	return m, nil
}

// fitEquations runs gorgonode fit --ode.
func (c *fitCommand) fitEquations(ctx context.Context, t terminal, s *training.Series) error {
	config, err := c.equationsConfig()
	if err != nil {
		return err
	}
	if c.Forecast != nil && *c.Forecast < 0 {
		return badInputf("--forecast %d: it must not be negative", *c.Forecast)
	}
	m, err := c.readEquations(t)
	if err != nil {
		return err
	}
	if err := ude.Check(m, s, config, c.Profile...); err != nil {
		return badInput(err)
	}
	w, err := createRun(c.Out, c.File, c.Force)
	if err != nil {
		return badInput(err)
	}
	if err := keepsInput(strings.TrimSuffix(w.Dir(), ".partial"), c.ODE, c.Force); err != nil {
		return abandon(ctx, w, badInput(err))
	}
	var fitted *ude.Fitted
	var report *ude.Report
	run, err := makeRun(ctx, w, func(metrics *training.MetricsWriter) error {
		opts := ude.Options{Metrics: metrics}
		if !c.Quiet {
			opts.Log = t.err
		}
		fitted, err = ude.Fit(ctx, m, s, config, opts)
		return err
	}, func(records []training.Record) error {
		profiles, err := c.profiles(ctx, fitted)
		if err != nil {
			return err
		}
		if report, err = fitted.NewReport(c.beyondRows(s)*spacingOf(s), profiles, records); err != nil {
			return err
		}
		if report.Summary.Warning != "" {
			fmt.Fprintf(t.err, "gorgonode: no forecast: %s\n", report.Summary.Warning)
		}
		if err := fitted.Save(w); err != nil {
			return err
		}
		return report.Write(w)
	})
	if err != nil {
		return err
	}
	return c.printRun(t, run, "forecast", func(r runJSON) any {
		return struct {
			runJSON
			ude.Summary
		}{r, report.Summary}
	}, func(b *bytes.Buffer) { printEstimates(b, report) })
}

// profiles are those of --profile.
func (c *fitCommand) profiles(ctx context.Context, fitted *ude.Fitted) (all []*ude.Profile, err error) {
	for _, name := range c.Profile {
		p, err := fitted.Profile(ctx, name)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// spacingOf is the mean row spacing.
func spacingOf(s *training.Series) float64 {
	n := s.Len()
	return (s.T[n-1] - s.T[0]) / float64(max(n-1, 1))
}

// interval is that of a profile, in words where its values do not reach an end.
func interval(p *ude.Profile) string {
	low, high := fmt.Sprintf("%.4g", p.Low), fmt.Sprintf("%.4g", p.High)
	if math.IsNaN(p.Low) {
		low = fmt.Sprintf("below %.4g", p.Values[0])
	}
	if math.IsNaN(p.High) {
		high = fmt.Sprintf("above %.4g", p.Values[len(p.Values)-1])
	}
	return fmt.Sprintf("from %s to %s", low, high)
}

func printEstimates(b *bytes.Buffer, r *ude.Report) {
	s := r.Summary
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\testimate\tstandard error\t95 % interval\t")
	for _, e := range s.Estimates {
		if e.StdErr == nil {
			fmt.Fprintf(w, "%s\t%.4g\t%s\t\t\n", e.Name, e.Value, e.Status)
			continue
		}
		fmt.Fprintf(w, "%s\t%.4g\t%.2g\t%.4g to %.4g\t\n", e.Name, e.Value, *e.StdErr, *e.Low, *e.High)
	}
	w.Flush()
	has := func(status ude.Status) bool {
		return slices.ContainsFunc(s.Estimates, func(e ude.Estimate) bool { return e.Status == status })
	}
	if has(ude.NotDetermined) {
		fmt.Fprintln(b, "not determined: it can change, alone or with others, and the model stays the same at the data")
	}
	if has(ude.AtBound) {
		fmt.Fprintln(b, "at its bound: beyond it the fit would be better; standard errors of the others are with it held there")
	}
	if has(ude.TooFewValues) {
		fmt.Fprintln(b, "too few values: the model meets them with hardly one to spare, and nothing says how large the noise is")
	}
	for _, better := range s.Better {
		fmt.Fprintf(b, "profiling found a better fit: with %s = %.4g, −ln L is lower by %.3g; the estimates are not the best, "+
			"try --restarts\n", better.Name, better.Value, better.Fall)
	}
	for _, p := range r.Profiles {
		fmt.Fprintf(b, "profile of %s: 95 %% %s\n", p.Name, interval(p))
	}
	fmt.Fprintf(b, "\n%d values, −ln L %.4f (%s noise); root mean square of model − data:", s.Values, s.NLL, s.Noise)
	for _, name := range s.Columns {
		fmt.Fprintf(b, " %s %.4g", name, s.RMSE[name])
		if v, ok := s.RMSEHeldOut[name]; ok {
			fmt.Fprintf(b, " (held out: %.4g)", v)
		}
	}
	fmt.Fprintln(b)
}
