package flow

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// InvertibleLinear is a matrix in its LU decomposition with a fixed permutation, the one-dimensional case of the invertible
// 1×1 convolution (Kingma and Dhariwal 2018, section 3.2, equations 10 and 11). With z and x as columns,
//
//	z = P L (U + diag(σ ⊙ eˢ)) x,   ln |det ∂z/∂x| = Σ s
//
// L is lower triangular with ones on its diagonal, U is strictly upper triangular, P and the signs σ stay as they are
// drawn. L and U are stored as full matrices of which the other part is passed by. They are called name.lower and
// name.upper, s name.logscale.
type InvertibleLinear struct {
	name                string
	dim                 int
	perm                []int // (P v)_i = v_{perm[i]}
	sign                []float64
	lower, upper, scale *graph.Param
}

// NewInvertibleLinear draws a random rotation of d columns and decomposes it.
func NewInvertibleLinear(rng *rand.Rand, name string, d int, dt tensor.Dtype) (*InvertibleLinear, error) {
	if err := checkNew("invertible linear", name, d, 1); err != nil {
		return nil, err
	}
	if rng == nil {
		return nil, errors.Errorf("flow: invertible linear %q needs a random generator", name)
	}
	rotation, err := graph.Orthogonal(rng, 1)(tensor.Shape{d, d})
	if err != nil {
		return nil, errors.WithMessagef(err, "flow: invertible linear %q", name)
	}
	l := &InvertibleLinear{name: name, dim: d, sign: make([]float64, d)}
	var lu mat.LU
	lu.Factorize(mat.NewDense(d, d, rotation))
	var lower, upper mat.TriDense
	lu.LTo(&lower)
	lu.UTo(&upper)
	l.perm = make([]int, d)
	for i, p := range lu.RowPivots(nil) {
		l.perm[p] = i
	}
	low, up, scale := make([]float64, d*d), make([]float64, d*d), make([]float64, d)
	for i := range d {
		for j := range i {
			low[i*d+j] = lower.At(i, j)
		}
		for j := i + 1; j < d; j++ {
			up[i*d+j] = upper.At(i, j)
		}
		l.sign[i] = math.Copysign(1, upper.At(i, i))
		scale[i] = math.Log(math.Abs(upper.At(i, i)))
	}
	for _, p := range []struct {
		to     **graph.Param
		suffix string
		values []float64
		shape  []int
	}{{&l.lower, ".lower", low, []int{d, d}}, {&l.upper, ".upper", up, []int{d, d}}, {&l.scale, ".logscale", scale, []int{d}}} {
		if *p.to, err = graph.NewParam(name+p.suffix, graph.Values(p.values), dt, p.shape...); err != nil {
			return nil, errors.WithMessagef(err, "flow: invertible linear %q", name)
		}
	}
	return l, nil
}

// Dim implements [Bijection].
func (l *InvertibleLinear) Dim() int { return l.dim }

// Params implements [Bijection].
func (l *InvertibleLinear) Params() []*graph.Param { return []*graph.Param{l.lower, l.upper, l.scale} }

// Forward implements [Bijection].
func (l *InvertibleLinear) Forward(x *G.Node) (z, logDet *G.Node, err error) {
	if err := checkBatch(l.name, x, l.dim, l.scale.Dtype()); err != nil {
		return nil, nil, err
	}
	d := l.dim
	return pair(operation(l.name, func(f *formula, in G.Nodes) G.Nodes {
		x := in[0]
		g := x.Graph()
		s := l.scale.In(g)
		// Rows are points, so every factor is transposed.
		lower, upper := l.strict(f, l.lower.In(g), true), l.strict(f, l.upper.In(g), false)
		v := f.add(f.prod(x, f.transpose(upper)), f.mulRow(x, f.mul(f.exp(s), f.constant(x, l.sign, d))))
		v = f.add(v, f.prod(v, f.transpose(lower)))
		return G.Nodes{f.prod(v, f.constant(x, l.permutation(false), d, d)), f.spread(f.unary(sum, s), x.Shape()[0])}
	}, x))
}

// Inverse implements [Bijection]. It substitutes forward and backward, a column at a time.
func (l *InvertibleLinear) Inverse(z *G.Node) (x, logDet *G.Node, err error) {
	if err := checkBatch(l.name, z, l.dim, l.scale.Dtype()); err != nil {
		return nil, nil, err
	}
	d := l.dim
	return pair(operation(l.name+" inverse", func(f *formula, in G.Nodes) G.Nodes {
		z := in[0]
		g := z.Graph()
		s := f.neg(l.scale.In(g))
		v := f.prod(z, f.constant(z, l.permutation(true), d, d))
		cols := make(G.Nodes, d)
		lower := l.lower.In(g)
		for i := range d {
			cols[i] = f.minusDot(f.slice(v, nil, G.S(i)), cols[:i], f.slice(lower, G.S(i), G.S(0, max(i, 1))))
		}
		inv := f.mul(f.exp(s), f.constant(z, l.sign, d))
		upper := l.upper.In(g)
		for i := d - 1; i >= 0; i-- {
			x := f.minusDot(cols[i], cols[i+1:], f.slice(upper, G.S(i), G.S(min(i+1, d-1), d)))
			cols[i] = f.mulRow(x, f.slice(inv, G.S(i)))
		}
		return G.Nodes{f.concat(cols), f.spread(f.unary(sum, s), z.Shape()[0])}
	}, z))
}

// minusDot is v − Σ_j cols_j row_j, where v and cols_j are (B, 1) and row is (1, len(cols)).
func (f *formula) minusDot(v *G.Node, cols G.Nodes, row *G.Node) *G.Node {
	if len(cols) == 0 {
		return v
	}
	return f.sub(v, f.prod(f.concat(cols), f.transpose(row)))
}

func (f *formula) concat(cols G.Nodes) *G.Node {
	if f.err != nil {
		return nil
	}
	if len(cols) == 1 {
		return cols[0]
	}
	return f.keep(G.Concat(1, slices.Clone(cols)...)) // a node keeps the slice of its children
}

func (f *formula) transpose(x *G.Node) *G.Node {
	return f.unary(func(x *G.Node) (*G.Node, error) { return G.Transpose(x) }, x)
}

// strict is the part of m below or above its diagonal.
func (l *InvertibleLinear) strict(f *formula, m *G.Node, below bool) *G.Node {
	d := l.dim
	mask := make([]float64, d*d)
	for i := range d {
		for j := range d {
			if below && j < i || !below && j > i {
				mask[i*d+j] = 1
			}
		}
	}
	return f.mul(m, f.constant(m, mask, d, d))
}

// permutation is the matrix M of z = v M for rows v: M = Pᵀ, or P for the way back.
func (l *InvertibleLinear) permutation(back bool) []float64 {
	d := l.dim
	m := make([]float64, d*d)
	for i, p := range l.perm {
		if back {
			m[i*d+p] = 1
		} else {
			m[p*d+i] = 1
		}
	}
	return m
}

var _ Bijection = (*InvertibleLinear)(nil)
