package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// Activation is an elementwise function, or a softmax, as a layer without parameters. It has a name, so that a
// configuration can choose it. Activations compare with ==; the zero value is the identity.
type Activation struct {
	kind *activation // nil: the identity
	arg  float64     // its parameter; 0 if it has none
}

// activation is a row of the table.
type activation struct {
	name  string
	alias string
	arg   string  // the name of the parameter; empty if there is none
	value float64 // of the parameter, if a name is given without
	init  func(*rand.Rand) graph.Initializer
	build func(f *formula.F, x *G.Node, arg float64) *G.Node
}

// Name is the name by which ActivationByName finds the activation: "tanh", "leakyrelu(0.2)".
func (a Activation) Name() string {
	switch {
	case a.kind == nil:
		return "identity"
	case a.kind.arg == "":
		return a.kind.name
	}
	return fmt.Sprintf("%s(%s)", a.kind.name, strconv.FormatFloat(a.arg, 'g', -1, 64))
}

func (a Activation) String() string { return a.Name() }

// ActivationByName finds an activation by its name, in upper or lower case, with or without the parameter: "Tanh",
// "LeakyReLU" (which is "leakyrelu(0.01)"), "elu(0.5)", "softmax" (over the last axis).
func ActivationByName(name string) (Activation, error) {
	base, arg, given := strings.Cut(strings.ToLower(strings.TrimSpace(name)), "(")
	for _, k := range activations {
		if base != k.name && (base != k.alias || base == "") {
			continue
		}
		a := makeActivation(k, k.value)
		if !given {
			return a, nil
		}
		number, closed := strings.CutSuffix(arg, ")")
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if k.arg == "" || !closed || err != nil {
			return Activation{}, errors.Errorf("layers: activation %q: it does not read as %s", name, k.usage())
		}
		a = makeActivation(k, v)
		return a, errors.WithMessage(a.check(), "layers")
	}
	return Activation{}, errors.Errorf("layers: there is no activation %q; there are %s", name,
		strings.Join(ActivationNames(), ", "))
}

// ActivationNames lists the names of all activations, without parameters.
func ActivationNames() []string {
	names := make([]string, len(activations))
	for i, k := range activations {
		names[i] = k.name
	}
	slices.Sort(names)
	return names
}

func (k *activation) usage() string {
	if k.arg == "" {
		return k.name
	}
	return fmt.Sprintf("%s or %s(%s)", k.name, k.name, k.arg)
}

func makeActivation(k *activation, arg float64) Activation {
	if k == identity {
		return Activation{}
	}
	return Activation{k, arg}
}

func (a Activation) check() error {
	switch {
	case a.kind == nil:
	case math.IsNaN(a.arg) || math.IsInf(a.arg, 0):
		return errors.Errorf("activation %v: its %s must be finite", a, a.kind.arg)
	case a.kind.arg == "axis" && a.arg != math.Trunc(a.arg):
		return errors.Errorf("activation %v: its axis must be a whole number", a)
	}
	return nil
}

// Init is the initializer for weights whose products the activation takes. The variance of a product is kept by He's
// for the relatives of ReLU (relu, leakyrelu, elu, gelu, silu, mish, softplus) and by a variance of 1/in for selu
// (Klambauer et al. 2017); Glorot's is for all others.
func (a Activation) Init(rng *rand.Rand) graph.Initializer {
	if a.kind == nil || a.kind.init == nil {
		return graph.Glorot(rng)
	}
	return a.kind.init(rng)
}

// lecun draws from a normal distribution of variance 1/in for a weight of shape (in, out) (LeCun et al. 1998).
func lecun(rng *rand.Rand) graph.Initializer {
	return func(shape tensor.Shape) ([]float64, error) {
		return graph.Normal(rng, 0, 1/math.Sqrt(float64(shape[0])))(shape)
	}
}

// Params implements [Layer]: there are none.
func (a Activation) Params() []*graph.Param { return nil }

// Forward implements [Layer]. x has any shape.
func (a Activation) Forward(x *G.Node) (*G.Node, error) {
	if err := checkInput(a.Name(), x, 0); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, errors.WithMessage(err, "layers")
	}
	if a.kind == nil {
		return x, nil
	}
	return operation(a.Name(), func(in G.Nodes) (*G.Node, error) { return a.build(in[0]) }, x)
}

// build writes the activation into a graph that is being traced.
func (a Activation) build(x *G.Node) (*G.Node, error) {
	if a.kind == nil {
		return x, nil
	}
	f := formula.For(x)
	return f.Result(a.kind.build(f, x, a.arg))
}

// MarshalText is the name, for configurations.
func (a Activation) MarshalText() ([]byte, error) { return []byte(a.Name()), nil }

// UnmarshalText is ActivationByName, for configurations.
func (a *Activation) UnmarshalText(text []byte) error {
	b, err := ActivationByName(string(text))
	if err == nil {
		*a = b
	}
	return err
}

var _ Layer = Activation{}
