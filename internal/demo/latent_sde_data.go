package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gorgonode/layers/series"
)

// The process is that of Ornstein and Uhlenbeck, dz = a (m − z) dt + s dW, of which everything is known in closed form: it
// is normal with mean m and variance s²/2a, and its correlation over a time t is e^(−at). It begins as it goes on, and is
// seen at times that are drawn evenly from the window, with noise.
const (
	ouRate   = 1.0 // a; the correlation time is 1/a
	ouMean   = 0.5
	ouShake  = 0.8 // s
	ouNoise  = 0.2 // standard deviation of an observation around z
	ouWindow = 4.0
	ouRows   = 16
)

var ouDeviation = ouShake / math.Sqrt(2*ouRate)

// ouPath is a realisation: the observations, and z on a fine grid that goes on behind the window.
type ouPath struct {
	series *series.Series
	z      []float64 // at ouGrid(i)
}

const ouPerUnit = 8 // of the grid

func ouGrid(i int) float64 { return float64(i) / ouPerUnit }

// ouNext draws z after a time.
func ouNext(rng *rand.Rand, z, after float64) float64 {
	mean, variance := ouStep(z, 0, after)
	return mean + math.Sqrt(variance)*rng.NormFloat64()
}

// ouStep is the mean and the variance of z after a time, from those before.
func ouStep(mean, variance, after float64) (float64, float64) {
	c := math.Exp(-ouRate * after)
	return ouMean + c*(mean-ouMean), c*c*variance + ouDeviation*ouDeviation*(1-c*c)
}

// ouPaths draws n of them, on a grid to the given time.
func ouPaths(seed uint64, n int, end float64) []ouPath {
	rng := rand.New(rand.NewPCG(seed, 0x6f75))
	var all []ouPath
	for k := range n {
		times := []float64{0}
		for range ouRows - 1 {
			times = append(times, ouWindow*rng.Float64())
		}
		slices.Sort(times)
		p := ouPath{series: &series.Series{ID: fmt.Sprintf("path %d", k), Times: slices.Compact(times)}}
		at, z := 0.0, ouMean+ouDeviation*rng.NormFloat64()
		move := func(t float64) {
			if t > at {
				z, at = ouNext(rng, z, t-at), t
			}
		}
		next := 0
		for i := 0; ouGrid(i) <= end; i++ {
			for ; next < len(p.series.Times) && p.series.Times[next] <= ouGrid(i); next++ {
				move(p.series.Times[next])
				p.series.Values = append(p.series.Values, []float64{z + ouNoise*rng.NormFloat64()})
			}
			move(ouGrid(i))
			p.z = append(p.z, z)
		}
		all = append(all, p)
	}
	return all
}

func ouSet(all []ouPath) *series.Set {
	set := &series.Set{Name: "Ornstein–Uhlenbeck", Channels: []string{"x"}}
	for _, p := range all {
		set.Series = append(set.Series, p.series)
	}
	return set
}

// ouFilter is what the equations of the process itself know of a series: ln p of the observations, and the mean and the
// variance of z behind the last of them, at the given time (Kalman 1960, A new approach to linear filtering and prediction
// problems, in one dimension).
func ouFilter(s *series.Series, behind float64) (logLikelihood, mean, variance float64) {
	mean, variance = ouMean, ouDeviation*ouDeviation
	for i, t := range s.Times {
		if i > 0 {
			mean, variance = ouStep(mean, variance, t-s.Times[i-1])
		}
		off, total := s.Values[i][0]-mean, variance+ouNoise*ouNoise
		logLikelihood -= 0.5*off*off/total + 0.5*math.Log(2*math.Pi*total)
		gain := variance / total
		mean, variance = mean+gain*off, variance*(1-gain)
	}
	mean, variance = ouStep(mean, variance, behind-s.Times[len(s.Times)-1])
	return logLikelihood, mean, variance
}
