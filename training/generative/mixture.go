package generative

import (
	"math"
	"slices"

	"gorgonode/training/seriesdata"
)

// mixture is the distribution of what would be measured: a normal one around each of K draws, with one standard deviation.
// Its quantiles are exact, so that no more noise comes in than the draws have.
type mixture struct {
	means []float64
	sigma float64
}

func (m mixture) mean() float64 {
	sum := 0.0
	for _, v := range m.means {
		sum += v
	}
	return sum / float64(len(m.means))
}

// cdf is (1/K) Σ_k Φ((x − x_k)/σ).
func (m mixture) cdf(x float64) float64 {
	sum := 0.0
	for _, v := range m.means {
		sum += math.Erfc((v - x) / (m.sigma * math.Sqrt2))
	}
	return sum / (2 * float64(len(m.means)))
}

// quantile is where the cdf is p, 0 < p < 1, by bisection. It lies between the p-quantiles of the outermost components.
func (m mixture) quantile(p float64) float64 {
	z := m.sigma * math.Sqrt2 * math.Erfinv(2*p-1)
	low, high := slices.Min(m.means)+z, slices.Max(m.means)+z
	for high-low > 1e-10*m.sigma {
		mid := low + (high-low)/2
		if mid == low || mid == high {
			break
		}
		if m.cdf(mid) < p {
			low = mid
		} else {
			high = mid
		}
	}
	return low + (high-low)/2
}

// residuals are of values that the encoder did not see.
type residuals struct {
	scaling        *seriesdata.Scaling
	squares, count []float64 // of each channel, in the scale of training
	within         float64   // in the band
}

func newResiduals(s *seriesdata.Scaling) *residuals {
	return &residuals{scaling: s, squares: make([]float64, len(s.Channels)), count: make([]float64, len(s.Channels))}
}

// add takes a group whose times are those of the rows.
func (r *residuals) add(g group) {
	b, d := g.whole, len(r.scaling.Channels)
	draws := make([]float64, 0, g.paths.samples)
	for i := range b.IDs {
		for j := range b.Lengths[i] {
			for k := range d {
				at := (i*b.Steps+j)*d + k
				if b.Mask[at] == 0 || g.seen.Mask[at] == 1 {
					continue
				}
				m := mixture{g.paths.at(i, j, k, draws), g.paths.sigma[k]}
				e := b.Values[at] - m.mean()
				r.squares[k] += e * e
				r.count[k]++
				if p := m.cdf(b.Values[at]); p >= (1-band)/2 && p <= (1+band)/2 {
					r.within++
				}
			}
		}
	}
}

func (r *residuals) measure(m Metrics) {
	squares, count := 0.0, 0.0
	for k, a := range r.scaling.Channels {
		if r.count[k] == 0 {
			continue
		}
		squares, count = squares+r.squares[k], count+r.count[k]
		m["rmse "+a.Name] = a.Scale * math.Sqrt(r.squares[k]/r.count[k])
	}
	if count > 0 {
		m["scaled_rmse"], m["coverage"] = math.Sqrt(squares/count), r.within/count
	}
}
