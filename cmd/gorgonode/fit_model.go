package main

import (
	"slices"
	"strings"

	"gorgonode/training"
	"gorgonode/training/density"
	"gorgonode/training/generative"
	"gorgonode/training/sequence"
)

// flowModels are the models that are densities of rows, by what --model calls them.
var flowModels = map[string]density.Model{
	"flow": density.CNF, "matching": density.FlowMatching, "realnvp": density.RealNVP, "glow": density.Glow,
}

// checkModel looks at --model alone.
func (c *fitCommand) checkModel() error {
	var names []string
	for _, m := range training.ForecasterModels() {
		names = append(names, string(m))
	}
	names = append(names, "flow", "matching", "realnvp", "glow")
	names = append(append(names, sequence.Models()...), generative.Models()...)
	switch {
	case c.Model != "" && !slices.Contains(names, c.Model):
		return badInputf("--model %s: there is no such model; there are %s", c.Model, strings.Join(names, ", "))
	case c.Model != "" && !isSequence(c.Model) && !isGenerative(c.Model) && c.ODE != "":
		return badInputf("--model goes without --ode: the file is the model")
	}
	return nil
}

// without refuses flags that have no part in the model.
func (c *fitCommand) without(names ...string) error {
	for _, name := range names {
		if c.given[name] {
			return badInputf("--%s has no part in the model %s", name, c.Model)
		}
	}
	return nil
}
