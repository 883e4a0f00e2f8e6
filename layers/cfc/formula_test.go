package cfc

import (
	"cmp"
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/layers/recurrent"
	"gorgonode/layers/series"
)

func affine(x []float64, w, b *graph.Param) []float64 {
	n := w.Shape()[1]
	y := make([]float64, n)
	if b != nil {
		copy(y, b.Float64s())
	}
	for i, v := range x {
		for j := range n {
			y[j] += v * w.Float64s()[i*n+j]
		}
	}
	return y
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func softplus(p *graph.Param) []float64 {
	v := p.Float64s()
	for i, x := range v {
		v[i] = math.Log1p(math.Exp(x))
	}
	return v
}

// byHand runs a formula of one series over a batch of as many series as the cell has units.
func byHand(t *testing.T, what string, cell recurrent.Cell, step func(state, x, m []float64, dt float64) []float64) {
	t.Helper()
	b := ragged()
	got := compile(t, cell, b).states(t)
	n := cell.Sizes().Output
	for i := range b.Batch {
		state := make([]float64, cell.Sizes().State)
		for j := range b.Lengths[i] {
			at := i*b.Steps + j
			state = step(state, b.Values[at*channels:][:channels], b.Mask[at*channels:][:channels], b.Deltas[at])
			near(t, what, got[at*n:][:n], state[:n], 1e-13)
		}
	}
}

// head is the formula of a CfC behind its first affine map.
func head(c *CfC, z []float64, dt float64, act func(float64) float64) []float64 {
	if c.heads != nil {
		for i := range z {
			z[i] = act(z[i])
		}
		for _, l := range c.deeper {
			z = affine(z, l.Weight(), l.Bias())
			for i := range z {
				z[i] = act(z[i])
			}
		}
		z = affine(z, c.heads.Weight(), c.heads.Bias())
	}
	n := c.sizes.Output
	next := make([]float64, n)
	for j := range next {
		if c.config.mode == Pure {
			a, w := c.scale.Float64s()[j], c.rate.Float64s()[j]
			next[j] = a - a*math.Exp(-dt*(math.Abs(w)+math.Abs(z[j])))*z[j]
			continue
		}
		f1, f2, gate := math.Tanh(z[j]), math.Tanh(z[n+j]), sigmoid(z[2*n+j]*dt+z[3*n+j])
		if next[j] = f1*(1-gate) + gate*f2; c.config.mode == NoGate {
			next[j] = f1 + gate*f2
		}
	}
	return next
}

func lecun(x float64) float64 { return 1.7159 * math.Tanh(2./3*x) }

func (c *CfC) byHand(h, x, m []float64, dt float64) []float64 {
	if c.config.mask {
		x = slices.Concat(x, m)
	}
	z := affine(x, c.input.Weight(), c.input.Bias())
	for i, v := range affine(h, c.state.Weight(), nil) {
		z[i] += v
	}
	act := lecun
	if c.config.activation == layers.SiLU() {
		act = func(x float64) float64 { return x * sigmoid(x) }
	}
	return head(c, z, dt, act)
}

// TestCfCByHand: each mode is its formula, with the time of each series: the batch has as many series as the cell has
// units, where a time taken for that of a unit would go unnoticed by shapes.
func TestCfCByHand(t *testing.T) {
	all := cells()
	for _, name := range []string{"default", "no gate", "pure", "no backbone"} {
		c := all[name].(*CfC)
		if c.sizes.Output != ragged().Batch {
			t.Fatalf("%d units, %d series", c.sizes.Output, ragged().Batch)
		}
		byHand(t, name, c, c.byHand)
	}
	m := all["mixed memory"].(*MixedMemory)
	l := m.lstm.Params()
	byHand(t, "mixed memory", m, func(s, x, mask []float64, dt float64) []float64 {
		w, u := affine(x, l[0], l[1]), affine(s[:width], l[2], nil)
		next := make([]float64, 2*width)
		for j := range width {
			at := func(k int) float64 { return w[k*width+j] + u[k*width+j] }
			c := sigmoid(at(1))*s[width+j] + sigmoid(at(0))*math.Tanh(at(3))
			next[j], next[width+j] = sigmoid(at(2))*math.Tanh(c), c
		}
		copy(next, m.cell.(*CfC).byHand(next[:width], x, mask, dt))
		return next
	})
}

func TestWiredByHand(t *testing.T) {
	w := cells()["wired"].(*Wired)
	byHand(t, "wired", w, func(s, x, _ []float64, dt float64) []float64 {
		end := len(s)
		var next []float64
		for i, c := range w.cells {
			n := c.sizes.Output
			z := c.input.Bias().Float64s()
			for a, v := range x {
				for j := range z {
					z[j] += v * c.input.Weight().Float64s()[a*4*n+j] * w.masks[i][a*4*n+j]
				}
			}
			for j, v := range affine(s[end-n:end], c.state.Weight(), nil) {
				z[j] += v
			}
			x = head(c, z, dt, nil)
			next = slices.Concat(x, next)
			end -= n
		}
		return next
	})
}

func TestLTCByHand(t *testing.T) {
	for name, unfolds := range map[string]int{"ltc ncp": 2, "ltc random": 6} {
		l := cells()[name].(*LTC)
		w := l.wiring
		leak, capacitance := softplus(l.leak), softplus(l.capacitance)
		add := func(s *synapses, rows [][]int8, v, num, den []float64) {
			weight, k := softplus(s.weight), 0
			for i, row := range rows {
				for j, p := range row {
					if p == 0 {
						continue
					}
					a := weight[k] * sigmoid(s.slope.Float64s()[k]*(v[i]-s.place.Float64s()[k]))
					num[j] += a * float64(p)
					den[j] += a
					k++
				}
			}
		}
		byHand(t, name, l, func(v, x, m []float64, dt float64) []float64 {
			if l.config.mask {
				x = slices.Concat(x, m)
			}
			in := make([]float64, len(x))
			for i := range x {
				in[i] = x[i]*l.scale.Float64s()[i] + l.shift.Float64s()[i]
			}
			for range unfolds {
				num, den := make([]float64, w.Neurons), make([]float64, w.Neurons)
				add(l.sensory, w.Sensory, in, num, den)
				add(l.synapses, w.Synapses, v, num, den)
				next := make([]float64, w.Neurons)
				tau := cmp.Or(dt, 1) / float64(unfolds) // the first row acts for the unit of time
				for j := range next {
					next[j] = (capacitance[j]*v[j] + tau*(leak[j]*l.rest.Float64s()[j]+num[j])) / (capacitance[j] + tau*(leak[j]+den[j]))
				}
				v = next
			}
			return v
		})
	}
}

// TestLTCSolver: the fused solver has order 1, against itself with many steps.
func TestLTCSolver(t *testing.T) {
	b := must(series.NewBatch([]*series.Series{{Times: []float64{0, 0.25}, Values: [][]float64{{1, -1}, {1, -1}}}},
		series.Shape{Widths: series.Widths{Values: channels}}))
	run := func(unfolds int) []float64 {
		return compile(t, must(NewLTC(newRand(5), "ltc", must(FullyConnected(channels, 3, 3, 1)), WithUnfolds(unfolds))),
			b).states(t)
	}
	fine, half, quarter := run(80), run(40), run(20)
	// With an error of c/n the differences to n = 80 are 3c/80 and c/80.
	ratio := (quarter[3] - fine[3]) / (half[3] - fine[3])
	if !(math.Abs(ratio-3) < 0.2) {
		t.Errorf("the errors of 20 and 40 steps have the ratio %v, want 3", ratio)
	}
}

// TestDropout: all times of a series lose the same units of the backbone in a step, and none in evaluation.
func TestDropout(t *testing.T) {
	step := layers.NewStep()
	plain := must(New(newRand(6), "cfc", channels, width, WithBackbone(1, 8)))
	dropped := must(New(newRand(6), "cfc", channels, width, WithBackbone(1, 8), WithDropout(step, 0.5, 1)))
	want := compile(t, plain, ragged()).states(t)
	c := compile(t, dropped, ragged())
	near(t, "evaluation", c.states(t), want, 0)
	step.Set(3)
	first := c.states(t)
	if slices.Equal(first, want) {
		t.Error("nothing is dropped")
	}
	near(t, "the same step", c.states(t), first, 0)
	step.Set(4)
	if slices.Equal(c.states(t), first) {
		t.Error("two steps have one mask")
	}
	// Of two layers a half of a half is left: of 400 units 100, within five standard deviations of 8.7.
	g := G.NewGraph()
	x := G.NewMatrix(g, tensor.Float64, G.WithShape(20, 20), G.WithInit(G.Ones()), G.WithName("x"))
	for i := range 2 {
		x = must(dropped.config.drop(i).Forward(x))
	}
	var v G.Value
	G.Read(x, &v)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	left := 0.0
	for _, u := range v.Data().([]float64) {
		left += u / 4
	}
	if math.Abs(left-100) > 45 {
		t.Errorf("of 400 units %g are left behind two layers, want about 100", left)
	}
}

// TestFloat32: a cell of float32 computes what it does in float64, but for rounding.
func TestFloat32(t *testing.T) {
	single := must(New(newRand(6), "cfc", channels, width, WithDtype(tensor.Float32)))
	double := must(New(newRand(6), "cfc", channels, width))
	near(t, "weights", single.Params()[0].Float64s(), double.Params()[0].Float64s(), 1e-7)
	if single.Dtype() != tensor.Float32 || single.Params()[0].Dtype() != tensor.Float32 {
		t.Error("the dtype of a float32 cell")
	}
}
