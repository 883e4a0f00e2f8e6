package sdeop

import (
	"math"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/solvers/sde"
)

// draws choose the noise of a run.
type draws struct {
	path    uint32
	streams []uint32 // of the rows; nil: the whole batch is one motion
}

// whole is a number that counts.
func whole[T graph.Float](what string, v T) (uint32, error) {
	n := float64(v)
	if !(n >= 0 && n <= math.MaxUint32) || n != math.Trunc(n) {
		return 0, errors.Errorf("%s %g: it must be a whole number from 0 on", what, n)
	}
	return uint32(n), nil
}

// resolution of the noise, as a part of the whole time, or with streams of the time between two of the solve's. Two times
// that lie closer have no right increment between them (sde.Options), so no step but one that ends at a time of the solve
// may be shorter.
const resolution = 0x1p-20

// noise is the motion of a run: one for the whole time, or with streams one for each piece between two of the solve's
// times, a motion over [0, 1] whose increments are multiplied by √length.
type noise struct {
	draws
	seed   uint64
	times  []float64
	motion *sde.Brownian
	keys   []uint64
	piece  int // that the motion is of; −1 without streams
}

func (p *problem) newNoise(d draws) (*noise, error) {
	n := &noise{draws: d, seed: p.seed, times: p.times, piece: -1}
	o := sde.Options{Seed: p.seed, Path: d.path, LevyArea: p.method.Info().LevyArea, Resolution: resolution}
	from, to := p.times[0], p.times[len(p.times)-1]
	if d.streams != nil {
		from, to = 0, 1
		n.keys = make([]uint64, len(d.streams))
		o.Keys = n.keys
	}
	var err error
	n.motion, err = sde.NewBrownian(p.batch*p.motions, from, to, o)
	if err == nil {
		n.enter(0)
	}
	return n, err
}

// enter goes to the piece that begins at the k-th time.
func (n *noise) enter(k int) {
	if n.streams == nil || n.piece == k {
		return
	}
	n.piece = k
	for i, s := range n.streams {
		n.keys[i] = sde.Key(n.seed, uint64(s), uint64(k))
	}
	n.motion.Reset(n.path, n.keys...)
}

// increment writes that of [t, u] to dw, and the Lévy area to dh if it is not nil.
func (n *noise) increment(t, u float64, dw, dh []float64) error {
	if n.streams == nil {
		return n.motion.Increment(t, u, dw, dh)
	}
	begin, end := n.times[n.piece], n.times[n.piece+1]
	length := end - begin
	if err := n.motion.Increment((t-begin)/length, (u-begin)/length, dw, dh); err != nil {
		return err
	}
	root := math.Sqrt(length)
	for i := range dw {
		dw[i] *= root
	}
	for i := range dh {
		dh[i] *= root
	}
	return nil
}
