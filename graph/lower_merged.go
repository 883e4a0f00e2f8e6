package graph

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Gorgonia gives equal nodes one identity when they are made: equal type, shape, children and hash of the Op. Some
// hashes leave out what the Op's result depends on, so that different nodes become one. The merge can be counted: every
// application of an Op appends edges to the graph's unexported map `to`, also where the node existed already.

// applications knows how often every node of a graph was applied.
type applications struct {
	nodes   map[uintptr]*G.Node
	edges   map[[2]uintptr]int // by child and parent
	uses    map[*G.Node]int    // as children of what the outputs need, and as outputs
	counted bool
}

// survey counts, and looks for nodes whose memory Gorgonia has given to other nodes. Nothing may have called the graph's
// To before, which forgets the repetitions; gorgonia.Grad does, and then the counts are unknown. index must have been
// called.
func (l *lowerer) survey(outs G.Nodes) error {
	seen := map[*G.Node]bool{}
	for _, n := range outs {
		l.uses[n]++
		if err := l.visit(n, seen); err != nil {
			return err
		}
	}
	return nil
}

// index lists the nodes and the edges of the graph.
func (l *lowerer) index() {
	l.applications = &applications{
		nodes: map[uintptr]*G.Node{}, edges: map[[2]uintptr]int{}, uses: map[*G.Node]int{}, counted: true,
	}
	for _, n := range l.g.AllNodes() {
		l.nodes[reflect.ValueOf(n).Pointer()] = n
		if n.Deriv() != nil || len(n.DerivOf()) > 0 {
			l.counted = false
		}
	}
	to := reflect.ValueOf(l.g).Elem().FieldByName("to")
	for it := to.MapRange(); it.Next(); {
		child, parents := it.Key().Pointer(), it.Value()
		for i := 0; i < parents.Len(); i++ {
			l.edges[[2]uintptr{child, parents.Index(i).Pointer()}]++
		}
	}
}

// checkReads refuses what has no effect in a trace.
func (l *lowerer) checkReads() error {
	for _, n := range l.nodes {
		if n.Op() != nil && (isOp(n, "readOp") || isOp(n, "letOp")) {
			return errors.Errorf("gorgonia.Read and gorgonia.Let in the builder have no effect: return node %v as an output", n)
		}
	}
	return nil
}

func (l *lowerer) visit(n *G.Node, seen map[*G.Node]bool) error {
	if seen[n] {
		return nil
	}
	seen[n] = true
	for _, p := range childPointers(n) {
		c := l.nodes[p]
		// A child is made before its parent. gorgonia.Log(1+a) and Log(1−a) give the argument's node back to a pool, and
		// if it had another consumer, that one now sees whatever node came next.
		if c == nil || c.ID() >= n.ID() {
			return errors.Errorf("an argument of %v was given back by gorgonia.Log, which rewrites log(1+a): use gorgonia.Log1p",
				n.Op())
		}
		l.uses[c]++
		if err := l.visit(c, seen); err != nil {
			return err
		}
	}
	return nil
}

// childPointers reads the children of a node; the graph's From may look up another node after one was removed.
func childPointers(n *G.Node) []uintptr {
	c := reflect.ValueOf(n).Elem().FieldByName("children")
	p := make([]uintptr, c.Len())
	for i := range p {
		p[i] = c.Index(i).Pointer()
	}
	return p
}

func (l *lowerer) children(n *G.Node) G.Nodes {
	ps := childPointers(n)
	c := make(G.Nodes, len(ps))
	for i, p := range ps {
		c[i] = l.nodes[p]
	}
	return c
}

// once reports whether n is known to have been applied once.
func (l *lowerer) once(n *G.Node) bool {
	ps := childPointers(n)
	if !l.counted || len(ps) == 0 {
		return false
	}
	multiplicity := 0
	for _, p := range ps {
		if p == ps[0] {
			multiplicity++
		}
	}
	return l.edges[[2]uintptr{ps[0], reflect.ValueOf(n).Pointer()}] <= multiplicity
}

// checkMerged refuses a node that may stand for several different ones.
func (l *lowerer) checkMerged(n *G.Node) error {
	op := structOf(n.Op())
	if op.Type().PkgPath() != gorgoniaPath {
		return nil
	}
	name := op.Type().Name()
	if name == "softmaxOp" && op.FieldByName("isLog").Bool() && l.uses[n] > 1 {
		// gorgonia.Log of a SoftMax node turns that node itself into a LogSoftMax, for all of its consumers.
		return errors.Errorf("a LogSoftMax of %v has several consumers, and gorgonia.Log may have made it of a SoftMax: use "+
			"graph.LogSoftMax, graph.SoftMax", n.Shape())
	}
	if l.once(n) {
		return nil
	}
	advice := ""
	switch name {
	case "sliceOp":
		if sliceAmbiguous(n.Op(), op, l.children(n)[0].Shape()) {
			advice = "start and end modulo 256: use graph.Slice"
		}
	case "sliceIncrOp":
		if sliceAmbiguous(n.Op(), structField(op, "sliceOp"), n.Shape()) {
			advice = "start and end modulo 256: use graph.Slice"
		}
	case "softmaxOp":
		advice = "no difference of SoftMax and LogSoftMax: use graph.SoftMax, graph.LogSoftMax"
	case "sparsemaxOp":
		advice = "no axis: apply the second one to graph.Reshape of the node"
	case "yoloOp":
		advice = "the anchors alone: apply the second one to graph.Reshape of the node"
	case "ctcLossOp", "ctcLossDiffOp":
		advice = "no reduction: apply the second one to graph.Reshape of the node"
	case "im2colOp":
		s := l.children(n)[0].Shape()
		if dilationAmbiguous(im2colWindow(op, s[2], s[3])) {
			advice = "no dilation: apply the second convolution to graph.Reshape of the image"
		}
	case "col2imOp":
		if dilationAmbiguous(im2colWindow(structField(op, "im2colOp"), intOf(op, "unpaddedH"), intOf(op, "unpaddedW"))) {
			advice = "no dilation: apply the second convolution to graph.Reshape of the image"
		}
	case "BatchNormOp", "batchnormDiffOp":
		advice = "one decimal of momentum and ε, so that two normalisations would share their statistics: apply the second " +
			"one to graph.Reshape of the node"
	case "GroupNormOp", "groupNormDiffOp":
		advice = "no ε: apply the second one to graph.Reshape of the node"
	}
	if advice == "" {
		return nil
	}
	if !l.counted {
		return errors.Errorf("%v of shape %v: gorgonia.Grad hides whether several different nodes were merged; the hash has %s",
			n.Op(), n.Shape(), advice)
	}
	return errors.Errorf("%v of shape %v was applied more than once, and Gorgonia may have merged different nodes; the "+
		"hash has %s", n.Op(), n.Shape(), advice)
}

// The hashes of the pools leave out the south and east padding and whether the paddings are explicit. Windows count from
// the north and the west, and the node's shape, which is part of its identity, says how many: nothing is lost.

// sliceAmbiguous looks for another slice of the same shape whose start, end and step have the same last bytes.
func sliceAmbiguous(g G.Op, op reflect.Value, of tensor.Shape) bool {
	axis := intOf(op, "along")
	if op.FieldByName("Slice").IsNil() || axis >= len(of) || of[axis] <= 255 {
		return false
	}
	// Ranges of equal bytes and equal number of elements differ by multiples of 256 in their start, or in length and step,
	// and those of the second kind have room for the first.
	start, end, step := rangeOf(g)
	for s := start % 256; s+end-start <= of[axis]; s += 256 {
		if s != start {
			return true
		}
	}
	return step > 255
}

// dilationAmbiguous looks for another dilation with which the windows have the same number of positions.
func dilationAmbiguous(w *window) bool {
	oh, ow := w.out()
	same := func(n, k, dilation, stride, out int) bool {
		for d := 1; d*(k-1)+1 <= n; d++ {
			if d != dilation && (n-d*(k-1)-1)/stride+1 == out {
				return true
			}
			if k == 1 {
				break // no dilation matters
			}
		}
		return false
	}
	return same(w.h+w.top+w.bottom, w.kh, w.dilationH, w.strideH, oh) ||
		same(w.w+w.left+w.right, w.kw, w.dilationW, w.strideW, ow)
}

// checkConstant refuses a constant that may stand for several. Gorgonia finds constants by name, and without a name by
// their printed text, which leaves out elements of larger tensors. Nodes made with a value, as indices may be, are found
// by name alone.
func (l *lowerer) checkConstant(n *G.Node) error {
	uses := 0
	child := reflect.ValueOf(n).Pointer()
	for key, k := range l.edges {
		if key[0] == child {
			uses += k
		}
	}
	if l.given[n] || (uses <= 1 && l.counted) {
		return nil
	}
	v, ok := constantOf(n)
	if !ok {
		return errors.Errorf("node %q is used more than once, and Gorgonia takes all nodes of one name for one: use "+
			"gorgonia.NewConstant", n.Name())
	}
	text := fmt.Sprintf("%v", v)
	if s, ok := v.(G.Scalar); ok {
		text = fmt.Sprintf("%v", s.Data())
	}
	data, err := numbers(v)
	if err != nil {
		return err
	}
	switch {
	case n.Name() != text:
		return errors.Errorf("constant %q is used more than once, and Gorgonia takes all constants of one name for one: "+
			"leave the name out, or use graph.Constant", n.Name())
	case !printsAll(text, data) && n.Dtype() == tensor.Int:
		return errors.Errorf("indices of shape %v are used more than once, and Gorgonia takes constants of the same "+
			"shortened text for one: use gorgonia.Slice and gorgonia.Concat", n.Shape())
	case !printsAll(text, data):
		return errors.Errorf("a constant of shape %v is used more than once, and Gorgonia takes constants of the same "+
			"shortened text for one: use graph.Constant", n.Shape())
	}
	return nil
}

// printsAll reports whether text has every element in full.
func printsAll(text string, data []float64) bool {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune("[]⎡⎤⎢⎥⎣⎦", r) {
			return ' '
		}
		return r
	}, text)
	words := strings.Fields(clean)
	if len(words) != len(data) {
		return false
	}
	for i, w := range words {
		if w != fmt.Sprintf("%v", data[i]) && w != fmt.Sprintf("%v", float32(data[i])) && w != fmt.Sprintf("%.0f", data[i]) {
			return false
		}
	}
	return true
}
