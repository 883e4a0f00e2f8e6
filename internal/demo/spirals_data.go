package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gorgonode/layers/series"
)

// The spirals are those of torchdiffeq's examples/latent_ode.py, for the paper of Chen et al. (2018) does not give its own:
// two curves (r cos φ, r sin φ) at 500 evenly spaced θ from 0 to 6π, with
//
//	clockwise          φ = 6π + 1 − θ,   r = 15/φ,     moved by −5 along x
//	counter-clockwise  φ = θ,            r = 0.3 θ,    moved by  5 along x
//
// A window of 100 neighbouring points is a series; noise has a standard deviation of 0.3 in both coordinates.
const (
	spiralPoints = 500
	spiralWindow = 100
	spiralNoise  = 0.3
	spiralStep   = 6 * math.Pi / (spiralPoints - 1) // of θ, which is the time
)

// spiral is one of them.
type spiral struct {
	first     int // point of the window's first
	clockwise bool
	observed  []int        // of the window's points, increasing
	noisy     [][2]float64 // all points of the window and as many behind them, with noise
}

// truth is point i of the window, or behind it.
func (s *spiral) truth(i int) [2]float64 {
	theta := float64(s.first+i) * spiralStep
	phi, r, middle := theta, 0.3*theta, 5.
	if s.clockwise {
		phi = 6*math.Pi + 1 - theta
		r, middle = 15/phi, -5
	}
	return [2]float64{r*math.Cos(phi) + middle, r * math.Sin(phi)}
}

func spiralTime(i int) float64 { return float64(i) * spiralStep }

// spirals are n of them, half of each kind, with so many observed points each. The windows begin at points that are drawn
// evenly from 100 to before last.
func spirals(seed uint64, n, observed, last int) []*spiral {
	rng := rand.New(rand.NewPCG(seed, 0x73706972))
	var all []*spiral
	for k := range n {
		s := &spiral{clockwise: k%2 == 0, first: spiralWindow + rng.IntN(last-spiralWindow)}
		s.observed = rng.Perm(spiralWindow)[:observed]
		slices.Sort(s.observed)
		for i := range 2 * spiralWindow {
			x := s.truth(i)
			s.noisy = append(s.noisy, [2]float64{x[0] + spiralNoise*rng.NormFloat64(), x[1] + spiralNoise*rng.NormFloat64()})
		}
		all = append(all, s)
	}
	return all
}

// spiralSet are the observed points as series, at times from the window's first point on.
func spiralSet(all []*spiral) *series.Set {
	set := &series.Set{Name: "spirals", Channels: []string{"x", "y"}}
	for k, s := range all {
		one := &series.Series{ID: fmt.Sprintf("spiral %d", k)}
		for _, i := range s.observed {
			one.Times = append(one.Times, spiralTime(i))
			one.Values = append(one.Values, slices.Clone(s.noisy[i][:]))
		}
		set.Series = append(set.Series, one)
	}
	return set
}
