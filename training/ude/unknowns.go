package ude

import (
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/odefile"
)

// unknown is a free parameter or initial value v, as a coordinate u without bounds:
//
//	v = c u                   free, c the size of the first value
//	v = low + eᵘ              free > low
//	v = high − eᵘ             free < high
//	v = low + (high−low) σ(u) free in [low, high], σ the logistic function
type unknown struct {
	name    string // NAME(0) for an initial value
	initial bool
	index   int // of the parameter or the state
	free    odefile.Free
	unsaid  bool    // an initial value of which the file and the Config say nothing
	size    float64 // c
	first   float64 // value
}

func newUnknown(name string, initial bool, index int, free odefile.Free, first float64) unknown {
	u := unknown{name: name, initial: initial, index: index, free: free, size: math.Abs(first), first: first}
	if u.size == 0 {
		u.size = 1
	}
	return u
}

func (x unknown) low() bool  { return !math.IsInf(x.free.Low, 0) }
func (x unknown) high() bool { return !math.IsInf(x.free.High, 0) }

// value is v at u.
func (x unknown) value(u float64) float64 {
	switch low, high := x.free.Low, x.free.High; {
	case x.low() && x.high():
		return low + (high-low)/(1+math.Exp(-u))
	case x.low():
		return low + math.Exp(u)
	case x.high():
		return high - math.Exp(u)
	}
	return x.size * u
}

// slope is dv/du at u.
func (x unknown) slope(u float64) float64 {
	switch low, high := x.free.Low, x.free.High; {
	case x.low() && x.high():
		return (high - low) / (2 + math.Exp(u) + math.Exp(-u))
	case x.low():
		return math.Exp(u)
	case x.high():
		return -math.Exp(u)
	}
	return x.size
}

// coordinate is u at v, which lies inside the bounds.
func (x unknown) coordinate(v float64) float64 {
	switch low, high := x.free.Low, x.free.High; {
	case x.low() && x.high():
		return math.Log((v - low) / (high - v))
	case x.low():
		return math.Log(v - low)
	case x.high():
		return math.Log(high - v)
	}
	return v / x.size
}

// inside moves v between the bounds, if it isn't, near to the first value.
func (x unknown) inside(v float64) float64 {
	if x.free.Contains(v) {
		return v
	}
	return x.first
}

// node is value as nodes.
func (x unknown) node(u *G.Node) (*G.Node, error) {
	affine := func(v *G.Node, factor, add float64) (*G.Node, error) {
		f, err := graph.Constant(u, []float64{factor})
		if err != nil {
			return nil, err
		}
		if v, err = G.HadamardProd(v, f); err != nil || add == 0 {
			return v, err
		}
		a, err := graph.Constant(u, []float64{add})
		if err != nil {
			return nil, err
		}
		return G.Add(v, a)
	}
	switch low, high := x.free.Low, x.free.High; {
	case x.low() && x.high():
		s, err := G.Sigmoid(u)
		if err != nil {
			return nil, err
		}
		return affine(s, high-low, low)
	case x.low(), x.high():
		e, err := G.Exp(u)
		if err != nil {
			return nil, err
		}
		if x.low() {
			return affine(e, 1, low)
		}
		return affine(e, -1, high)
	}
	return affine(u, x.size, 0)
}

// find lists the free parameters and initial values: those that the file or the Config calls so, and the initial values
// of which the file says nothing. Of such a one it is known that the noise wants it positive, if it does.
func (q *problem) find() ([]unknown, error) {
	f := q.model.file
	also := map[string]bool{}
	for _, name := range q.c.Free {
		key, ok := f.Quantity(name)
		if !ok {
			return nil, errors.Errorf("ude: free %s: %s has no such parameter or state; an initial value is NAME(0)", name, f.Name)
		}
		also[key] = true
	}
	anything := odefile.Free{Low: math.Inf(-1), High: math.Inf(1)}
	state := anything
	if q.c.Noise != "gaussian" {
		state.Low = 0
	}
	var all []unknown
	for i, p := range f.Params {
		if p.Free != nil {
			all = append(all, newUnknown(p.Name, false, i, *p.Free, p.Value))
		} else if also[p.Name] {
			all = append(all, newUnknown(p.Name, false, i, anything, p.Value))
		}
	}
	for i, name := range f.Names {
		name += "(0)"
		if free := f.InitFree[i]; free != nil {
			all = append(all, newUnknown(name, true, i, *free, q.start[i]))
		} else if !f.InitGiven[i] {
			x := newUnknown(name, true, i, state, q.start[i])
			x.unsaid, x.size = !also[name], q.scale[i] // the first value may be anywhere, and as small as it likes
			all = append(all, x)
		} else if also[name] {
			all = append(all, newUnknown(name, true, i, anything, q.start[i]))
		}
	}
	return all, nil
}

// natural are the parameters with the weights, nil where there are none, and the initial state, as nodes of the vector θ.
func (q *problem) natural(theta *G.Node) (p, y0 *G.Node, err error) {
	f := q.model.file
	params, states := make([]*G.Node, len(f.Params)), make([]*G.Node, len(f.Names))
	for i, x := range q.named {
		u, err := graph.Element(theta, i)
		if err != nil {
			return nil, nil, err
		}
		v, err := x.node(u)
		if err != nil {
			return nil, nil, err
		}
		if x.initial {
			states[x.index] = v
		} else {
			params[x.index] = v
		}
	}
	for i := range params {
		if params[i] == nil {
			if params[i], err = graph.Constant(theta, []float64{f.Params[i].Value}); err != nil {
				return nil, nil, err
			}
		}
	}
	var parts G.Nodes
	if len(params) > 0 {
		vector, err := graph.Stack(params...)
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, vector)
	}
	if q.weights > 0 {
		w, err := graph.Slice(theta, G.S(len(q.named), len(q.named)+q.weights))
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, w)
	}
	switch len(parts) {
	case 1:
		p = parts[0]
	case 2:
		if p, err = G.Concat(0, parts...); err != nil {
			return nil, nil, err
		}
	}
	y0, err = q.startNodes(theta, p, states)
	return p, y0, err
}

// startNodes fills up the initial state from the file.
func (q *problem) startNodes(theta, p *G.Node, states []*G.Node) (*G.Node, error) {
	given, err := q.model.file.StartField()(theta, p)
	if err != nil {
		return nil, err
	}
	for i := range states {
		if states[i] == nil {
			if states[i], err = graph.Element(given, i); err != nil {
				return nil, err
			}
		}
	}
	return graph.Stack(states...)
}

// values are natural as numbers: the named parameters, the weights and the initial state.
func (q *problem) values(theta []float64) (p, weights, y0 []float64) {
	f := q.model.file
	p = f.Values()
	for i, x := range q.named {
		if !x.initial {
			p[x.index] = x.value(theta[i])
		}
	}
	weights = append([]float64{}, theta[len(q.named):len(q.named)+q.weights]...)
	y0 = f.Start(p)
	for i, x := range q.named {
		if x.initial {
			y0[x.index] = x.value(theta[i])
		}
	}
	return p, weights, y0
}
