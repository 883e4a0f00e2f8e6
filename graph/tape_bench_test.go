package graph

import (
	"fmt"
	"hash"
	"slices"
	"testing"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// What a TapeMachine needs for an Op that does nothing, and for the gradients of its inputs, which do nothing either:
// below that no Op can be. The inputs are those of a 2-50-2 perceptron of BenchmarkEvaluation.
func BenchmarkTapeMachine(b *testing.B) {
	for _, gradient := range []bool{false, true} {
		b.Run(fmt.Sprintf("gradient=%v", gradient), func(b *testing.B) {
			g := G.NewGraph()
			op := &idle{}
			var in G.Nodes
			for _, s := range mlpSpecs(20, []int{2, 50, 2}, tensor.Float64) {
				v := tensor.New(tensor.Of(s.Dtype), tensor.WithShape(s.Shape...))
				in = append(in, G.NewTensor(g, s.Dtype, s.Shape.Dims(), G.WithShape(s.Shape...), G.WithName(s.Name), G.WithValue(v)))
				op.of = append(op.of, s.Shape)
			}
			op.value = in[0].Value()
			y := G.Must(G.ApplyOp(op, in...))
			var opts []G.VMOpt
			if gradient {
				if _, err := G.Grad(G.Must(G.Sum(y)), in...); err != nil {
					b.Fatal(err)
				}
				opts = append(opts, G.BindDualValues(in...))
			}
			vm := G.NewTapeMachine(g, opts...)
			defer vm.Close()
			b.ReportAllocs()
			fastest(b, func() {
				if err := vm.RunAll(); err != nil {
					b.Fatal(err)
				}
				vm.Reset()
			})
		})
	}
}

// idle gives the same value whatever its arguments, of the shapes of, are.
type idle struct {
	of    []tensor.Shape
	value G.Value
}

func (op *idle) Arity() int                                     { return len(op.of) }
func (op *idle) Do(...G.Value) (G.Value, error)                 { return op.value, nil }
func (op *idle) InferShape(...G.DimSizer) (tensor.Shape, error) { return op.value.Shape().Clone(), nil }
func (op *idle) ReturnsPtr() bool                               { return true }
func (op *idle) CallsExtern() bool                              { return false }
func (op *idle) OverwritesInput() int                           { return -1 }
func (op *idle) Hashcode() uint32                               { return uint32(op.value.Size()) }
func (op *idle) WriteHash(h hash.Hash)                          { fmt.Fprint(h, op) }
func (op *idle) String() string                                 { return fmt.Sprintf("idle %v", op.value.Shape()) }
func (op *idle) DiffWRT(n int) []bool                           { return slices.Repeat([]bool{true}, n) }

func (op *idle) Type() hm.Type {
	var types []hm.Type
	for _, s := range append(slices.Clone(op.of), op.value.Shape()) {
		types = append(types, G.TensorType{Dims: s.Dims(), Of: tensor.Float64})
	}
	return hm.NewFnType(types...)
}

func (op *idle) SymDiff(inputs G.Nodes, _, grad *G.Node) (grads G.Nodes, err error) {
	grads = make(G.Nodes, len(inputs))
	for i, n := range inputs {
		of := &idle{of: []tensor.Shape{grad.Shape()}, value: tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(n.Shape()...))}
		if grads[i], err = G.ApplyOp(of, grad); err != nil {
			return nil, err
		}
	}
	return grads, nil
}
