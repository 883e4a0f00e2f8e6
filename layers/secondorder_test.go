package layers

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop"
)

// A field of second order is its system of first order, number by number.
func TestSecondOrderIsItsFirstOrderSystem(t *testing.T) {
	force := timeField(t, 1, 4)
	half := Sequential(force, Project(2))
	system := FieldFunc(func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		f := formula.For(y)
		_, v := halves(f, y)
		a, err := half.ForwardTime(t, y)
		if err != nil {
			return nil, err
		}
		return f.Result(f.Concat(v, a))
	}, force.Params()...)
	for _, shape := range [][]int{{4}, {3, 4}} {
		x := draw(newRand(2), tensor.Shape(shape).TotalSize())
		near(t, "y", valueOf(t, newBlock(t, SecondOrder(half), nil), tensor.Float64, x, shape...),
			valueOf(t, newBlock(t, system, nil), tensor.Float64, x, shape...), 0)
	}
}

func TestSecondOrderGradients(t *testing.T) {
	velocity := newMLP(t, 5, "g", []int{2, 3, 2})
	force := Sequential(timeField(t, 1, 4), Project(2))
	x := draw(newRand(3), 4)
	checkGradients(t, Sequential(InitialVelocity(velocity), newBlock(t, SecondOrder(force), nil, odeop.Step(0.25)),
		Project(2)), x, 2, 2)

	b, err := NewSymplecticBlock(SecondOrder(Sequential(Project(2), newMLP(t, 2, "f", []int{2, 4, 2}))), nil, odeop.Step(0.25))
	if err != nil {
		t.Fatal(err)
	}
	checkGradients(t, Sequential(InitialVelocity(velocity), b), x, 2, 2)
	near(t, "(x, 0)", valueOf(t, InitialVelocity(newMLP(t, 1, "0", []int{2, 2}, WithInit(graph.Zeros()))), tensor.Float64, x,
		2, 2),
		valueOf(t, Augment(2), tensor.Float64, x, 2, 2), 0)
}
