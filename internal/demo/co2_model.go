package demo

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/layers/latent"
	"gorgonode/layers/series"
	"gorgonode/training"
)

// co2Model is a latent ODE of the concentration less its trend, in units of scale. A window begins on 1 January, when its
// clock shows 0; the encoder sees the observed weeks of its first years and the decoder follows all of it:
//
//	c' = Ωc + f₁(c, w),   w' = Ωw − δ⊙w + f₂(c, w),   x = a·(c, w) + b + ε
//
// Ω turns pairs of numbers. Those of c go round 1, 2, 3 and 4 times a year and make the season; those of w, ½, 1½, 2½ and 3½
// times, and one that does not turn, are what passes, and fade at rates δ that are learned. The network f couples them.
type co2Model struct {
	Options
	label        string
	begin, end   int     // years of the first window and of the last one
	past, length float64 // years that the encoder sees, and that a window has
	stride       int     // weeks between two rows that are decoded in training
	steps        int

	scale float64
	model *latent.Model
}

const (
	co2Season  = 8 // numbers in c
	co2Weather = 9 // and in w
	co2Week    = 7 / 365.25
)

// fit trains on a record less its trend.
func (m *co2Model) fit(ctx context.Context, r *co2Record) error {
	m.scale = deviationOf(r.seen().x)
	if err := m.build(); err != nil {
		return err
	}
	var windows []*co2Record
	for y := m.begin; y <= m.end; y++ {
		windows = append(windows, m.window(r, float64(y)))
	}
	return m.train(ctx, windows)
}

// window is the part of a record from a year on, with times since then and values in units of scale.
func (m *co2Model) window(r *co2Record, from float64) *co2Record {
	w := &co2Record{}
	for i, t := range r.t {
		if t >= from && t < from+m.length {
			w.t, w.x = append(w.t, t-from), append(w.x, r.x[i]/m.scale)
		}
	}
	return w
}

func (m *co2Model) build() error {
	rng := rand.New(rand.NewPCG(m.Seed, 0x636f32))
	var monthly []float64
	for i := range int(12*m.past) + 1 {
		monthly = append(monthly, float64(i)/12)
	}
	encoder, err := latent.NewAttentionEncoder(rng, "encoder", latent.AttentionConfig{
		Channels: 1, Latent: co2Season + co2Weather, References: monthly, Embedding: 64, Heads: 4, Width: 48,
	})
	if err != nil {
		return err
	}
	field, err := newCO2Field(rng)
	if err != nil {
		return err
	}
	output, err := layers.NewLinear(rng, "output", co2Season+co2Weather, 1)
	if err != nil {
		return err
	}
	// A step of a week: the fastest pair turns by half a radian.
	m.model, err = latent.New("co2", encoder, field, output, latent.WithLearnedSigma(0.3), latent.WithRK4(m.stride))
	return err
}

// newCO2Field is (Ωc, Ωw − δ⊙w) + f(c, w).
func newCO2Field(rng *rand.Rand) (layers.Layer, error) {
	const n = co2Season + co2Weather
	network, err := layers.NewMLP(rng, "field", []int{n, 32, n})
	if err != nil {
		return nil, err
	}
	fading, err := graph.NewParam("field.fading", graph.Zeros(), tensor.Float64, co2Weather) // ln δ
	if err != nil {
		return nil, err
	}
	return layers.Func(func(z *G.Node) (*G.Node, error) {
		f := formula.For(z)
		c, w := f.Columns(z, 0, co2Season), f.Columns(z, co2Season, n)
		c = f.MatMul(c, f.Constant(z, turning(0, 1, 2, 3, 4), co2Season, co2Season))
		faded := f.MulRow(w, f.Exp(fading.In(z.Graph())))
		w = f.Sub(f.MatMul(w, f.Constant(z, turning(1, 0.5, 1.5, 2.5, 3.5), co2Weather, co2Weather)), faded)
		return f.Result(f.Add(f.Concat(c, w), f.Apply(network.Forward, z)))
	}, append(network.Params(), fading)...), nil
}

// turning is the matrix of so many numbers that stay and pairs that turn, so many times a year each, for rows from the left.
func turning(still int, turns ...float64) []float64 {
	n := still + 2*len(turns)
	a := make([]float64, n*n)
	for k, per := range turns {
		i := still + 2*k
		a[i*n+i+1], a[(i+1)*n+i] = 2*math.Pi*per, -2*math.Pi*per
	}
	return a
}

// train raises the evidence lower bound of every window at once. In each step the encoder is kept from a run of up to half a
// year and from one week in ten of each window, which the decoder has to make up for, and other weeks are decoded.
func (m *co2Model) train(ctx context.Context, windows []*co2Record) error {
	longest := 0
	for _, w := range windows {
		longest = max(longest, len(w.t))
	}
	g := G.NewGraph()
	shape := series.Shape{Batch: len(windows), Steps: int(m.past/co2Week) + 2, Widths: series.Widths{Values: 1}}
	seen, err := series.NewInputs(g, tensor.Float64, shape)
	if err != nil {
		return err
	}
	shape.Steps = (longest + m.stride - 1) / m.stride
	target, err := series.NewInputs(g, tensor.Float64, shape)
	if err != nil {
		return err
	}
	noise, err := latent.NewNoise(g, tensor.Float64, 1, len(windows), co2Season+co2Weather, m.Seed)
	if err != nil {
		return err
	}
	weight, err := latent.NewKLWeight(g, tensor.Float64)
	if err != nil {
		return err
	}
	objective := latent.Objective{KLWeight: weight.Node()}
	bound, err := m.model.Bound(latent.From(seen), latent.From(target), noise.Node(), objective)
	if err != nil {
		return err
	}
	progress := progressOf(m.Options, m.label, m.steps)
	defer progress.Finish()
	annealing := latent.KLAnnealing(0, 0.98)
	loop := training.Loop{
		Cost: bound.Cost, Params: m.model.Params(), LearnRate: training.Cosine(0.02, 1e-4, m.steps), ClipNorm: 100,
		Feed: func(step int) error {
			noise.Draw(step)
			rng := rand.New(rand.NewPCG(m.Seed, uint64(step)))
			var some, others []*series.Series
			offset := rng.IntN(m.stride)
			for _, w := range windows {
				some = append(some, m.encoded(w, rng))
				others = append(others, w.every(m.stride, offset))
			}
			return firstError(weight.Set(annealing(step)), feed(seen, some), feed(target, others))
		},
		Observe: func(s training.LoopStep) (bool, error) {
			if !s.Finite() {
				return false, errors.Errorf("step %d: the bound or its gradient is not finite", s.Step)
			}
			progress.Step(s.Step+1, s.Cost, 4*m.stride*shape.Steps*len(windows))
			return false, nil
		},
	}
	return loop.Run(ctx, 0, m.steps)
}

func feed(in *series.Inputs, list []*series.Series) error {
	batch, err := series.NewBatch(list, in.Shape())
	if err != nil {
		return err
	}
	return in.Feed(batch)
}

// encoded is what the encoder sees of a window; with a rng, a part of it.
func (m *co2Model) encoded(w *co2Record, rng *rand.Rand) *series.Series {
	s := &series.Series{}
	from, to := 0., 0.
	if rng != nil {
		from = m.past * rng.Float64()
		to = from + co2Week*float64(1+rng.IntN(26))
	}
	for i, t := range w.t {
		if t >= m.past {
			break
		}
		dropped := rng != nil && (t >= from && t < to || rng.Float64() < 0.1)
		if !dropped && !math.IsNaN(w.x[i]) {
			s.Times, s.Values = append(s.Times, t), append(s.Values, []float64{w.x[i]})
		}
	}
	return s
}

// every are weeks at equal distances, with those that are missing, so that no step of the solver is long.
func (r *co2Record) every(stride, offset int) *series.Series {
	s := &series.Series{}
	for i := offset; i < len(r.t); i += stride {
		s.Times, s.Values = append(s.Times, r.t[i]), append(s.Values, []float64{r.x[i]})
	}
	return s
}

// co2Band is a prediction: mean, and how far below and above it the ends of the 90 % band are.
type co2Band struct{ mean, below, above []float64 }

// predict decodes windows that begin at the given years, at all weeks of the record that they have.
func (m *co2Model) predict(r *co2Record, years ...float64) ([]co2Band, error) {
	var list []*series.Series
	var times [][]float64
	for _, y := range years {
		w := m.window(r, y)
		list, times = append(list, m.encoded(w, nil)), append(times, w.t)
	}
	batch, err := series.NewBatch(list, series.Shape{Widths: series.Widths{Values: 1}})
	if err != nil {
		return nil, err
	}
	samples := 200
	if m.Quick {
		samples = 30
	}
	o := latent.PredictOptions{Samples: samples, Seed: m.Seed, Quantiles: []float64{0.05, 0.95}, Observed: true}
	p, err := m.model.Predict(batch, times, o)
	if err != nil {
		return nil, err
	}
	bands := make([]co2Band, len(years))
	for k := range bands {
		b := &bands[k]
		for i, x := range p.Mean[k] {
			b.mean = append(b.mean, m.scale*x[0])
			b.below = append(b.below, m.scale*(x[0]-p.Quantiles[0][k][i][0]))
			b.above = append(b.above, m.scale*(p.Quantiles[1][k][i][0]-x[0]))
		}
	}
	return bands, nil
}
