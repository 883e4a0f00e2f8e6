package layers

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// Hypersolver solves y′ = f(t, y) by few steps of a simple method of order p, whose error a network g has learned (Poli
// et al. 2020, Hypersolvers: toward fast continuous-depth models):
//
//	y_{k+1} = y_k + h ψ(t_k, y_k) + h^{p+1} g(t_k, (y_k, f(t_k, y_k)))
//
// where ψ is f itself with Euler's method, and the mean of two slopes with Heun's. y is (…, d); g makes (…, d) of (…,
// 2d), the state and its rate in the last axis. Where g errs by δ on the local error, the method errs by O(δhᵖ): the
// order is kept, and its constant is as small as g has learned. Train f first, by an ODEBlock, then g alone by
// [Hypersolver.ResidualLoss], with the parameters of g.
type Hypersolver struct {
	field, correction Layer
	order             int
	t0, t1            float64
	steps             int
}

// NewHyperEuler is Euler's method with a correction, in so many steps from t0 to t1: p = 1, and f is evaluated once a step.
func NewHyperEuler(f, g Layer, t0, t1 float64, steps int) (*Hypersolver, error) {
	return newHypersolver(f, g, 1, t0, t1, steps)
}

// NewHyperHeun is Heun's method with a correction: p = 2, and f is evaluated twice a step.
func NewHyperHeun(f, g Layer, t0, t1 float64, steps int) (*Hypersolver, error) {
	return newHypersolver(f, g, 2, t0, t1, steps)
}

func newHypersolver(f, g Layer, order int, t0, t1 float64, steps int) (*Hypersolver, error) {
	h := &Hypersolver{f, g, order, t0, t1, steps}
	switch {
	case f == nil || g == nil:
		return nil, errors.Errorf("layers: %v: a layer is nil", h)
	case steps < 1:
		return nil, errors.Errorf("layers: %v: want at least 1", h)
	case !finite(t0) || !finite(t1) || t0 == t1:
		return nil, errors.Errorf("layers: %v: from %g to %g, want two finite times", h, t0, t1)
	}
	return h, nil
}

func (h *Hypersolver) String() string {
	return fmt.Sprintf("hypersolver of order %d in %d steps", h.order, h.steps)
}

// Params implements [Layer]: those of the field and of the correction.
func (h *Hypersolver) Params() []*graph.Param { return paramsOf(h.field, h.correction) }

// times are where the steps begin.
func (h *Hypersolver) times() (ts []float64, size float64) {
	size = (h.t1 - h.t0) / float64(h.steps)
	ts = make([]float64, h.steps)
	for i := range ts {
		ts[i] = h.t0 + float64(i)*size
	}
	return ts, size
}

// parts are ψ and g at a time and a state.
func (h *Hypersolver) parts(f *formula.F, t, y *G.Node, size float64) (slope, correction *G.Node, err error) {
	rate := func(t, y *G.Node) (*G.Node, error) {
		k, err := forward(h.field, t, y)
		if err == nil && !slices.Equal(k.Shape(), y.Shape()) {
			err = errors.Errorf("the field returned shape %v, and y has shape %v", k.Shape(), y.Shape())
		}
		return k, err
	}
	k, err := rate(t, y)
	if err != nil {
		return nil, nil, err
	}
	slope = k
	if h.order == 2 {
		end := f.Add(y, f.Mul(f.Number(size), k))
		t1 := f.Add(t, f.Number(size))
		if f.Err() != nil {
			return nil, nil, f.Err()
		}
		k2, err := rate(t1, end)
		if err != nil {
			return nil, nil, err
		}
		slope = f.Mul(f.Number(0.5), f.Add(k, k2))
	}
	state := f.Concat(y, k)
	if f.Err() != nil {
		return nil, nil, f.Err()
	}
	correction, err = forward(h.correction, t, state)
	if err == nil && !slices.Equal(correction.Shape(), y.Shape()) {
		err = errors.Errorf("the correction makes shape %v of %v, want %v", correction.Shape(), state.Shape(), y.Shape())
	}
	return slope, correction, err
}

// Forward implements [Layer]: the state at the last time, of x's shape.
func (h *Hypersolver) Forward(x *G.Node) (*G.Node, error) {
	if err := checkInput(h.String(), x, 1); err != nil {
		return nil, err
	}
	ts, size := h.times()
	times, err := graph.Constant(x, ts, len(ts))
	if err != nil {
		return nil, errors.WithMessagef(err, "layers: %v", h)
	}
	y, err := graph.ScanFinal(func(in ...*G.Node) (G.Nodes, error) {
		f := formula.For(x)
		slope, g, err := h.parts(f, in[1], in[0], size)
		if err != nil {
			return nil, err
		}
		y := f.Add(in[0], f.Mul(f.Number(size), slope))
		y, err = f.Result(f.Add(y, f.Mul(f.Number(math.Pow(size, float64(h.order+1))), g)))
		return G.Nodes{y}, err
	}, x, G.Nodes{times})
	return y, errors.WithMessagef(err, "layers: %v", h)
}

// ResidualLoss is the mean over steps and examples (the first axis of x; a vector is one) of ‖R − g‖², where
//
//	R_k = (y(t_{k+1}) − y(t_k) − h ψ(t_k, y(t_k)))/h^{p+1}
//
// is the scaled local error along the exact solution from x (Poli et al. 2020), which is solved by
// solvers.Dopri5{} to a relative tolerance of 1e-8 (1e-5 for float32) or as the options say. The tolerance should be
// well below the h^{p+1} by which R is scaled.
func (h *Hypersolver) ResidualLoss(x *G.Node, opts ...odeop.Option) (*G.Node, error) {
	if err := checkInput(h.String(), x, 1); err != nil {
		return nil, err
	}
	ts, size := h.times()
	tol := odeop.Tolerance(1e-8, 1e-10)
	if x.Dtype() != G.Float64 {
		tol = odeop.Tolerance(1e-5, 1e-7)
	}
	block, err := NewODEBlock(h.field, nil, append([]odeop.Option{odeop.Method(solvers.Dopri5{}), tol}, opts...)...)
	if err != nil {
		return nil, err
	}
	ys, err := block.Trajectory(x, append(ts, h.t1))
	if err != nil {
		return nil, err
	}
	n := 1
	if x.Dims() > 1 {
		n = x.Shape()[0]
	}
	var seq G.Nodes
	for _, from := range []int{0, 1} {
		part, err := graph.Slice(ys, G.S(from, from+h.steps))
		if err != nil {
			return nil, errors.WithMessagef(err, "layers: %v", h)
		}
		seq = append(seq, part)
	}
	times, err := graph.Constant(x, ts, len(ts))
	if err != nil {
		return nil, errors.WithMessagef(err, "layers: %v", h)
	}
	zero, err := graph.Constant(x, []float64{0}, 1)
	if err != nil {
		return nil, errors.WithMessagef(err, "layers: %v", h)
	}
	loss, err := graph.ScanFinal(func(in ...*G.Node) (G.Nodes, error) {
		f := formula.For(x)
		sum, y, next, t := in[0], in[1], in[2], in[3]
		slope, g, err := h.parts(f, t, y, size)
		if err != nil {
			return nil, err
		}
		local := f.Sub(f.Sub(next, y), f.Mul(f.Number(size), slope))
		miss := f.Sub(f.Mul(f.Number(math.Pow(size, -float64(h.order+1))), local), g)
		square := f.Reshape(f.Sum(f.Apply(G.Square, miss)), 1)
		sum, err = f.Result(f.Add(sum, f.Mul(f.Number(1/float64(n*h.steps)), square)))
		return G.Nodes{sum}, err
	}, zero, append(seq, times))
	if err != nil {
		return nil, errors.WithMessagef(err, "layers: %v", h)
	}
	loss, err = graph.Element(loss, 0)
	return loss, errors.WithMessagef(err, "layers: %v", h)
}

var _ Layer = (*Hypersolver)(nil)
