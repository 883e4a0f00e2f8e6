package demo

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers"
	"gorgonode/training"
	"gorgonode/training/images"
)

// digitRun says how long and on what a network of digits is trained.
type digitRun struct {
	channels, batch, epochs int
	train, test             *images.Set
	classes                 int
	mean, sd                float64 // of the training pixels
}

// MNIST trains an ODE-Net and a residual network of the same layers to read handwritten digits (Chen et al. 2018,
// Neural ordinary differential equations, section 3), in float32. Options.Data is the folder of the four files of
// LeCun, Cortes and Burges, gzipped. Three epochs of all 60,000 with 32 channels, where the paper has
// 64 and many more epochs; a quick run has 16 channels and takes the first 2,000 images, and 1,000 of the test.
func MNIST(ctx context.Context, o Options) (Result, error) {
	r := Result{Name: "mnist"}
	run, err := newDigitRun(o)
	if err != nil {
		return r, errors.WithMessage(err, "demo: mnist")
	}
	losses := training.CurvesPlot{Title: "handwritten digits", XLabel: "training step", YLabel: "cross-entropy, nats"}
	work := training.CurvesPlot{Title: "handwritten digits", XLabel: "training step", YLabel: "evaluations of the field"}
	for _, name := range []string{"ODE-Net", "ResNet"} {
		net, err := newDigitNet(name, run.channels, run.classes, o.Seed)
		if err != nil {
			return r, errors.WithMessagef(err, "demo: mnist: %s", name)
		}
		trace, err := net.train(ctx, run, o)
		if err != nil {
			return r, errors.WithMessagef(err, "demo: mnist: %s", name)
		}
		wrong, err := net.test(ctx, run)
		if err != nil {
			return r, errors.WithMessagef(err, "demo: mnist: %s", name)
		}
		trace.report(&r, net, run, wrong)
		losses.Curves = append(losses.Curves, training.Curve{Name: name, X: trace.step, Y: trace.loss})
		if net.block != nil {
			work.Curves = append(work.Curves, training.Curve{Name: "forward", X: trace.step, Y: trace.forward},
				training.Curve{Name: "backward", X: trace.step, Y: trace.backward})
		}
	}
	fig, err := losses.Figure()
	if err := o.picture(&r, "loss", fig, err); err != nil {
		return r, err
	}
	fig, err = work.Figure()
	return r, o.picture(&r, "evaluations", fig, err)
}

func newDigitRun(o Options) (*digitRun, error) {
	if o.Data == "" {
		return nil, errors.New("it needs the folder of train-images-idx3-ubyte.gz and its three companions")
	}
	load := func(name string) (*images.Set, error) {
		at := filepath.Join(o.Data, name)
		return images.Load(at+"-images-idx3-ubyte.gz", at+"-labels-idx1-ubyte.gz")
	}
	run := &digitRun{channels: 32, batch: 128, epochs: 3}
	var err error
	if run.train, err = load("train"); err != nil {
		return nil, err
	}
	if run.test, err = load("t10k"); err != nil {
		return nil, err
	}
	if o.Quick {
		run.channels = 16
		run.train, run.test = run.train.First(2000), run.test.First(1000)
	}
	run.mean, run.sd = run.train.Moments()
	run.classes = max(run.train.Classes(), run.test.Classes())
	if run.train.Height != run.test.Height || run.train.Width != run.test.Width || run.train.Len() < run.batch {
		return nil, errors.Errorf("%d training images of %d×%d and test images of %d×%d: want one size and at least a batch of %d",
			run.train.Len(), run.train.Height, run.train.Width, run.test.Height, run.test.Width, run.batch)
	}
	return run, nil
}

func (d *digitRun) shape() []int { return []int{d.batch, 1, d.train.Height, d.train.Width} }

// digitTrace is what training was like, in means over as many steps as make a point of the pictures.
type digitTrace struct {
	step, loss, forward, backward []float64
	seconds                       float64 // a step
	memory                        uint64  // bytes, the most at the end of a step
}

// train takes steps of Adam, at a rate that falls from 5e-3 along a cosine, over batches in an order that the seed gives.
func (n *digitNet) train(ctx context.Context, d *digitRun, o Options) (*digitTrace, error) {
	g := G.NewGraph()
	x := G.NewTensor(g, G.Float32, 4, G.WithShape(d.shape()...), G.WithName("x"))
	class := G.NewVector(g, G.Float32, G.WithShape(d.batch), G.WithName("class"))
	logits, err := n.layer.Forward(x)
	if err != nil {
		return nil, err
	}
	cost, err := layers.CrossEntropyFromLogits(logits, class)
	if err != nil {
		return nil, err
	}
	pixels := tensor.New(tensor.WithShape(d.shape()...), tensor.Of(tensor.Float32))
	labels := tensor.New(tensor.WithShape(d.batch), tensor.Of(tensor.Float32))
	rng := rand.New(rand.NewPCG(o.Seed, 0x6f72646572))
	perEpoch := d.train.Len() / d.batch
	steps := d.epochs * perEpoch
	var order []int
	progress := progressOf(o, "mnist: "+n.name, steps)
	defer progress.Finish()
	trace := &digitTrace{}
	points := newMeans(max(1, steps/100), &trace.step, &trace.loss, &trace.forward, &trace.backward)
	debug.FreeOSMemory() // what an earlier network left is not this one's
	begun := time.Now()
	loop := training.Loop{
		Cost: cost, Params: n.layer.Params(), LearnRate: training.Cosine(5e-3, 5e-5, steps), ClipNorm: 5,
		Feed: func(step int) error {
			if step%perEpoch == 0 {
				order = rng.Perm(d.train.Len())
			}
			first := step % perEpoch * d.batch
			err := d.train.Fill(pixels.Data().([]float32), labels.Data().([]float32), order[first:first+d.batch], d.mean, d.sd)
			if err != nil {
				return err
			}
			if err := G.Let(x, pixels); err != nil {
				return err
			}
			return G.Let(class, labels)
		},
		Observe: func(s training.LoopStep) (bool, error) {
			if !s.Finite() {
				return false, errors.Errorf("step %d: the loss or its gradient is not finite", s.Step)
			}
			forward, backward := 0, 0
			if n.block != nil {
				forward, backward = n.block.Stats().Forward().F, n.block.Stats().Backward().VJP
			}
			points.add(s.Step, s.Cost, float64(forward), float64(backward))
			trace.memory = max(trace.memory, memoryInUse())
			progress.Step(s.Step+1, s.Cost, forward)
			return false, nil
		},
	}
	if err := loop.Run(ctx, 0, steps); err != nil {
		return nil, err
	}
	trace.seconds = time.Since(begun).Seconds() / float64(steps)
	return trace, nil
}

// memoryInUse is what the Go runtime has mapped and not given back, in bytes.
func memoryInUse() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}
