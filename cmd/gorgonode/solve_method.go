package main

import (
	"fmt"
	"math"
	"strings"

	"gorgonode/solvers"
)

// xppMethods are XPPAUT's methods, by the beginning of their names, with those of ours that take their place: the first
// that there is.
var xppMethods = []struct {
	prefix string
	ours   []string
}{
	{"euler", []string{"euler"}},
	{"modeul", []string{"heun"}},
	{"rung", []string{"rk4"}},
	{"rk", []string{"rk4"}},
	{"adam", []string{"adams", "abm", "vcabm", "dopri5"}},
	{"qual", []string{"cashkarp", "dopri5"}},
	{"5d", []string{"dopri5"}},
	{"83d", []string{"dop853"}},
	{"8d", []string{"dop853"}},
	{"2r", []string{"rosenbrock23", "ros23", "ode23s", "rodas3", "rodas4", "rodas5p"}},
	{"gear", stiffMethods},
	{"cvode", stiffMethods},
	{"stiff", stiffMethods},
	{"back", []string{"backwardeuler", "impliciteuler", "beuler"}},
	{"ymp", []string{"verlet", "leapfrog"}},
	{"symp", []string{"verlet", "leapfrog"}},
}

var stiffMethods = []string{"bdf", "ndf", "radau", "rodas5p", "rodas4", "kvaerno5", "esdirk54", "trbdf2", "rosenbrock23"}

// solver chooses the method and its settings.
func (c *solveCommand) solver(t terminal, q *problem) error {
	s, o := &q.settings, q.file.Options
	var err error
	if c.Method != "" {
		if s.Method, err = solvers.MethodByName(c.Method); err != nil {
			return badInputf("--method: no method is called %q; gorgonode methods lists them", c.Method)
		}
	} else if s.Method, err = fileMethod(t, o.Method); err != nil {
		return err
	}
	s.RTol, s.ATol = o.RTol, o.ATol
	for _, f := range []struct {
		name string
		flag *float64
		dst  *float64
	}{{"--rtol", c.RTol, &s.RTol}, {"--atol", c.ATol, &s.ATol}, {"--step", c.Step, &s.Step}} {
		if f.flag == nil {
			continue
		}
		if !(*f.flag > 0) || math.IsInf(*f.flag, 0) {
			return badInputf("%s %g: it must be positive", f.name, *f.flag)
		}
		*f.dst = *f.flag
	}
	if s.Step == 0 && !s.Method.Info().Adaptive() {
		if s.Step = math.Abs(o.Dt); s.Step == 0 {
			s.Step = defaultStep
		}
	}
	return nil
}

// fileMethod is the method that a file asks for.
func fileMethod(t terminal, name string) (solvers.Method, error) {
	var standard solvers.Method = solvers.Dopri5{}
	switch {
	case name == "":
		return standard, nil
	case strings.HasPrefix(name, "disc"), strings.HasPrefix(name, "volt"):
		return nil, badInputf("meth=%s: maps and integral equations are not supported", name)
	}
	for _, x := range xppMethods {
		if !strings.HasPrefix(name, x.prefix) {
			continue
		}
		for _, ours := range x.ours {
			if m, err := solvers.MethodByName(ours); err == nil {
				return m, nil
			}
		}
	}
	if m, err := solvers.MethodByName(name); err == nil {
		return m, nil
	}
	fmt.Fprintf(t.err, "warning: there is no method for meth=%s of the file; %s takes its place, see --method\n", name,
		standard.Name())
	return standard, nil
}
