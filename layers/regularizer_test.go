package layers

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop"
)

// linearField is y' = yA of rows y.
func linearField(t testing.TB, d int, a ...float64) *Linear {
	t.Helper()
	return linearMap(t, "A", d, d, a...)
}

// linearMap is y = xA.
func linearMap(t testing.TB, name string, in, out int, a ...float64) *Linear {
	t.Helper()
	l, err := NewLinear(nil, name, in, out, WithInit(graph.Values(a)), WithoutBias())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// costOf is the value of regularisers of a block at x.
func costOf(t testing.TB, b *ODEBlock, rs []Regularizer, x []float64, shape ...int) []float64 {
	t.Helper()
	_, costs, err := b.ForwardWithCost(node(G.NewGraph(), tensor.Float64, "x", x, shape...), rs...)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]G.Value, len(costs))
	for i, c := range costs {
		G.Read(c, &values[i])
	}
	vm := G.NewTapeMachine(costs[0].Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(odeop.Cause(err))
	}
	out := make([]float64, len(costs))
	for i, v := range values {
		out[i] = floats(v)[0]
	}
	return out
}

// Of A = [−a w; −w −a] every |yAᵏ|² is (a² + w²)ᵏ|y|², and |y(t)|² is e^{−2at}|y₀|²: the integrals from 0 to T are
// (a² + w²)ᵏ |y₀|² (1 − e^{−2aT})/2a. A tolerance of 1e-10 leaves 1e-8 of them at most.
func TestTotalDerivativesOfALinearField(t *testing.T) {
	const a, w, end = 0.4, 1.3, 1.5
	field := linearField(t, 2, -a, w, -w, -a)
	rs, orders := []Regularizer{KineticEnergy{}}, []float64{1}
	for k := 1; k <= 6; k++ {
		rs, orders = append(rs, TotalDerivative{k}), append(orders, float64(k))
	}
	for _, c := range []struct {
		x     []float64
		shape []int
		opts  []odeop.Option
	}{
		{[]float64{1, 2}, []int{2}, nil},
		{[]float64{1, 2, 0.5, -1, 0, 1}, []int{3, 2}, nil},
		{[]float64{1, 2, 0.5, -1, 0, 1}, []int{3, 2}, []odeop.Option{odeop.PerRow()}},
	} {
		b := newBlock(t, field, []float64{0, end}, append(c.opts, odeop.Tolerance(1e-10, 1e-12))...)
		var size float64
		for _, v := range c.x {
			size += v * v
		}
		size /= float64(len(c.x) / 2)
		want := make([]float64, len(rs))
		for i, k := range orders {
			want[i] = math.Pow(a*a+w*w, k) * size * (1 - math.Exp(-2*a*end)) / (2 * a)
		}
		near(t, fmt.Sprint(c.shape), costOf(t, b, rs, c.x, c.shape...), want, 1e-8)
	}
}

// The total derivative has the partial one by time: of y' = t² the second is 2t and the third is 2.
func TestTotalDerivativeByTime(t *testing.T) {
	field := FieldFunc(func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		zero, err := G.Sub(y, y)
		if err != nil {
			return nil, err
		}
		return G.Add(zero, G.Must(G.Square(t)))
	})
	rs := []Regularizer{TotalDerivative{1}, TotalDerivative{2}, TotalDerivative{3}, TotalDerivative{4}}
	near(t, "cost", costOf(t, newBlock(t, field, nil), rs, []float64{3}, 1), []float64{1. / 5, 4. / 3, 4, 0}, 1e-6)
}

// For a linear field the estimate is T‖εᵀA‖², of mean T‖A‖_F² and, with random signs, of variance 2T²Σ_{i≠j}(AAᵀ)²_ij.
// The mean of n independent ones is within 5 standard errors.
func TestJacobianFrobeniusIsUnbiased(t *testing.T) {
	a := []float64{0.5, -1, 0.3, 0.2, 0.8, -0.4, 0.1, 0.6, -0.7}
	const end, steps, rows = 2, 40, 10
	step := NewStep()
	b := newBlock(t, linearField(t, 3, a...), []float64{0, end}, odeop.Step(1))
	x := node(G.NewGraph(), tensor.Float64, "x", draw(newRand(1), 3*rows), rows, 3)
	_, costs, err := b.ForwardWithCost(x, JacobianFrobenius{Step: step, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	var value G.Value
	G.Read(costs[0], &value)
	vm := G.NewTapeMachine(x.Graph())
	defer vm.Close()
	at := func(i int) float64 {
		step.Set(i)
		vm.Reset()
		if err := vm.RunAll(); err != nil {
			t.Fatal(odeop.Cause(err))
		}
		return floats(value)[0]
	}
	var norm, offDiagonal float64
	for i := range 3 {
		for j := range 3 {
			norm += a[3*i+j] * a[3*i+j]
			var m float64
			for k := range 3 {
				m += a[3*k+i] * a[3*k+j]
			}
			if i != j {
				offDiagonal += m * m
			}
		}
	}
	var mean float64
	for i := range steps {
		mean += at(i) / steps
	}
	if e := math.Abs(mean - end*norm); e > 5*end*math.Sqrt(2*offDiagonal/(steps*rows)) || e == 0 {
		t.Errorf("mean %g, exactly %g", mean, end*norm)
	}
	if at(3) != at(3) || at(3) == at(4) {
		t.Error("the probe is not a function of the step")
	}
	evaluation := at(-1)
	if evaluation != at(0) {
		t.Error("in evaluation the probe is not that of step 0")
	}

	// Alone, each example has the same probe whether the solve is per row or not.
	rs := []Regularizer{JacobianFrobenius{Step: step, Seed: 4}}
	field := Sequential(newMLP(t, 1, "f", []int{3, 4, 3}), linearField(t, 3, a...))
	tight := odeop.Tolerance(1e-10, 1e-12)
	together := costOf(t, newBlock(t, field, nil, tight), rs, draw(newRand(1), 6), 2, 3)
	apart := costOf(t, newBlock(t, field, nil, tight, odeop.PerRow()), rs, draw(newRand(1), 6), 2, 3)
	near(t, "per row", apart, together, 1e-8)
}

// Gradients of the output and all regularisers together, by the input and every weight.
func TestRegularizerGradients(t *testing.T) {
	step := NewStep()
	step.Set(2)
	for _, opts := range [][]odeop.Option{{odeop.Step(0.25)}, {odeop.Step(0.25), odeop.PerRow()}} {
		b := newBlock(t, timeField(t, 1, 2), nil, opts...)
		l := Func(func(x *G.Node) (*G.Node, error) {
			y, costs, err := b.ForwardWithCost(x, KineticEnergy{}, JacobianFrobenius{step, 3}, TotalDerivative{2}, TotalDerivative{3})
			if err != nil {
				return nil, err
			}
			f := formula.For(x)
			sum := f.Sum(y)
			for _, c := range costs {
				sum = f.Add(sum, c)
			}
			return f.Result(sum)
		}, b.Params()...)
		checkGradients(t, l, draw(newRand(2), 4), 2, 2)
	}
}

// The costs do not change the solve.
func TestForwardWithCostIsForward(t *testing.T) {
	b := newBlock(t, timeField(t, 1, 2), nil)
	x := draw(newRand(2), 6)
	y, _, err := b.ForwardWithCost(node(G.NewGraph(), tensor.Float64, "x", x, 3, 2), KineticEnergy{})
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := onTape(y)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "y", v, valueOf(t, b, tensor.Float64, x, 3, 2), 1e-14)
}

// Of y' = c the kinetic energy is |c|² for each unit of time, whichever way it goes.
func TestRegularizerOfBackwardSolve(t *testing.T) {
	for _, times := range [][]float64{{0, 2}, {2, 0}} {
		constant := Func(func(y *G.Node) (*G.Node, error) { return graph.Constant(y, []float64{3, 4, 3, 4}, 2, 2) })
		b := newBlock(t, constant, times)
		_, costs, err := b.ForwardWithCost(node(G.NewGraph(), tensor.Float64, "x", draw(newRand(2), 4), 2, 2), KineticEnergy{})
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := onTape(costs[0])
		if err != nil {
			t.Fatal(err)
		}
		near(t, "energy", v, []float64{50}, 1e-12)
	}
}

func TestRegularizerErrors(t *testing.T) {
	b := newBlock(t, decay, nil)
	x := node(G.NewGraph(), tensor.Float64, "x", []float64{1, 2}, 1, 2)
	for _, c := range []struct {
		want string
		rs   []Regularizer
	}{
		{"layers: ode block: no regulariser", nil},
		{"layers: ode block: regulariser 1 is nil", []Regularizer{KineticEnergy{}, nil}},
		{"layers: ode block: jacobian: the step is nil", []Regularizer{JacobianFrobenius{}}},
		{"layers: ode block: total derivative of order 0, want 1 to 6", []Regularizer{TotalDerivative{}}},
		{"layers: ode block: total derivative of order 7, want 1 to 6", []Regularizer{TotalDerivative{7}}},
	} {
		if _, _, err := b.ForwardWithCost(x, c.rs...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, _, err := b.ForwardWithCost(nil, KineticEnergy{}); err == nil {
		t.Error("no error of no input")
	}
}
