package odefile

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonode/solvers"
)

const predator = `# growth known, interaction not
x' = a*x + f(x/2, y)
y' = g(x/2, y) - c*y*f(y, x)
par a=1.3 free>0, c=1.8
net f, g(x, y) = mlp(hidden=[4,3], act=tanh)
init x=0.44 free>0, y=4.6
`

func parsed(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("model.ode", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func randomWeights(f *File, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 0))
	w := make([]float64, f.NumParams()-len(f.Params))
	for i := range w {
		w[i] = rng.NormFloat64() / 2
	}
	return w
}

// perceptron is the definition of a network, in loops.
func perceptron(sizes []int, w, x []float64) []float64 {
	for i := range len(sizes) - 1 {
		in, out := sizes[i], sizes[i+1]
		h := make([]float64, out)
		for k := range h {
			h[k] = w[in*out+k]
			for j := range in {
				h[k] += x[j] * w[j*out+k]
			}
			if i < len(sizes)-2 {
				h[k] = math.Tanh(h[k])
			}
		}
		w, x = w[(in+1)*out:], h
	}
	return x
}

func TestNetIsAPerceptron(t *testing.T) {
	f := parsed(t, predator)
	if n := f.NumParams(); n != 2+(2+1)*4+(4+1)*3+(3+1)*2 {
		t.Fatalf("%d parameters", n)
	}
	if err := f.SetWeights(randomWeights(f, 1)); err != nil {
		t.Fatal(err)
	}
	sys, err := f.System(nil)
	if err != nil {
		t.Fatal(err)
	}
	x, y, got := 0.7, -1.2, make([]float64, 2)
	if err := sys.F(0, []float64{x, y}, got); err != nil {
		t.Fatal(err)
	}
	net := func(u, v float64) []float64 { return perceptron(f.Nets[0].Sizes(), f.Weights, []float64{u, v}) }
	want := []float64{1.3*x + net(x/2, y)[0], net(x/2, y)[1] - 1.8*y*net(y, x)[0]}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-13 {
			t.Errorf("component %d is %v, want %v", i, got[i], want[i])
		}
	}
	m, err := f.Compile()
	if err != nil {
		t.Fatal(err)
	}
	uses, err := m.NetUses(nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(uses) != 1 || strings.Join(uses[0].Inputs, "; ") != "x/2; y" {
		t.Fatalf("uses %+v", uses)
	}
	row := make([]float64, 4)
	if err := uses[0].Eval(0, []float64{x, y}, row); err != nil {
		t.Fatal(err)
	}
	of, err := m.NetOf(f.Nets[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, 2)
	if err := of([]float64{x / 2, y}, out); err != nil {
		t.Fatal(err)
	}
	for i, v := range append([]float64{x / 2, y}, net(x/2, y)...) {
		if math.Abs(row[i]-v) > 1e-13 || i >= 2 && math.Abs(out[i-2]-v) > 1e-13 {
			t.Errorf("entry %d is %v of the model's, %v of the network alone, want %v", i, row[i], out, v)
		}
	}
}

// Products with the derivatives by state, parameters and weights, against central differences of step h, whose error is
// of the order of h² and rounding/h: about 1e-9 for h = 1e-5 and values of one.
func TestNetDerivatives(t *testing.T) {
	f := parsed(t, predator)
	weights := randomWeights(f, 2)
	p := append(f.Values(), weights...)
	rng := rand.New(rand.NewPCG(3, 0))
	y, w := []float64{0.7, -1.2}, []float64{0.6, -0.3}
	value := func(p, y []float64) float64 {
		sys, err := f.System(p)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float64, 2)
		if err := sys.F(0.3, y, out); err != nil {
			t.Fatal(err)
		}
		return w[0]*out[0] + w[1]*out[1]
	}
	sys, err := f.System(p)
	if err != nil {
		t.Fatal(err)
	}
	wy, wp := make([]float64, 2), make([]float64, len(p))
	if _, err := sys.VJP(0.3, y, w, nil, wy, wp); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		dp, dy := make([]float64, len(p)), make([]float64, 2)
		slope := 0.0
		for i := range dp {
			dp[i] = rng.NormFloat64()
			slope += wp[i] * dp[i]
		}
		for i := range dy {
			dy[i] = rng.NormFloat64()
			slope += wy[i] * dy[i]
		}
		const h = 1e-5
		at := func(s float64) float64 {
			q, z := make([]float64, len(p)), make([]float64, 2)
			for i := range q {
				q[i] = p[i] + s*dp[i]
			}
			for i := range z {
				z[i] = y[i] + s*dy[i]
			}
			return value(q, z)
		}
		if diff := (at(h) - at(-h)) / (2 * h); math.Abs(diff-slope) > 1e-7*math.Max(1, math.Abs(slope)) {
			t.Errorf("slope %v, by differences %v", slope, diff)
		}
	}
}

func TestFree(t *testing.T) {
	f := parsed(t, "x' = a*x - b*c*d*e\npar a=1 free, b=0.02 free>0 c=-3 free < 1-2, free=2\npar d=0.5 free in [0, 2*pi] "+
		"e=1\ninit x=30 free>0\n")
	want := []string{"a number", "above 0", "below -1", "", "between 0 and 6.283185307179586", ""}
	for i, p := range f.Params {
		got := ""
		if p.Free != nil {
			got = p.Free.String()
		}
		if got != want[i] {
			t.Errorf("%s is %q, want %q", p.Name, got, want[i])
		}
	}
	if f.Params[3].Name != "free" || f.Params[3].Value != 2 {
		t.Errorf("a parameter may be called free: %+v", f.Params[3])
	}
	if !f.InitGiven[0] || f.InitFree[0] == nil || f.InitFree[0].Low != 0 {
		t.Errorf("initial value: %v, %v", f.InitGiven, f.InitFree)
	}
}

// A network without weights is an error that says so; with them the model is one like others.
func TestNetNeedsWeights(t *testing.T) {
	f := parsed(t, predator)
	if _, err := f.System(nil); err == nil || !strings.Contains(err.Error(), "the network f has no weights yet") {
		t.Errorf("got %v", err)
	}
	if err := f.SetWeights([]float64{1}); err == nil || !strings.Contains(err.Error(), "1 weights for networks that have 35") {
		t.Errorf("got %v", err)
	}
	if err := f.SetWeights(randomWeights(f, 4)); err != nil {
		t.Fatal(err)
	}
	sys, err := f.System(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := solvers.Solve(sys, f.Inits, 0, 1, nil); err != nil {
		t.Error(err)
	}
}

func TestNetErrors(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
		message      string
	}{
		{"x' = f(x)\nnet f(x, y) = mlp()", 1, 6, `"f" takes 2 arguments, not 1`},
		{"x' = f(z)\nnet f(x) = mlp()", 1, 8, `"z" is not defined`},
		{"x' = f\nnet f(x) = mlp()", 1, 6, `"f" is a network and needs its arguments`},
		{"x' = f(x)\nnet f(x) = cnn()", 2, 12, `no network "cnn"`},
		{"x' = f(x)\nnet f(x) = mlp(depth=3)", 2, 16, `no option "depth"; there are hidden and act`},
		{"x' = f(x)\nnet f(x) = mlp(act=tnah)", 2, 16, `did you mean "tanh"?`},
		{"x' = f(x)\nnet f(x) = mlp(act=[3])", 2, 16, "act is the name"},
		{"x' = f(x)\nnet f(x) = mlp(hidden=tanh)", 2, 16, "hidden is a list"},
		{"x' = f(x)\nnet f(x) = mlp(hidden=[0])", 2, 16, "a width of 0"},
		{"x' = f(x)\nnet f(x) = mlp(hidden=[1.5])", 2, 16, "a width of 1.5"},
		{"x' = f(x)\nnet f(x) = mlp(hidden=[1024,1024])", 2, 5, "more than 100000 weights"},
		{"x' = f(x)\nnet f(x) = mlp(hidden=[1,1,1,1,1,1,1,1,1])", 2, 16, "at most 8 hidden layers"},
		{"x' = f(x)\nnet f(x) = mlp(act=tanh, act=sin)", 2, 26, "stands here twice"},
		{"x' = f(x, x)\nnet f(x, X) = mlp()", 2, 10, "stands here twice"},
		{"x' = f(x)\nnet f(sin) = mlp()", 2, 7, "a built-in function and cannot be an argument"},
		{"x' = f(x)\nnet f(2) = mlp()", 2, 7, `unexpected "2"`},
		{"x' = f(x)\nnet f(x) = mlp", 2, 15, `the line ends where "(" is expected`},
		{"x' = f(x)\nnet x(y) = mlp()", 2, 5, `"x" is defined a second time`},
		{"x' = x\nnet f(x) = mlp()\ninit x=f(1)", 3, 8, `not of the network "f"`},
		{"x' = q*x\nnet f(x) = mlp()\n!q = f(1)", 3, 1, `from the network "f"`},
		{"x' = a\npar a=1 free>2", 2, 7, `the value 1 of "a" is not above 2`},
		{"x' = a\npar a=1 free in [3,2]", 2, 9, "nothing between 3 and 2"},
		{"x' = a\npar a=1 free in [0", 2, 19, `"," is expected`},
		{"x' = a\npar a=1 free>b", 2, 14, "made of numbers alone"},
		{"x' = a\nnum a=1 free", 2, 9, "values of par and init may be free, not those of num"},
		{"x' = 1\ninit x=0 free>0", 2, 8, `the initial value 0 of "x" is not above 0`},
		{"x' = 1\naux q=x free", 2, 9, "not those of aux"},
	} {
		_, err := Parse("model.ode", []byte(c.text))
		e, ok := err.(*Error)
		if !ok || e.Line != c.line || e.Column != c.column || !strings.Contains(e.Message, c.message) {
			t.Errorf("%q: got %v, want %d:%d %q", c.text, err, c.line, c.column, c.message)
		}
	}
}
