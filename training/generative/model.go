package generative

import (
	"context"
	"maps"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers/series"
)

var dtype = tensor.Float32

// model is a kind of generative model, made for a Config and so many channels. Values and times are in the scale of
// training, and time 0 is where the state begins.
type model interface {
	params() []*graph.Param
	// bound makes a graph that bounds the likelihood of pairs of batches.
	bound(p *pairs, b boundOptions) (*bound, error)
	// posterior draws paths of each series of a batch, as it is seen, at times of its own.
	posterior(ctx context.Context, seen *series.Batch, times [][]float64, samples int, seed uint64) (*paths, error)
	// prior draws n paths, each as a series of one path.
	prior(ctx context.Context, n int, times []float64, seed uint64) (*paths, error)
}

// models are the kinds that there are: what a new one adds to this package is a model and an entry.
var models = map[string]func(c Config, channels int) (model, error){
	"latent-ode": newLatentODE,
	sdeName:      newLatentSDE,
}

// Models lists the names that Config.Model may have, sorted.
func Models() []string { return slices.Sorted(maps.Keys(models)) }

// boundOptions say which bound is made.
type boundOptions struct {
	samples    int  // K
	importance bool // the bound of importance weighted autoencoders, in place of the evidence lower bound
}

// bound is a graph with a lower bound of ln p.
type bound struct {
	graph     *G.ExprGraph
	perSeries *G.Node        // (B), of what is decoded; any number where that is nothing
	cost      *G.Node        // −mean of perSeries over the series with anything to decode
	inputs    *series.Inputs // through which the encoded batch enters; its label is the head's to take
	// starts are (K, B, L), draws of the state at time 0, by which classes are told. It is asked for once, or never.
	starts func() (*G.Node, error)
	// undecayed are parameters that a decay does not shrink: scales of noise, whose zero is no smaller model.
	undecayed []*graph.Param
	// feed puts a pair in, with the noise of a step. The weight multiplies the divergence from the prior.
	feed func(step int, weight float64, encoded, decoded *series.Batch) error
}

// paths are K draws for each of B series, of what would be observed but for its noise.
type paths struct {
	samples, width int         // K, d
	values         [][]float32 // of series b, (K, its times, d)
	starts         []float32   // (K, B, L), of the state at time 0; nil for the prior
	sigma          []float64   // standard deviations of the noise, (d)
}

// at puts the K draws of channel j of series b at its time i into a slice.
func (p *paths) at(b, i, j int, into []float64) []float64 {
	n := len(p.values[b]) / p.samples
	into = into[:0]
	for k := range p.samples {
		into = append(into, float64(p.values[b][k*n+i*p.width+j]))
	}
	return into
}
