package sde

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/odeop/sdeop"
)

// pieces are what a solve over series with times of their own knows between two rows each, K pairs of them. The solve
// is in a time τ that all series share: while τ goes from k to k+1, series b goes on a straight line from its k-th row
// to the next, Δ later. With t = t_k + (τ − k)Δ
//
//	dz = f(z) Δ dτ + g(z) √Δ dW
//
// has the law of dz = f(z) dt + g(z) dW. Δ is constant in a piece, so that this holds in both calculi: the
// correction between them, ½ g ∂g/∂z, is multiplied by Δ as f is. Where Δ is 0, in the padding, nothing moves.
type pieces struct {
	elapsed *G.Node // (K, B, 1), Δ
	until   *G.Node // (K, B, 1), from the beginning of the piece until the next row with an observation
	context *G.Node // (K, B, context), of that row
	behind  *G.Node // (K, B, 1), 1 where there is no such row any more; nil: nowhere
}

// cut makes n pieces of each, for a step each. They become shorter towards the next row, from 1 − (1 − i/n)² of the way on
// to that of i + 1: in the last step before an observation there is nothing that can take back what the noise, g√h, has
// done, and so this step must be short beside the observation's scale; those before need not be.
func (p pieces) cut(n int) (pieces, error) {
	parts, left := make([]float64, n), make([]float64, n)
	for i := range n {
		begin, end := 1-float64(i)/float64(n), 1-float64(i+1)/float64(n)
		left[i], parts[i] = begin*begin, begin*begin-end*end
	}
	in := G.Nodes{p.elapsed, p.until, p.context}
	if p.behind != nil {
		in = append(in, p.behind)
	}
	out, err := operation("steps", func(f *formula.F, in G.Nodes) G.Nodes {
		// each is every entry along the first axis n times, times the weights.
		each := func(x *G.Node, weights []float64) *G.Node {
			if f.Err() != nil {
				return nil
			}
			s := x.Shape()
			k, size := s[0], s[1]*s[2]
			all := f.MatMul(f.Reshape(x, k*size, 1), f.Constant(x, weights, 1, n))
			return f.Reshape(f.Transpose(f.Reshape(all, k, size, n), 0, 2, 1), k*n, s[1], s[2])
		}
		ones := slices.Repeat([]float64{1}, n)
		passed := f.Sub(each(in[0], ones), each(in[0], left))
		steps := G.Nodes{each(in[0], parts), f.Sub(each(in[1], ones), passed), each(in[2], ones)}
		if len(in) > 3 {
			steps = append(steps, each(in[3], ones))
		}
		return steps
	}, in...)
	if err != nil {
		return pieces{}, err
	}
	steps := pieces{elapsed: out[0], until: out[1], context: out[2]}
	if len(out) > 3 {
		steps.behind = out[3]
	}
	return steps, nil
}

// args are the pieces for fields to see, and the times of τ.
func (p pieces) args() (times []float64, opt sdeop.Option, err error) {
	n := p.elapsed.Shape()[0]
	for k := range n + 1 {
		times = append(times, float64(k))
	}
	number, err := graph.Constant(p.elapsed, times[:n], n)
	if err != nil {
		return nil, nil, err
	}
	// The root of 0 has no derivative.
	root, err := operation("roots of times", func(f *formula.F, in G.Nodes) G.Nodes {
		none := f.Fill(in[0], 0, in[0].Shape()...)
		one := f.Fill(in[0], 1, in[0].Shape()...)
		return G.Nodes{f.Where(in[0], f.Apply(G.Sqrt, f.Where(in[0], in[0], one)), none)}
	}, p.elapsed)
	if err != nil {
		return nil, nil, err
	}
	nodes := G.Nodes{number, p.elapsed, root[0], p.until, p.context}
	if p.behind != nil {
		nodes = append(nodes, p.behind)
	}
	return times, sdeop.PieceArgs(nodes...), nil
}

// alongPieces solves over pieces, each cut for Substeps steps: run is given the times of τ and the options, and gives
// states at those times, of which those at the rows are returned.
func (m *Latent) alongPieces(
	what string, p pieces, d Draw, run func(times []float64, opts []sdeop.Option) (*G.Node, error),
) (*G.Node, error) {
	if err := m.timeless(); err != nil {
		return nil, err
	}
	steps, err := p.cut(m.Substeps)
	if err != nil {
		return nil, err
	}
	times, opt, err := steps.args()
	if err != nil {
		return nil, err
	}
	all, err := run(times, m.solve(what, d.options(ofPath), sdeop.Steps(1), opt))
	if err != nil {
		return nil, err
	}
	var rows []int
	for k := range p.elapsed.Shape()[0] + 1 {
		rows = append(rows, k*m.Substeps)
	}
	return states(rows, all, nil)
}

// The places of the pieces among a field's args.
const (
	pieceNumber = iota
	pieceElapsed
	pieceRoot
	pieceUntil
	pieceContext
	pieceBehind
)

// raggedDrift is the posterior's drift by the time of the series, and the prior's where there is nothing to come.
func (m *Latent) raggedDrift(t, z *G.Node, args ...*G.Node) (*G.Node, error) {
	f := formula.For(z)
	passed := f.Mul(args[pieceElapsed], f.Sub(t, args[pieceNumber]))
	left := f.Rectify(f.Sub(args[pieceUntil], passed)) // 0 where there is nothing to come
	drift := m.posteriorDrift(f, z, args[pieceContext], left)
	if len(args) > pieceBehind {
		prior := f.Keep(layers.Field(m.Prior)(t, z))
		drift = f.Add(drift, f.MulColumn(f.Sub(prior, drift), args[pieceBehind]))
	}
	return f.Result(drift)
}

// timeChanged is an equation in the time of the series as one in τ.
func timeChanged(e sdeop.SDE) sdeop.SDE {
	drift, diffusion := e.Drift, e.Diffusion
	e.Drift = func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
		f := formula.For(y)
		v := f.Keep(drift(t, y, args...))
		return f.Result(f.MulColumn(v, args[pieceElapsed]))
	}
	e.Diffusion = func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
		f := formula.For(y)
		v := f.Keep(diffusion(t, y, args...))
		if f.Err() != nil || v.Dims() == 2 {
			return f.Result(f.MulColumn(v, args[pieceRoot]))
		}
		shape := v.Shape()
		flat := f.Reshape(v, shape[0], shape[1]*shape[2])
		return f.Result(f.Reshape(f.MulColumn(flat, args[pieceRoot]), shape...))
	}
	return e
}

// ownPieces are those of the observed rows themselves: from each to the next.
func (m *Latent) ownPieces(o Observations, contexts *G.Node) (pieces, error) {
	in := G.Nodes{o.Deltas, contexts}
	if o.Valid != nil {
		in = append(in, o.Valid)
	}
	rows, n := o.Values.Shape()[0], o.Values.Shape()[1]
	if n < 2 {
		return pieces{}, errors.Errorf("values of shape %v, want two rows or more", o.Values.Shape())
	}
	out, err := operation("pieces", func(f *formula.F, in G.Nodes) G.Nodes {
		deltas := in[0]
		if o.Valid != nil {
			deltas = f.Where(in[2], deltas, f.Fill(deltas, 0, rows, n))
		}
		elapsed := f.Reshape(f.Transpose(f.Columns(deltas, 1, n), 1, 0), n-1, rows, 1)
		later := make([]int, n-1)
		for k := range later {
			later[k] = k + 1
		}
		return G.Nodes{elapsed, pick(f, in[1], later)}
	}, in...)
	if err != nil {
		return pieces{}, err
	}
	return pieces{elapsed: out[0], until: out[0], context: out[1]}, nil
}

// timeless refuses prior drifts and diffusions that depend on time: series with times of their own have no common one.
func (m *Latent) timeless() error {
	for what, l := range map[string]layers.Layer{"prior drift": m.Prior, "diffusion": m.Diffusion} {
		field := layers.Field(l)
		fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
			v, err := field(in[0], in[1])
			return G.Nodes{v}, err
		}, graph.Input("t", m.Dtype), graph.Input("z", m.Dtype, 1, m.State))
		if err != nil {
			return errors.WithMessage(err, what)
		}
		if fn.DependsOn(0) {
			return errors.Errorf("the %s depends on time, which series with times of their own do not share", what)
		}
	}
	return nil
}

// byRow gives each row a stream of its own, if the caller has not.
func (d Draw) byRow(like *G.Node, rows int) (Draw, error) {
	if d.Streams != nil {
		return d, nil
	}
	numbers := make([]float64, rows)
	for i := range numbers {
		numbers[i] = float64(i)
	}
	var err error
	d.Streams, err = graph.Constant(like, numbers, rows)
	return d, err
}
