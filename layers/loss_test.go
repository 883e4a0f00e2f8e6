package layers

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/formula"
)

// lossOf makes a layer of a loss over several inputs of one shape, which lie one behind the other in its own input, so that
// checkGradients sees them all.
func lossOf(n int, shape []int, build func(in G.Nodes) (*G.Node, error)) Layer {
	return Func(func(x *G.Node) (*G.Node, error) {
		size := tensor.Shape(shape).TotalSize()
		f := formula.For(x)
		in := make(G.Nodes, n)
		for i := range in {
			in[i] = f.Reshape(f.Columns(x, i*size, (i+1)*size), shape...)
		}
		if f.Err() != nil {
			return nil, f.Err()
		}
		return build(in)
	})
}

// lossAt is the value of a loss of inputs of their own shapes, and the gradient by the first.
func lossAt(t *testing.T, dt tensor.Dtype, build func(in G.Nodes) (*G.Node, error), x [][]float64,
	shapes ...[]int) (value, grad []float64) {
	t.Helper()
	for i, m := range machines {
		g := G.NewGraph()
		in := make(G.Nodes, len(x))
		for i := range x {
			in[i] = node(g, dt, string(rune('a'+i)), x[i], shapes[i]...)
		}
		y, err := build(in)
		if err != nil {
			t.Fatal(err)
		}
		v, grads, err := m.run(y, in[0])
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			near(t, m.name+" value", v, value, 1e-15)
			near(t, m.name+" gradient", grads[0], grad, 1e-15)
		}
		value, grad = v, grads[0]
	}
	return value, grad
}

// bce and the like are losses of inputs in a row, reduced to the mean.
func bce(in G.Nodes) (*G.Node, error) { return BinaryCrossEntropyFromLogits(in[0], in[1]) }

func TestLossGradients(t *testing.T) {
	x := draw(newRand(1), 24)
	positive := make([]float64, len(x))
	for i, v := range x {
		positive[i] = 0.3 + math.Abs(v)
	}
	weighted := func(in G.Nodes) []LossOption { return []LossOption{Weighted(in[len(in)-1])} }
	for _, c := range []struct {
		name  string
		n     int
		build func(in G.Nodes) (*G.Node, error)
	}{
		{"binary", 2, bce},
		{"binary weighted", 3, func(in G.Nodes) (*G.Node, error) {
			return BinaryCrossEntropyFromLogits(in[0], in[1], append(weighted(in), PositiveWeight(3))...)
		}},
		{"probabilities", 2, func(in G.Nodes) (*G.Node, error) {
			return CrossEntropyFromLogits(in[0], in[1], ClassWeights(1, 2, 0.5, 3))
		}},
		{"gaussian", 3, func(in G.Nodes) (*G.Node, error) { return GaussianNLL(in[0], in[1], in[2]) }},
		{"gaussian weighted", 4, func(in G.Nodes) (*G.Node, error) { return GaussianNLL(in[0], in[1], in[2], weighted(in)...) }},
		{"gaussian sum", 3, func(in G.Nodes) (*G.Node, error) { return GaussianNLL(in[0], in[1], in[2], Reduce(ReduceSum)) }},
		{"gaussian alone", 3, func(in G.Nodes) (*G.Node, error) { return GaussianNLL(in[0], in[1], in[2], Reduce(ReduceNone)) }},
		{"log-normal", 3, func(in G.Nodes) (*G.Node, error) { return LogNormalNLL(in[0], in[1], in[2]) }},
		{"poisson", 2, func(in G.Nodes) (*G.Node, error) { return PoissonNLL(in[0], in[1], LogFactorial()) }},
		{"kl", 4, func(in G.Nodes) (*G.Node, error) { return GaussianKL(in[0], in[1], in[2], in[3]) }},
		{"kl to the standard", 2, func(in G.Nodes) (*G.Node, error) { return GaussianKL(in[0], in[1], nil, nil) }},
	} {
		shape := []int{len(x) / c.n / 4, 4}
		if shape[0]*shape[1]*c.n != len(x) {
			shape = []int{1, 4}
		}
		in := positive[:shape[0]*shape[1]*c.n]
		t.Run(c.name, func(t *testing.T) { checkGradients(t, lossOf(c.n, shape, c.build), in, len(in)) })
	}
	indices := []float64{2, 0, -1}
	checkGradients(t, Func(func(x *G.Node) (*G.Node, error) {
		return CrossEntropyFromLogits(x, node(x.Graph(), tensor.Float64, "y", indices, 3), ClassWeights(1, 2, 0.5, 3))
	}), x[:12], 3, 4)
}

// At logits of ±1e4 the losses are what they are: 0 or 1e4, and the derivatives 0 or ±1.
func TestLossesOfExtremeLogits(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		logits, targets := []float64{1e4, 1e4, -1e4, -1e4, 0}, []float64{1, 0, 1, 0, 1}
		v, d := lossAt(t, dt, func(in G.Nodes) (*G.Node, error) {
			return BinaryCrossEntropyFromLogits(in[0], in[1], Reduce(ReduceSum))
		}, [][]float64{logits, targets}, []int{5}, []int{5})
		near(t, "binary", v, []float64{2e4 + math.Ln2}, 1e-6)
		near(t, "binary gradient", d, []float64{0, 1, -1, 0, -0.5}, 1e-7)

		rows := []float64{1e4, -1e4, 0, 1e4, -1e4, 0, 1e4, 1e4, 1e4}
		for _, y := range []struct {
			values []float64
			shape  []int
		}{{[]float64{0, 1, 2}, []int{3}}, {[]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}, []int{3, 3}}} {
			v, d = lossAt(t, dt, func(in G.Nodes) (*G.Node, error) {
				return CrossEntropyFromLogits(in[0], in[1], Reduce(ReduceSum))
			}, [][]float64{rows, y.values}, []int{3, 3}, y.shape)
			near(t, "classes", v, []float64{2e4 + math.Log(3)}, 1e-6)
			near(t, "classes gradient", d, []float64{0, 0, 0, 1, -1, 0, 1. / 3, 1. / 3, -2. / 3}, 1e-6)
		}
	}
}

// Small losses keep their digits: −ln σ(30) is e⁻³⁰, to a relative 1e-13 (the next term is e⁻⁶⁰/2).
func TestBinaryCrossEntropyKeepsDigits(t *testing.T) {
	v, d := lossAt(t, tensor.Float64, bce, [][]float64{{30}, {1}}, []int{1}, []int{1})
	if e := math.Exp(-30); math.Abs(v[0]/e-1) > 1e-13 || math.Abs(d[0]/-e-1) > 1e-12 {
		t.Errorf("loss %g, derivative %g, want ±%g", v[0], d[0], e)
	}
}

func TestCrossEntropyTargets(t *testing.T) {
	x := draw(newRand(2), 12)
	logp := func(row, c int) float64 {
		var s float64
		for _, v := range x[4*row : 4*row+4] {
			s += math.Exp(v)
		}
		return x[4*row+c] - math.Log(s)
	}
	w := []float64{1, 2, 0.5, 3}
	build := func(opts ...LossOption) func(in G.Nodes) (*G.Node, error) {
		return func(in G.Nodes) (*G.Node, error) { return CrossEntropyFromLogits(in[0], in[1], opts...) }
	}
	for _, c := range []struct {
		name    string
		targets []float64
		shape   []int
		opts    []LossOption
		want    []float64
	}{
		{"indices", []float64{1, 3, 0}, []int{3}, nil, []float64{-(logp(0, 1) + logp(1, 3) + logp(2, 0)) / 3}},
		{"one left out", []float64{1, -1, 0}, []int{3}, nil, []float64{-(logp(0, 1) + logp(2, 0)) / 2}},
		{"none", []float64{-1, -1, -1}, []int{3}, nil, []float64{0}},
		{"weights", []float64{1, 3, 0}, []int{3}, []LossOption{ClassWeights(w...)},
			[]float64{-(2*logp(0, 1) + 3*logp(1, 3) + logp(2, 0)) / 6}},
		{"alone", []float64{1, -1, 2}, []int{3}, []LossOption{ClassWeights(w...), Reduce(ReduceNone)},
			[]float64{-2 * logp(0, 1), 0, -0.5 * logp(2, 2)}},
		{"soft", []float64{0.5, 0.5, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0}, []int{3, 4}, nil,
			[]float64{-(0.5*logp(0, 0) + 0.5*logp(0, 1) + logp(1, 3) + logp(2, 0)) / 3}},
	} {
		v, _ := lossAt(t, tensor.Float64, build(c.opts...), [][]float64{x, c.targets}, []int{3, 4}, c.shape)
		near(t, c.name, v, c.want, 1e-14)
	}
	if !(tensor.Shape{3}).Eq(tensor.Shape{3, 1}) {
		t.Error("tensor is mended: (3) and (3, 1) are two shapes, so docs/gorgonia.md need not warn")
	}
	// (n) are numbers of classes and (n, 1) probabilities, also where there is one class, which 1 is none of.
	for class, want := range map[float64]bool{0: false, 1: true} {
		g := G.NewGraph()
		y, err := build()(G.Nodes{node(g, tensor.Float64, "x", x[:3], 3, 1),
			node(g, tensor.Float64, "classes", []float64{0, class, 0}, 3)})
		if err != nil {
			t.Fatal(err)
		}
		if v, _, err := onTape(y); err != nil || math.IsNaN(v[0]) != want {
			t.Errorf("class %g of one: loss %v, %v", class, v, err)
		}
	}
	v, _ := lossAt(t, tensor.Float64, build(), [][]float64{x[:4], {2}}, []int{4}, nil)
	near(t, "a vector of logits", v, []float64{-logp(0, 2)}, 1e-14)
	for _, wrong := range []float64{4, 1.5} {
		y, err := build()(withClass(G.Nodes{node(G.NewGraph(), tensor.Float64, "x", x, 3, 4)}, wrong))
		if err != nil {
			t.Fatal(err)
		}
		if v, _, err := onTape(y); err != nil || !math.IsNaN(v[0]) {
			t.Errorf("class %g of 4: loss %v, %v", wrong, v, err)
		}
	}
}

// The likelihoods by their definitions, with ln k! by math.Lgamma.
func TestLikelihoodValues(t *testing.T) {
	x, mean, logVar := []float64{0.2, 1, 5}, []float64{-1, 1, 4.5}, []float64{0.5, -3, 2}
	normal := func(x, m, s float64) float64 { return 0.5 * (math.Log(2*math.Pi) + s + (x-m)*(x-m)*math.Exp(-s)) }
	shape := []int{3}
	var gaussian, logNormal float64
	for i := range x {
		gaussian += normal(x[i], mean[i], logVar[i]) / 3
		logNormal += (math.Log(x[i]) + normal(math.Log(x[i]), mean[i], logVar[i])) / 3
	}
	in := [][]float64{x, mean, logVar}
	v, _ := lossAt(t, tensor.Float64, func(in G.Nodes) (*G.Node, error) {
		return GaussianNLL(in[0], in[1], in[2])
	}, in, shape, shape, shape)
	near(t, "gaussian", v, []float64{gaussian}, 1e-14)
	v, _ = lossAt(t, tensor.Float64, func(in G.Nodes) (*G.Node, error) {
		return LogNormalNLL(in[0], in[1], in[2])
	}, in, shape, shape, shape)
	near(t, "log-normal", v, []float64{logNormal}, 1e-14)
	v, _ = lossAt(t, tensor.Float64, func(in G.Nodes) (*G.Node, error) { return GaussianNLL(in[0], in[1], in[2]) },
		[][]float64{x, {1}, {-3}}, shape, nil, nil)
	near(t, "of numbers", v, []float64{(normal(0.2, 1, -3) + normal(1, 1, -3) + normal(5, 1, -3)) / 3}, 1e-14)

	counts := []float64{0, 1, 2, 7, 30, 1e3, 1e6}
	eta := []float64{-2, 0.5, 1, 2, 3, 7, 13}
	n := []int{len(counts)}
	for _, c := range []struct {
		opts []LossOption
		full float64
	}{{[]LossOption{Reduce(ReduceNone)}, 0}, {[]LossOption{Reduce(ReduceNone), LogFactorial()}, 1}} {
		want := make([]float64, len(counts))
		for i, k := range counts {
			lg, _ := math.Lgamma(k + 1)
			want[i] = math.Exp(eta[i]) - k*eta[i] + c.full*lg
		}
		v, _ := lossAt(t, tensor.Float64, func(in G.Nodes) (*G.Node, error) { return PoissonNLL(in[0], in[1], c.opts...) },
			[][]float64{counts, eta}, n, n)
		near(t, "poisson", v, want, 1e-13)
	}
}

// KL(q‖q) = 0, KL to the standard normal distribution is that to μ = 0 and s = 0, and a small distance keeps its digits.
func TestGaussianKL(t *testing.T) {
	mean, logVar := draw(newRand(3), 6), draw(newRand(4), 6)
	s := []int{2, 3}
	kl := func(in G.Nodes) (*G.Node, error) { return GaussianKL(in[0], in[1], in[2], in[3], Reduce(ReduceNone)) }
	v, _ := lossAt(t, tensor.Float64, kl, [][]float64{mean, logVar, mean, logVar}, s, s, s, s)
	near(t, "itself", v, []float64{0, 0}, 0)

	want := make([]float64, 2)
	for i := range mean {
		want[i/3] += 0.5 * (math.Exp(logVar[i]) + mean[i]*mean[i] - 1 - logVar[i])
	}
	zeros := make([]float64, 6)
	v, _ = lossAt(t, tensor.Float64, kl, [][]float64{mean, logVar, zeros, zeros}, s, s, s, s)
	near(t, "to 0 and 1", v, want, 1e-14)
	v, _ = lossAt(t, tensor.Float64, func(in G.Nodes) (*G.Node, error) { return GaussianKL(in[0], in[1], nil, nil) },
		[][]float64{mean, logVar}, s, s)
	near(t, "to the standard", v, []float64{(want[0] + want[1]) / 2}, 1e-14)

	// Of s = δ alone the divergence is (e^δ − 1 − δ)/2 = δ²/4 + δ³/12 + …, whose digits are those of δ.
	v, _ = lossAt(t, tensor.Float64, func(in G.Nodes) (*G.Node, error) { return GaussianKL(in[0], in[1], nil, nil) },
		[][]float64{{0}, {1e-4}}, []int{1}, []int{1})
	if want := 1e-8/4 + 1e-12/12 + 1e-16/48; math.Abs(v[0]/want-1) > 1e-11 {
		t.Errorf("%g, want %g", v[0], want)
	}
}

// withClass adds a vector of three class numbers, the last of them as given.
func withClass(in G.Nodes, last float64) G.Nodes {
	return append(in, node(in[0].Graph(), tensor.Float64, "y", []float64{0, 1, last}, 3))
}

func TestLossErrors(t *testing.T) {
	g := G.NewGraph()
	x := node(g, tensor.Float64, "x", draw(newRand(1), 6), 2, 3)
	y := node(g, tensor.Float64, "y", []float64{0, 1}, 2)
	s := node(g, tensor.Float64, "s", []float64{1})
	single := node(g, tensor.Float32, "f", draw(newRand(1), 6), 2, 3)
	for _, c := range []struct {
		want string
		make func() (*G.Node, error)
	}{
		{"layers: binary cross-entropy: the input is no node", func() (*G.Node, error) {
			return BinaryCrossEntropyFromLogits(nil, y)
		}},
		{"inputs of float64 and of float32", func() (*G.Node, error) { return BinaryCrossEntropyFromLogits(x, single) }},
		{"logits and targets have the shapes (2, 3) (2)", func() (*G.Node, error) { return BinaryCrossEntropyFromLogits(x, y) }},
		{"ClassWeights is not among the options Reduce, Weighted, PositiveWeight",
			func() (*G.Node, error) { return BinaryCrossEntropyFromLogits(x, x, ClassWeights(1)) }},
		{"option 0 is nil", func() (*G.Node, error) { return BinaryCrossEntropyFromLogits(x, x, nil) }},
		{"the weights are nil", func() (*G.Node, error) { return BinaryCrossEntropyFromLogits(x, x, Weighted(nil)) }},
		{"weights of shape (2) for losses of shape (2, 3)", func() (*G.Node, error) {
			return BinaryCrossEntropyFromLogits(x, x, Weighted(y))
		}},
		{"the weight of positive targets is 0", func() (*G.Node, error) {
			return BinaryCrossEntropyFromLogits(x, x, PositiveWeight(0))
		}},
		{"there is no reduction 7", func() (*G.Node, error) { return BinaryCrossEntropyFromLogits(x, x, Reduce(7)) }},
		{"the logits are a number", func() (*G.Node, error) { return CrossEntropyFromLogits(s, s) }},
		{"targets of shape () for logits of shape (2, 3)", func() (*G.Node, error) { return CrossEntropyFromLogits(x, s) }},
		{"targets of shape (3) for logits of shape (1, 3)", func() (*G.Node, error) {
			return CrossEntropyFromLogits(node(g, tensor.Float64, "row", draw(newRand(1), 3), 1, 3),
				node(g, tensor.Float64, "flat", []float64{2, 0, 1}, 3))
		}},
		{"2 class weights for 3 classes", func() (*G.Node, error) { return CrossEntropyFromLogits(x, y, ClassWeights(1, 2)) }},
		{"the weight of class 1 is -1", func() (*G.Node, error) { return CrossEntropyFromLogits(x, y, ClassWeights(1, -1, 1)) }},
		{"x, mean and log-variance have the shapes", func() (*G.Node, error) { return GaussianNLL(x, y, x) }},
		{"x, mean and log-variance have the shapes", func() (*G.Node, error) { return LogNormalNLL(x, x, y) }},
		{"counts and log-rates have the shapes", func() (*G.Node, error) { return PoissonNLL(x, y) }},
		{"a mean of shape (2, 3) and a parameter of shape (2)", func() (*G.Node, error) { return GaussianKL(x, y, nil, nil) }},
		{"the input is no node", func() (*G.Node, error) { return GaussianKL(x, x, x, nil) }},
	} {
		if _, err := c.make(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
