package ude

import (
	"cmp"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/solvers"
	"gorgonode/training"
)

// Config says how a model is fitted to a series. The zero value works; Fit fills in the rest.
type Config struct {
	// Columns has the state of each column that is not called like its state. A column called like no state, in upper or
	// lower case, is an error unless it is listed with "".
	Columns map[string]string `json:"columns,omitempty"`
	HoldOut int               `json:"hold_out"` // last rows that are kept from the fit
	Noise   string            `json:"noise"`    // "gaussian" (also ""), "lognormal" or "poisson"
	// parameters, and initial values NAME(0), that are free beside those that the file calls so, and beside the initial
	// values of which it says nothing
	Free []string `json:"free"`

	Start    string  `json:"start"`    // "auto" (also ""), "single", "multiple-shooting", "collocation" or "growing"
	Restarts int     `json:"restarts"` // fits from other first values beside the first; the best counts
	Seed     uint64  `json:"seed"`     // of the networks' first weights and of the restarts
	Steps    int     `json:"steps"`    // of Adam in each stage; 0 is 300, negative is none
	Rate     float64 `json:"rate"`     // first learning rate of Adam; 0 is 0.05, and 0.01 where there are networks
	Polish   int     `json:"polish"`   // iterations of BFGS after the last stage; 0 is 500, negative is none
	Decay    float64 `json:"decay"`    // of the networks' weights; 0 is 0.01, negative is none

	Method string  `json:"method"` // by solvers.MethodByName; "" is solvers.Dopri5
	RTol   float64 `json:"rtol"`   // 0 is 1e-6
	ATol   float64 `json:"atol"`   // of states in units of their size; 0 is 1e-6
}

// Options is what happens beside the fit. The zero value is silent.
type Options struct {
	Log io.Writer // gets a line a stage; nil is nowhere
	// Metrics gets a record a step of Adam and an iteration of BFGS: "cost".
	Metrics *training.MetricsWriter
}

// maxSteps bounds the steps of one solve, so that no trial value makes one that never ends.
const maxSteps = 20_000

var (
	noises = []string{"gaussian", "lognormal", "poisson"}
	starts = []string{"auto", "single", "multiple-shooting", "collocation", "growing"}
)

func (c Config) withDefaults(networks bool) Config {
	rate := 0.05
	if networks {
		rate = 0.01
	}
	c.Noise, c.Start = cmp.Or(c.Noise, "gaussian"), cmp.Or(c.Start, "auto")
	c.Steps, c.Polish = cmp.Or(c.Steps, 300), cmp.Or(c.Polish, 500)
	c.Rate, c.Decay = cmp.Or(c.Rate, rate), cmp.Or(c.Decay, 0.01)
	c.Method = cmp.Or(c.Method, solvers.Dopri5{}.Name())
	c.RTol, c.ATol = cmp.Or(c.RTol, 1e-6), cmp.Or(c.ATol, 1e-6)
	return c
}

// check looks at what needs no data; c has its defaults.
func (c Config) check() error {
	switch {
	case !slices.Contains(noises, c.Noise):
		return errors.Errorf("ude: there is no noise %q; there are %s", c.Noise, strings.Join(noises, ", "))
	case !slices.Contains(starts, c.Start):
		return errors.Errorf("ude: there is no start %q; there are %s", c.Start, strings.Join(starts, ", "))
	case c.Restarts < 0:
		return errors.Errorf("ude: %d restarts: there must be none or more", c.Restarts)
	case !(c.Rate > 0) || math.IsInf(c.Rate, 0):
		return errors.Errorf("ude: learning rate %g: it must be positive", c.Rate)
	case math.IsNaN(c.Decay) || math.IsInf(c.Decay, 0):
		return errors.Errorf("ude: decay %g: it must be finite", c.Decay)
	case !(c.RTol > 0) || !(c.ATol > 0):
		return errors.Errorf("ude: tolerances %g and %g: they must be positive", c.RTol, c.ATol)
	case c.Steps < 0 && c.Polish < 0:
		return errors.New("ude: no steps of Adam and no iterations of BFGS: nothing would be fitted")
	}
	return nil
}
