package demo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/layers"
	"gorgonode/odeop"
	"gorgonode/training"
	"gorgonode/training/toy"
)

// Spheres trains neural ODEs, plain and augmented by one dimension, to tell a ball from the shell around it, on the
// line and in the plane (Dupont, Doucet and Teh 2019, Augmented neural ODEs, sections 3 and 5.1). Both begin from the
// same seed, see the same batches, and differ in the added dimension alone.
//
// A flow is a homeomorphism. On the line it keeps the order of points, and a threshold behind it calls one side of the
// shell by the other class: no more than 3/4 of the points can be right, but for chance. In the plane it cannot open
// the ring; what it can do is push points through the gap, which finitely many points have, at the price of a field
// that is hard to solve.
func Spheres(ctx context.Context, o Options) (Result, error) {
	r := Result{Name: "spheres"}
	losses := training.CurvesPlot{Title: "concentric spheres", XLabel: "training step", YLabel: "cross-entropy, nats"}
	work := losses
	work.YLabel = "evaluations of the field, forward"
	for _, d := range []int{1, 2} {
		data, err := drawSpheres(d, o)
		if err != nil {
			return r, err
		}
		if d == 1 {
			r.Figures = append(r.Figures,
				Figure{Name: "line: best accuracy of any flow without added dimensions", Value: data.monotone()})
		} else {
			if err := data.picture(&r, o, "points", "before the flow", "x₁", "x₂", data.test, 0, 1); err != nil {
				return r, err
			}
		}
		for _, added := range []int{0, 1} {
			net, err := newSphereNet(o.Seed, d, added)
			if err != nil {
				return r, err
			}
			name := fmt.Sprintf("%s, %s", data.place(), []string{"plain", "augmented"}[added])
			trace, err := net.train(ctx, data, o, name)
			if err != nil {
				return r, errors.WithMessagef(err, "demo: spheres: %s", name)
			}
			losses.Curves = append(losses.Curves, training.Curve{Name: name, X: trace.step, Y: trace.loss, Dashed: added == 0})
			work.Curves = append(work.Curves, training.Curve{Name: name, X: trace.step, Y: trace.work, Dashed: added == 0})
			if err := net.judge(&r, data, trace, name); err != nil {
				return r, err
			}
			if d > 1 {
				if err := net.picture(&r, o, data); err != nil {
					return r, err
				}
			}
		}
	}
	fig, err := losses.Figure()
	if err := o.picture(&r, "loss", fig, err); err != nil {
		return r, err
	}
	fig, err = work.Figure()
	return r, o.picture(&r, "evaluations", fig, err)
}

// sphereNet is logit(x) = w·y(1) + b, where y(0) is x with zeros behind it.
type sphereNet struct {
	features layers.Layer // of a point: y(1)
	model    layers.Layer
	block    *layers.ODEBlock
}

func newSphereNet(seed uint64, d, added int) (*sphereNet, error) {
	rng := rand.New(rand.NewPCG(seed, 0x6e6574))
	width := d + added
	field, err := layers.NewMLP(rng, "field", []int{width, 32, 32, width})
	if err != nil {
		return nil, err
	}
	readout, err := layers.NewLinear(rng, "readout", width, 1)
	if err != nil {
		return nil, err
	}
	n := &sphereNet{}
	if n.block, err = layers.NewODEBlock(field, nil, odeop.Tolerance(1e-3, 1e-4)); err != nil {
		return nil, err
	}
	n.features = n.block
	if added > 0 {
		n.features = layers.Sequential(layers.Augment(added), n.block)
	}
	n.model = layers.Sequential(n.features, readout)
	return n, nil
}

// sphereTrace is what a training run was like, in means over a hundredth of it.
type sphereTrace struct{ step, loss, work []float64 }

// train takes steps of Adam on batches whose order the seed gives.
func (n *sphereNet) train(ctx context.Context, data *sphereData, o Options, name string) (*sphereTrace, error) {
	steps, batch := 1500, 64
	if o.Quick {
		steps = 300
	}
	g := G.NewGraph()
	x := G.NewMatrix(g, G.Float64, G.WithShape(batch, data.d), G.WithName("x"))
	class := G.NewMatrix(g, G.Float64, G.WithShape(batch, 1), G.WithName("class"))
	logits, err := n.model.Forward(x)
	if err != nil {
		return nil, err
	}
	cost, err := layers.BinaryCrossEntropyFromLogits(logits, class)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0x6f72646572))
	var order []int
	progress := progressOf(o, "spheres: "+name, steps)
	trace, every := &sphereTrace{}, steps/100
	var loss, work float64
	loop := training.Loop{
		Cost: cost, Params: n.model.Params(), LearnRate: training.Cosine(5e-3, 5e-5, steps), ClipNorm: 10,
		Feed: func(int) error {
			rows, classes := make([][]float64, batch), make([][]float64, batch)
			for i := range rows {
				if len(order) == 0 {
					order = rng.Perm(len(data.train))
				}
				rows[i], classes[i] = data.train[order[0]], []float64{data.trainClass[order[0]]}
				order = order[1:]
			}
			if err := G.Let(x, matrix(rows)); err != nil {
				return err
			}
			return G.Let(class, matrix(classes))
		},
		Observe: func(s training.LoopStep) (bool, error) {
			if !s.Finite() {
				return false, errors.Errorf("step %d: the loss or its gradient is not finite", s.Step)
			}
			evaluations := n.block.Stats().Forward().F
			loss, work = loss+s.Cost, work+float64(evaluations)
			if (s.Step+1)%every == 0 {
				trace.step = append(trace.step, float64(s.Step+1))
				trace.loss, trace.work = append(trace.loss, loss/float64(every)), append(trace.work, work/float64(every))
				loss, work = 0, 0
			}
			progress.Step(s.Step+1, s.Cost, evaluations)
			return false, nil
		},
	}
	defer progress.Finish()
	return trace, loop.Run(ctx, 0, steps)
}

// judge adds the figures of a trained net.
func (n *sphereNet) judge(r *Result, data *sphereData, trace *sphereTrace, name string) error {
	logits, err := evaluateRows(n.model, data.test)
	if err != nil {
		return err
	}
	right, loss := 0, 0.0
	for i, l := range logits {
		sign := 2*data.testClass[i] - 1
		if sign*l[0] > 0 {
			right++
		}
		loss += math.Max(-sign*l[0], 0) + math.Log1p(math.Exp(-math.Abs(l[0])))
	}
	count, last := float64(len(logits)), len(trace.work)-1
	r.Figures = append(r.Figures,
		Figure{Name: name + ": test loss", Value: loss / count, Unit: "nats"},
		Figure{Name: name + ": test accuracy", Value: float64(right) / count},
		Figure{Name: name + ": evaluations at first", Value: trace.work[0]},
		Figure{Name: name + ": evaluations at last", Value: trace.work[last]})
	return nil
}

// picture shows where the flow takes the test points of the plane; of an augmented one, the first and the added
// coordinate.
func (n *sphereNet) picture(r *Result, o Options, data *sphereData) error {
	if o.Out == "" {
		return nil
	}
	y, err := evaluateRows(n.features, data.test)
	if err != nil {
		return err
	}
	if len(y[0]) == data.d {
		return data.picture(r, o, "features-plain", "after the plain flow", "y₁", "y₂", y, 0, 1)
	}
	return data.picture(r, o, "features-augmented", "after the augmented flow", "y₁", "y₃, added", y, 0, 2)
}

// drawSpheres draws 1000 points for training and 1000 for the test.
func drawSpheres(d int, o Options) (*sphereData, error) {
	const n = 1000
	s := &sphereData{d: d}
	rows, labels, err := toy.ConcentricSpheres(2*n, d, o.Seed)
	if err != nil {
		return nil, err
	}
	for i := range labels {
		labels[i] = (labels[i] + 1) / 2
	}
	s.train, s.trainClass, s.test, s.testClass = rows[:n], labels[:n], rows[n:], labels[n:]
	return s, nil
}
