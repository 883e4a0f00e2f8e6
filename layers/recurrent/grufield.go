package recurrent

import (
	"fmt"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
)

// GRUField is the vector field of GRU-ODE without an input (De Brouwer et al. 2019, section 2.1),
//
//	r = σ(U_r h + b_r),   z = σ(U_z h + b_z),   g = tanh(U_g (r⊙h) + b_g)
//	f(h) = (1 − z)⊙(g − h)
//
// the limit of a gated recurrent unit that is stepped more and more often. A state within [−1, 1] stays there, whatever the
// weights. It is a layer (…, H) → (…, H).
type GRUField struct {
	width     int
	gates     *layers.Linear // of r and z
	candidate *layers.Linear
}

// NewGRUField makes a field of the given width. Option: WithDtype. Its parameters are name.gates.weight and .bias and
// name.candidate.weight and .bias.
func NewGRUField(rng *rand.Rand, name string, width int, opts ...Option) (*GRUField, error) {
	if err := checkSizes("gru field", name, width, width); err != nil {
		return nil, err
	}
	c, err := configure(fmt.Sprintf("gru field %q", name), opts, "WithDtype")
	if err != nil {
		return nil, err
	}
	g := &GRUField{width: width}
	if g.gates, err = c.linear(rng, name+".gates", width, 2*width); err != nil {
		return nil, err
	}
	g.candidate, err = c.linear(rng, name+".candidate", width, width)
	return g, err
}

// Params implements layers.Layer.
func (g *GRUField) Params() []*graph.Param {
	return graph.JoinParams(g.gates.Params(), g.candidate.Params())
}

// Forward implements layers.Layer.
func (g *GRUField) Forward(h *G.Node) (*G.Node, error) {
	if h == nil || h.Graph() == nil || h.Dims() < 1 || h.Shape()[h.Dims()-1] != g.width {
		return nil, errors.Errorf("recurrent: gru field: the input is no node of shape (…, %d)", g.width)
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		h := in[0]
		f := formula.For(h)
		v := f.Sigmoid(f.Apply(g.gates.Forward, h))
		r, z := f.Columns(v, 0, g.width), f.Columns(v, g.width, 2*g.width)
		c := f.Tanh(f.Apply(g.candidate.Forward, f.Mul(r, h)))
		out, err := f.Result(f.Mul(f.Sub(f.Number(1), z), f.Sub(c, h)))
		return G.Nodes{out}, err
	}, graph.Input("h", h.Dtype(), h.Shape()...))
	if err != nil {
		return nil, errors.WithMessage(err, "recurrent: gru field")
	}
	return graph.Call(fn.Named("gru field"), h)
}

var _ layers.Layer = (*GRUField)(nil)
