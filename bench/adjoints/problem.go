package main

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/odeop"
)

// problem is a neural ODE with a control,
//
//	y' = W₂ tanh(W₁ y + b₁) + b₂ − y + V u(t),   u = (cos 30t, sin 30t),   y ∈ ℝ²⁰ˣ²,
//
// with 50 hidden units, weights from a fixed seed, V = 0 as before a training, and Σ sin(j)·y_j over the states at five
// times as its loss. The states and the adjoint are smooth; what is integrated for V's gradient is not.
type problem struct {
	y0   []float64
	mlp  *layers.MLP
	gain *layers.Linear // V
}

const (
	rows, width, hidden = 20, 2, 50
	frequency           = 30
)

var times = []float64{0, 1, 2.5, 3, 5}

func newProblem() (*problem, error) {
	rng := rand.New(rand.NewPCG(2, 3))
	p := &problem{}
	for range rows * width {
		p.y0 = append(p.y0, rng.NormFloat64())
	}
	normal := graph.Normal(rng, 0, 0.7)
	var err error
	if p.mlp, err = layers.NewMLP(nil, "f", []int{width, hidden, width}, layers.WithInit(normal),
		layers.WithBiasInit(normal)); err != nil {
		return nil, err
	}
	p.gain, err = layers.NewLinear(nil, "v", 2, width, layers.WithInit(graph.Zeros()), layers.WithoutBias())
	return p, err
}

func (p *problem) params() []*graph.Param { return append(p.mlp.Params(), p.gain.Params()...) }

func (p *problem) field(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
	z, err := p.mlp.Forward(y)
	if err != nil {
		return nil, err
	}
	if z, err = G.Sub(z, y); err != nil {
		return nil, err
	}
	u, err := control(t)
	if err != nil {
		return nil, err
	}
	if u, err = p.gain.Forward(u); err != nil {
		return nil, err
	}
	return G.BroadcastAdd(z, u, nil, []byte{0})
}

// control is u(t), as a row.
func control(t *G.Node) (*G.Node, error) {
	phase, err := G.HadamardProd(t, G.NewConstant(float64(frequency)))
	if err != nil {
		return nil, err
	}
	var parts G.Nodes
	for _, f := range []func(*G.Node) (*G.Node, error){G.Cos, G.Sin} {
		u, err := f(phase)
		if err != nil {
			return nil, err
		}
		if u, err = G.Reshape(u, tensor.Shape{1, 1}); err != nil {
			return nil, err
		}
		parts = append(parts, u)
	}
	return G.Concat(1, parts...)
}

// gradient is that by the initial states and all parameters, one after the other.
func (p *problem) gradient(opts ...odeop.Option) ([]float64, error) {
	g := G.NewGraph()
	y0 := G.NewMatrix(g, tensor.Float64, G.WithShape(rows, width), G.WithName("y0"),
		G.WithValue(tensor.New(tensor.WithShape(rows, width), tensor.WithBacking(append([]float64(nil), p.y0...)))))
	ys, err := odeop.Solve(p.field, y0, times, opts...)
	if err != nil {
		return nil, err
	}
	weights := make([]float64, ys.Shape().TotalSize())
	for i := range weights {
		weights[i] = math.Sin(float64(i + 1))
	}
	w := G.NewTensor(g, tensor.Float64, 3, G.WithShape(ys.Shape()...), G.WithName("weights"),
		G.WithValue(tensor.New(tensor.WithShape(ys.Shape()...), tensor.WithBacking(weights))))
	loss, err := G.HadamardProd(ys, w)
	if err != nil {
		return nil, err
	}
	if loss, err = G.Sum(loss); err != nil {
		return nil, err
	}
	wrt := G.Nodes{y0}
	for _, param := range p.params() {
		wrt = append(wrt, param.In(g))
	}
	if _, err := G.Grad(loss, wrt...); err != nil {
		return nil, err
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(wrt...))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return nil, odeop.Cause(err)
	}
	var all []float64
	for _, n := range wrt {
		d, err := n.Grad()
		if err != nil {
			return nil, err
		}
		v, ok := d.Data().([]float64)
		if !ok {
			return nil, errors.Errorf("a gradient is a %T", d.Data())
		}
		all = append(all, v...)
	}
	return all, nil
}
