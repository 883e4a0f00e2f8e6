package nodeop

import (
	"fmt"
	"hash"
	"math"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// toy is a Function made of closures. Its state is a copy of the inputs, by which Backward sees that the state is that
// of its own run.
type toy[T Float] struct {
	name string
	in   []tensor.Shape
	out  tensor.Shape
	wrt  []bool
	f    func(in [][]T, out []T) error
	df   func(in [][]T, w []T, grad [][]T) error

	forwards, backwards, recomputed atomic.Int64
}

func (t *toy[T]) Name() string                { return t.name }
func (t *toy[T]) WriteHash(h hash.Hash)       { fmt.Fprintf(h, "%s %p", t.name, t) }
func (t *toy[T]) InputShapes() []tensor.Shape { return t.in }
func (t *toy[T]) OutputShape() tensor.Shape   { return t.out }
func (t *toy[T]) WRT() []bool                 { return t.wrt }
func (t *toy[T]) runs() (forward, back, n int) {
	return t.count(&t.forwards), t.count(&t.backwards), t.count(&t.recomputed)
}
func (t *toy[T]) count(n *atomic.Int64) int { return int(n.Load()) }

func (t *toy[T]) Forward(in [][]T, out []T) (any, error) {
	t.forwards.Add(1)
	state := make([][]T, len(in))
	for i := range in {
		state[i] = slices.Clone(in[i])
	}
	return state, t.f(in, out)
}

func (t *toy[T]) Backward(in [][]T, out, w []T, state any, grad [][]T) error {
	t.backwards.Add(1)
	if state == nil {
		t.recomputed.Add(1)
		return t.df(in, w, grad)
	}
	for i, kept := range state.([][]T) {
		if !slices.Equal(kept, in[i]) {
			return errors.Errorf("%s: the state is of another run", t.name)
		}
	}
	return t.df(state.([][]T), w, grad)
}

// newLayer is y = s·tanh(x·w + b), x (B,D), w (D,H), b (1,H), s (), y (B,H).
func newLayer[T Float](B, D, H int) *toy[T] {
	pre := func(in [][]T, n, j int) T {
		x, w, b := in[0], in[1], in[2]
		z := b[j]
		for k := range D {
			z += x[n*D+k] * w[k*H+j]
		}
		return z
	}
	tanh := func(z T) T { return T(math.Tanh(float64(z))) }
	return &toy[T]{
		name: "layer",
		in:   []tensor.Shape{{B, D}, {D, H}, {1, H}, {}},
		out:  tensor.Shape{B, H},
		wrt:  []bool{true, true, true, true},
		f: func(in [][]T, out []T) error {
			for n := range B {
				for j := range H {
					out[n*H+j] = in[3][0] * tanh(pre(in, n, j))
				}
			}
			return nil
		},
		df: func(in [][]T, w []T, grad [][]T) error {
			for n := range B {
				for j := range H {
					a := tanh(pre(in, n, j))
					dz := w[n*H+j] * in[3][0] * (1 - a*a)
					for k := range D {
						if grad[0] != nil {
							grad[0][n*D+k] += dz * in[1][k*H+j]
						}
						grad[1][k*H+j] += dz * in[0][n*D+k]
					}
					grad[2][j] += dz
					grad[3][0] += w[n*H+j] * a
				}
			}
			return nil
		},
	}
}

// builtinLayer is newLayer in Gorgonia's own Ops.
func builtinLayer(x, w, b, s *gorgonia.Node) *gorgonia.Node {
	z := gorgonia.Must(gorgonia.BroadcastAdd(gorgonia.Must(gorgonia.Mul(x, w)), b, nil, []byte{0}))
	return gorgonia.Must(gorgonia.HadamardProd(gorgonia.Must(gorgonia.Tanh(z)), s))
}

// newSum is z = Σ_k (k+1)·Σ in_k for any shapes, of the output's shape (of one element).
func newSum[T Float](out tensor.Shape, shapes ...tensor.Shape) *toy[T] {
	t := &toy[T]{name: "sum", in: shapes, out: out, wrt: make([]bool, len(shapes))}
	for i := range t.wrt {
		t.wrt[i] = true
	}
	t.f = func(in [][]T, out []T) error {
		for k, x := range in {
			for _, v := range x {
				out[0] += T(k+1) * v
			}
		}
		return nil
	}
	t.df = func(in [][]T, w []T, grad [][]T) error {
		for k, g := range grad {
			for i := range g {
				g[i] += T(k+1) * w[0]
			}
		}
		return nil
	}
	return t
}

// newSquare is y = x², elementwise.
func newSquare[T Float](shape tensor.Shape) *toy[T] {
	return &toy[T]{
		name: "square",
		in:   []tensor.Shape{shape},
		out:  shape,
		wrt:  []bool{true},
		f: func(in [][]T, out []T) error {
			for i, x := range in[0] {
				out[i] = x * x
			}
			return nil
		},
		df: func(in [][]T, w []T, grad [][]T) error {
			for i, x := range in[0] {
				grad[0][i] += 2 * x * w[i]
			}
			return nil
		},
	}
}

// numbers are different from one another, and repeatable.
func numbers[T Float](n, seed int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(math.Sin(float64(3*i + 7*seed + 1)))
	}
	return x
}

func input[T Float](g *gorgonia.ExprGraph, name string, data []T, shape ...int) *gorgonia.Node {
	if len(shape) == 0 {
		return gorgonia.NewScalar(g, dtypeOf[T](), gorgonia.WithName(name), gorgonia.WithValue(valueOf(data, nil)))
	}
	return gorgonia.NewTensor(g, dtypeOf[T](), len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
		gorgonia.WithValue(valueOf(data, shape)))
}

func mustApply[T Float](t *testing.T, fn Function[T], inputs ...*gorgonia.Node) *gorgonia.Node {
	t.Helper()
	n, err := Apply(fn, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func mustRun(t *testing.T, vm gorgonia.VM) {
	t.Helper()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
}

// gradOf is a copy of the gradient of a node, in row-major order.
func gradOf[T Float](t *testing.T, n *gorgonia.Node) []T {
	t.Helper()
	v, err := n.Grad()
	if err != nil {
		t.Fatal(err)
	}
	return read[T](t, v, n.Shape())
}

func read[T Float](t *testing.T, v gorgonia.Value, shape tensor.Shape) []T {
	t.Helper()
	x, err := flat[T](v, size(shape))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(x)
}

func wantClose[T Float](t *testing.T, what string, got, want []T, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d numbers, want %d", what, len(got), len(want))
	}
	for i := range got {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= tol*(1+math.Abs(float64(want[i])))) {
			t.Fatalf("%s: [%d] is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func wantRuns[T Float](t *testing.T, fn *toy[T], forwards, backwards, recomputed int) {
	t.Helper()
	f, b, r := fn.runs()
	if f != forwards || b != backwards || r != recomputed {
		t.Fatalf("%d forward and %d backward passes, %d without a state; want %d, %d, %d", f, b, r, forwards, backwards,
			recomputed)
	}
}
