package layers

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

type hamiltonian struct{ energy Layer }

// Hamiltonian is the field of Hamilton's equations for an energy H that is a layer (Greydanus, Dzamba and Yosinski 2019,
// Hamiltonian neural networks, section 2): of the state (q, p), in the last axis (…, 2d),
//
//	q′ = ∂H/∂p,   p′ = −∂H/∂q
//
// H makes (…, 1) of (…, 2d), as an MLP of widths 2d, …, 1 does, and may depend on time. Without time the exact solution
// keeps H for ever. A method of order p lets it drift, by O(hᵖ) in a unit of time; for a [SeparableEnergy], those of
// [NewSymplecticBlock] keep it within O(hᵖ) for very long times. The energy should be smooth: tanh, softplus or SiLU.
func Hamiltonian(energy Layer) TimeLayer { return hamiltonian{energy} }

func (h hamiltonian) Params() []*graph.Param { return paramsOf(h.energy) }

func (h hamiltonian) Forward(x *G.Node) (*G.Node, error) { return h.ForwardTime(nil, x) }

func (h hamiltonian) ForwardTime(t, x *G.Node) (*G.Node, error) {
	const name = "hamiltonian"
	if err := checkHalves(name, x); err != nil {
		return nil, err
	}
	slopes, err := slopesOf(name, h.energy, t, x)
	if err != nil {
		return nil, err
	}
	in := G.Nodes{x}
	if t != nil {
		in = append(in, t)
	}
	return operation(name, func(in G.Nodes) (*G.Node, error) {
		f := formula.For(x)
		q, p := halves(f, in[0])
		if f.Err() != nil {
			return nil, f.Err()
		}
		d, err := graph.CallAll(slopes, append(G.Nodes{q, p}, in[1:]...)...)
		if err != nil {
			return nil, err
		}
		return f.Result(f.Concat(d[1], anchored(f, f.Neg(d[0]), h.energy, slopes)))
	}, in...)
}

// anchored adds zero times the parameters of l that its slopes do not depend on, such as the last bias of an MLP, to x:
// a graph that is differentiated by all parameters of a model must hold them.
func anchored(f *formula.F, x *G.Node, l Layer, slopes *graph.Func) *G.Node {
	used := slopes.Params()
	for _, p := range l.Params() {
		if f.Err() == nil && p.Dtype() == x.Dtype() && !slices.Contains(used, p) {
			x = f.Add(x, f.Mul(f.Number(0), f.Sum(p.In(x.Graph()))))
		}
	}
	return x
}

// slopesOf is the function (q, p) or (q, p, t) ↦ (∂E/∂q, ∂E/∂p) of a layer E: (…, 2d) → (…, 1), for each row on its own;
// q and p are the halves of x. As separate inputs they keep a separable energy separable.
func slopesOf(name string, energy Layer, t, x *G.Node) (*graph.Func, error) {
	if energy == nil {
		return nil, errors.Errorf("layers: %s: the layer is nil", name)
	}
	dt, half, value := x.Dtype(), x.Shape().Clone(), x.Shape().Clone()
	half[len(half)-1] /= 2
	value[len(value)-1] = 1
	specs := []graph.Spec{graph.Input("q", dt, half...), graph.Input("p", dt, half...)}
	if t != nil {
		if err := checkTime(name, t, x); err != nil {
			return nil, err
		}
		specs = append(specs, graph.Input("t", dt))
	}
	e, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		f := formula.Of(dt)
		state := f.Concat(in[0], in[1])
		if f.Err() != nil {
			return nil, f.Err()
		}
		var time *G.Node
		if t != nil {
			time = in[2]
		}
		y, err := forward(energy, time, state)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(y.Shape(), value) {
			return nil, errors.Errorf("the layer makes shape %v of %v, want %v", y.Shape(), x.Shape(), value)
		}
		return G.Nodes{y}, nil
	}, specs...)
	if err != nil {
		return nil, errors.WithMessagef(err, "layers: %s", name)
	}
	slopes, err := e.VJP()
	if err == nil {
		slopes, err = slopes.Select(0, 1)
	}
	if err != nil {
		return nil, errors.WithMessagef(err, "layers: %s", name)
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		one, err := graph.Constant(in[0], filled(1, value), value...)
		if err != nil {
			return nil, err
		}
		return graph.CallAll(slopes, append(slices.Clone(in), one)...)
	}, specs...)
	return fn, errors.WithMessagef(err, "layers: %s", name)
}

type separableEnergy struct{ kinetic, potential Layer }

// SeparableEnergy is H(q, p) = T(p) + V(q), (…, 2d) → (…, 1), of two layers that make (…, 1) of (…, d). Both may be
// functions of time too.
func SeparableEnergy(kinetic, potential Layer) TimeLayer { return separableEnergy{kinetic, potential} }

func (e separableEnergy) Params() []*graph.Param { return paramsOf(e.kinetic, e.potential) }

func (e separableEnergy) Forward(x *G.Node) (*G.Node, error) { return e.ForwardTime(nil, x) }

func (e separableEnergy) ForwardTime(t, x *G.Node) (*G.Node, error) {
	const name = "separable energy"
	if err := checkHalves(name, x); err != nil {
		return nil, err
	}
	if e.kinetic == nil || e.potential == nil {
		return nil, errors.Errorf("layers: %s: a layer is nil", name)
	}
	d := x.Shape()[x.Dims()-1] / 2
	var parts G.Nodes
	for i, l := range []Layer{e.potential, e.kinetic} {
		ranges := make([]tensor.Slice, x.Dims())
		ranges[len(ranges)-1] = G.S(i*d, (i+1)*d)
		part, err := graph.Slice(x, ranges...)
		if err != nil {
			return nil, errors.WithMessagef(err, "layers: %s", name)
		}
		y, err := forward(l, t, part)
		if err != nil {
			return nil, err
		}
		parts = append(parts, y)
	}
	if !slices.Equal(parts[0].Shape(), parts[1].Shape()) {
		return nil, errors.Errorf("layers: %s: energies of shapes %v and %v", name, parts[0].Shape(), parts[1].Shape())
	}
	return operation(name, func(in G.Nodes) (*G.Node, error) { return G.Add(in[0], in[1]) }, parts...)
}

var _, _ TimeLayer = hamiltonian{}, separableEnergy{}
