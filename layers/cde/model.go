package cde

import (
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/option"
	"gorgonode/layers"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// Model is a neural CDE. Its state z, of shape (batch, hidden), begins as a linear function of the path's beginning, and
//
//	dz/ds = F(z) dX/ds,   F: R^hidden → R^(hidden × channels)
type Model struct {
	name             string
	channels, hidden int
	initial, field   layers.Layer
	config
}

type config struct {
	dtype    tensor.Dtype
	widths   []int
	field    layers.Layer
	initial  layers.Layer
	steps    int
	method   solvers.Method
	adaptive []odeop.Option
	mode     mode
}

type mode int

const (
	constant mode = iota // steps of a recurrence
	shared               // error control over the batch
	rows                 // error control for each row
)

// Option changes how a Model is made or solved.
type Option func(*config) error

// WithDtype sets the dtype of the parameters and the state. The default is tensor.Float64.
func WithDtype(dt tensor.Dtype) Option {
	return func(c *config) error {
		c.dtype = dt
		return graph.CheckDtype(dt)
	}
}

// WithWidths sets the widths of the hidden layers of F, a perceptron with ReLU between its layers and tanh at its end
// (Kidger et al. 2020: without the tanh a CDE is hard to train). The default is one of 128.
func WithWidths(widths ...int) Option {
	return func(c *config) error {
		if len(widths) == 0 {
			return errors.New("WithWidths of no widths")
		}
		c.widths = slices.Clone(widths)
		return nil
	}
}

// WithField replaces F by a layer from (…, hidden) to (…, hidden·channels), the rows of the matrix one after the other.
func WithField(f layers.Layer) Option {
	return func(c *config) error {
		if f == nil {
			return errors.New("WithField of no layer")
		}
		c.field = f
		return nil
	}
}

// WithInitial replaces the linear layer from (batch, channels) to (batch, hidden) that makes the first state.
func WithInitial(l layers.Layer) Option {
	return func(c *config) error {
		if l == nil {
			return errors.New("WithInitial of no layer")
		}
		c.initial = l
		return nil
	}
}

// WithSteps takes n constant steps of an explicit Runge–Kutta method between two knots. The default is one of solvers.RK4{},
// which is enough where values go by less than about one from knot to knot, and has no control of its error: compare with
// WithAdaptive, above all where a path jumps.
func WithSteps(n int, m solvers.Method) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.Errorf("%d steps between knots: it must be at least 1", n)
		}
		if m == nil {
			return errors.New("no method")
		}
		if _, ok := solvers.TableauOf(m); !ok {
			return errors.Errorf("constant steps between knots are for explicit Runge–Kutta methods, and %s is none", m.Name())
		}
		c.steps, c.method, c.mode = n, m, constant
		return nil
	}
}

// WithAdaptive goes from knot to knot under error control, by steps that the rows of the batch share, with any method
// and gradient that odeop has. The options Args, RowArgs and PerRow are the model's own.
func WithAdaptive(opts ...odeop.Option) Option {
	opts = slices.Clone(opts)
	return func(c *config) error {
		c.adaptive, c.mode = opts, shared
		return nil
	}
}

// WithRows is WithAdaptive with steps for each row by itself (odeop.PerRow).
func WithRows(opts ...odeop.Option) Option {
	opts = slices.Clone(opts)
	return func(c *config) error {
		c.adaptive, c.mode = opts, rows
		return nil
	}
}

// New makes a model that is driven by paths of the given channels and has hidden states. rng draws the weights.
func New(rng *rand.Rand, name string, channels, hidden int, opts ...Option) (*Model, error) {
	m := &Model{name: name, channels: channels, hidden: hidden,
		config: config{dtype: tensor.Float64, widths: []int{128}, steps: 1, method: solvers.RK4{}}}
	switch {
	case name == "":
		return nil, errors.New("cde: a model needs a name")
	case channels < 1 || hidden < 1:
		return nil, errors.Errorf("cde: %s: %d channels and %d hidden states, want at least 1", name, channels, hidden)
	}
	err := option.Apply(&m.config, opts)
	if err != nil {
		return nil, errors.WithMessagef(err, "cde: %s", name)
	}
	if m.initial = m.config.initial; m.initial == nil {
		if m.initial, err = layers.NewLinear(rng, name+".initial", channels, hidden, layers.WithDtype(m.dtype)); err != nil {
			return nil, errors.WithMessagef(err, "cde: %s", name)
		}
	}
	if m.field = m.config.field; m.field == nil {
		sizes := append(append([]int{hidden}, m.widths...), hidden*channels)
		m.field, err = layers.NewMLP(rng, name+".field", sizes, layers.WithDtype(m.dtype),
			layers.WithActivation(layers.ReLU()), layers.WithFinalActivation(layers.Tanh()))
	}
	return m, errors.WithMessagef(err, "cde: %s", name)
}

// Params are the trainable parameters: those of the first state's layer and of F.
func (m *Model) Params() []*graph.Param { return slices.Concat(m.initial.Params(), m.field.Params()) }

// Forward is z at the end of every path, of shape (batch, hidden).
func (m *Model) Forward(x *Nodes) (*G.Node, error) {
	z0, err := m.begin(x)
	if err != nil {
		return nil, err
	}
	z, err := graph.ScanFinal(m.walk, z0, x.Slopes)
	return z, errors.WithMessagef(err, "cde: %s", m.name)
}

// States is z at all knots, of shape (intervals+1, batch, hidden). A path's own knots come first; after them it stands
// still.
func (m *Model) States(x *Nodes) (*G.Node, error) {
	z0, err := m.begin(x)
	if err != nil {
		return nil, err
	}
	z, err := graph.Scan(m.walk, z0, x.Slopes)
	if err != nil {
		return nil, errors.WithMessagef(err, "cde: %s", m.name)
	}
	first, err := graph.Reshape(z0, append([]int{1}, z0.Shape()...)...)
	if err != nil {
		return nil, errors.WithMessagef(err, "cde: %s", m.name)
	}
	all, err := G.Concat(0, first, z)
	return all, errors.Wrapf(err, "cde: %s", m.name)
}

// begin checks the path and makes the first state of it.
func (m *Model) begin(x *Nodes) (*G.Node, error) {
	switch {
	case x == nil || x.Start == nil || (len(x.Slopes) != 1 && len(x.Slopes) != 3):
		return nil, errors.Errorf("cde: %s: the path needs a start and one or three slopes", m.name)
	case x.Start.Dims() != 2 || x.Start.Shape()[1] != m.channels:
		return nil, errors.Errorf("cde: %s: the path begins with shape %v, want (batch, %d)", m.name, x.Start.Shape(), m.channels)
	case x.Start.Dtype() != m.dtype:
		return nil, errors.Errorf("cde: %s: the path is %v and the model %v", m.name, x.Start.Dtype(), m.dtype)
	}
	batch := x.Start.Shape()[0]
	for i, s := range x.Slopes {
		if s == nil || s.Dims() != 3 || s.Shape()[1] != batch || s.Shape()[2] != m.channels ||
			s.Shape()[0] != x.Slopes[0].Shape()[0] {
			return nil, errors.Errorf("cde: %s: slope %d has no shape (intervals, %d, %d) as the others", m.name, i, batch,
				m.channels)
		}
	}
	z0, err := m.initial.Forward(x.Start)
	if err == nil && (z0.Dims() != 2 || z0.Shape()[0] != batch || z0.Shape()[1] != m.hidden) {
		err = errors.Errorf("the first state has shape %v, want (%d, %d)", z0.Shape(), batch, m.hidden)
	}
	return z0, errors.WithMessagef(err, "cde: %s", m.name)
}
