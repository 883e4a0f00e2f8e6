package sde

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop"
	"gorgonode/odeop/sdeop"
)

// Laws are two laws of paths that differ by their drift alone: with noise that is sdeop.Diagonal,
//
//	posterior  dz = f(t, z) dt + g(t, z) dW,      prior  dz = h(t, z) dt + g(t, z) dW
//
// Fields take (B, d) to (B, d), and all see the nodes of sdeop.Args. g must not come near zero.
type Laws struct {
	Posterior, Prior odeop.Field // f, h
	Diffusion        odeop.Field // g
	Calculus         sdeop.Calculus

	withNoise bool // add Itô's ∫ u dW, u = (f − h)/g, to the divergence, which is then −ln dP/dQ of the path
}

// SolveWithKL solves the posterior from z0, of shape (B, d), and gives its states at all times, (len(times), B, d), with the
// Kullback–Leibler divergence of the posterior's from the prior's law of paths that begin at z0, on each path (B):
//
//	kl = ½ ∫ ‖(f − h)/g‖² dt
//
// whose mean over paths is the divergence (Girsanov's theorem; Li et al. 2020, equation 10). It is one more component of the
// state, with no noise, and so goes by the steps of the solve and has its gradient. In Stratonovich equations it is the
// same: f and h miss the same correction.
func SolveWithKL(l Laws, z0 *G.Node, times []float64, opts ...sdeop.Option) (zs, kl *G.Node, err error) {
	return l.solve(func(e sdeop.SDE) sdeop.SDE { return e }, z0, times, opts)
}

// solve is SolveWithKL of the equation that change makes of the one of (z, kl).
func (l Laws) solve(
	change func(sdeop.SDE) sdeop.SDE, z0 *G.Node, times []float64, opts []sdeop.Option,
) (zs, kl *G.Node, err error) {
	if l.Posterior == nil || l.Prior == nil || l.Diffusion == nil {
		return nil, nil, errors.New("sde: the divergence needs two drifts and a diffusion")
	}
	if z0 == nil || z0.Graph() == nil || z0.Dims() != 2 {
		return nil, nil, errors.New("sde: z0 is no node of shape (batch, components)")
	}
	rows, d := z0.Shape()[0], z0.Shape()[1]
	start, err := operation("kl: start", func(f *formula.F, in G.Nodes) G.Nodes {
		return G.Nodes{f.Concat(in[0], f.Fill(in[0], 0, rows, 1))}
	}, z0)
	if err != nil {
		return nil, nil, err
	}
	model := sdeop.SDE{Drift: l.drift, Diffusion: l.diffusion, Noise: sdeop.Diagonal, Calculus: l.Calculus}
	if l.withNoise {
		model.Diffusion, model.Noise = l.noise, sdeop.General
	}
	model = change(model)
	ys, err := sdeop.Solve(model, start[0], times, opts...)
	if err != nil {
		return nil, nil, errors.WithMessage(err, "sde: solve with kl")
	}
	out, err := operation("kl: states", func(f *formula.F, in G.Nodes) G.Nodes {
		n := len(times)
		all := f.Reshape(f.Columns(in[0], d, d+1), n*rows)
		return G.Nodes{f.Columns(in[0], 0, d), f.Columns(all, (n-1)*rows, n*rows)}
	}, ys)
	if err != nil {
		return nil, nil, err
	}
	return out[0], out[1], nil
}

// drift is (f, ½‖u‖²), u = (f − h)/g, and with noise in a Stratonovich equation (f, ½‖u‖² − ½ Σ gᵢ ∂uᵢ/∂zᵢ): the
// integral ∫ u dW of a density is Itô's, and ∫ u∘dW is more by ½ Σ gᵢ ∂uᵢ/∂zᵢ dt.
func (l Laws) drift(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
	f, z, err := l.state(y)
	if err != nil {
		return nil, err
	}
	post, g, u := l.parts(f, t, z, args)
	rate := f.RowSums(f.Mul(u, u))
	if l.withNoise && l.Calculus == sdeop.Stratonovich {
		rate = f.Sub(rate, l.turning(f, t, z, g, args))
	}
	return f.Result(f.Concat(post, f.Mul(f.Number(0.5), rate)))
}

// turning is Σ gᵢ ∂uᵢ/∂zᵢ of each row, (B, 1): a derivative along each component, since any may be in each of u's.
func (l Laws) turning(f *formula.F, t, z, g *G.Node, args G.Nodes) *G.Node {
	return f.Apply(func(z *G.Node) (*G.Node, error) {
		in := append(G.Nodes{t, z}, args...)
		specs := make([]graph.Spec, len(in))
		for i, n := range in {
			specs[i] = graph.Input(fmt.Sprintf("in%d", i), n.Dtype(), n.Shape()...)
		}
		u, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
			f := formula.For(in[1])
			_, _, u := l.parts(f, in[0], in[1], in[2:])
			return G.Nodes{u}, f.Err()
		}, specs...)
		if err != nil {
			return nil, err
		}
		if u, err = u.JVP(1); err != nil {
			return nil, err
		}
		if u, err = u.Select(1); err != nil {
			return nil, err
		}
		f, d := formula.For(z), z.Shape()[1]
		var sum *G.Node
		for i := range d {
			unit := make([]float64, d)
			unit[i] = 1
			along := append(slices.Clone(in), f.MulRow(g, f.Constant(z, unit, 1, d)))
			if f.Err() != nil {
				return nil, f.Err()
			}
			term := f.Columns(f.Keep(graph.Call(u, along...)), i, i+1)
			if sum == nil {
				sum = term
			} else {
				sum = f.Add(sum, term)
			}
		}
		return f.Result(sum)
	}, z)
}

// parts are f, g and u = (f − h)/g.
func (l Laws) parts(f *formula.F, t, z *G.Node, args G.Nodes) (post, g, u *G.Node) {
	post = f.Apply(within("posterior drift", t, l.Posterior, args), z)
	prior := f.Apply(within("prior drift", t, l.Prior, args), z)
	g = f.Apply(within("diffusion", t, l.Diffusion, args), z)
	return post, g, f.Div(f.Sub(post, prior), g)
}

// noise is the matrix of (g dW, u dW): g on the diagonal, and u in the row below, (B, d + 1, d).
func (l Laws) noise(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
	f, z, err := l.state(y)
	if err != nil {
		return nil, err
	}
	rows, d := z.Shape()[0], z.Shape()[1]
	_, g, u := l.parts(f, t, z, args)
	diagonal := make([]float64, d*d*d) // row i spreads component i
	for i := range d {
		diagonal[i*d*d+i*d+i] = 1
	}
	matrix := f.MatMul(g, f.Constant(y, diagonal, d, d*d))
	return f.Result(f.Reshape(f.Concat(matrix, u), rows, d+1, d))
}

// diffusion is (g, 0).
func (l Laws) diffusion(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
	f, z, err := l.state(y)
	if err != nil {
		return nil, err
	}
	g := f.Apply(within("diffusion", t, l.Diffusion, args), z)
	return f.Result(f.Concat(g, f.Fill(y, 0, y.Shape()[0], 1)))
}

// state is z of y = (z, kl).
func (l Laws) state(y *G.Node) (*formula.F, *G.Node, error) {
	f := formula.For(y)
	z := f.Columns(y, 0, y.Shape()[1]-1)
	return f, z, f.Err()
}

// within is a field at t that must keep the shape.
func within(role string, t *G.Node, field odeop.Field, args G.Nodes) func(z *G.Node) (*G.Node, error) {
	return func(z *G.Node) (*G.Node, error) {
		v, err := field(t, z, args...)
		switch {
		case err != nil:
			return nil, errors.WithMessage(err, role)
		case v == nil:
			return nil, errors.Errorf("the %s returned no node", role)
		case !slices.Equal(v.Shape(), z.Shape()):
			return nil, errors.Errorf("the %s has shape %v, want %v", role, v.Shape(), z.Shape())
		}
		return v, nil
	}
}
