package density

import (
	"cmp"
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers"
	"gorgonode/layers/flow"
)

// Model is a kind of flow and how it is trained.
type Model string

const (
	CNF          Model = "cnf"           // a continuous flow, by maximum likelihood: every step solves
	FlowMatching Model = "flow-matching" // a continuous flow, by regression on velocities: fast steps, exact density afterwards
	RealNVP      Model = "realnvp"       // affine couplings; needs two columns
	Glow         Model = "glow"          // couplings with invertible linear maps; needs two columns
)

// Models lists the models.
func Models() []Model { return []Model{CNF, FlowMatching, RealNVP, Glow} }

// Trace is how a CNF takes the trace while it is trained.
type Trace string

const (
	AutoTrace       Trace = "auto"       // exact for one or two columns, else an estimate
	ExactTrace      Trace = "exact"      // a directional derivative for each column
	HutchinsonTrace Trace = "hutchinson" // Hutchinson's estimate with signs, drawn anew at every step
)

// Config says what is fitted and how. The zero value works; Fit fills in the rest.
type Config struct {
	Model      Model             `json:"model"`      // empty is CNF
	Hidden     []int             `json:"hidden"`     // widths of the networks' hidden layers; nil is 64, 64
	Activation layers.Activation `json:"activation"` // the identity is Tanh
	// CNFs, with an ActNorm between them, or steps of RealNVP and Glow; 0 is 1, or 8
	Flows int `json:"flows"`

	// Of continuous flows.
	Time      flow.TimeKind `json:"time"`      // empty is flow.ConcatSquash
	Tolerance float64       `json:"tolerance"` // of the solver, relative and absolute; 0 is 1e-5
	Trace     Trace         `json:"trace"`     // in training by maximum likelihood; empty is AutoTrace
	Penalty   flow.Penalty  `json:"penalty"`   // in training by maximum likelihood

	// Of flow matching.
	Sigma            float64 `json:"sigma"`             // see flow.Matching
	OptimalTransport bool    `json:"optimal_transport"` // pair noise and data of a batch so

	// part of the rows that is kept from training, drawn by the seed; 0 is 0.1, negative is none
	HoldOut   float64 `json:"hold_out"`
	Batch     int     `json:"batch"`      // rows of a step; 0 is 256; no more than there are
	Steps     int     `json:"steps"`      // 0 is 1000
	LearnRate float64 `json:"learn_rate"` // of Adam; 0 is 0.01; it falls to a hundredth along a cosine
	ClipNorm  float64 `json:"clip_norm"`  // of the gradient; 0 is 10, negative is none
	// Every so many steps the held-out rows are looked at; the best weights found are kept. 0 is 50.
	Every int `json:"every"`
	// Patience is how many looks without a better one end the training; 0 is never.
	Patience int    `json:"patience"`
	Seed     uint64 `json:"seed"`
}

// WithDefaults is c with its zero fields filled in; it stays as it is when that is done again.
func (c Config) WithDefaults() Config {
	c.Model = cmp.Or(c.Model, CNF)
	if c.Hidden == nil {
		c.Hidden = []int{64, 64}
	}
	if c.Activation == layers.Identity() {
		c.Activation = layers.Tanh()
	}
	flows := 1
	if !c.continuous() {
		flows = 8
	}
	c.Flows = cmp.Or(c.Flows, flows)
	c.Time, c.Trace, c.Tolerance = cmp.Or(c.Time, flow.ConcatSquash), cmp.Or(c.Trace, AutoTrace), cmp.Or(c.Tolerance, 1e-5)
	c.HoldOut, c.Batch, c.Steps = cmp.Or(c.HoldOut, 0.1), cmp.Or(c.Batch, 256), cmp.Or(c.Steps, 1000)
	c.LearnRate, c.ClipNorm, c.Every = cmp.Or(c.LearnRate, 0.01), cmp.Or(c.ClipNorm, 10), cmp.Or(c.Every, 50)
	return c
}

// maxFlows is more than anybody has use for.
const maxFlows = 1000

func (c Config) continuous() bool { return c.Model == CNF || c.Model == FlowMatching }

// Check tells what is wrong with the configuration or the rows before any training: what it returns is an error of the
// input, what Fit returns after it is one of the training. Its errors call the columns by the names given, or x1, x2, …
// without.
func (c Config) Check(rows [][]float64, columns ...string) error {
	c = c.WithDefaults()
	if err := checkRows(rows, columns...); err != nil {
		return err
	}
	if err := c.check(len(rows)); err != nil {
		return err
	}
	m, err := newModel(len(rows[0]), c)
	if err != nil {
		return errors.WithMessage(err, "density")
	}
	train, _ := split(rows, c.heldOut(len(rows)), c.Seed)
	for j := range train[0] {
		if !slices.ContainsFunc(train, func(r []float64) bool { return r[j] != train[0][j] }) {
			return errors.Errorf("density: column %s is %g in all rows to train on: it has no density",
				nameOf(columns, j), train[0][j])
		}
	}
	return errors.WithMessage(flow.Init(m.norm, train), "density")
}

// check looks at c, which has its defaults, for n rows.
func (c Config) check(n int) error {
	finite := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	switch {
	case !slices.Contains(Models(), c.Model):
		return errors.Errorf("density: there is no model %q; there are %q", c.Model, Models())
	case c.continuous() && !slices.Contains(flow.TimeKinds(), c.Time):
		return errors.Errorf("density: there is no time layer %q; there are %q", c.Time, flow.TimeKinds())
	case !slices.Contains([]Trace{AutoTrace, ExactTrace, HutchinsonTrace}, c.Trace):
		return errors.Errorf("density: there is no trace %q", c.Trace)
	case c.Model == FlowMatching && c.Flows != 1:
		return errors.Errorf("density: %d flows: flow matching trains one", c.Flows)
	case c.Model != CNF && c.Penalty != flow.Penalty{}:
		return errors.Errorf("density: a penalty is for the model %q, not %q", CNF, c.Model)
	case c.Model != FlowMatching && (c.Sigma != 0 || c.OptimalTransport):
		return errors.Errorf("density: sigma and optimal transport are for the model %q, not %q", FlowMatching, c.Model)
	case c.Flows > maxFlows:
		return errors.Errorf("density: %d flows: want at most %d", c.Flows, maxFlows)
	case c.Flows < 1 || c.Batch < 1 || c.Steps < 1 || c.Every < 1 || c.Patience < 0:
		return errors.Errorf("density: flows %d, batch %d, steps %d, every %d, patience %d: none may be negative",
			c.Flows, c.Batch, c.Steps, c.Every, c.Patience)
	case slices.ContainsFunc(c.Hidden, func(w int) bool { return w < 1 }):
		return errors.Errorf("density: hidden layers of widths %v: want at least 1", c.Hidden)
	case !(c.Tolerance > 0) || !(c.LearnRate > 0) || !finite(c.Tolerance) || !finite(c.LearnRate) || !finite(c.ClipNorm):
		return errors.Errorf("density: tolerance %g, learning rate %g, clip norm %g: the first two must be positive, all finite",
			c.Tolerance, c.LearnRate, c.ClipNorm)
	case !(c.HoldOut < 1):
		return errors.Errorf("density: a part %g held out: it must be less than 1", c.HoldOut)
	case n-c.heldOut(n) < 2:
		return errors.Errorf("density: %d rows, of which %d are held out: want at least 2 to train on", n, c.heldOut(n))
	case c.Patience > 0 && c.heldOut(n) == 0:
		return errors.New("density: patience needs held-out rows to look at")
	}
	return nil
}

// heldOut is how many of n rows are held out.
func (c Config) heldOut(n int) int { return int(math.Round(math.Max(0, c.HoldOut) * float64(n))) }

// estimates tells whether the trace is estimated for d columns.
func (c Config) estimates(d int) bool {
	return c.Trace == HutchinsonTrace || c.Trace == AutoTrace && d > 2
}
