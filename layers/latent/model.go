package latent

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
)

// Model is a latent ODE.
type Model struct {
	name             string
	channels, latent int
	rates            int // of the Poisson process, 0 without
	encoder          Encoder
	field, output    layers.Layer
	noise            *graph.Param // ln σ², (d)
	config
}

// New makes a model of an encoder, a vector field, a layer (…, L) → (…, L) that does not depend on time, and an output, a
// layer (…, L) → (…, d) that gives the mean of the observations at a state. They keep their own parameters' names.
func New(name string, encoder Encoder, field, output layers.Layer, opts ...Option) (*Model, error) {
	m := &Model{name: name, encoder: encoder, field: field, output: output, config: config{sigma: []float64{0.1}, rk4: 1}}
	switch {
	case name == "":
		return nil, errors.New("latent: a model needs a name")
	case encoder == nil || field == nil || output == nil:
		return nil, errors.Errorf("latent: %q: an encoder, a field and an output, one of which is nil", name)
	}
	for i, o := range opts {
		if o == nil {
			return nil, errors.Errorf("latent: %q: option %d is nil", name, i)
		}
		if err := o(&m.config); err != nil {
			return nil, errors.WithMessagef(err, "latent: %q", name)
		}
	}
	return m, errors.WithMessagef(m.complete(), "latent: %q", name)
}

// complete checks that the parts fit together.
func (m *Model) complete() error {
	given := slices.Clone(m.given)
	slices.Sort(given)
	for i := 1; i < len(given); i++ {
		if given[i] == given[i-1] {
			return errors.Errorf("two options for %s", given[i])
		}
	}
	m.channels, m.latent = m.encoder.Sizes()
	if err := m.checkLayer("field", m.field, m.latent); err != nil {
		return err
	}
	if err := m.checkLayer("output", m.output, m.channels); err != nil {
		return err
	}
	if m.intensity != nil {
		m.rates = m.channels
		if m.checkLayer("intensity", m.intensity, m.channels) != nil {
			m.rates = 1
		}
		if err := m.checkLayer("intensity", m.intensity, m.rates); err != nil {
			return err
		}
	}
	switch len(m.sigma) {
	case 1:
		m.sigma = slices.Repeat(m.sigma, m.channels)
	case m.channels:
	default:
		return errors.Errorf("%d standard deviations for %d channels", len(m.sigma), m.channels)
	}
	s := make([]float64, m.channels)
	for i, v := range m.sigma {
		s[i] = 2 * math.Log(v)
	}
	var err error
	m.noise, err = graph.NewParam(m.name+".noise", graph.Values(s), m.Dtype(), m.channels)
	return err
}

// checkLayer traces a layer for one state: what it makes, and that no parameter would be left untrained.
func (m *Model) checkLayer(what string, l layers.Layer, width int) error {
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		y, err := l.Forward(in[0])
		return G.Nodes{y}, err
	}, graph.Input("z", m.Dtype(), 1, m.latent))
	if err != nil {
		return errors.WithMessage(err, what)
	}
	if shape := fn.Outputs()[0]; !slices.Equal(shape, []int{1, width}) {
		return errors.Errorf("%s: it makes %v of (1, %d), want (1, %d)", what, shape, m.latent, width)
	}
	for _, p := range fn.Params() {
		if !slices.Contains(l.Params(), p) {
			return errors.Errorf("%s: it uses the parameter %v, which its Params do not list", what, p)
		}
	}
	return nil
}

// Sizes are the channels d and the width L of the latent state.
func (m *Model) Sizes() (channels, latent int) { return m.channels, m.latent }

// Dtype is that of the parameters.
func (m *Model) Dtype() tensor.Dtype { return m.encoder.Dtype() }

// Params are the trainable parameters: the encoder's, the field's, the output's, those of the intensity and of the noise.
func (m *Model) Params() []*graph.Param {
	list := graph.JoinParams(m.encoder.Params(), m.field.Params(), m.output.Params())
	if m.intensity != nil {
		list = graph.JoinParams(list, m.intensity.Params())
	}
	if m.learned {
		list = append(list, m.noise)
	}
	return list
}

// Sigma are the standard deviations of the noise, one for each channel, as they are now.
func (m *Model) Sigma() []float64 {
	s := m.noise.Float64s()
	for i, v := range s {
		s[i] = math.Exp(v / 2)
	}
	return s
}

// Encode is q(z₀) for each series.
func (m *Model) Encode(o Observations) (*Posterior, error) { return m.encoder.Encode(o) }

// slope is the derivative of a state (n, L + c): f(z), and the rates λ(z) behind it.
func (m *Model) slope(f *formula.F, state *G.Node) *G.Node {
	if m.rates == 0 {
		return f.Apply(m.field.Forward, state)
	}
	z := f.Columns(state, 0, m.latent)
	return f.Concat(f.Apply(m.field.Forward, z), f.Exp(f.Apply(m.intensity.Forward, z)))
}
