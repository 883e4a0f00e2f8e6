package sde

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers"
	"gorgonode/layers/cde"
	"gorgonode/odeop/sdeop"
	"gorgonode/solvers"
)

func TestModelsThatAreRefused(t *testing.T) {
	for want, change := range map[string]func(*LatentConfig){
		"0 channels":       func(c *LatentConfig) { c.Channels = 0 },
		"-1 states":        func(c *LatentConfig) { c.State = -1 },
		"dtype int":        func(c *LatentConfig) { c.Dtype = tensor.Int },
		"likelihood 7":     func(c *LatentConfig) { c.Likelihood = 7 },
		"scale of NaN":     func(c *LatentConfig) { c.Scale = math.NaN() },
		"bounds 1 and 0.5": func(c *LatentConfig) { c.DiffusionBounds = [2]float64{1, 0.5} },
		"hidden units":     func(c *LatentConfig) { c.DiffusionHidden = -2 },
		"posterior":        func(c *LatentConfig) { c.Hidden = []int{0} },
		"m.diffusion.bias": func(c *LatentConfig) {
			c.Prior = must(NewDiffusion(source(1), "m.diffusion", 2, 2, 0.1, 1, tensor.Float64))
		},
	} {
		c := tiny()
		change(&c)
		_, err := NewLatent(source(1), "m", c)
		if err == nil || !strings.HasPrefix(err.Error(), "sde: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := NewLatent(nil, "m", tiny()); err == nil {
		t.Error("a model without random numbers")
	}
	if _, err := NewLatent(source(1), "", tiny()); err == nil {
		t.Error("a model without a name")
	}
	gan := tinyGAN()
	gan.Channels = 0
	if _, err := NewGenerator(source(1), "g", gan); err == nil {
		t.Error("a generator without channels")
	}
	if _, err := NewDiscriminator(source(1), "d", gan); err == nil {
		t.Error("a discriminator without channels")
	}
	for _, scale := range []float64{-1, math.NaN(), math.Inf(1)} {
		gan := tinyGAN()
		gan.FieldScale = scale
		if _, err := NewGenerator(source(1), "g", gan); err == nil {
			t.Errorf("fields scaled by %g", scale)
		}
	}
	driven := tinyGAN()
	driven.Drive = []cde.Option{cde.WithSteps(0, solvers.RK4{})}
	if _, err := NewDiscriminator(source(1), "d", driven); err == nil {
		t.Error("a discriminator of no steps")
	}
	if _, err := NewGenerator(nil, "g", tinyGAN()); err == nil {
		t.Error("a generator without random numbers")
	}
}

func TestInputsThatAreRefused(t *testing.T) {
	m := newLatent(t, tiny())
	g := G.NewGraph()
	good := observed(g, 0)
	change := func(f func(*Observations)) Observations {
		o := good
		f(&o)
		return o
	}
	for name, o := range map[string]Observations{
		"no values":       change(func(o *Observations) { o.Values = nil }),
		"one time":        change(func(o *Observations) { o.Times = o.Times[:1] }),
		"three times":     change(func(o *Observations) { o.Times = o.Times[:3] }),
		"times that meet": change(func(o *Observations) { o.Times = []float64{0, 1, 1, 2} }),
		"NaN":             change(func(o *Observations) { o.Times = []float64{0, 1, 2, math.NaN()} }),
		"a short mask":    change(func(o *Observations) { o.Mask = input(g, "short", wave(4, 0), 1, 2, 2) }),
		"float32": change(func(o *Observations) {
			o.Values = G.NewTensor(g, tensor.Float32, 3, G.WithShape(2, 4, 2), G.WithName("f"))
		}),
		"three channels": change(func(o *Observations) { o.Values = input(g, "wide", wave(24, 0), 2, 4, 3) }),
	} {
		if _, err := m.Loss(o, Draw{}, nil); err == nil {
			t.Errorf("%s: no error of Loss", name)
		}
		if _, err := m.PosteriorStates(o, obsTimes, Draw{}); err == nil {
			t.Errorf("%s: no error of PosteriorStates", name)
		}
	}
	for name, times := range map[string][]float64{"none": {}, "before": {0, 1}, "back": {0.5, 0.2}} {
		if _, err := m.PosteriorStates(good, times, Draw{}); err == nil {
			t.Errorf("times: %s: no error", name)
		}
	}
	if _, err := m.PriorStates(g, 0, []float64{0, 1}, Draw{}); err == nil {
		t.Error("no paths")
	}
	if _, err := m.PriorStates(nil, 1, []float64{0, 1}, Draw{}); err == nil {
		t.Error("no graph")
	}
	c := tiny()
	c.Solve = nil
	if _, err := newLatent(t, c).Loss(good, Draw{}, nil); err == nil || !strings.Contains(err.Error(), "Step") {
		t.Errorf("without steps: %v", err)
	}
	gen, disc := newGAN(t, tinyGAN())
	if _, err := gen.Paths(g, 0, []float64{0, 1}, Draw{}); err == nil {
		t.Error("no paths of the generator")
	}
	for name, x := range map[string]*G.Node{
		"nil": nil, "a matrix": input(g, "matrix", wave(4, 0), 2, 2), "channels": input(g, "c", wave(6, 0), 2, 1, 3),
	} {
		if _, err := disc.Score(x, []float64{0, 1}); err == nil {
			t.Errorf("score: %s: no error", name)
		}
	}
	if _, err := DiscriminatorLoss(nil, nil); err == nil {
		t.Error("scores that are nil")
	}
	if _, err := GeneratorLoss(good.Values); err == nil {
		t.Error("scores of three axes")
	}
	// A method that cannot be undone wants another gradient.
	gen, _ = newGAN(t, tinyGAN(sdeop.Method(sdeop.Heun{})))
	if _, err := gen.Paths(g, 1, []float64{0, 1}, Draw{}); err == nil || !strings.Contains(err.Error(), "Reversible") {
		t.Errorf("heun with the default gradient: %v", err)
	}
}

func TestRaggedSeriesThatAreRefused(t *testing.T) {
	g := G.NewGraph()
	values := input(g, "values", wave(12, 0), 2, 3, 2)
	deltas := input(g, "deltas", []float64{0, 1, 1, 0, 1, 1}, 2, 3)
	good := Observations{Values: values, Deltas: deltas}
	short := input(g, "short", wave(2, 0), 2)
	far, one := input(G.NewGraph(), "far", wave(12, 0), 2, 3, 2), input(g, "one", wave(4, 0), 2, 1, 2)
	timed := tiny()
	timed.Prior = layers.Sequential(layers.ConcatTime(), must(layers.NewLinear(source(1), "prior", 3, 2)))
	for want, c := range map[string]struct {
		config LatentConfig
		o      Observations
	}{
		"neither common times":            {tiny(), Observations{Values: values}},
		"one or the other":                {tiny(), Observations{Times: []float64{0, 1, 2}, Values: values, Deltas: deltas}},
		"deltas of shape (3, 2)":          {tiny(), Observations{Values: values, Deltas: input(g, "turned", wave(6, 0), 3, 2)}},
		"valid of shape (2)":              {tiny(), Observations{Values: values, Deltas: deltas, Valid: short}},
		"mask: in another graph":          {tiny(), Observations{Values: values, Deltas: deltas, Mask: far}},
		"want two rows or more":           {tiny(), Observations{Values: one, Deltas: input(g, "d", wave(2, 0), 2, 1)}},
		"the prior drift depends on time": {timed, good},
	} {
		if _, err := newLatent(t, c.config).Loss(c.o, Draw{}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := newLatent(t, tiny()).Loss(good, Draw{}, nil); err != nil {
		t.Error(err)
	}
	adaptive := tiny()
	adaptive.Calculus = sdeop.Stratonovich
	adaptive.Solve = []sdeop.Option{sdeop.Method(sdeop.Heun{}), sdeop.Tolerance(1e-3, 1e-3)}
	if _, err := newLatent(t, adaptive).Loss(good, Draw{}, nil); err == nil || !strings.Contains(err.Error(), "Tolerance") {
		t.Errorf("steps that an error chooses, which all series would share: %v", err)
	}
	_, err := newLatent(t, tiny()).PosteriorStates(good, []float64{0, 1}, Draw{})
	if err == nil || !strings.Contains(err.Error(), "Sample") {
		t.Errorf("states at common times: %v", err)
	}
	for want, change := range map[string]func(*LatentConfig){
		"-1 steps":        func(c *LatentConfig) { c.Substeps = -1 },
		"longest time of": func(c *LatentConfig) { c.Longest = math.NaN() },
	} {
		c := tiny()
		change(&c)
		if _, err := NewLatent(source(1), "m", c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
