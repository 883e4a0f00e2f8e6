package graph

import (
	"reflect"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// lowerer translates the nodes of one graph into expressions of one builder. A node is translated once, so what the
// graph shares stays shared.
type lowerer struct {
	b       *builder
	g       *G.ExprGraph
	done    map[*G.Node]*expr
	updates []update
	after   *expr            // for derivatives of an opaque Op: its value
	given   map[*G.Node]bool // nodes with values that are ours
	*applications
}

func newLowerer(b *builder, g *G.ExprGraph) *lowerer {
	return &lowerer{b: b, g: g, done: map[*G.Node]*expr{}}
}

// lower is the expression of n. survey must have been called with n among the outputs.
func (l *lowerer) lower(n *G.Node) (*expr, error) {
	if e, ok := l.done[n]; ok {
		return e, nil
	}
	e, err := l.lowerNew(n)
	if err != nil {
		return nil, err
	}
	// Where Gorgonia takes (n), (n,1) and (1,n) for one another its node decides.
	if shape := n.Shape(); !sameShape(e.shape, shape) {
		if e.size() != sizeOf(shape) {
			return nil, errors.Errorf("%v: lowered to shape %v, but the node has %v", n.Op(), e.shape, shape)
		}
		e = l.b.reshape(e, shape)
	}
	l.done[n] = e
	return e, nil
}

func (l *lowerer) lowerNew(n *G.Node) (*expr, error) {
	if n.Op() == nil {
		return l.lowerLeaf(n)
	}
	if v, ok := constantOf(n); ok {
		if err := l.checkConstant(n); err != nil {
			return nil, err
		}
		data, err := numbers(v)
		if err != nil {
			return nil, errors.WithMessagef(err, "constant %q", n.Name())
		}
		return l.b.constant(rounded(data, l.b.dtype), n.Shape()), nil
	}
	if err := l.checkMerged(n); err != nil {
		return nil, err
	}
	children := l.children(n)
	args := make([]*expr, len(children))
	for i, c := range children {
		if c.Dtype() == tensor.Int { // indices: the Op's lowering reads them
			continue
		}
		var err error
		if args[i], err = l.lower(c); err != nil {
			return nil, err
		}
	}
	if e, ok, err := l.lowerCall(n, args); ok || err != nil {
		return e, err
	}
	e, err := l.lowerOp(n, children, args)
	return e, errors.WithMessagef(err, "%v of %v", n.Op(), shapesOf(children))
}

func (l *lowerer) lowerLeaf(n *G.Node) (*expr, error) {
	if p, ok := paramOf(n); ok {
		if p.Dtype() != l.b.dtype {
			return nil, errors.Errorf("parameter %q is %v, but the inputs are %v", p.Name(), p.Dtype(), l.b.dtype)
		}
		return l.b.param(p), nil
	}
	if n.Value() != nil {
		return nil, errors.Errorf("node %q was made in the builder with a value: use graph.Constant for a constant, "+
			"graph.NewParam for what is trained", n.Name())
	}
	return nil, errors.Errorf("node %q was made in the builder and has no value: pass it as an argument", n.Name())
}

// lowerOp dispatches on the Go type of the Op: Gorgonia does not export them.
func (l *lowerer) lowerOp(n *G.Node, children G.Nodes, args []*expr) (*expr, error) {
	op := structOf(n.Op())
	if op.Type().PkgPath() != gorgoniaPath {
		return l.lowerOpaque(n, children, args)
	}
	for i, c := range children {
		if args[i] == nil && op.Type().Name() != "byIndicesOp" && op.Type().Name() != "byIndicesOpDiffOp" &&
			op.Type().Name() != "dtConvOp" {
			if opaqueOps[op.Type().Name()] {
				continue
			}
			return nil, errors.Errorf("argument %d is of dtype %v", i, c.Dtype())
		}
	}
	switch name := op.Type().Name(); name {
	case "elemUnaryOp":
		return l.lowerUnary(n, args[0])
	case "elemBinOp":
		return l.lowerBinary(n, children, args)
	case "maxBetween":
		return l.lowerElementwise(kindMax, n.Shape(), args)
	case "minBetween":
		return l.lowerElementwise(kindMin, n.Shape(), args)
	case "linAlgBinOp":
		return l.lowerLinear(n, op, args)
	case "tensordotOp":
		return l.lowerTensordot(op, args)
	case "sumOp":
		return l.lowerSum(n, op, children, args[0])
	case "maxOp":
		return l.b.max(args[0], intsOf(op.FieldByName("along"))), nil
	case "softmaxOp":
		return l.lowerSoftmax(op, args[0])
	case "sparsemaxOp":
		return l.lowerSparsemax(op, args[0])
	case "sizeOp":
		return l.lowerSize(op, children[0])
	case "repeatOp":
		return l.lowerRepeat(op, args)
	case "sliceOp":
		return l.lowerSlice(n, op, args[0])
	case "concatOp":
		return l.b.concat(intOf(op, "axis"), args...), nil
	case "reshapeOp":
		return l.b.reshape(args[0], n.Shape()), nil
	case "transposeOp":
		return l.b.transpose(args[0], intsOf(op.FieldByName("pattern"))), nil
	case "atOp":
		return l.lowerAt(op, args[0])
	case "byIndicesOp":
		return l.lowerByIndices(op, children, args)
	case "diagFlatOp":
		return l.lowerDiagFlat(args[0]), nil
	case "dtConvOp":
		return l.lowerConversion(op, children[0], args[0])
	case "im2colOp":
		return l.lowerIm2Col(op, args[0])
	case "maxPoolOp":
		return l.lowerMaxPool(op, args[0])
	case "avgPoolOp":
		return l.lowerAveragePool(op, args[0])
	case "globalAveragePoolOp":
		return l.lowerGlobalAveragePool(args[0])
	case "upsampleOp":
		return l.lowerUpsample(op, args[0]), nil
	case "BatchNormOp":
		return l.lowerBatchNorm(n, args[0])
	case "GroupNormOp":
		return l.lowerGroupNorm(op, args[0])
	case "dropoutOp", "dropoutDiffOp":
		return nil, errors.New("the seed is taken from the clock, and two dropouts of one node become one: use graph.Dropout")
	case "randomOp":
		return nil, errors.New("a random node draws anew at every evaluation: pass the noise as an argument")
	case "readOp", "letOp":
		return nil, errors.New("a statement has no value")
	}
	if e, ok, err := l.lowerGradient(n, op, children, args); ok || err != nil {
		return e, err
	}
	return l.lowerOpaque(n, children, args)
}

const gorgoniaPath = "gorgonia.org/gorgonia"

// opaqueOps are those of Gorgonia's that take integers and have no lowering.
var opaqueOps = map[string]bool{"ctcLossOp": true, "ctcLossDiffOp": true}

// Fields of Ops. Reflection may read unexported fields, though not write them or take them as interfaces.

func structOf(op G.Op) reflect.Value {
	v := reflect.ValueOf(op)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return v
}

func intOf(op reflect.Value, field string) int { return int(op.FieldByName(field).Int()) }

func intsOf(v reflect.Value) []int {
	s := make([]int, v.Len())
	for i := range s {
		s[i] = int(v.Index(i).Int())
	}
	return s
}

// constantOf is the value of a constant node.
func constantOf(n *G.Node) (G.Value, bool) {
	if n == nil || n.Op() == nil {
		return nil, false
	}
	c, ok := n.Op().(interface{ Value() G.Value })
	if !ok || structOf(n.Op()).Type().PkgPath() != gorgoniaPath {
		return nil, false
	}
	return c.Value(), true
}

// numbers reads a value as float64, row-major.
func numbers(v G.Value) ([]float64, error) {
	data := v.Data()
	if t, ok := v.(*tensor.Dense); ok && t.RequiresIterator() {
		data = t.Materialize().Data()
	}
	switch d := data.(type) {
	case []float64:
		return append([]float64(nil), d...), nil
	case []float32:
		return converted(d), nil
	case []int:
		return converted(d), nil
	case float64:
		return []float64{d}, nil
	case float32:
		return []float64{float64(d)}, nil
	case int:
		return []float64{float64(d)}, nil
	}
	return nil, errors.Errorf("values of type %T are not supported", data)
}

func converted[T float32 | int](d []T) []float64 {
	out := make([]float64, len(d))
	for i, v := range d {
		out[i] = float64(v)
	}
	return out
}

func rounded(data []float64, dt tensor.Dtype) []float64 {
	if dt == tensor.Float32 {
		for i, v := range data {
			data[i] = float64(float32(v))
		}
	}
	return data
}

func shapesOf(ns G.Nodes) []tensor.Shape {
	s := make([]tensor.Shape, len(ns))
	for i, n := range ns {
		s[i] = n.Shape()
	}
	return s
}
