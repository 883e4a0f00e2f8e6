package layers

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

type secondOrder struct{ force Layer }

// SecondOrder is the field of x″ = f(x, x′, t) as a system of first order (Norcliffe et al. 2020, On second order
// behaviour in augmented neural ODEs): of the state (x, v), in the last axis (…, 2d), it is
//
//	x′ = v,   v′ = f(x, v, t)
//
// where f makes (…, d) of (…, 2d). Where f begins with Project(d) it ignores the velocity, and the field is separable, see
// [NewSymplecticBlock]. [InitialVelocity] makes the first state.
func SecondOrder(f Layer) TimeLayer { return secondOrder{f} }

func (s secondOrder) Params() []*graph.Param { return paramsOf(s.force) }

func (s secondOrder) Forward(x *G.Node) (*G.Node, error) { return s.ForwardTime(nil, x) }

func (s secondOrder) ForwardTime(t, x *G.Node) (*G.Node, error) {
	const name = "second order"
	if err := checkHalves(name, x); err != nil {
		return nil, err
	}
	if s.force == nil {
		return nil, errors.Errorf("layers: %s: the layer is nil", name)
	}
	a, err := forward(s.force, t, x)
	if err != nil {
		return nil, err
	}
	want := x.Shape().Clone()
	want[len(want)-1] /= 2
	if !slices.Equal(a.Shape(), want) {
		return nil, errors.Errorf("layers: %s: the layer makes shape %v of %v, want %v", name, a.Shape(), x.Shape(), want)
	}
	return operation(name, func(in G.Nodes) (*G.Node, error) {
		f := formula.For(x)
		_, v := halves(f, in[0])
		return f.Result(f.Concat(v, in[1]))
	}, x, a)
}

type initialVelocity struct{ velocity Layer }

// InitialVelocity is x ↦ (x, g(x)), (…, d) → (…, 2d), the first state of a [SecondOrder] field with a velocity that is
// learned (Norcliffe et al. 2020). Augment(d) is its like with the velocity zero, and Project(d) the way back.
func InitialVelocity(g Layer) Layer { return initialVelocity{g} }

func (i initialVelocity) Params() []*graph.Param { return paramsOf(i.velocity) }

func (i initialVelocity) Forward(x *G.Node) (*G.Node, error) {
	const name = "initial velocity"
	if err := checkInput(name, x, 1); err != nil {
		return nil, err
	}
	if i.velocity == nil {
		return nil, errors.Errorf("layers: %s: the layer is nil", name)
	}
	v, err := i.velocity.Forward(x)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(v.Shape(), x.Shape()) {
		return nil, errors.Errorf("layers: %s: the layer makes shape %v of %v; they must be the same", name, v.Shape(), x.Shape())
	}
	return operation(name, func(in G.Nodes) (*G.Node, error) {
		f := formula.For(x)
		return f.Result(f.Concat(in[0], in[1]))
	}, x, v)
}

var (
	_ TimeLayer = secondOrder{}
	_ Layer     = initialVelocity{}
)
