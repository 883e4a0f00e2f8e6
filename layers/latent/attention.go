package latent

import (
	"math"

	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
)

// attend is what attention makes at the reference times, (B, R, width).
func (e *AttentionEncoder) attend(f *formula.F, times, values, mask, valid *G.Node) *G.Node {
	c := e.config
	b, t, d, r := times.Shape()[0], times.Shape()[1], c.Channels, len(c.References)
	hr := c.Heads * r
	weights := e.weights(f, times, valid) // (B, H·R, T)

	// One product for Σ mκx, Σ mκ and Σ κ.
	rows := f.Concat(f.Reshape(only(f, mask, values), b, t, d), mask, f.Reshape(valid, b, t, 1))
	sums := f.Apply(func(w *G.Node) (*G.Node, error) { return G.BatchedMatMul(w, rows) }, weights)
	sums = f.Reshape(sums, b*hr, 2*d+1)
	seen, all := f.Columns(sums, d, 2*d), f.Columns(sums, 2*d, 2*d+1)
	mean := quotient(f, f.Columns(sums, 0, d), seen)
	share := quotient(f, seen, f.Reshape(widened(f, all, d), b*hr, d))

	joined := f.Reshape(f.Concat(mean, share), b, c.Heads, r, 2*d)
	joined = f.Reshape(f.Transpose(joined, 0, 2, 1, 3), b, r, 2*d*c.Heads)
	return f.Apply(e.joined.Forward, joined)
}

// quotient is a/b, and 0 where b is as good as 0.
func quotient(f *formula.F, a, b *G.Node) *G.Node {
	const least = 1e-30
	there := above(f, b, least)
	if f.Err() != nil {
		return nil
	}
	return only(f, there, f.Div(a, f.Where(there, b, f.Fill(b, 1, b.Shape()...))))
}

// weights are κ_h(r, t_i), (B, H·R, T), divided by the largest over the rows of a series; 0 in the padding.
func (e *AttentionEncoder) weights(f *formula.F, times, valid *G.Node) *G.Node {
	c := e.config
	b, t, r, k := times.Shape()[0], times.Shape()[1], len(c.References), c.Embedding/c.Heads
	hr := c.Heads * r
	keys := f.Apply(e.keys.Forward, e.embed(f, f.Reshape(only(f, valid, times), b*t, 1)))
	queries := f.Apply(e.queries.Forward, e.embed(f, f.Constant(times, c.References, r, 1)))
	var scores G.Nodes // of each head, (B·T, R)
	for h := range c.Heads {
		q := f.Transpose(f.Columns(queries, h*k, (h+1)*k), 1, 0)
		scores = append(scores, f.MatMul(f.Columns(keys, h*k, (h+1)*k), q))
	}
	all := f.Mul(f.Concat(scores...), f.Number(1/math.Sqrt(float64(k))))
	// What is padding gets a score that no other comes near, so it is neither the largest nor has a weight.
	behind := f.Mul(f.Sub(valid, f.Number(1)), f.Number(1e30))
	all = f.Add(all, widened(f, behind, hr))
	all = f.Reshape(f.Transpose(f.Reshape(all, b, t, hr), 0, 2, 1), b*hr, t)
	all = f.Exp(f.Sub(all, widened(f, rowMax(f, all), t)))
	return f.Reshape(all, b, hr, t)
}

// embed is φ of times (n, 1), (n, E).
func (e *AttentionEncoder) embed(f *formula.F, times *G.Node) *G.Node {
	if f.Err() != nil {
		return nil
	}
	a := f.AddRow(f.MatMul(times, e.frequency.In(times.Graph())), e.phase.In(times.Graph()))
	return f.Concat(f.Columns(a, 0, 1), f.Apply(G.Sin, f.Columns(a, 1, e.config.Embedding)))
}
