package main

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// width is the state's, of a row.
const width = 64

// mode is a gradient mode to measure.
type mode struct {
	name, title string
	gradient    odeop.GradientMode
	most        int    // steps it is measured with; 0: any number
	hidden      int    // width of the hidden layer; 0: twice the state's
	note        string // what is different
}

var modes = []mode{
	{name: "backprop", title: "Backprop{Memory: -1}", gradient: odeop.Backprop{Memory: -1}},
	{name: "checkpoints", title: "Backprop{Checkpoints: 16}", gradient: odeop.Backprop{Checkpoints: 16}},
	{name: "interpolated", title: "InterpolatedAdjoint{Every: 50}", gradient: odeop.InterpolatedAdjoint{Every: 50}, most: 1000},
	{name: "gauss", title: "GaussAdjoint{Every: 50}", gradient: odeop.GaussAdjoint{Every: 50}, most: 1000},
	{name: "adjoint", title: "Adjoint{}", gradient: odeop.Adjoint{}},
	{name: "reversible", title: "Reversible{}", gradient: odeop.Reversible{}},
	{name: "forward", title: "Forward{WRT: weights}", gradient: odeop.Forward{}, most: 1000, hidden: 1,
		note: "of 64-1-64 with its 193 weights"},
	{name: "unrolled", title: "Unrolled{}", gradient: odeop.Unrolled{}, most: 100},
}

// peak is how many bytes a forward and a backward pass and all that they need hold at most.
func peak(m mode, batch, steps int) (uint64, error) {
	before := inUse()
	g := G.NewGraph()
	loss, err := model(g, m, batch, steps)
	if err != nil {
		return 0, err
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	var most uint64
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		for {
			most = max(most, inUse())
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	err = vm.RunAll()
	close(done)
	wg.Wait()
	if err != nil {
		return 0, err
	}
	runtime.KeepAlive(loss)
	return most - min(before, most), nil
}

// inUse collects the garbage and counts what is left.
func inUse() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// model is the loss with the gradients by all weights.
func model(g *G.ExprGraph, m mode, batch, steps int) (*G.Node, error) {
	rng := rand.New(rand.NewPCG(51, 8))
	hidden := 2 * width
	if m.hidden > 0 {
		hidden = m.hidden
	}
	mlp, err := layers.NewMLP(rng, "f", []int{width, hidden, width}, layers.WithDtype(tensor.Float32))
	if err != nil {
		return nil, err
	}
	weights := graph.ParamNodes(g, mlp.Params())
	gradient := m.gradient
	if f, ok := gradient.(odeop.Forward); ok {
		f.WRT = weights
		gradient = f
	}
	start := make([]float32, batch*width)
	for i := range start {
		start[i] = 2*rng.Float32() - 1
	}
	y0 := G.NewMatrix(g, tensor.Float32, G.WithShape(batch, width), G.WithName("y0"),
		G.WithValue(tensor.New(tensor.WithShape(batch, width), tensor.WithBacking(start))))
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return mlp.Forward(y) }
	// A little more than 1/steps, which rounds to steps of them.
	h := math.Nextafter(1/float64(steps), 1)
	y, err := odeop.SolveFinal(field, y0, []float64{0, 1}, odeop.Method(solvers.RK4{}), odeop.Step(h), odeop.Gradient(gradient))
	if err != nil {
		return nil, err
	}
	square, err := G.Square(y)
	if err != nil {
		return nil, err
	}
	loss, err := G.Mean(square)
	if err != nil {
		return nil, err
	}
	_, err = G.Grad(loss, weights...)
	return loss, err
}
