package layers

import (
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// Basis is a set of functions of time φ_1, …, φ_K for a [GalerkinLinear]: [Polynomial], [Chebyshev], [Fourier],
// [PiecewiseConstant] and [RadialBasis].
type Basis interface {
	size() int
	check(dt tensor.Dtype) error
	params() []*graph.Param
	// values are φ_k(t), (1, K), of a time of shape ().
	values(f *formula.F, t *G.Node) *G.Node
}

// fixedBasis has nothing to train.
type fixedBasis struct{}

func (fixedBasis) params() []*graph.Param { return nil }

type polynomial struct {
	fixedBasis
	degree int
}

// Polynomial is 1, t, …, tⁿ. Of degree 0 it is a constant, and the layer a Linear.
func Polynomial(degree int) Basis { return polynomial{degree: degree} }

func (p polynomial) size() int { return p.degree + 1 }

func (p polynomial) check(tensor.Dtype) error { return checkDegree("polynomial", p.degree) }

func checkDegree(name string, degree int) error {
	if degree < 0 {
		return errors.Errorf("%s basis: degree %d is negative", name, degree)
	}
	return nil
}

func (p polynomial) values(f *formula.F, t *G.Node) *G.Node {
	t = f.Reshape(t, 1, 1)
	phi := G.Nodes{f.Constant(t, []float64{1}, 1, 1)}
	for len(phi) <= p.degree {
		phi = append(phi, f.Mul(phi[len(phi)-1], t))
	}
	return f.Concat(phi...)
}

type chebyshev struct {
	fixedBasis
	degree int
	t0, t1 float64
}

// Chebyshev is T_0(s), …, T_n(s) of s = (2t − t₀ − t₁)/(t₁ − t₀), the Chebyshev polynomials on [t₀, t₁], which stay
// within ±1 there and, unlike powers, do not come to look alike.
func Chebyshev(degree int, t0, t1 float64) Basis { return chebyshev{degree: degree, t0: t0, t1: t1} }

func (c chebyshev) size() int { return c.degree + 1 }

func (c chebyshev) check(tensor.Dtype) error {
	if err := checkDegree("chebyshev", c.degree); err != nil {
		return err
	}
	return checkSpan("chebyshev", c.t0, c.t1)
}

func checkSpan(name string, t0, t1 float64) error {
	if !finite(t0) || !finite(t1) || !(t0 < t1) {
		return errors.Errorf("%s basis: from %g to %g, want finite times in this order", name, t0, t1)
	}
	return nil
}

// values follow the recurrence T_{k+1} = 2s T_k − T_{k−1}.
func (c chebyshev) values(f *formula.F, t *G.Node) *G.Node {
	s := f.Mul(f.Number(2/(c.t1-c.t0)), f.Sub(f.Reshape(t, 1, 1), f.Number((c.t0+c.t1)/2)))
	phi := G.Nodes{f.Constant(t, []float64{1}, 1, 1), s}
	for k := 1; k < c.degree; k++ {
		phi = append(phi, f.Sub(f.Mul(f.Mul(f.Number(2), s), phi[k]), phi[k-1]))
	}
	return f.Concat(phi[:c.degree+1]...)
}

type fourier struct {
	fixedBasis
	harmonics int
	period    float64
}

// Fourier is 1, cos ωt, sin ωt, …, cos nωt, sin nωt with ω = 2π/period.
func Fourier(harmonics int, period float64) Basis {
	return fourier{harmonics: harmonics, period: period}
}

func (b fourier) size() int { return 2*b.harmonics + 1 }

func (b fourier) check(tensor.Dtype) error {
	if !(b.period > 0) || !finite(b.period) {
		return errors.Errorf("fourier basis: a period of %g, want it finite and positive", b.period)
	}
	return checkDegree("fourier", b.harmonics)
}

func (b fourier) values(f *formula.F, t *G.Node) *G.Node {
	t = f.Reshape(t, 1, 1)
	phi := G.Nodes{f.Constant(t, []float64{1}, 1, 1)}
	for k := 1; k <= b.harmonics; k++ {
		angle := f.Mul(f.Number(2*math.Pi*float64(k)/b.period), t)
		phi = append(phi, f.Apply(G.Cos, angle), f.Apply(G.Sin, angle))
	}
	return f.Concat(phi...)
}

type piecewiseConstant struct {
	fixedBasis
	borders []float64
}

// PiecewiseConstant has a function for each piece of time, 1 there and 0 elsewhere: before the first border, from it on to
// the second, and so on. Weights jump at the borders, where a solve under error control should stop: give it
// odeop.Settings(solvers.Settings{Jumps: borders}).
func PiecewiseConstant(borders ...float64) Basis {
	return piecewiseConstant{borders: append([]float64(nil), borders...)}
}

func (p piecewiseConstant) size() int { return len(p.borders) + 1 }

func (p piecewiseConstant) check(tensor.Dtype) error {
	for i, b := range p.borders {
		if !finite(b) || i > 0 && !(p.borders[i-1] < b) {
			return errors.Errorf("piecewise constant basis: the borders %v do not ascend", p.borders)
		}
	}
	return nil
}

// values are the differences of steps, 1 ≥ θ(t − b_1) ≥ θ(t − b_2) ≥ ….
func (p piecewiseConstant) values(f *formula.F, t *G.Node) *G.Node {
	t = f.Reshape(t, 1, 1)
	before := f.Constant(t, []float64{1}, 1, 1)
	var phi G.Nodes
	for _, b := range p.borders {
		after := f.Compare(G.Gte, t, f.Number(b))
		phi = append(phi, f.Sub(before, after))
		before = after
	}
	return f.Concat(append(phi, before)...)
}

// RadialBasis is φ_k(t) = exp(−((t − c_k)/w_k)²/2) with trainable centres c_k and widths w_k.
type RadialBasis struct{ centres, logWidths *graph.Param }

// NewRadialBasis makes n ≥ 2 functions, whose centres begin evenly spaced from t0 to t1 and whose widths as the space
// between two. The parameters are name.centres and name.logwidths. Options: WithDtype.
func NewRadialBasis(name string, n int, t0, t1 float64, opts ...Option) (*RadialBasis, error) {
	c, err := configure("radial basis", opts, "WithDtype")
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, errors.New("layers: a radial basis needs a name")
	}
	if n < 2 {
		return nil, errors.Errorf("layers: radial basis of %d functions, want at least 2", n)
	}
	if err := checkSpan("radial", t0, t1); err != nil {
		return nil, errors.WithMessage(err, "layers")
	}
	space := (t1 - t0) / float64(n-1)
	centres := make([]float64, n)
	for i := range centres {
		centres[i] = t0 + space*float64(i)
	}
	b := &RadialBasis{}
	if b.centres, err = graph.NewParam(name+".centres", graph.Values(centres), c.dtype, n); err != nil {
		return nil, errors.WithMessage(err, "layers")
	}
	b.logWidths, err = graph.NewParam(name+".logwidths", graph.Fill(math.Log(space)), c.dtype, n)
	return b, errors.WithMessage(err, "layers")
}

func (b *RadialBasis) size() int { return b.centres.Size() }

func (b *RadialBasis) check(dt tensor.Dtype) error {
	if b.centres.Dtype() != dt {
		return errors.Errorf("radial basis: its parameters are %v, and the weights are %v", b.centres.Dtype(), dt)
	}
	return nil
}

func (b *RadialBasis) params() []*graph.Param { return []*graph.Param{b.centres, b.logWidths} }

func (b *RadialBasis) values(f *formula.F, t *G.Node) *G.Node {
	g, n := t.Graph(), b.size()
	z := f.Mul(f.Sub(t, b.centres.In(g)), f.Apply(G.Exp, f.Neg(b.logWidths.In(g))))
	return f.Reshape(f.Apply(G.Exp, f.Mul(f.Number(-0.5), f.Apply(G.Square, z))), 1, n)
}
