package latent

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/internal/empirical"
	"gorgonode/layers/series"
	"gorgonode/odeop"
)

// PredictOptions say how a prediction is made.
type PredictOptions struct {
	Samples   int       // of z₀ from its posterior; 0 is 100
	Seed      uint64    // of the samples; all series share them, so that their places in a batch do not matter
	Quantiles []float64 // between 0 and 1; nil is none
	// Observed adds the noise of observations to the samples that quantiles are taken of: they are then of what would be
	// measured, and without, of the path behind it.
	Observed bool
}

// Prediction is what is expected of each series at each of its times.
type Prediction struct {
	Times     [][]float64
	Mean      [][][]float64   // of channel j of series b at time i: [b][i][j]
	Quantiles [][][][]float64 // as Mean, for each of PredictOptions.Quantiles
}

// Predict is the mean over samples from the posterior, and quantiles, at any times: times[b] are those of series b, not
// negative and increasing; nil are those of the batch, which imputes what is missing there. It makes a graph for itself
// and may be called at any point of a training.
func (m *Model) Predict(batch *series.Batch, times [][]float64, o PredictOptions) (*Prediction, error) {
	p, err := m.predict(batch, times, o)
	return p, errors.WithMessagef(err, "latent: %q: predict", m.name)
}

func (m *Model) predict(batch *series.Batch, times [][]float64, o PredictOptions) (*Prediction, error) {
	if batch == nil {
		return nil, errors.New("no batch")
	}
	if o.Samples == 0 {
		o.Samples = 100
	}
	if o.Samples < 1 {
		return nil, errors.Errorf("%d samples, want at least 1", o.Samples)
	}
	for _, q := range o.Quantiles {
		if !(q >= 0 && q <= 1) {
			return nil, errors.Errorf("a quantile of %g, want it between 0 and 1", q)
		}
	}
	if times == nil {
		times = ownTimes(batch)
	}
	g := G.NewGraph()
	in, err := series.NewInputs(g, m.Dtype(), batch.Shape)
	if err != nil {
		return nil, err
	}
	q, err := m.Encode(From(in))
	if err != nil {
		return nil, err
	}
	noise := input(g, m.Dtype(), "noise", o.Samples, batch.Batch, m.latent)
	z0, err := q.Sample(noise)
	if err != nil {
		return nil, err
	}
	if err := in.Feed(batch); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0))
	draws := make([]float64, o.Samples*m.latent)
	for i := range draws {
		draws[i] = rng.NormFloat64()
	}
	width := batch.Batch * m.latent
	fill(noise, func(i int) float64 { return draws[i/width*m.latent+i%m.latent] })
	x, steps, err := m.decode(z0, times)
	if err != nil {
		return nil, err
	}
	return m.summary(x, steps, times, o), nil
}

func ownTimes(b *series.Batch) [][]float64 {
	var times [][]float64
	for i, n := range b.Lengths {
		times = append(times, b.Times[i*b.Steps:][:n])
	}
	return times
}

// Generate draws n series from the prior, each at the given times, not negative and increasing: the mean of the
// observations at them, [series][time][channel], without their noise.
func (m *Model) Generate(n int, times []float64, seed uint64) ([][][]float64, error) {
	all, err := m.generate(n, times, seed)
	return all, errors.WithMessagef(err, "latent: %q: generate", m.name)
}

func (m *Model) generate(n int, times []float64, seed uint64) ([][][]float64, error) {
	if n < 1 {
		return nil, errors.Errorf("%d series, want at least 1", n)
	}
	z0 := input(G.NewGraph(), m.Dtype(), "z0", 1, n, m.latent)
	rng := rand.New(rand.NewPCG(seed, 0))
	fill(z0, func(int) float64 { return rng.NormFloat64() })
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = times
	}
	x, steps, err := m.decode(z0, rows)
	if err != nil {
		return nil, err
	}
	return m.summary(x, steps, rows, PredictOptions{Samples: 1}).Mean, nil
}

// decode runs the graph of z₀ up to the means at the times, (K, B, N, d).
func (m *Model) decode(z0 *G.Node, times [][]float64) (x []float64, steps int, err error) {
	batch := z0.Shape()[1]
	if len(times) != batch {
		return nil, 0, errors.Errorf("times for %d series, and there are %d", len(times), batch)
	}
	for b, ts := range times {
		steps = max(steps, len(ts))
		for i, t := range ts {
			if !(t >= 0) || math.IsInf(t, 0) || i > 0 && t <= ts[i-1] {
				return nil, 0, errors.Errorf("series %d: time %d is %g: want them finite, increasing and not negative",
					b, i, t)
			}
		}
	}
	if steps == 0 {
		return nil, 0, nil
	}
	at, valid := input(z0.Graph(), m.Dtype(), "times", batch, steps), input(z0.Graph(), m.Dtype(), "valid", batch, steps)
	fill(at, func(i int) float64 {
		if ts := times[i/steps]; i%steps < len(ts) {
			return ts[i%steps]
		}
		return 0
	})
	fill(valid, func(i int) float64 {
		if i%steps < len(times[i/steps]) {
			return 1
		}
		return 0
	})
	p, err := m.Solve(z0, at, valid)
	if err != nil {
		return nil, 0, err
	}
	mean, err := p.Mean()
	if err != nil {
		return nil, 0, err
	}
	var value G.Value
	G.Read(mean, &value)
	vm := G.NewTapeMachine(z0.Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return nil, 0, odeop.Cause(err)
	}
	return floats(value), steps, nil
}

// summary takes means and quantiles over the first axis of x, (K, B, N, d).
func (m *Model) summary(x []float64, steps int, times [][]float64, o PredictOptions) *Prediction {
	p := &Prediction{Times: times, Mean: m.empty(times)}
	for range o.Quantiles {
		p.Quantiles = append(p.Quantiles, m.empty(times))
	}
	noise := make([][]float64, o.Samples) // of one path at as many times as there are, so that it is the same for fewer
	for k := range noise {
		if rng := rand.New(rand.NewPCG(o.Seed, uint64(k)+1)); o.Observed {
			for range steps * m.channels {
				noise[k] = append(noise[k], rng.NormFloat64())
			}
		}
	}
	sigma := m.Sigma()
	at := make([]float64, o.Samples)
	for b, ts := range times {
		for i := range ts {
			for j := range m.channels {
				sum := 0.0
				for k := range at {
					at[k] = x[((k*len(times)+b)*steps+i)*m.channels+j]
					sum += at[k]
					if o.Observed {
						at[k] += sigma[j] * noise[k][i*m.channels+j]
					}
				}
				p.Mean[b][i][j] = sum / float64(len(at))
				slices.Sort(at)
				for n, q := range o.Quantiles {
					p.Quantiles[n][b][i][j] = empirical.Quantile(at, q)
				}
			}
		}
	}
	return p
}

func (m *Model) empty(times [][]float64) [][][]float64 {
	all := make([][][]float64, len(times))
	for b, ts := range times {
		all[b] = make([][]float64, len(ts))
		for i := range ts {
			all[b][i] = make([]float64, m.channels)
		}
	}
	return all
}
