package layers

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// elementwise holds what every elementwise activation must be, by package math.
var elementwise = []struct {
	a    Activation
	want func(x float64) float64
}{
	{Identity(), func(x float64) float64 { return x }},
	{Tanh(), math.Tanh},
	{Sigmoid(), logistic},
	{ReLU(), func(x float64) float64 { return max(x, 0) }},
	{LeakyReLU(0.01), func(x float64) float64 { return max(x, 0.01*x) }},
	{LeakyReLU(0.2), func(x float64) float64 { return max(x, 0.2*x) }},
	{ELU(1), func(x float64) float64 { return expLinear(x, 1) }},
	{ELU(0.5), func(x float64) float64 { return expLinear(x, 0.5) }},
	{SELU(), func(x float64) float64 { return 1.0507009873554805 * expLinear(x, 1.6732632423543772) }},
	{GELU(), func(x float64) float64 {
		return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	}},
	{SiLU(), func(x float64) float64 { return x * logistic(x) }},
	{Mish(), func(x float64) float64 { return x * math.Tanh(logOnePlusExp(x)) }},
	{Softplus(), logOnePlusExp},
	{Softsign(), func(x float64) float64 { return x / (1 + math.Abs(x)) }},
	{HardTanh(), func(x float64) float64 { return min(max(x, -1), 1) }},
	{Sin(), math.Sin},
	{Square(), func(x float64) float64 { return x * x }},
	{Cube(), func(x float64) float64 { return x * x * x }},
	{LipSwish(), func(x float64) float64 { return 0.909 * x / (1 + math.Exp(-x)) }},
	{LeCunTanh(), func(x float64) float64 { return 1.7159 * math.Tanh(2*x/3) }},
}

func logistic(x float64) float64      { return 1 / (1 + math.Exp(-x)) }
func logOnePlusExp(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func expLinear(x, alpha float64) float64 {
	if x > 0 {
		return x
	}
	return alpha * math.Expm1(x)
}

func TestActivationValues(t *testing.T) {
	x := []float64{-1000, -20, -3, -1, -0.5, -1e-9, 0, 1e-9, 0.25, 1, 2, 17, 90, 1000}
	for _, c := range elementwise {
		want := make([]float64, len(x))
		for i, v := range x {
			want[i] = c.want(v)
		}
		near(t, c.a.Name(), valueOf(t, c.a, tensor.Float64, x, len(x)), want, 1e-14)
		for i, v := range x {
			want[i] = c.want(float64(float32(v)))
		}
		near(t, c.a.Name()+" in float32", valueOf(t, c.a, tensor.Float32, x, len(x)), want, 3e-6)
	}
}

func TestActivationShapes(t *testing.T) {
	for _, shape := range [][]int{{}, {1}, {4}, {1, 1}, {2, 3}, {3, 1}, {1, 3}, {2, 1, 2}, {2, 2, 2, 2}} {
		n := tensor.Shape(shape).TotalSize()
		x := draw(newRand(1), n)
		for _, c := range elementwise {
			in := node(G.NewGraph(), tensor.Float64, "x", x, shape...)
			y, err := c.a.Forward(in)
			if err != nil {
				t.Fatal(err)
			}
			if !y.Shape().Eq(in.Shape()) {
				t.Errorf("%v: shape %v became %v", c.a, in.Shape(), y.Shape())
			}
			v, _, err := onTape(y)
			if err != nil {
				t.Fatal(err)
			}
			want := make([]float64, n)
			for i := range want {
				want[i] = c.want(x[i])
			}
			near(t, c.a.Name(), v, want, 1e-14)
		}
	}
}

func TestActivationGradients(t *testing.T) {
	// No element is at a kink (−1, 0 or 1).
	x := []float64{-2.5, -1.3, -0.7, -0.2, 0.1, 0.4, 0.9, 1.7}
	for _, c := range elementwise {
		if c.a != Identity() { // no node of its own
			t.Run(c.a.Name(), func(t *testing.T) { checkGradients(t, c.a, x, 2, 4) })
		}
	}
	for _, a := range []Activation{Softmax(-1), Softmax(0), LogSoftmax(-1), LogSoftmax(0)} {
		t.Run(a.Name(), func(t *testing.T) { checkGradients(t, a, x, 2, 4) })
	}
}

func TestActivationKinks(t *testing.T) {
	for _, c := range []struct {
		a Activation
		x []float64
	}{
		{ReLU(), []float64{0}}, {LeakyReLU(0.2), []float64{0}}, {ELU(0.5), []float64{0}}, {HardTanh(), []float64{-1, 1}},
	} {
		for _, m := range machines {
			x := node(G.NewGraph(), tensor.Float64, "x", c.x, len(c.x))
			y, err := c.a.Forward(x)
			if err != nil {
				t.Fatal(err)
			}
			_, grads, err := m.run(y, x)
			if err != nil {
				t.Fatal(err)
			}
			near(t, c.a.Name(), grads[0], cotangent(len(c.x)), 0)
		}
	}
}

func TestActivationsStayFiniteFarOut(t *testing.T) {
	x := []float64{-1e12, -1e6, -1000, -100, 0, 100, 1000, 1e6, 1e12}
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		for _, name := range ActivationNames() {
			a, err := ActivationByName(name)
			if err != nil {
				t.Fatal(err)
			}
			if a == Identity() {
				continue
			}
			for _, m := range machines {
				in := node(G.NewGraph(), dt, "x", x, 3, 3)
				y, err := a.Forward(in)
				if err != nil {
					t.Fatal(err)
				}
				v, grads, err := m.run(y, in)
				if err != nil {
					t.Fatal(err)
				}
				for i := range v {
					if math.IsNaN(v[i]) || math.IsInf(v[i], 0) || math.IsNaN(grads[0][i]) || math.IsInf(grads[0][i], 0) {
						t.Errorf("%s, %v, %s: at %g the value is %g, the derivative %g", name, dt, m.name, x[i], v[i], grads[0][i])
					}
				}
			}
		}
	}
}

func TestSoftmaxIsStableInEveryRow(t *testing.T) {
	v := valueOf(t, Softmax(-1), tensor.Float64, []float64{0, 0, 1000, 0}, 2, 2)
	near(t, "softmax", v, []float64{0.5, 0.5, 1, 0}, 1e-15)
	v = valueOf(t, LogSoftmax(-1), tensor.Float64, []float64{0, 0, 1000, 0}, 2, 2)
	near(t, "logsoftmax", v, []float64{-math.Ln2, -math.Ln2, 0, -1000}, 1e-15)
}

func TestGELUIsNearTheExactOne(t *testing.T) {
	var x, want []float64
	for v := -6.0; v < 6; v += 0.01 {
		x = append(x, v)
		want = append(want, 0.5*v*math.Erfc(-v/math.Sqrt2))
	}
	for i, v := range valueOf(t, GELU(), tensor.Float64, x, len(x)) {
		if math.Abs(v-want[i]) > 5e-4 {
			t.Errorf("GELU(%g) = %g, exactly %g", x[i], v, want[i])
		}
	}
}

func TestActivationNames(t *testing.T) {
	names := ActivationNames()
	if len(names) != 20 || !slices.IsSorted(names) {
		t.Errorf("names: %v", names)
	}
	for _, n := range names {
		a, err := ActivationByName(n)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := ActivationByName(a.Name()); err != nil || b != a {
			t.Errorf("%q is %v, whose name is %v: %v", n, a, b, err)
		}
	}
	for _, c := range []struct {
		name string
		want Activation
	}{
		{"Tanh", Tanh()}, {" ReLU ", ReLU()}, {"swish", SiLU()}, {"linear", Identity()}, {"LeakyReLU", LeakyReLU(0.01)},
		{"leakyrelu(0.2)", LeakyReLU(0.2)}, {"elu( 0.5 )", ELU(0.5)}, {"softmax", Softmax(-1)}, {"logsoftmax(0)", LogSoftmax(0)},
	} {
		if a, err := ActivationByName(c.name); err != nil || a != c.want {
			t.Errorf("%q is %v, %v; want %v", c.name, a, err, c.want)
		}
	}
	for name, want := range map[string]string{
		"":                "there is no activation",
		"tan":             `there is no activation "tan"; there are cube, elu`,
		"tanh(1)":         "does not read as tanh",
		"leakyrelu(":      "does not read as leakyrelu or leakyrelu(slope)",
		"leakyrelu(0.1":   "does not read",
		"leakyrelu(a)":    "does not read",
		"leakyrelu(NaN)":  "its slope must be finite",
		"softmax(0.5)":    "its axis must be a whole number",
		"(1)":             "there is no activation",
		"identity(1)":     "does not read",
		"elu(1) and more": "does not read",
	} {
		if _, err := ActivationByName(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}

func TestActivationInConfiguration(t *testing.T) {
	var c struct{ Activation Activation }
	if err := json.Unmarshal([]byte(`{"activation": "LeakyReLU(0.2)"}`), &c); err != nil || c.Activation != LeakyReLU(0.2) {
		t.Errorf("%v, %v", c.Activation, err)
	}
	if b, err := json.Marshal(c); err != nil || string(b) != `{"Activation":"leakyrelu(0.2)"}` {
		t.Errorf("%s, %v", b, err)
	}
	if err := json.Unmarshal([]byte(`{"activation": "tan"}`), &c); err == nil || c.Activation != LeakyReLU(0.2) {
		t.Errorf("%v, %v", c.Activation, err)
	}
}

func TestActivationErrors(t *testing.T) {
	x := node(G.NewGraph(), tensor.Float64, "x", []float64{1, 2}, 2)
	for _, c := range []struct {
		a    Activation
		x    *G.Node
		want string
	}{
		{Tanh(), nil, "layers: tanh: the input is no node of a graph"},
		{Identity(), nil, "layers: identity: the input is no node of a graph"},
		{Tanh(), G.NewVector(x.Graph(), tensor.Int, G.WithShape(2), G.WithName("i")), "layers: tanh: the input is int"},
		{ELU(math.NaN()), x, "its alpha must be finite"},
		{Softmax(1), x, "layers: softmax(1): "},
		{Softmax(-2), x, "there is no axis"},
	} {
		if _, err := c.a.Forward(c.x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.a, err, c.want)
		}
	}
}
