package layers

import (
	"math"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/odeop"
)

// constantSpeed is y' = 1, whose state from 0 is the time.
var constantSpeed = FieldFunc(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
	return G.Add(G.Must(G.Sub(y, y)), G.NewConstant(1.))
})

// The end times are uniform in the band: of n, with b = ½, the mean is within 5·b/√(3n) of t₁, and so is the mean
// square, b²/3, whose terms have the variance 4b⁴/45.
func TestRandomEndTime(t *testing.T) {
	const n, end, half = 300, 2, 0.5
	step := NewStep()
	b, err := newBlock(t, constantSpeed, []float64{0, 1, end}).WithRandomEndTime(half, step, 9)
	if err != nil {
		t.Fatal(err)
	}
	x := node(G.NewGraph(), tensor.Float64, "x", []float64{0}, 1)
	y, err := b.Forward(x)
	if err != nil {
		t.Fatal(err)
	}
	var value G.Value
	G.Read(y, &value)
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
	if got := at(-1); math.Abs(got-end) > 1e-13 {
		t.Errorf("evaluation ends at %g", got)
	}
	var times []float64
	var mean, square float64
	for i := range n {
		v := at(i)
		if !(v > end-half && v < end+half) {
			t.Errorf("step %d ends at %g", i, v)
		}
		times = append(times, v)
		mean += (v - end) / n
		square += (v - end) * (v - end) / n
	}
	if math.Abs(mean) > 5*half/math.Sqrt(3*n) || math.Abs(square-half*half/3) > 5*half*half*math.Sqrt(4./45/n) {
		t.Errorf("mean %g of 0, mean square %g of %g", mean, square, half*half/3)
	}
	for i := range 5 {
		if at(i) != times[i] {
			t.Errorf("step %d again ends elsewhere", i)
		}
	}
	sorted := slices.Clone(times)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) != n {
		t.Error("two steps end at one time")
	}
}

func TestRandomEndTimeGradients(t *testing.T) {
	step := NewStep()
	b, err := newBlock(t, timeField(t, 3, 2), nil, odeop.Step(0.2)).WithRandomEndTime(0.3, step, 1)
	if err != nil {
		t.Fatal(err)
	}
	x := draw(newRand(1), 4)
	near(t, "evaluation", valueOf(t, b, tensor.Float64, x, 2, 2),
		valueOf(t, newBlock(t, timeField(t, 3, 2), nil, odeop.Step(0.2)), tensor.Float64, x, 2, 2), 1e-13)
	step.Set(7)
	checkGradients(t, b, x, 2, 2)
	checkGradients(t, Func(func(x *G.Node) (*G.Node, error) {
		y, costs, err := b.ForwardWithCost(x, KineticEnergy{})
		if err != nil {
			return nil, err
		}
		return G.Add(G.Must(G.Sum(y)), costs[0])
	}, b.Params()...), x, 2, 2)
}

func TestRandomEndTimeErrors(t *testing.T) {
	b := newBlock(t, decay, []float64{0, 1, 1.5})
	for _, c := range []struct {
		want string
		half float64
		step *Step
	}{
		{"the step is nil", 0.1, nil},
		{"a half width of 0, want it between 0 and 0.5", 0, NewStep()},
		{"a half width of 0.5", 0.5, NewStep()},
		{"a half width of NaN", math.NaN(), NewStep()},
	} {
		if _, err := b.WithRandomEndTime(c.half, c.step, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
