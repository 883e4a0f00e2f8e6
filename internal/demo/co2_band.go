package demo

import (
	"math"
	"slices"
)

// rmse and coverage are of the weeks that are there.
func (b co2Band) rmse(x []float64) float64 {
	sum, n := 0., 0
	for i, v := range x {
		if !math.IsNaN(v) {
			sum += (v - b.mean[i]) * (v - b.mean[i])
			n++
		}
	}
	return math.Sqrt(sum / float64(n))
}

func (b co2Band) coverage(x []float64) float64 {
	in, n := 0, 0
	for i, v := range x {
		if !math.IsNaN(v) {
			n++
			if v >= b.mean[i]-b.below[i] && v <= b.mean[i]+b.above[i] {
				in++
			}
		}
	}
	return float64(in) / float64(n)
}

// factor is what the band must be widened by for 90 % of further weeks, like these ones, to be within: the ⌈0.9 (n + 1)⌉-th
// smallest of the errors in parts of the band (split conformal prediction, Lei et al. 2018, Distribution-free predictive
// inference for regression, section 2.2, with the scaled residuals of section 5.2).
func (b co2Band) factor(x []float64) float64 {
	var parts []float64
	for i, v := range x {
		if e := v - b.mean[i]; e > 0 {
			parts = append(parts, e/b.above[i])
		} else if e <= 0 {
			parts = append(parts, -e/b.below[i])
		}
	}
	if len(parts) == 0 {
		return 1
	}
	slices.Sort(parts)
	return parts[min(len(parts), int(math.Ceil(0.9*float64(len(parts)+1))))-1]
}

func (b co2Band) widened(factor float64) co2Band {
	out := co2Band{mean: b.mean}
	for i := range b.mean {
		out.below, out.above = append(out.below, factor*b.below[i]), append(out.above, factor*b.above[i])
	}
	return out
}

// plus is the band of the sum with something independent that has a normal distribution.
func (b co2Band) plus(mean, deviation []float64) co2Band {
	var out co2Band
	for i, m := range b.mean {
		d := co2Normal90 * deviation[i]
		out.mean = append(out.mean, m+mean[i])
		out.below, out.above = append(out.below, math.Hypot(b.below[i], d)), append(out.above, math.Hypot(b.above[i], d))
	}
	return out
}

// some are the places of a prediction.
func (b co2Band) some(places []int) co2Band {
	var out co2Band
	for _, i := range places {
		out.mean, out.below, out.above = append(out.mean, b.mean[i]), append(out.below, b.below[i]), append(out.above, b.above[i])
	}
	return out
}
