package demo

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/odeop"
	"gorgonode/solvers"
	"gorgonode/training"
)

// Pendulum learns a pendulum with and without an energy (Greydanus, Dzamba and Yosinski 2019, Hamiltonian neural
// networks, section 4, task 3): a network that gives (q′, p′) itself, and one that gives H with q′ = ∂H/∂p, p′ =
// −∂H/∂q. Both are trained on differences of neighbouring states, and judged by the rest: by the differences, and by
// the energy along a solve from the first state there.
//
// Options.Data is the folder of real_pend_h_1.txt, a motion-tracked pendulum (Schmidt and Lipson 2009, Distilling
// free-form natural laws from experimental data, Science 324). Without it the pendulum is simulated, without friction.
//
// The published protocol puts the forward difference (xₙ₊₁ − xₙ)/h at xₙ. For an oscillation of frequency ω that is a
// field with a friction of (1 − cos ωh)/h, which a free network learns and an energy cannot. So the experiment is made
// a second time with the difference at the middle of both states, where that term is gone.
func Pendulum(ctx context.Context, o Options) (Result, error) {
	r := Result{Name: "pendulum"}
	track, err := pendulumTrack(o)
	if err != nil {
		return r, errors.WithMessage(err, "demo: pendulum")
	}
	r.Figures = append(r.Figures, Figure{Name: "states", Value: float64(len(track.t))})
	published := map[string][2]string{}
	if track.measured {
		published["network, forward"] = [2]string{"2.19e-3 ± 0.33e-3", "0.386 ± 0.069"}
		published["Hamiltonian, forward"] = [2]string{"5.96e-3 ± 0.62e-3", "1.45e-2 ± 0.47e-2"}
	}
	shown := newPendulumPictures(track)
	for _, c := range pendulumModels {
		m, err := c.build(o)
		if err == nil {
			err = m.train(ctx, track, o)
		}
		if err != nil {
			return r, errors.WithMessagef(err, "demo: pendulum: %s", c.name())
		}
		loss, err := m.loss(track)
		if err != nil {
			return r, errors.WithMessagef(err, "demo: pendulum: %s", c.name())
		}
		path, err := m.rollout(track)
		if err != nil {
			return r, errors.WithMessagef(err, "demo: pendulum: %s", c.name())
		}
		p := published[c.name()]
		r.Figures = append(r.Figures,
			Figure{Name: c.name() + ": test loss", Value: loss, Published: p[0]},
			Figure{Name: c.name() + ": energy MSE", Value: track.energyError(path), Published: p[1]})
		shown.add(c, path)
	}
	return r, shown.save(&r, o)
}

// pendulumModel is what is trained.
type pendulumModel struct {
	kind   string // network, Hamiltonian or separable
	middle bool   // the difference stands at the middle of both states

	field layers.Layer
	steps int
}

var pendulumModels = []pendulumModel{
	{kind: "network"}, {kind: "Hamiltonian"},
	{kind: "network", middle: true}, {kind: "Hamiltonian", middle: true}, {kind: "separable", middle: true},
}

func (m pendulumModel) name() string {
	if m.middle {
		return m.kind + ", middle"
	}
	return m.kind + ", forward"
}

// build makes the networks of the paper, with two hidden layers of 200 tanh.
func (m pendulumModel) build(o Options) (*pendulumModel, error) {
	rng := rand.New(rand.NewPCG(o.Seed, 0x70656e64))
	hidden := 200
	m.steps = 2000
	if o.Quick {
		hidden, m.steps = 32, 500
	}
	net := func(name string, in, out int) (layers.Layer, error) {
		return layers.NewMLP(rng, name, []int{in, hidden, hidden, out}, layers.WithInit(graph.Orthogonal(rng, 1)))
	}
	var err error
	switch m.kind {
	case "network":
		m.field, err = net("field", 2, 2)
	case "Hamiltonian":
		var energy layers.Layer
		if energy, err = net("energy", 2, 1); err == nil {
			m.field = layers.Hamiltonian(energy)
		}
	case "separable":
		var kinetic, potential layers.Layer
		if kinetic, err = net("kinetic", 1, 1); err != nil {
			return nil, err
		}
		if potential, err = net("potential", 1, 1); err == nil {
			m.field = layers.Hamiltonian(layers.SeparableEnergy(kinetic, potential))
		}
	}
	return &m, err
}

// train takes full steps of Adam at the paper's rate of 1e-3.
func (m *pendulumModel) train(ctx context.Context, track *pendulumMotion, o Options) error {
	g := G.NewGraph()
	x, dx := track.pairs(m.middle, true)
	cost, err := m.cost(g, x, dx)
	if err != nil {
		return err
	}
	progress := progressOf(o, "pendulum: "+m.name(), m.steps)
	defer progress.Finish()
	loop := training.Loop{
		Cost: cost, Params: m.field.Params(), LearnRate: func(int) float64 { return 1e-3 },
		Observe: func(s training.LoopStep) (bool, error) {
			if !s.Finite() {
				return false, errors.Errorf("step %d: the loss or its gradient is not finite", s.Step)
			}
			progress.Step(s.Step+1, s.Cost, 1)
			return false, nil
		},
	}
	return loop.Run(ctx, 0, m.steps)
}

// cost is the mean square of what the field misses of the differences.
func (m *pendulumModel) cost(g *G.ExprGraph, x, dx [][]float64) (*G.Node, error) {
	shape := []int{len(x), 2}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		y, err := m.field.Forward(in[0])
		if err != nil {
			return nil, err
		}
		if y, err = G.Sub(y, in[1]); err != nil {
			return nil, err
		}
		if y, err = G.Square(y); err != nil {
			return nil, err
		}
		y, err = G.Mean(y)
		return G.Nodes{y}, err
	}, graph.Input("x", tensor.Float64, shape...), graph.Input("dx", tensor.Float64, shape...))
	if err != nil {
		return nil, err
	}
	return graph.Call(fn.Named("derivative matching"),
		G.NewMatrix(g, G.Float64, G.WithValue(matrix(x)), G.WithName("x")),
		G.NewMatrix(g, G.Float64, G.WithValue(matrix(dx)), G.WithName("dx")))
}

// loss is the cost of the states that were held out.
func (m *pendulumModel) loss(track *pendulumMotion) (float64, error) {
	x, dx := track.pairs(m.middle, false)
	y, err := evaluateRows(m.field, x)
	if err != nil {
		return math.NaN(), err
	}
	sum := 0.0
	for i, row := range y {
		for j, v := range row {
			sum += (v - dx[i][j]) * (v - dx[i][j])
		}
	}
	return sum / float64(2*len(y)), nil
}

// rollout solves from the first state that was held out, to the times of the others: by a symplectic method where the
// energy is separable.
func (m *pendulumModel) rollout(track *pendulumMotion) ([][]float64, error) {
	times, states := track.heldOut()
	block, err := layers.NewODEBlock(m.field, nil, odeop.Tolerance(1e-6, 1e-8))
	if m.kind == "separable" {
		block, err = layers.NewSymplecticBlock(m.field, nil, odeop.Method(solvers.Yoshida4{}), odeop.Step(1./24))
	}
	if err != nil {
		return nil, err
	}
	return trajectory(block, states[0], times)
}
