package graph

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/nodeop"
)

// ScanOption sets how Scan, ScanFinal and ScanAll run.
type ScanOption func(*scanSettings)

type scanSettings struct {
	args        G.Nodes
	mask        *G.Node
	masked      bool // ScanMask was given
	reverse     bool
	checkpoints bool
}

// ScanArgs hands nodes of the outer graph to every step, after the sequences. Parameters (Param.In) need not be named.
func ScanArgs(args ...*G.Node) ScanOption {
	return func(s *scanSettings) { s.args = append(s.args, args...) }
}

// ScanMask is for rows of different lengths. The mask has shape (n, B), where the state has shape (B, …): where it is
// zero, the row keeps its state at that step, has zeros in the step's outputs, and neither reads its element of the
// sequences nor gives it a gradient; padding may hold anything, NaN too. Sequences are then of shape (n, B, …), or (n)
// for a number that all rows share. The mask has no gradient. As long as the step itself does not mix rows, what a row
// computes depends, to the last digit, neither on the other rows nor on their order.
func ScanMask(mask *G.Node) ScanOption {
	return func(s *scanSettings) { s.mask, s.masked = mask, true }
}

// ScanReverse goes through the sequences from their end: the step gets x[n−1] first. Entry i of a result belongs to x[i]
// still.
func ScanReverse() ScanOption { return func(s *scanSettings) { s.reverse = true } }

// ScanCheckpoints is for long sequences: the forward pass keeps every ⌈√n⌉-th state for the gradient instead of all, and the
// backward pass computes the others again. So 2√n states are held instead of n, at the cost of one more forward pass. The
// gradients are the same to the last digit.
func ScanCheckpoints() ScanOption { return func(s *scanSettings) { s.checkpoints = true } }

// Scan runs a recurrence over sequences,
//
//	h_{i+1} = step(h_i, x_i, …; a, …),   i = 0 … n−1,
//
// as a single Op with gradients with respect to the first state, the sequences, the arguments and the parameters that the
// step uses. It returns all states h_1 … h_n, of shape (n, shape of h0).
//
// The step is a function as for Trace. Its inputs are the state, of h0's shape; entry i of every sequence in xs, whose
// shapes (n, …) lose their first axis; and the nodes of ScanArgs, in this order. It returns the next state. Several
// states, such as the two of an LSTM, are parts of one. A *Func is a step by way of Call. The step is traced once and
// compiled; a run allocates nothing for a step. Like Trace, Scan is for one goroutine at a time.
//
// The gradient is backpropagation through time, of every step by its own exact reverse derivative. It keeps the states of
// all steps (see ScanCheckpoints) and no values from inside of them, which are computed again. Second derivatives go
// through Grad and gorgonia.Grad alike. What does not depend on the state is better computed before for the whole
// sequence, in one product, than step by step.
//
// It is an error if there is no sequence, if lengths, shapes or dtypes do not fit, if a node is in another graph, or if
// the step cannot be traced. Under a mask the step may not update running statistics, whose rows it would mix.
func Scan(step Builder, h0 *G.Node, xs G.Nodes, opts ...ScanOption) (*G.Node, error) {
	r, err := newRecurrence(step, h0, xs, opts)
	if err != nil {
		return nil, err
	}
	if err := r.onlyState("Scan"); err != nil {
		return nil, err
	}
	return r.apply()
}

// ScanFinal is Scan for the last state alone, of h0's shape: h_n, or what comes after x[0] with ScanReverse.
func ScanFinal(step Builder, h0 *G.Node, xs G.Nodes, opts ...ScanOption) (*G.Node, error) {
	r, err := newRecurrence(step, h0, xs, opts)
	if err != nil {
		return nil, err
	}
	if err := r.onlyState("ScanFinal"); err != nil {
		return nil, err
	}
	r.final = true
	return r.apply()
}

// ScanAll is Scan for a step that returns more than the next state. An output of shape s comes back, for all steps, with
// shape (n, s).
func ScanAll(step Builder, h0 *G.Node, xs G.Nodes, opts ...ScanOption) (states *G.Node, outputs G.Nodes, err error) {
	r, err := newRecurrence(step, h0, xs, opts)
	if err != nil {
		return nil, nil, err
	}
	n, err := r.apply()
	if err != nil || len(r.step.outputs) == 1 {
		return n, nil, err
	}
	var shapes []tensor.Shape
	for _, o := range r.step.outputs {
		shapes = append(shapes, along(r.n, o.shape))
	}
	all, err := unpacked(n, "scan", shapes)
	if err != nil {
		return nil, nil, err
	}
	return all[0], all[1:], nil
}

// recurrence is what is to be scanned. The inputs of its step are the state, the sequences, the mask if there is one,
// arguments and parameters; nodes are those of the Op, in the same order.
type recurrence struct {
	step    *Func // lifted
	nodes   G.Nodes
	n       int // steps
	seqs    int // sequences, the mask with them
	mask    int // the input of the step that is the mask, or −1
	final   bool
	fromEnd bool
	every   int // how many steps from one state that is kept to the next
}

func newRecurrence(step Builder, h0 *G.Node, xs G.Nodes, opts []ScanOption) (r *recurrence, err error) {
	defer recovered(&err, "scan")
	var s scanSettings
	for _, o := range opts {
		if o == nil {
			return nil, errors.New("graph: scan: an option is nil")
		}
		o(&s)
	}
	specs, err := s.specs(h0, xs)
	if err != nil {
		return nil, err
	}
	f, err := Trace(step, specs...)
	if err != nil {
		return nil, errors.WithMessage(err, "graph: scan")
	}
	if next := f.outputs[0].shape; !sameShape(next, h0.Shape()) {
		return nil, errors.Errorf("graph: scan: the step makes a state of shape %v from one of %v", next, h0.Shape())
	}
	r = &recurrence{step: f.Lift(), n: xs[0].Shape()[0], seqs: len(xs), mask: -1, fromEnd: s.reverse, every: 1}
	if s.checkpoints {
		for r.every*r.every < r.n {
			r.every++
		}
	}
	r.nodes = append(append(G.Nodes{h0}, xs...), s.args...)
	if s.masked {
		if err := r.masked(s.mask); err != nil {
			return nil, err
		}
	}
	r.nodes = append(r.nodes, ParamNodes(h0.Graph(), f.Params())...)
	return r, nil
}

// specs describes the inputs of the step, and finds what is wrong with the nodes.
func (s *scanSettings) specs(h0 *G.Node, xs G.Nodes) ([]Spec, error) {
	if h0 == nil || h0.Graph() == nil {
		return nil, errors.New("graph: scan: the first state is no node of a graph")
	}
	if len(xs) == 0 {
		return nil, errors.New("graph: scan: no sequence, so no number of steps")
	}
	specs := []Spec{{"state", h0.Dtype(), h0.Shape()}}
	add := func(n *G.Node, what string, i int) error {
		name := what
		if i >= 0 {
			name = fmt.Sprint(what, " ", i)
		}
		switch {
		case n == nil || n.Graph() == nil:
			return errors.Errorf("graph: scan: %s is no node of a graph", name)
		case n.Graph() != h0.Graph():
			return &foreignNode{errors.Errorf("graph: scan: %s (%q) is in another graph than the first state", name, n.Name())}
		case n.Dtype() != h0.Dtype():
			return errors.Errorf("graph: scan: %s is %v, but the first state is %v", name, n.Dtype(), h0.Dtype())
		}
		specs = append(specs, Spec{name, n.Dtype(), n.Shape()})
		return nil
	}
	n := 0
	for i, x := range xs {
		if err := add(x, "sequence", i); err != nil {
			return nil, err
		}
		spec := &specs[len(specs)-1]
		switch {
		case spec.Shape.IsScalar():
			return nil, errors.Errorf("graph: scan: %s is a number, want (n, …)", spec.Name)
		case spec.Shape[0] < 1:
			return nil, errors.Errorf("graph: scan: %s is empty", spec.Name)
		case i > 0 && spec.Shape[0] != n:
			return nil, errors.Errorf("graph: scan: %s has %d entries, but sequence 0 has %d", spec.Name, spec.Shape[0], n)
		}
		n, spec.Shape = spec.Shape[0], spec.Shape[1:]
	}
	for i, a := range s.args {
		if err := add(a, "argument", i); err != nil {
			return nil, err
		}
	}
	if !s.masked {
		return specs, nil
	}
	if err := add(s.mask, "mask", -1); err != nil {
		return nil, err
	}
	specs = specs[:len(specs)-1]
	if h0.Shape().IsScalar() {
		return nil, errors.New("graph: scan: a mask is for a state with rows, but the first state is a number")
	}
	rows := h0.Shape()[0]
	if !sameShape(s.mask.Shape(), tensor.Shape{n, rows}) {
		return nil, errors.Errorf("graph: scan: the mask has shape %v, want (%d, %d), steps and rows", s.mask.Shape(), n, rows)
	}
	for _, x := range specs[1 : 1+len(xs)] {
		if !x.Shape.IsScalar() && x.Shape[0] != rows {
			return nil, errors.Errorf("graph: scan: an entry of %s has shape %v; under a mask it is a number or has the %d "+
				"rows of the state",
				x.Name, x.Shape, rows)
		}
	}
	return specs, nil
}

// masked makes a step with one more input, which says what rows it is for.
func (r *recurrence) masked(mask *G.Node) error {
	f := r.step
	if len(f.updates) > 0 {
		return errors.New("graph: scan: under a mask the step may not update running statistics")
	}
	h := f.inputs[0]
	rows := h.shape[0]
	b := newBuilder(f.dtype)
	b.adopt(f.outputs)
	m := b.input("mask", tensor.Shape{rows})
	live := func(shape tensor.Shape) *expr {
		column := make(tensor.Shape, len(shape))
		for i := range column {
			column[i] = 1
		}
		column[0] = rows
		return b.expand(b.reshape(m, column), shape)
	}
	only := func(x *expr) *expr { return b.sel(live(x.shape), x, b.zeros(x.shape)) }
	with := map[*expr]*expr{}
	for _, x := range f.inputs[1 : 1+r.seqs] {
		if len(x.shape) > 0 {
			with[x] = only(x)
		}
	}
	outs := b.substitute(f.outputs, with)
	outs[0] = b.sel(live(h.shape), outs[0], h)
	for i, o := range outs[1:] {
		if len(o.shape) == 0 || o.shape[0] != rows {
			return errors.Errorf("graph: scan: output %d of the step has shape %v; under a mask it has the %d rows of the state",
				i+1, o.shape, rows)
		}
		outs[i+1] = only(o)
	}
	r.seqs++
	r.mask = r.seqs
	r.step = &Func{name: f.name, dtype: f.dtype, inputs: inserted(f.inputs, r.mask, m), outputs: outs}
	r.nodes = inserted(r.nodes, r.mask, mask)
	return nil
}

func inserted[S ~[]E, E any](s S, at int, e E) S {
	return append(append(append(S(nil), s[:at]...), e), s[at:]...)
}

func (r *recurrence) onlyState(name string) error {
	if n := len(r.step.outputs); n != 1 {
		return errors.Errorf("graph: scan: the step has %d outputs besides the state, which %s leaves out; use ScanAll", n-1, name)
	}
	return nil
}

func (r *recurrence) apply() (*G.Node, error) {
	if r.step.dtype == tensor.Float32 {
		return nodeop.Apply[float32](newScan[float32](r), r.nodes...)
	}
	return nodeop.Apply[float64](newScan[float64](r), r.nodes...)
}

// along is the shape of n values of a shape.
func along(n int, shape tensor.Shape) tensor.Shape { return append(tensor.Shape{n}, shape...) }
