package training

import (
	"cmp"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// ForecasterConfig describes a Forecaster. The zero value works; NewForecaster fills in the rest.
type ForecasterConfig struct {
	// Model is the kind of equation; "" is AugmentedModel where there are channels to augment by, else NodeModel.
	Model ForecasterModel `json:"model"`
	// widths of the field's hidden layers; nil is 16, 16; empty is a linear field
	Hidden     []int   `json:"hidden"`
	Activation string  `json:"activation"` // by layers.ActivationByName; "" is softplus
	Augment    int     `json:"augment"`    // channels beside the columns, which begin at 0; 0 is 2 for AugmentedModel
	Time       bool    `json:"time"`       // the field depends on time, not on the state alone
	Method     string  `json:"method"`     // by solvers.MethodByName; "" is solvers.Dopri5
	RTol       float64 `json:"rtol"`       // 0 is 1e-5
	ATol       float64 `json:"atol"`       // 0 is 1e-6
	// the longest constant step, in scaled time; 0 is error control, or 0.1 for a method without
	Step     float64 `json:"step"`
	Gradient string  `json:"gradient"` // "backprop" or "adjoint"; "" is backprop
	Seed     uint64  `json:"seed"`     // of the weights
}

// The defaults that ForecasterConfig documents.
const (
	defaultAugment    = 2
	defaultActivation = "softplus"
	defaultRTol       = 1e-5
	defaultATol       = 1e-6
	defaultStep       = 0.1
	defaultGradient   = "backprop"

	// maxSteps bounds the attempted steps of a solve, constant ones too, so that no setting makes a solve that never ends.
	maxSteps = 100_000
)

func (c ForecasterConfig) withDefaults() ForecasterConfig {
	switch {
	case c.Model == "" && c.Augment > 0:
		c.Model = AugmentedModel
	case c.Model == "":
		c.Model = NodeModel
	case c.Model == AugmentedModel && c.Augment == 0:
		c.Augment = defaultAugment
	}
	if c.Hidden == nil {
		c.Hidden = []int{16, 16}
	}
	c.Activation = cmp.Or(c.Activation, defaultActivation)
	c.Method = cmp.Or(c.Method, solvers.Dopri5{}.Name())
	c.RTol, c.ATol = cmp.Or(c.RTol, defaultRTol), cmp.Or(c.ATol, defaultATol)
	c.Gradient = cmp.Or(c.Gradient, defaultGradient)
	return c
}

// check looks at the sizes of a model of dim columns; c has its defaults.
func (c ForecasterConfig) check(dim int) error {
	if dim < 1 || c.Augment < 0 {
		return errors.Errorf("training: a model of %d columns and %d more channels: there must be a column, and no fewer "+
			"channels than none", dim, c.Augment)
	}
	if err := c.checkModel(dim); err != nil {
		return err
	}
	for i, n := range c.Hidden {
		if n < 1 {
			return errors.Errorf("training: hidden layer %d has width %d: it must be at least 1", i+1, n)
		}
	}
	return errors.WithMessage(CheckSize(c.weights(dim)), "training")
}

// weights is the number of weights and biases of the field.
func (c ForecasterConfig) weights(dim int) float64 {
	_, in, out := c.sizes(dim)
	return PerceptronSize(in, c.Hidden, out)
}

// options are those of every solve of the model, and the constant step, 0 for error control.
func (c ForecasterConfig) options() (opts []odeop.Option, step float64, err error) {
	m, err := solvers.MethodByName(c.Method)
	if err != nil {
		return nil, 0, err
	}
	if m.Info().Separable {
		return nil, 0, errors.Errorf("training: forecaster: method %s is for equations of positions and momenta, and a "+
			"network's are not", m.Name())
	}
	step = c.Step
	if step == 0 && !m.Info().Adaptive() {
		step = defaultStep
	}
	opts = []odeop.Option{odeop.Name("forecaster"), odeop.Method(m), odeop.Tolerance(c.RTol, c.ATol), odeop.MaxSteps(maxSteps)}
	switch c.Gradient {
	case "backprop":
		opts = append(opts, odeop.Gradient(odeop.Backprop{}))
	case "adjoint":
		opts = append(opts, odeop.Gradient(odeop.Adjoint{}))
	default:
		return nil, 0, errors.Errorf("no gradient %q; there are backprop and adjoint", c.Gradient)
	}
	return opts, step, nil
}

// Forecaster is a neural ODE for a series: the rows, scaled, are states, or parts of them, of dy/dt = f(y) (or f(t, y))
// whose field f is made of a multilayer perceptron, see ForecasterModel. The state at the first row is a parameter too,
// because rows are noisy.
type Forecaster struct {
	cfg   ForecasterConfig
	dim   int // columns
	field *layers.MLP
	start *graph.Param // (1, width): the state at scaled time 0
	opts  []odeop.Option
	step  float64 // constant, in scaled time; 0 is error control
}

// NewForecaster makes a model of dim columns with first weights, and an initial state of zeros. The weights of the last
// layer are drawn small, so that the first model is one of slow change.
func NewForecaster(dim int, cfg ForecasterConfig) (*Forecaster, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(dim); err != nil {
		return nil, err
	}
	m, err := newForecaster(dim, cfg)
	return m, errors.WithMessage(err, "training: model")
}

func newForecaster(dim int, cfg ForecasterConfig) (*Forecaster, error) {
	act, err := layers.ActivationByName(cfg.Activation)
	if err != nil {
		return nil, err
	}
	m := &Forecaster{cfg: cfg, dim: dim}
	if m.opts, m.step, err = cfg.options(); err != nil {
		return nil, err
	}
	_, in, out := cfg.sizes(dim)
	sizes := append(append([]int{int(in)}, cfg.Hidden...), int(out))
	rng := rand.New(rand.NewPCG(cfg.Seed, 1))
	if m.field, err = layers.NewMLP(rng, "field", sizes, layers.WithActivation(act)); err != nil {
		return nil, err
	}
	if err := m.slow(); err != nil {
		return nil, err
	}
	if m.start, err = graph.NewParam("start", graph.Zeros(), tensor.Float64, 1, m.width()); err != nil {
		return nil, err
	}
	// Wrong options of a solve are found when one is built.
	_, _, err = m.rollout(m.start.In(G.NewGraph()), []float64{0, 1})
	return m, err
}

// slow makes the weights of the last layer small. Of other sizes a tenth was as good as a hundredth on the pelts of
// testdata/lynx-hare, over ten seeds, and better than leaving them.
func (m *Forecaster) slow() error {
	all := m.field.Layers()
	last := all[len(all)-1].Weight()
	w := last.Float64s()
	for i := range w {
		w[i] *= 0.1
	}
	return last.Set(w)
}

// width is the length of a state.
func (m *Forecaster) width() int {
	w, _, _ := m.cfg.sizes(m.dim)
	return int(w)
}

// Config is the configuration with its defaults filled in.
func (m *Forecaster) Config() ForecasterConfig { return m.cfg }

// Params are the weights of the field, then the initial state. Their names are unique.
func (m *Forecaster) Params() []*graph.Param { return append(m.field.Params(), m.start) }

// SetStart sets the state at scaled time 0 to a row of scaled values, which a model of second order wants with their
// slopes behind them, and zero in further channels.
func (m *Forecaster) SetStart(row []float64) error {
	if err := m.checkState("an initial state", row); err != nil {
		return err
	}
	return m.start.Set(m.pad(row))
}

func (m *Forecaster) checkState(what string, row []float64) error {
	switch {
	case len(row) == m.known():
		return nil
	case m.cfg.Model == SecondOrderModel:
		return errors.Errorf("training: %s of %d values for %d columns and their slopes", what, len(row), m.dim)
	}
	return errors.Errorf("training: %s of %d values for %d columns", what, len(row), m.dim)
}

// pad appends the other channels, which are zero, to a row.
func (m *Forecaster) pad(row []float64) []float64 {
	return append(append(make([]float64, 0, m.width()), row...), make([]float64, m.cfg.Augment)...)
}
