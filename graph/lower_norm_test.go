package graph

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// tracedBatchNorm hands out the Op that gorgonia.BatchNorm gives its caller.
func tracedBatchNorm(t *testing.T, dt tensor.Dtype, s tensor.Shape) (*Func, *G.BatchNormOp) {
	t.Helper()
	var op *G.BatchNormOp
	param := shape(1, s[1], 1, 1)[:len(s)]
	f := traced(t, func(in ...*G.Node) (G.Nodes, error) {
		n, _, _, o, err := G.BatchNorm(in[0], in[1], in[2], 0.25, 1e-3)
		op = o
		return G.Nodes{n}, err
	}, Input("x", dt, s...), Input("scale", dt, param...), Input("bias", dt, param...))
	return f, op
}

func stats(op *G.BatchNormOp) (mean, variance []float64) {
	m, v := op.Stats()
	mean, _ = numbers(m)
	variance, _ = numbers(v)
	return mean, variance
}

// run is one run of a plan, with its side effects.
func runOnce[T Float](t *testing.T, f *Func, x [][]float64) []float64 {
	t.Helper()
	p, err := Compile[T](f)
	if err != nil {
		t.Fatal(err)
	}
	in := make([][]T, len(x))
	for i := range x {
		in[i] = make([]T, len(x[i]))
		transfer(in[i], x[i])
	}
	out := make([]T, f.outputs[0].size())
	if err := p.Run(in, [][]T{out}); err != nil {
		t.Fatal(err)
	}
	y := make([]float64, len(out))
	transfer(y, out)
	return y
}

func TestBatchNormModes(t *testing.T) {
	x := [][]float64{{1, 10, 2, 20, 3, 30, 6, 60}, {1, 1}, {0, 0}} // (4, 2)
	mean, biased, unbiased := 3.0, 3.5, 14./3
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		f, op := tracedBatchNorm(t, dt, shape(4, 2))
		run := runOnce[float64]
		tol := 1e-12
		if dt == tensor.Float32 {
			run, tol = runOnce[float32], 1e-5
		}
		m, v := stats(op)
		compare(t, "first mean", m, []float64{0, 0}, 0)
		compare(t, "first variance", v, []float64{1, 1}, 0) // Gorgonia starts at 0
		y := run(t, f, x)
		compare(t, "training", y[:1], []float64{(1 - mean) / math.Sqrt(biased+1e-3)}, tol)
		m, v = stats(op)
		compare(t, "mean", m, []float64{0.25 * mean, 2.5 * mean}, tol)
		compare(t, "variance", v, []float64{0.75 + 0.25*unbiased, 0.75 + 25*unbiased}, tol)

		op.SetTraining(false) // after the trace
		y = run(t, f, x)
		compare(t, "evaluation", y[:1], []float64{(1 - m[0]) / math.Sqrt(v[0]+1e-3)}, tol)
		m2, v2 := stats(op)
		compare(t, "mean after evaluation", m2, m, 0)
		compare(t, "variance after evaluation", v2, v, 0)

		op.SetTraining(true) // resets
		run(t, f, x)
		m, _ = stats(op)
		compare(t, "mean after a reset", m, []float64{0.25 * mean, 2.5 * mean}, tol)
	}
}

// A batch of one has no unbiased variance: Gorgonia divides by zero and the running variance is NaN for ever.
func TestBatchNormOfOne(t *testing.T) {
	f, op := tracedBatchNorm(t, tensor.Float64, shape(1, 2))
	y := runOnce[float64](t, f, [][]float64{{3, 4}, {1, 1}, {5, 6}})
	compare(t, "value", y, []float64{5, 6}, 1e-12)
	m, v := stats(op)
	compare(t, "mean", m, []float64{0.75, 1}, 1e-12)
	compare(t, "variance", v, []float64{1, 1}, 0)
}

// A machine sets the mode of all Ops, training by default, which resets their statistics: a machine in evaluation mode
// does not.
func TestBatchNormEvaluationMatchesGorgonia(t *testing.T) {
	for _, s := range []tensor.Shape{shape(3, 2), shape(2, 2, 2, 3)} {
		c := lowering{in: shapes(s, shape(1, 2, 1, 1)[:len(s)], shape(1, 2, 1, 1)[:len(s)]), build: func(x ...*G.Node) *G.Node {
			n, _, _, op, err := G.BatchNorm(x[0], x[1], x[2], 0.25, 1e-3)
			setStats(t, op)
			op.SetTraining(false)
			return G.Must(n, err)
		}}
		x := c.arguments(newRand(1))
		want, err := onTape(t, c.builder(), c.specs(tensor.Float64), x, G.EvalMode())
		if err != nil {
			t.Fatal(err)
		}
		f := traced(t, c.builder(), c.specs(tensor.Float64)...)
		compare(t, "value", evaluate(f, x)[0], want[0], 1e-12)
		checkDerivatives(t, f, x, newRand(2), 1e-6)
	}
}
