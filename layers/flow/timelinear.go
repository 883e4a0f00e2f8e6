package flow

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
)

// TimeKind says how a [TimeLinear] depends on time.
type TimeKind string

// The kinds of layers of FFJORD (Grathwohl et al. 2019, their program's diffeq_layers), for x (B, in) and a number t:
const (
	Ignore       TimeKind = "ignore"       // y = x W + b
	Concat       TimeKind = "concat"       // y = x W + t v + b, which is (x, t) times one matrix
	ConcatSquash TimeKind = "concatsquash" // y = (x W + b) ⊙ σ(t g + h) + t v, with the logistic σ
	Hyper        TimeKind = "hyper"        // y = x (W + t V) + b + t v: the weights are affine in t
	Blend        TimeKind = "blend"        // y = (1 − t)(x W + b) + t (x V + v): from one layer to another
)

// TimeKinds lists the kinds.
func TimeKinds() []TimeKind { return []TimeKind{Ignore, Concat, ConcatSquash, Hyper, Blend} }

// TimeLinear is an affine map that depends on time as its kind says. Its parameters are called name.weight (W), name.bias
// (b) and, as far as the kind has them, name.weight1 (V), name.bias1 (v), name.gate (g) and name.gatebias (h).
type TimeLinear struct {
	name           string
	kind           TimeKind
	in, out        int
	weight, bias   *graph.Param
	weight1, bias1 *graph.Param // nil: the kind has none
	gate, gateBias *graph.Param
}

// NewTimeLinear makes a layer of the given widths. W, and V of Blend, are drawn as for the activation that follows, g and v
// uniformly from ±1, as a linear layer of t draws them; V of Hyper and all else begin at zero.
func NewTimeLinear(
	rng *rand.Rand, name string, kind TimeKind, in, out int, a layers.Activation, dt tensor.Dtype,
) (*TimeLinear, error) {
	l := &TimeLinear{name: name, kind: kind, in: in, out: out}
	switch {
	case name == "":
		return nil, errors.New("flow: a time-dependent layer needs a name")
	case in < 1 || out < 1:
		return nil, errors.Errorf("flow: layer %q: widths %d and %d, want at least 1", name, in, out)
	case rng == nil:
		return nil, errors.Errorf("flow: layer %q: the weights need a random generator", name)
	case !slices.Contains(TimeKinds(), kind):
		return nil, errors.Errorf("flow: layer %q: there is no kind %q; there are %v", name, kind, TimeKinds())
	}
	var failed error
	param := func(suffix string, init graph.Initializer, shape ...int) *graph.Param {
		p, err := graph.NewParam(name+"."+suffix, init, dt, shape...)
		if failed == nil {
			failed = errors.WithMessagef(err, "flow: layer %q", name)
		}
		return p
	}
	l.weight = param("weight", a.Init(rng), in, out)
	l.bias = param("bias", graph.Zeros(), out)
	switch kind {
	case Concat:
		l.bias1 = param("bias1", graph.Uniform(rng, -1, 1), out)
	case ConcatSquash:
		l.bias1 = param("bias1", graph.Uniform(rng, -1, 1), out)
		l.gate = param("gate", graph.Uniform(rng, -1, 1), out)
		l.gateBias = param("gatebias", graph.Zeros(), out)
	case Hyper:
		l.weight1 = param("weight1", graph.Zeros(), in, out)
		l.bias1 = param("bias1", graph.Uniform(rng, -1, 1), out)
	case Blend:
		l.weight1 = param("weight1", a.Init(rng), in, out)
		l.bias1 = param("bias1", graph.Zeros(), out)
	}
	return l, failed
}

// Params implements [layers.Layer].
func (l *TimeLinear) Params() []*graph.Param {
	var ps []*graph.Param
	for _, p := range []*graph.Param{l.weight, l.bias, l.weight1, l.bias1, l.gate, l.gateBias} {
		if p != nil {
			ps = append(ps, p)
		}
	}
	return ps
}

func (l *TimeLinear) String() string {
	return fmt.Sprintf("%s layer %q (%d → %d)", l.kind, l.name, l.in, l.out)
}

// Forward implements [layers.Layer]: only the kind that ignores it can do without a time.
func (l *TimeLinear) Forward(x *G.Node) (*G.Node, error) {
	if l.kind != Ignore {
		return nil, needsTime(l.String())
	}
	return l.apply(nil, x)
}

// ForwardTime implements [layers.TimeLayer]. x is (B, in).
func (l *TimeLinear) ForwardTime(t, x *G.Node) (*G.Node, error) {
	if err := checkTime(l.String(), t, x); err != nil {
		return nil, err
	}
	return l.apply(t, x)
}

func (l *TimeLinear) apply(t, x *G.Node) (*G.Node, error) {
	if err := checkBatch(l.String(), x, l.in, l.weight.Dtype()); err != nil {
		return nil, err
	}
	in := G.Nodes{x}
	if l.kind != Ignore {
		in = append(in, t)
	}
	return single(operation(l.String(), func(f *formula.F, in G.Nodes) G.Nodes {
		return G.Nodes{l.build(f, in[len(in)-1], in[0])}
	}, in...))
}

// build writes the layer into a graph that is being traced. Time enters by way of the values and not of the weights, so
// that rows at times of their own, as those of Matching, share one product.
func (l *TimeLinear) build(f *formula.F, t, x *G.Node) *G.Node {
	if f.Err() != nil {
		return nil
	}
	g := x.Graph()
	w, b := l.weight.In(g), l.bias.In(g)
	switch l.kind {
	case Concat:
		b = f.Add(b, f.Mul(l.bias1.In(g), t))
	case ConcatSquash:
		gate := f.Apply(G.Sigmoid, f.Add(f.Mul(l.gate.In(g), t), l.gateBias.In(g)))
		return f.AddRow(f.MulRow(f.AddRow(f.MatMul(x, w), b), gate), f.Mul(l.bias1.In(g), t))
	case Hyper, Blend:
		w1, b1 := l.weight1.In(g), l.bias1.In(g)
		if l.kind == Blend {
			w1, b1 = f.Sub(w1, w), f.Sub(b1, b)
		}
		return f.AddRow(f.Add(f.MatMul(x, w), f.Mul(f.MatMul(x, w1), t)), f.Add(b, f.Mul(b1, t)))
	}
	return f.AddRow(f.MatMul(x, w), b)
}

func needsTime(name string) error {
	return errors.Errorf("flow: %s needs a time: use it as the field of a flow, or call ForwardTime", name)
}

func checkTime(name string, t, x *G.Node) error {
	switch {
	case t == nil || x == nil:
		return needsTime(name)
	case t.Dtype() != x.Dtype() || t.Dims() != 0:
		return errors.Errorf("flow: %s: the time is %v of shape %v, want a number of the input's dtype %v",
			name, t.Dtype(), t.Shape(), x.Dtype())
	}
	return nil
}

var _ layers.TimeLayer = (*TimeLinear)(nil)
