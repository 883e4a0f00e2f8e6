package odefile

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// NetUse is what a network is asked for by a model, and what it answers, at a time and a state.
type NetUse struct {
	Net    *Net
	Inputs []string // the expressions that are its inputs, as they are written
	// Eval writes the inputs and then the outputs to dst. It is for one goroutine.
	Eval func(t float64, y, dst []float64) error
}

// NetUses are the places, one a network, where a model first calls it: in the order of Nets, without those that are not
// called, or from inside of functions alone. p are the parameters, as for [Model.System].
func (m *Model) NetUses(p []float64) ([]NetUse, error) {
	f := m.File
	p, err := f.parameters(p)
	if err != nil {
		return nil, err
	}
	var uses []NetUse
	for _, n := range f.Nets {
		call := f.firstCall(n)
		if call == nil {
			continue
		}
		ts := slices.Clone(call.args)
		for _, name := range n.Outputs {
			ts = append(ts, &tree{op: opCall, at: call.at, name: strings.ToLower(name), args: call.args})
		}
		d, err := f.dynamics("inputs of the network "+n.Outputs[0], ts)
		if err != nil {
			return nil, err
		}
		u := NetUse{Net: n, Eval: d.system(p).F}
		for _, a := range call.args {
			u.Inputs = append(u.Inputs, a.String())
		}
		uses = append(uses, u)
	}
	return uses, nil
}

// firstCall is the first call of a network in an equation or a quantity.
func (f *File) firstCall(n *Net) *tree {
	var calls []*tree
	look := func(t *tree) {
		if s := f.symbols[t.name]; t.op == opCall && s != nil && s.net == n {
			calls = append(calls, t)
		}
	}
	for _, t := range f.equations {
		t.walk(look)
	}
	for _, name := range slices.Sorted(maps.Keys(f.symbols)) {
		if s := f.symbols[name]; s.role == aQuantity {
			s.body.walk(look)
		}
	}
	if len(calls) == 0 {
		return nil
	}
	return slices.MinFunc(calls, func(a, b *tree) int {
		return cmp.Or(cmp.Compare(a.at.line, b.at.line), cmp.Compare(a.at.column, b.at.column))
	})
}

// NetOf binds a network to the weights among p, as for [Model.System]: the function writes its outputs for inputs x to
// dst. It is for one goroutine.
func (m *Model) NetOf(n *Net, p []float64) (func(x, dst []float64) error, error) {
	f := m.File
	p, err := f.parameters(p)
	if err != nil {
		return nil, err
	}
	d, err := newDynamics(len(n.Inputs), f.NumParams(), func(t, x, p *G.Node, _ map[int]*G.Node) (*G.Node, error) {
		out, err := n.build(x, p, n.offset)
		if err != nil {
			return nil, err
		}
		return graph.Reshape(out, len(n.Outputs))
	})
	if err != nil {
		return nil, errors.Wrapf(err, "odefile: %s: network %s", f.Name, n.Outputs[0])
	}
	value := d.system(p).F
	return func(x, dst []float64) error { return value(0, x, dst) }, nil
}
