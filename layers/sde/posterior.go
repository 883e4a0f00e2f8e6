package sde

import (
	"math"
	"slices"

	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop"
	"gorgonode/odeop/sdeop"
)

// The posterior's drift f(z, c, τ) sees, between two rows of a series, the context c of the later one, which is what it has
// to come to, and the time τ until then. Both are piece args of the solve, sdeop.PieceArgs. A straight line from one context
// to the next would show little of what comes next when it matters.

// posteriorDrift is f at z (B, d), c (B, context) and τ (B, 1). Near an observation a posterior is stiff: what leads a
// Brownian motion to x in the time τ is the drift (x − z)/τ, up to the time r²/g² of which the scale r of observations and
// the noise g speak. So the perceptron n(z, c, τ) has parts that act in shorter and shorter times,
//
//	f = n₀ + Σ_k k e^(−kτ) n_k,   k = 4, 16, 64
func (m *Latent) posteriorDrift(f *formula.F, z, c, until *G.Node) *G.Node {
	parts := f.Apply(m.posterior.Forward, f.Concat(z, c, until))
	drift := f.Columns(parts, 0, m.State)
	for i, k := range posteriorRates {
		weight := f.Mul(f.Number(k), f.Exp(f.Mul(f.Number(-k), until)))
		drift = f.Add(drift, f.MulColumn(f.Columns(parts, (i+1)*m.State, (i+2)*m.State), weight))
	}
	return drift
}

var posteriorRates = []float64{4, 16, 64}

// onCommonTimes is the posterior's drift on a solve over the given times, which reach from the first of the observed to the
// last, and its piece args: c, and the times at which it is to be reached.
func (m *Latent) onCommonTimes(contexts *G.Node, observed, times []float64) (odeop.Field, sdeop.Option, error) {
	var rows []int
	var ends []float64
	for _, t := range times[:len(times)-1] {
		next, _ := slices.BinarySearch(observed, math.Nextafter(t, math.Inf(1)))
		rows, ends = append(rows, next), append(ends, observed[next])
	}
	c, err := operation("contexts", func(f *formula.F, in G.Nodes) G.Nodes { return G.Nodes{pick(f, in[0], rows)} }, contexts)
	if err != nil {
		return nil, nil, err
	}
	at, err := graph.Constant(contexts, ends, len(ends))
	if err != nil {
		return nil, nil, err
	}
	drift := func(t, z *G.Node, args ...*G.Node) (*G.Node, error) {
		f := formula.For(z)
		until := f.Mul(f.Fill(z, 1, z.Shape()[0], 1), f.Sub(args[1], t))
		return f.Result(m.posteriorDrift(f, z, args[0], until))
	}
	return drift, sdeop.PieceArgs(c[0], at), nil
}

// pick puts the given entries of x along its first axis one behind the other.
func pick(f *formula.F, x *G.Node, entries []int) *G.Node {
	if f.Err() != nil {
		return nil
	}
	shape := slices.Clone(x.Shape())
	size := shape[1:].TotalSize()
	flat := f.Reshape(x, shape.TotalSize())
	var parts G.Nodes
	for i := 0; i < len(entries); {
		end := i + 1
		for end < len(entries) && entries[end] == entries[end-1]+1 {
			end++
		}
		parts = append(parts, f.Columns(flat, entries[i]*size, (entries[end-1]+1)*size))
		i = end
	}
	shape[0] = len(entries)
	return f.Reshape(f.Concat(parts...), shape...)
}
