package demo

import (
	"math"
	"math/rand/v2"
)

// The process is the toy of Kidger, Foster, Li, Oberhauser and Lyons 2021 (Neural SDEs as infinite-dimensional GANs, section
// 4): of Ornstein and Uhlenbeck with a drift that grows in time,
//
//	dy = (ρ t − κ y) dt + χ dW,   y(0) ~ U(−1, 1),   0 ≤ t ≤ 32
//
// It is seen at whole times. Given y(0) it is normal; its moments are those below.
const (
	driftingGrowth = 0.02 // ρ
	driftingRate   = 0.1  // κ; 1/κ is the correlation time
	driftingShake  = 0.4  // χ
	driftingEnd    = 32
)

// driftingMean is m of dm = (ρ t − κ m) dt with m(0) = 0.
func driftingMean(t float64) float64 {
	return driftingGrowth / driftingRate * (t + math.Expm1(-driftingRate*t)/driftingRate)
}

// driftingVariance is v of dv = (χ² − 2κ v) dt with v(0) = 1/3.
func driftingVariance(t float64) float64 {
	c := math.Exp(-2 * driftingRate * t)
	return c/3 + driftingShake*driftingShake/(2*driftingRate)*(1-c)
}

// driftingVariation is E Σ (y(k+1) − y(k))² over the whole times: by increments with the mean Δm and the variance
// v(k+1) + v(k) − 2 e^(−κ) v(k).
func driftingVariation() (sum float64) {
	for k := range driftingEnd {
		a, b := float64(k), float64(k+1)
		dm := driftingMean(b) - driftingMean(a)
		sum += dm*dm + driftingVariance(b) + driftingVariance(a)*(1-2*math.Exp(-driftingRate))
	}
	return sum
}

// driftingCorrelation is that of two times with a lag between them, the mean over those from correlatedFrom on: the
// covariance of y(k) and y(k+lag) is v(k) e^(−κ lag).
func driftingCorrelation(lag int) (mean float64) {
	n := driftingEnd + 1 - lag - correlatedFrom
	for k := correlatedFrom; k+lag <= driftingEnd; k++ {
		ratio := driftingVariance(float64(k)) / driftingVariance(float64(k+lag))
		mean += math.Exp(-driftingRate*float64(lag)) * math.Sqrt(ratio) / float64(n)
	}
	return mean
}

// driftingDensity is that of y(t), the sum of c u and a normal number of mean m and deviation s, u ~ U(−1, 1), c = e^(−κt).
func driftingDensity(t, y float64) float64 {
	c := math.Exp(-driftingRate * t)
	s := math.Sqrt(max(driftingVariance(t)-c*c/3, 0))
	m := driftingMean(t)
	below := func(x float64) float64 {
		if s == 0 {
			return math.Max(0, math.Copysign(1, x))
		}
		return math.Erfc(-x/(s*math.Sqrt2)) / 2
	}
	return (below(y-m+c) - below(y-m-c)) / (2 * c)
}

// driftingPaths draws n of them, [path][time], by the law of y(k+1) given y(k).
func driftingPaths(seed uint64, n int) [][]float64 {
	rng := rand.New(rand.NewPCG(seed, 0x67616e))
	c := math.Exp(-driftingRate)
	noise := math.Sqrt(driftingShake * driftingShake / (2 * driftingRate) * (1 - c*c))
	paths := make([][]float64, n)
	for i := range paths {
		y := 2*rng.Float64() - 1
		paths[i] = append(paths[i], y)
		for k := range driftingEnd {
			y = driftingMean(float64(k+1)) + c*(y-driftingMean(float64(k))) + noise*rng.NormFloat64()
			paths[i] = append(paths[i], y)
		}
	}
	return paths
}
