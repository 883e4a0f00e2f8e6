package odeop

import (
	"context"
	"math"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// A difference that disagrees is taken again with smaller steps: of sin 10⁵x the first is off by (0.6)²/6, and a loss
// that exists near x alone has no first one at all.
func TestDifferenceOfASteepLoss(t *testing.T) {
	const k = 1e5
	x := 0.3
	for _, within := range []float64{math.Inf(1), 1e-7} {
		d := &difference{x: &x, loss: func() (float64, error) {
			if math.Abs(x-0.3) > within {
				return 0, errors.New("too far")
			}
			return math.Sin(k * (x - 0.3)), nil
		}}
		got, uncertainty, err := d.near(k, k)
		if err != nil || !(math.Abs(got-k) <= 1e-7*k) || !(uncertainty <= 1e-7*k) || x != 0.3 {
			t.Errorf("within %g: %.12g, uncertain by %g, %v; want %g", within, got, uncertainty, err, k)
		}
	}
}

func TestDifferenceWithoutALoss(t *testing.T) {
	x := 1.0
	d := &difference{x: &x, loss: func() (float64, error) { return 0, errors.New("never") }}
	if _, _, err := d.near(1, 1); err == nil || err.Error() != "never" {
		t.Errorf("got %v", err)
	}
}

// Where the gradient agrees, two losses are all; where it is wrong, more of them do not make it right.
func TestDifferenceOfAWrongGradient(t *testing.T) {
	x, calls := 2.0, 0
	d := &difference{x: &x, loss: func() (float64, error) { calls++; return x * x, nil }}
	if got, _, err := d.near(4, 4); err != nil || calls != 2 || math.Abs(got-4) > 1e-8 {
		t.Errorf("%g after %d losses, %v", got, calls, err)
	}
	if got, uncertainty, err := d.near(4.001, 4.001); err != nil || math.Abs(got-4) > 1e-8 || uncertainty > 1e-8 {
		t.Errorf("%g, uncertain by %g, %v; want 4", got, uncertainty, err)
	}
}

// y' = y² from y(0) = 1 is 1000 at t = 0.999, where its derivative by y(0) is 10⁶ and the third 6·10¹²: the first
// difference is off by 3.6e-5.
func TestCheckGradientNearABlowUp(t *testing.T) {
	y0 := newNode(G.NewGraph(), tensor.Float64, "y0", []int{1}, []float64{1})
	c, err := CheckGradient(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Square(y) }, y0, []float64{0, 0.999})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Err(1e-6); err != nil {
		t.Error(err)
	}
	p := c.Parts[0]
	if len(c.Weights) != 2 || len(p.Gradients) != 1 || p.Gradients[0] != p.Gradient || p.Differences[0] != p.Difference ||
		!(p.Uncertainties[0] > 0) {
		t.Errorf("%+v", c)
	}
}

// doneAfter is a context that is cancelled when it has been looked at so many times.
type doneAfter struct {
	context.Context
	looks *int
}

func (c doneAfter) Err() error {
	if *c.looks--; *c.looks < 0 {
		return context.Canceled
	}
	return nil
}

// The solve and the mode's look once each at the one step that they take; the next look is that of the differences.
func TestCheckGradientCancelled(t *testing.T) {
	y0 := newNode(G.NewGraph(), tensor.Float64, "y0", []int{2}, []float64{1, 2})
	looks := 3
	set := solvers.Settings{Method: solvers.RK4{}, Step: 1, Context: doneAfter{context.Background(), &looks}}
	_, err := CheckGradient(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.Neg(y)
	}, y0, []float64{0, 1}, Settings(set))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
