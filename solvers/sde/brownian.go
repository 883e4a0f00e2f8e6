package sde

import (
	"math"

	"github.com/pkg/errors"
)

// Options sets what a Brownian motion is. The zero value is ready.
type Options struct {
	// Seed and Path choose the path: paths of one seed with different numbers are independent.
	Seed uint64
	Path uint32
	// Keys cut the components into equal parts, one for each key, that are motions by themselves: what a part does is a
	// function of its key, which takes the place of Seed, and not of where it stands. See Key.
	Keys []uint64
	// LevyArea makes space–time Lévy areas too, for methods of strong order 1.5. The increments are then those of
	// another path.
	LevyArea bool
	// Resolution is the length, as a part of t1 − t0, down to which times are told apart without approximation. Two
	// times within one interval of this length have each the right distribution, given all else, but not the right one
	// together. At most 0.5; 0 means 2⁻²⁰. A finer one costs memory and time by its logarithm.
	Resolution float64
}

// Brownian is a Brownian motion W of independent components on [t0, t1], W(t0) = 0.
//
// The interval is halved again and again (a virtual Brownian tree: Li et al. 2020, Scalable gradients for stochastic
// differential equations, appendix E; with Lévy areas Jelinčič, Foster and Kidger 2024, Single-seed generation of
// Brownian paths and integrals for adaptive and high order SDE solvers). What lies on a half depends on its place in
// the tree and on the whole's increment. The way down to the newest time is kept, so that neighbouring times are found
// in a few steps. A Brownian is for one goroutine.
type Brownian struct {
	o      Options
	t0, t1 float64
	dim    int
	depth  int
	pieces []piece // pieces[l] has length (t1 − t0)/2ˡ
	known  int     // pieces[:known] are filled
	z1, z2 []float64
	a, b   state   // of the newest increment's ends
	end    float64 // the time of b; NaN: none
}

// piece is a dyadic interval [s, u] of the tree.
type piece struct {
	index  uint64    // s = t0 + index·length
	at     state     // at s
	w, h   []float64 // W(u) − W(s), and the space–time Lévy area of [s, u], nil without
	length float64
}

// state is W(t) and I(t) = ∫ W from t0 to t, which is nil without Lévy areas.
type state struct{ w, i []float64 }

// NewBrownian makes a motion of dim components. Memory is some numbers for each component and each halving, 20 of which
// the default resolution has.
func NewBrownian(dim int, t0, t1 float64, o Options) (*Brownian, error) {
	switch {
	case dim < 1 || dim > math.MaxUint32:
		return nil, errors.Errorf("sde: a Brownian motion of %d components", dim)
	case !(t0 < t1) || math.IsInf(t1-t0, 0):
		return nil, errors.Errorf("sde: a Brownian motion on [%g, %g]: the ends must be finite and increasing", t0, t1)
	case len(o.Keys) > 0 && dim%len(o.Keys) != 0:
		return nil, errors.Errorf("sde: %d keys for a Brownian motion of %d components", len(o.Keys), dim)
	case o.Resolution < 0 || o.Resolution > 0.5 || math.IsNaN(o.Resolution):
		return nil, errors.Errorf("sde: resolution %g: it must be in (0, 0.5], or 0 for the default", o.Resolution)
	}
	b := &Brownian{o: o, t0: t0, t1: t1, dim: dim, depth: 20}
	if o.Resolution > 0 {
		b.depth = min(int(math.Ceil(-math.Log2(o.Resolution))), 50)
	}
	array := func() []float64 { return make([]float64, dim) }
	newState := func() state {
		if o.LevyArea {
			return state{array(), array()}
		}
		return state{w: array()}
	}
	b.z1, b.a, b.b = array(), newState(), newState()
	if o.LevyArea {
		b.z2 = array()
	}
	b.pieces = make([]piece, b.depth+1)
	for l := range b.pieces {
		b.pieces[l] = piece{at: newState(), w: array(), length: math.Ldexp(t1-t0, -l)}
		if o.LevyArea {
			b.pieces[l].h = array()
		}
	}
	b.Reset(o.Path)
	return b, nil
}

// Reset goes over to another path of the seed, and with keys, of which there are as many as before, to those.
func (b *Brownian) Reset(path uint32, keys ...uint64) {
	b.o.Path = path
	if len(keys) == len(b.o.Keys) {
		b.o.Keys = keys
	}
	root := &b.pieces[0]
	b.normals(0, root.w, root.h)
	scale(root.w, math.Sqrt(root.length))
	if root.h != nil {
		scale(root.h, math.Sqrt(root.length/12))
	}
	b.known, b.end = 1, math.NaN()
}

func scale(x []float64, c float64) {
	for i := range x {
		x[i] *= c
	}
}

// Dim is the number of components.
func (b *Brownian) Dim() int { return b.dim }

// Increment writes W(u) − W(s) to dw and, if dh is not nil, to dh the space–time Lévy area
//
//	H = 1/(u−s) ∫ (W(r) − W(s) − (r−s)/(u−s) (W(u) − W(s))) dr   over [s, u],
//
// which is independent of the increment and has variance (u−s)/12. s ≤ u; times that lie outside of [t0, t1] by no more
// than rounding are held to it, others are an error, as is dh without Options.LevyArea. Over an empty interval both are
// 0.
func (b *Brownian) Increment(s, u float64, dw, dh []float64) error {
	switch {
	case len(dw) != b.dim || dh != nil && len(dh) != b.dim:
		return errors.Errorf("sde: increments of %d and %d components, and the motion has %d", len(dw), len(dh), b.dim)
	case dh != nil && !b.o.LevyArea:
		return errors.New("sde: the motion was made without Options.LevyArea")
	}
	s, err := b.inside(s)
	if err == nil {
		u, err = b.inside(u)
	}
	if err == nil && s > u {
		err = errors.Errorf("sde: an increment from %g back to %g", s, u)
	}
	if err != nil {
		return err
	}
	if s == b.end { // as it is from step to step
		b.a, b.b = b.b, b.a
	} else {
		b.find(s, b.a)
	}
	b.find(u, b.b)
	b.end = u
	for i := range dw {
		dw[i] = b.b.w[i] - b.a.w[i]
	}
	if dh == nil {
		return nil
	}
	if s == u {
		clear(dh)
		return nil
	}
	for i := range dh {
		// ∫ (W(r) − W(s)) dr = (u−s) (H + (W(u) − W(s))/2)
		dh[i] = (b.b.i[i]-b.a.i[i])/(u-s) - b.a.w[i] - dw[i]/2
	}
	return nil
}

// inside holds t to the interval, which rounding may have led it out of.
func (b *Brownian) inside(t float64) (float64, error) {
	slack := 8 * 0x1p-52 * max(math.Abs(b.t0), math.Abs(b.t1))
	if !(t >= b.t0-slack && t <= b.t1+slack) {
		return 0, errors.Errorf("sde: time %g is not in [%g, %g]", t, b.t0, b.t1)
	}
	return min(max(t, b.t0), b.t1), nil
}

// find writes the state at t to x.
func (b *Brownian) find(t float64, x state) {
	leaves := uint64(1) << b.depth
	leaf := min(uint64((t-b.t0)/(b.t1-b.t0)*float64(leaves)), leaves-1)
	l := 0
	for l+1 < b.known && b.pieces[l+1].index == leaf>>(b.depth-l-1) {
		l++
	}
	b.known = l + 1
	for ; l < b.depth; l++ {
		if p := &b.pieces[l]; t == b.start(p) {
			break // what is below begins with the same state
		}
		b.halve(l, leaf>>(b.depth-l-1))
	}
	p := &b.pieces[l]
	theta := min(max((t-b.start(p))/p.length, 0), 1)
	if theta == 0 {
		copy(x.w, p.at.w)
		copy(x.i, p.at.i)
		return
	}
	node := uint64(1)<<63 | p.index // of the leaf's bridge
	b.bridge(p, theta, node, x)
}

func (b *Brownian) start(p *piece) float64 { return b.t0 + float64(p.index)*p.length }
