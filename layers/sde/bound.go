package sde

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/odeop/sdeop"
)

// Objective says which bound of the likelihood a Bound is.
type Objective struct {
	Samples int // K, paths of each series; 0 is 1
	// Importance takes the bound of importance weighted autoencoders, ln of the mean of p(x|z) dP/dQ over K paths of
	// the posterior Q of the law P (Burda, Grosse and Salakhutdinov 2016, equation 8). By Girsanov's theorem
	//
	//	ln dP/dQ = ln p(z₀) − ln q(z₀) − ∫ u dW − ½ ∫ ‖u‖² dt,   u = (f − h)/g
	//
	// with Itô's integral. In equations of Stratonovich each step takes State derivatives of u more, see
	// LatentConfig.Calculus.
	Importance bool
	KLWeight   *G.Node // a number that multiplies what draws Q to P; nil is 1, and only then it is a bound
}

// Bound is a lower bound of ln p(x), with Heun's method up to the error of its steps (LatentConfig.Calculus), and the
// beginnings of its paths.
type Bound struct {
	Cost      *G.Node // −mean of PerSeries over the series with anything to decode, a number
	PerSeries *G.Node // (B)
	Starts    *G.Node // (K, B, State), z(t₀)
}

// Bound encodes what is seen, series with times of their own, and decodes a target: what was hidden from the encoder, or
// comes after it.
func (m *Latent) Bound(seen Observations, target *Target, d Draw, o Objective) (*Bound, error) {
	b, err := m.bound(seen, target, d, o)
	return b, errors.WithMessagef(err, "sde: latent %q: bound", m.name)
}

func (m *Latent) bound(seen Observations, target *Target, d Draw, o Objective) (*Bound, error) {
	if o.Samples == 0 {
		o.Samples = 1
	}
	if err := m.checkObservations(seen); err != nil {
		return nil, err
	}
	switch {
	case seen.Times != nil || target == nil:
		return nil, errors.New("it is for series with times of their own, and a target")
	case target.values.Graph() != seen.Values.Graph() || target.values.Dtype() != m.Dtype:
		return nil, errors.New("the target is in another graph than the values, or of another dtype than the model")
	case !slices.Equal(seen.Values.Shape(), []int{target.seen.Batch, target.seen.Steps, target.shape.Widths.Values}):
		return nil, errors.Errorf("values of shape %v for a target of %+v, seen as %+v",
			seen.Values.Shape(), target.shape, target.seen)
	case o.Samples < 1:
		return nil, errors.Errorf("%d samples, want at least 1", o.Samples)
	}
	e, err := m.encode(seen)
	if err != nil {
		return nil, err
	}
	p, err := target.pieces(e.contexts)
	if err != nil {
		return nil, err
	}
	if p, e, err = repeated(p, e, o.Samples); err != nil {
		return nil, err
	}
	if d, err = d.byRow(e.mean, e.mean.Shape()[0]); err != nil {
		return nil, err
	}
	z0, err := m.start(e.mean, e.logVar, d)
	if err != nil {
		return nil, err
	}
	zs, kl, err := m.pathOver(p, d, z0, o.Importance)
	if err != nil {
		return nil, err
	}
	in := G.Nodes{zs, kl, e.mean, e.logVar, z0, target.values, target.mask}
	if o.KLWeight != nil {
		in = append(in, o.KLWeight)
	}
	out, err := operation("bound", func(f *formula.F, in G.Nodes) G.Nodes {
		weight := f.Number(1)
		if o.KLWeight != nil {
			weight = f.Reshape(in[len(in)-1])
		}
		return m.combine(f, in, weight, o)
	}, in...)
	if err != nil {
		return nil, err
	}
	starts, err := graph.Reshape(z0, o.Samples, target.shape.Batch, m.State)
	return &Bound{Cost: out[0], PerSeries: out[1], Starts: starts}, err
}

// repeated is K rows for each series: all first ones, all second ones, ….
func repeated(p pieces, e encoded, k int) (pieces, encoded, error) {
	if k == 1 {
		return p, e, nil
	}
	out, err := operation("samples", func(f *formula.F, in G.Nodes) G.Nodes {
		times := func(x *G.Node) *G.Node { // (n, B, s) → (n, K·B, s)
			if f.Err() != nil {
				return nil
			}
			s := x.Shape()
			all := f.MatMul(f.Reshape(x, s.TotalSize(), 1), f.Fill(x, 1, 1, k))
			return f.Reshape(f.Transpose(f.Reshape(all, s[0], s[1]*s[2], k), 0, 2, 1), s[0], k*s[1], s[2])
		}
		row := func(x *G.Node) *G.Node {
			b, d := x.Shape()[0], x.Shape()[1]
			return f.Reshape(times(f.Reshape(x, 1, b, d)), k*b, d)
		}
		return G.Nodes{times(in[0]), times(in[1]), times(in[2]), times(in[3]), row(in[4]), row(in[5])}
	}, p.elapsed, p.until, p.context, p.behind, e.mean, e.logVar)
	if err != nil {
		return p, e, err
	}
	return pieces{out[0], out[1], out[2], out[3]}, encoded{mean: out[4], logVar: out[5]}, nil
}

// pathOver solves over pieces; kl of each row is ½ ∫ ‖u‖² dt, or with its noise ∫ u dW + ½ ∫ ‖u‖² dt.
func (m *Latent) pathOver(p pieces, d Draw, z0 *G.Node, noise bool) (zs, kl *G.Node, err error) {
	laws := Laws{
		Posterior: m.raggedDrift, Prior: withoutArgs(m.Prior), Diffusion: withoutArgs(m.Diffusion),
		Calculus: m.Calculus, withNoise: noise,
	}
	zs, err = m.alongPieces("posterior", p, d, func(times []float64, opts []sdeop.Option) (zs *G.Node, err error) {
		zs, kl, err = laws.solve(timeChanged, z0, times, opts)
		return zs, err
	})
	return zs, kl, err
}

// combine is the cost and the bound of each series, of the states (P, K·B, State), the divergence of each row, the
// distribution and the value of z(t₀), and what is decoded.
func (m *Latent) combine(f *formula.F, in G.Nodes, weight *G.Node, o Objective) G.Nodes {
	zs, kl, mean, logVar, z0, values, mask := in[0], in[1], in[2], in[3], in[4], in[5], in[6]
	k, b := o.Samples, values.Shape()[0]
	initial := m.initialDivergence(f, mean, logVar, z0, o.Importance)
	nll := f.Reshape(m.negativeLogOfRows(f, zs, values, mask, k), k*b)
	logs := f.Neg(f.Add(nll, f.Mul(f.Add(kl, initial), weight)))
	if f.Err() != nil {
		return nil
	}
	logs = f.Transpose(f.Reshape(logs, k, b), 1, 0) // (B, K)
	var each *G.Node
	if o.Importance { // ln Σ eˣ = x − ln softmax(x), at any of the x
		first := func(x *G.Node) *G.Node { return f.Columns(x, 0, 1) }
		soft := f.Apply(func(x *G.Node) (*G.Node, error) { return graph.LogSoftMax(x, 1) }, logs)
		each = f.Sub(f.Sub(first(logs), first(soft)), f.Fill(zs, math.Log(float64(k)), b, 1))
	} else {
		each = f.Mul(f.RowSums(logs), f.Number(1/float64(k)))
	}
	// Series with nothing to decode are not counted.
	one := f.Number(1)
	n := mask.Shape().TotalSize() / b
	there := f.Compare(G.Gt, f.RowSums(f.Reshape(mask, b, n)), f.Number(0))
	count := f.Add(one, f.Rectify(f.Sub(f.Sum(there), one)))
	cost := f.Neg(f.Div(f.Sum(f.Mul(each, there)), count))
	return G.Nodes{cost, f.Reshape(each, b)}
}

// initialDivergence is KL(q‖p) of z(t₀) for each row, or ln q(z₀) − ln p(z₀).
func (m *Latent) initialDivergence(f *formula.F, mean, logVar, z0 *G.Node, drawn bool) *G.Node {
	priorMean, priorLogVar := m.priorStart(f, mean)
	if !drawn {
		return f.Apply(func(mean *G.Node) (*G.Node, error) {
			return layers.GaussianKL(mean, logVar, priorMean, priorLogVar, layers.Reduce(layers.ReduceNone))
		}, mean)
	}
	minusLog := func(mean, logVar *G.Node) *G.Node { // of the density, without ½ ln 2π
		u := f.Mul(f.Sub(z0, mean), f.Exp(f.Mul(f.Number(-0.5), logVar)))
		return f.Mul(f.Number(0.5), f.RowSums(f.Add(f.Mul(u, u), logVar)))
	}
	difference := f.Sub(minusLog(priorMean, priorLogVar), minusLog(mean, logVar))
	return f.Reshape(difference, mean.Shape()[0])
}

// negativeLogOfRows is −Σ ln p of what is decoded of each row of the states, (K·B, 1).
func (m *Latent) negativeLogOfRows(f *formula.F, zs, values, mask *G.Node, k int) *G.Node {
	if f.Err() != nil {
		return nil
	}
	b, n, d := values.Shape()[0], values.Shape()[1], values.Shape()[2]
	x := f.Apply(m.Decode, zs) // (P, K·B, d)
	x = f.Reshape(f.Transpose(x, 1, 0, 2), k*b*n, d)
	every := func(v *G.Node) *G.Node { // K times, one behind the other
		all := f.MatMul(f.Fill(v, 1, k, 1), f.Reshape(v, 1, b*n*d))
		return f.Reshape(all, k*b*n, d)
	}
	here := every(mask)
	there := every(f.Where(mask, values, f.Fill(values, 0, b, n, d)))
	if f.Err() != nil {
		return nil
	}
	all := f.Mul(m.Likelihood.negativeLog(f, there, x, m.scale.In(zs.Graph())), here)
	return f.RowSums(f.Reshape(all, k*b, n*d))
}
