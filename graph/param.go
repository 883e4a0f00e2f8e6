package graph

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Param is a named tensor that owns its value: a weight. In gives its node in a graph; all nodes, in whatever graph,
// share one backing array, so what a solver updates in a training graph is what an evaluation graph and every compiled
// field read.
type Param struct {
	name  string
	id    uint64 // in the order of making
	value *tensor.Dense

	mu    sync.Mutex
	nodes map[weak.Pointer[G.ExprGraph]]weak.Pointer[G.Node]
}

// made numbers what needs an identity in the hash of a node. A pointer would do, but for that it makes Gorgonia's hashes,
// and with them its collisions, differ from run to run.
var made atomic.Uint64

// NewParam makes a parameter of the given dtype (tensor.Float64 or tensor.Float32) and shape, filled by init. A shape
// has at least one axis; use (1) for a number. It is an error if the name is empty, the dtype is another, an axis is
// shorter than 1, or init fails.
func NewParam(name string, init Initializer, dt tensor.Dtype, shape ...int) (*Param, error) {
	if name == "" {
		return nil, errors.New("graph: a parameter needs a name")
	}
	if err := CheckDtype(dt); err != nil {
		return nil, errors.WithMessagef(err, "graph: parameter %q", name)
	}
	if len(shape) == 0 {
		return nil, errors.Errorf("graph: parameter %q: a parameter needs a shape; use (1) for a number", name)
	}
	for i, d := range shape {
		if d < 1 {
			return nil, errors.Errorf("graph: parameter %q: axis %d of shape %v is empty", name, i, tensor.Shape(shape))
		}
	}
	if init == nil {
		return nil, errors.Errorf("graph: parameter %q: no initializer", name)
	}
	values, err := init(tensor.Shape(shape).Clone())
	if err != nil {
		return nil, errors.Wrapf(err, "graph: parameter %q", name)
	}
	n := tensor.Shape(shape).TotalSize()
	if len(values) != n {
		return nil, errors.Errorf("graph: parameter %q: the initializer gave %d values for shape %v", name, len(values),
			tensor.Shape(shape))
	}
	p := &Param{name: name, id: made.Add(1), nodes: map[weak.Pointer[G.ExprGraph]]weak.Pointer[G.Node]{}}
	if dt == tensor.Float64 {
		p.value = tensor.New(tensor.WithShape(shape...), tensor.WithBacking(append([]float64(nil), values...)))
	} else {
		b := make([]float32, n)
		for i, v := range values {
			b[i] = float32(v)
		}
		p.value = tensor.New(tensor.WithShape(shape...), tensor.WithBacking(b))
	}
	return p, nil
}

// Name is the parameter's name.
func (p *Param) Name() string { return p.name }

// Dtype is the element type.
func (p *Param) Dtype() tensor.Dtype { return p.value.Dtype() }

// Shape is a copy of the shape.
func (p *Param) Shape() tensor.Shape { return p.value.Shape().Clone() }

// Size is the number of elements.
func (p *Param) Size() int { return sizeOf(p.value.Shape()) }

// Value is the tensor itself, row-major: what is written into it is what every node and field sees.
func (p *Param) Value() *tensor.Dense { return p.value }

func (p *Param) String() string { return fmt.Sprintf("%s%v %v", p.name, p.value.Shape(), p.Dtype()) }

// Set copies values, row-major, into the parameter.
func (p *Param) Set(values []float64) error {
	if len(values) != p.Size() {
		return errors.Errorf("graph: parameter %q: %d values for shape %v", p.name, len(values), p.value.Shape())
	}
	switch d := p.value.Data().(type) {
	case []float64:
		copy(d, values)
	case []float32:
		for i, v := range values {
			d[i] = float32(v)
		}
	}
	return nil
}

// Float64s is a copy of the value, row-major.
func (p *Param) Float64s() []float64 {
	out := make([]float64, p.Size())
	switch d := p.value.Data().(type) {
	case []float64:
		copy(out, d)
	case []float32:
		for i, v := range d {
			out[i] = float64(v)
		}
	}
	return out
}

// In is the parameter's node in g: an input node with the value bound, made once for a graph. Inside of a traced
// function the trace learns from it that the function uses p. Two parameters of one name are two nodes.
func (p *Param) In(g *G.ExprGraph) *G.Node {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := weak.Make(g)
	if w, ok := p.nodes[key]; ok {
		if n := w.Value(); n != nil {
			return n
		}
	}
	for k := range p.nodes { // graphs that are gone
		if k.Value() == nil {
			delete(p.nodes, k)
		}
	}
	// Gorgonia merges inputs of equal name and shape, so the name carries the identity. A shallow clone shares the
	// backing array and has its own header: some of Gorgonia's products flip the header while they run.
	name := fmt.Sprintf("%s#%d", p.name, p.id)
	n := G.NewTensor(g, p.Dtype(), p.value.Dims(), G.WithShape(p.value.Shape()...), G.WithName(name),
		G.WithValue(p.value.ShallowClone()))
	w := weak.Make(n)
	owners.Store(w, p)
	runtime.AddCleanup(n, func(w weak.Pointer[G.Node]) { owners.Delete(w) }, w)
	p.nodes[key] = w
	return n
}

// owners finds the parameter of a node, as long as the node lives.
var owners sync.Map // weak.Pointer[G.Node] → *Param

func paramOf(n *G.Node) (*Param, bool) {
	p, ok := owners.Load(weak.Make(n))
	if !ok {
		return nil, false
	}
	return p.(*Param), true
}

// ParamNodes gives the nodes of several parameters in g, for gorgonia.Grad and gorgonia.BindDualValues.
func ParamNodes(g *G.ExprGraph, params []*Param) G.Nodes {
	ns := make(G.Nodes, len(params))
	for i, p := range params {
		ns[i] = p.In(g)
	}
	return ns
}

// JoinParams is what stands in lists, one after the other. A parameter that several of them share stands once, in its first
// place.
func JoinParams(lists ...[]*Param) []*Param {
	var all []*Param
	seen := map[*Param]bool{}
	for _, list := range lists {
		for _, p := range list {
			if !seen[p] {
				seen[p] = true
				all = append(all, p)
			}
		}
	}
	return all
}

// UniqueNames is an error that lists the names that occur more than once: a weights file needs them to differ.
func UniqueNames(params []*Param) error {
	count := map[string]int{}
	var twice []string
	for _, p := range params {
		if count[p.name]++; count[p.name] == 2 {
			twice = append(twice, p.name)
		}
	}
	if len(twice) > 0 {
		return errors.Errorf("graph: several parameters are named %s", strings.Join(twice, ", "))
	}
	return nil
}
