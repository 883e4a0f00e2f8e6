package cfc

import (
	"fmt"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers/recurrent"
)

// LTC is a liquid time-constant network (Hasani et al. 2021): neurons j with potentials v_j, capacitances c, leaks of
// conductance g towards the potentials l, and synapses from inputs x and from each other,
//
//	c_j v_j' = g_j (l_j − v_j) + Σ_i w_ij s_ij(v_i) (e_ij − v_j) + Σ_i u_ij r_ij(x_i) (d_ij − v_j)
//
// with s and r sigmoids of a slope and a place for each synapse, and e and d ±1 as the wiring says. The time between two
// observations is cut into a number of steps (WithUnfolds) of the fused solver (algorithm 1 there), explicit in s and
// implicit in v_j:
//
//	v_j ← (c_j v_j + τ (g_j l_j + num_j)) / (c_j + τ (g_j + den_j)),   num = Σ w s e + Σ u r d,   den = Σ w s + Σ u r
//
// with τ the length of a step. Conductances, weights and capacitances are softplus of their parameters, so the denominator
// is positive, and a potential never leaves the range of its own value, l_j and ±1. The state is the potentials, the
// output those of the motor neurons. Inputs pass an affine map of each channel first.
type LTC struct {
	config *config
	wiring *Wiring

	scale, shift            *graph.Param // of the inputs
	leak, rest, capacitance *graph.Param // g, l, c
	sensory, synapses       *synapses
}

// NewLTC makes a network of a wiring, whose inputs are the channels, or twice as many with WithMask. Options: WithUnfolds,
// WithMask, WithDtype. Its parameters are name.input.scale and .shift, name.leak, name.rest, name.capacitance, and the
// weight, slope and place of name.sensory and name.synapse.
func NewLTC(rng *rand.Rand, name string, wiring *Wiring, opts ...Option) (*LTC, error) {
	what := fmt.Sprintf("ltc %q", name)
	c, err := configure(what, opts, "WithUnfolds", "WithMask", "WithDtype")
	if err != nil {
		return nil, err
	}
	if err := wiring.Validate(); err != nil {
		return nil, errors.WithMessagef(err, "cfc: %s", what)
	}
	switch {
	case name == "":
		return nil, errors.New("cfc: ltc: it needs a name")
	case rng == nil:
		return nil, errors.Errorf("cfc: %s: the weights need a random generator", what)
	case c.mask && wiring.Inputs%2 != 0:
		return nil, errors.Errorf("cfc: %s: WithMask and %d inputs, want twice the channels", what, wiring.Inputs)
	}
	l := &LTC{config: c, wiring: wiring}
	n := wiring.Neurons
	for _, p := range []struct {
		to    **graph.Param
		name  string
		init  graph.Initializer
		width int
	}{
		{&l.scale, ".input.scale", graph.Fill(1), wiring.Inputs},
		{&l.shift, ".input.shift", graph.Zeros(), wiring.Inputs},
		{&l.leak, ".leak", positive(rng, 0.001, 1), n},
		{&l.rest, ".rest", graph.Uniform(rng, -0.2, 0.2), n},
		{&l.capacitance, ".capacitance", positive(rng, 0.4, 0.6), n},
	} {
		if *p.to, err = graph.NewParam(name+p.name, p.init, c.dtype, p.width); err != nil {
			return nil, err
		}
	}
	if l.sensory, err = newSynapses(rng, c, name+".sensory", wiring.Sensory, n); err != nil {
		return nil, err
	}
	l.synapses, err = newSynapses(rng, c, name+".synapse", wiring.Synapses, n)
	return l, err
}

// Sizes implements recurrent.Cell.
func (l *LTC) Sizes() recurrent.Sizes {
	d := l.wiring.Inputs
	if l.config.mask {
		d /= 2
	}
	return recurrent.Sizes{Input: d, State: l.wiring.Neurons, Output: l.wiring.Motors}
}

// Dtype implements recurrent.Cell.
func (l *LTC) Dtype() tensor.Dtype { return l.config.dtype }

// Start implements recurrent.Cell.
func (l *LTC) Start() []float64 { return nil }

// Params implements recurrent.Cell.
func (l *LTC) Params() []*graph.Param {
	list := []*graph.Param{l.leak, l.rest, l.capacitance}
	if l.sensory.count > 0 {
		list = append(list, l.scale, l.shift)
	}
	return graph.JoinParams(list, l.sensory.Params(), l.synapses.Params())
}

// Prepare implements recurrent.Cell: what the inputs' synapses add, and the length of a step of the solver. The first row
// of a series, before which no time has passed, acts for the unit of time: for none, it would leave no trace.
func (l *LTC) Prepare(s recurrent.Sequence) (G.Nodes, error) {
	f := formula.For(s.X)
	x := s.X
	if l.config.mask {
		x = f.Concat(x, s.Mask)
	}
	shape := s.Deltas.Shape()
	x = f.Reshape(x, shape[0]*shape[1], l.wiring.Inputs)
	x = f.AddRow(f.MulRow(x, l.scale.In(s.X.Graph())), l.shift.In(s.X.Graph()))
	drive := f.Reshape(l.sensory.act(f, x, l.sensory.ends(f, s.X)), shape[0], shape[1], 2*l.wiring.Neurons)
	elapsed := f.Where(s.Deltas, s.Deltas, f.Fill(s.Deltas, 1, shape...))
	tau, err := f.Result(f.Mul(elapsed, f.Number(1/float64(l.config.unfolds))))
	return G.Nodes{drive, tau}, err
}

// Step implements recurrent.Cell.
func (l *LTC) Step(v *G.Node, u G.Nodes) (*G.Node, error) {
	f := formula.For(v)
	g := v.Graph()
	n := l.wiring.Neurons
	rows := v.Shape()[0]
	drive, tau := u[0], u[1]
	leak, c := f.Softplus(l.leak.In(g)), f.Softplus(l.capacitance.In(g))
	ends := l.synapses.ends(f, v)
	num0 := f.AddRow(f.Columns(drive, 0, n), f.Mul(leak, l.rest.In(g)))
	den0 := f.AddRow(f.Columns(drive, n, 2*n), leak)
	capacity := f.MulRow(f.Fill(v, 1, rows, n), c)
	for range l.config.unfolds {
		a := l.synapses.act(f, v, ends)
		num := f.Add(num0, f.Columns(a, 0, n))
		den := f.Add(den0, f.Columns(a, n, 2*n))
		v = f.Div(f.Add(f.MulRow(v, c), f.MulColumn(num, tau)), f.Add(capacity, f.MulColumn(den, tau)))
	}
	return f.Result(v)
}

var _ recurrent.Cell = (*LTC)(nil)
