package flow

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
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
	return pair(operation(l.name, func(f *formula.F, in G.Nodes) G.Nodes {
		x := in[0]
		g := x.Graph()
		s := l.scale.In(g)
		// Rows are points, so every factor is transposed.
		lower, upper := l.strict(f, l.lower.In(g), true), l.strict(f, l.upper.In(g), false)
		v := f.Add(f.MatMul(x, f.Transpose(upper)), f.MulRow(x, f.Mul(f.Exp(s), f.Constant(x, l.sign, d))))
		v = f.Add(v, f.MatMul(v, f.Transpose(lower)))
		return G.Nodes{f.MatMul(v, f.Constant(x, l.permutation(false), d, d)), spread(f, f.Apply(sum, s), x.Shape()[0])}
	}, x))
}

// Inverse implements [Bijection]. It substitutes forward and backward, a column at a time.
func (l *InvertibleLinear) Inverse(z *G.Node) (x, logDet *G.Node, err error) {
	if err := checkBatch(l.name, z, l.dim, l.scale.Dtype()); err != nil {
		return nil, nil, err
	}
	d := l.dim
	return pair(operation(l.name+" inverse", func(f *formula.F, in G.Nodes) G.Nodes {
		z := in[0]
		g := z.Graph()
		s := f.Neg(l.scale.In(g))
		v := f.MatMul(z, f.Constant(z, l.permutation(true), d, d))
		cols := make(G.Nodes, d)
		lower := l.lower.In(g)
		for i := range d {
			cols[i] = minusDot(f, slice(f, v, nil, G.S(i)), cols[:i], slice(f, lower, G.S(i), G.S(0, max(i, 1))))
		}
		inv := f.Mul(f.Exp(s), f.Constant(z, l.sign, d))
		upper := l.upper.In(g)
		for i := d - 1; i >= 0; i-- {
			x := minusDot(f, cols[i], cols[i+1:], slice(f, upper, G.S(i), G.S(min(i+1, d-1), d)))
			cols[i] = f.MulRow(x, slice(f, inv, G.S(i)))
		}
		return G.Nodes{f.Concat(cols...), spread(f, f.Apply(sum, s), z.Shape()[0])}
	}, z))
}

// minusDot is v − Σ_j cols_j row_j, where v and cols_j are (B, 1) and row is (1, len(cols)).
func minusDot(f *formula.F, v *G.Node, cols G.Nodes, row *G.Node) *G.Node {
	if len(cols) == 0 {
		return v
	}
	return f.Sub(v, f.MatMul(f.Concat(cols...), f.Transpose(row)))
}

// strict is the part of m below or above its diagonal.
func (l *InvertibleLinear) strict(f *formula.F, m *G.Node, below bool) *G.Node {
	d := l.dim
	mask := make([]float64, d*d)
	for i := range d {
		for j := range d {
			if below && j < i || !below && j > i {
				mask[i*d+j] = 1
			}
		}
	}
	return f.Mul(m, f.Constant(m, mask, d, d))
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
