package odefile

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// direction is what a forward derivative goes along: the state, along a vector; t or a parameter, as far as scale says.
type direction struct {
	state, time bool
	param       int // −1: none
	scale       float64
}

var alongState = direction{state: true, param: -1}

// along is the derivative of f in a direction, a function of t, y, p and, for the state, its tangent. What the direction
// leaves out is held when f is traced, not given a zero when the derivative runs: so a slope that is infinite or NaN, as
// that of x^p by p is at x < 0, doesn't touch the others.
func (d *dynamics) along(dir direction) (*graph.Func, error) {
	held := map[string]*graph.Param{}
	hold := func(name string, size int) (*graph.Param, error) {
		p, err := graph.NewParam(name, graph.Zeros(), tensor.Float64, size)
		held[name] = p
		return p, err
	}
	t, err := hold("t", 1)
	if err != nil {
		return nil, err
	}
	y, err := hold("state", d.n)
	if err != nil {
		return nil, err
	}
	p, err := hold("parameters", max(d.m, 1))
	if err != nil {
		return nil, err
	}
	free := graph.Input("free", tensor.Float64)
	if dir.state {
		free = graph.Input("free", tensor.Float64, d.n)
	}
	specs := []graph.Spec{free}
	if dir.state && dir.param >= 0 {
		specs = append(specs, graph.Input("one", tensor.Float64))
	}
	base, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		g := in[0].Graph()
		node := map[string]*G.Node{"state": y.In(g)}
		var err error
		if node["t"], err = graph.Element(t.In(g), 0); err != nil {
			return nil, err
		}
		if d.m > 0 {
			node["parameters"] = p.In(g)
		}
		var own map[int]*G.Node
		if dir.param >= 0 {
			own = map[int]*G.Node{dir.param: in[len(in)-1]}
		}
		switch {
		case dir.state:
			node["state"] = in[0]
		case dir.time:
			node["t"] = in[0]
		}
		f, err := d.build(node["t"], node["state"], node["parameters"], own)
		return G.Nodes{f}, err
	}, specs...)
	if err != nil {
		return nil, err
	}
	jvp, err := base.JVP()
	if err != nil {
		return nil, err
	}
	return d.withInputs(jvp, dir, held)
}

// withInputs makes a function of t, y, p and a tangent of one whose held values are parameters.
func (d *dynamics) withInputs(jvp *graph.Func, dir direction, held map[string]*graph.Param) (*graph.Func, error) {
	in := inputs(d.n, d.m)
	if dir.state {
		in = append(in, graph.Input("tangent", tensor.Float64, d.n))
	}
	lifted := jvp.Lift()
	return graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		t, err := graph.Reshape(in[0], 1)
		if err != nil {
			return nil, err
		}
		scale, err := graph.Constant(in[0], []float64{dir.scale})
		if err != nil {
			return nil, err
		}
		var at, tangents G.Nodes
		if dir.state {
			at, tangents = append(at, in[1]), append(tangents, in[len(in)-1])
		}
		if dir.time {
			at, tangents = append(at, in[0]), append(tangents, scale)
		}
		if dir.param >= 0 {
			e, err := graph.Element(in[2], dir.param)
			if err != nil {
				return nil, err
			}
			at, tangents = append(at, e), append(tangents, scale)
		}
		args := append(at, tangents...)
		for _, p := range jvp.Params() {
			switch p {
			case held["t"]:
				args = append(args, t)
			case held["state"]:
				args = append(args, in[1])
			default:
				args = append(args, in[2])
			}
		}
		out, err := graph.CallAll(lifted, args...)
		if err != nil {
			return nil, err
		}
		return out[1:], nil
	}, in...)
}
