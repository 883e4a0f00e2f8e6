package ude

import (
	"fmt"
	"math"
)

// Status says how much the data tell about a free quantity.
type Status string

// The statuses of an Estimate.
const (
	// Determined has a standard error and an interval.
	Determined Status = "determined"
	// NotDetermined can be changed, together with others or alone, without a change of the model at the data.
	NotDetermined Status = "not determined"
	// AtBound lies at a bound of its range, and the likelihood would be greater beyond. How certain it is would be the
	// matter of one side alone, which a Profile has. The standard errors of the others hold it there.
	AtBound Status = "at its bound"
)

// Estimate is a free quantity with how certain it is. The interval holds 95 %: the estimate and 1.96 standard errors to
// either side, in the coordinate without bounds, so that it lies inside the bounds. Of an estimate that lies nearer to a
// bound than a hundredth of its range and than its standard error, the interval is that of the value itself, cut off at the
// bounds.
type Estimate struct {
	Name   string   `json:"name"` // NAME(0) is an initial value, sigma(NAME) the scale of a column's noise
	Value  float64  `json:"value"`
	Status Status   `json:"status"`
	StdErr *float64 `json:"std_err"` // nil, as the ends, unless Determined
	Low    *float64 `json:"low"`
	High   *float64 `json:"high"`
}

// quantile is that of the normal distribution for 95 % in the middle.
const quantile = 1.959963984540054

// Estimates are the free parameters and initial values and then the scales of noise. Standard errors are from the
// inverse of the Fisher information, Σ_k ∂η_k ∂η_kᵀ/σ_k² over all values, with η the states (Gaussian noise), their
// logarithms (lognormal), or with 1/λ_k in place of 1/σ_k² (Poisson); the decay of weights is a normal prior there.
// Weights take part in it: what a network could do instead makes a parameter uncertain.
func (f *Fitted) Estimates() ([]Estimate, error) {
	if err := f.inform(); err != nil {
		return nil, err
	}
	q := f.problem
	var out []Estimate
	for i, x := range q.named {
		out = append(out, f.fisher.estimate(i, x, f.theta[i]))
	}
	o := q.observations(q.rows)
	for i, sigma := range f.sigma {
		if sigma > 0 {
			relative := 1 / math.Sqrt(2*o.count[i])
			s, low, high := sigma*relative, sigma*math.Exp(-quantile*relative), sigma*math.Exp(quantile*relative)
			out = append(out, Estimate{fmt.Sprintf("sigma(%s)", q.series.Names[q.column[i]]), sigma, Determined, &s, &low, &high})
		}
	}
	return out, nil
}

// estimate is that of the unknown x, the i-th, at the coordinate u.
func (n *information) estimate(i int, x unknown, u float64) Estimate {
	e := Estimate{Name: x.name, Value: x.value(u), Status: n.status[i]}
	if e.Status != Determined {
		return e
	}
	s := math.Sqrt(n.covariance.At(i, i))
	var low, high float64
	if b, near := x.near(u); near && s > b.distance {
		low, high = math.Max(e.Value-quantile*s, x.free.Low), math.Min(e.Value+quantile*s, x.free.High)
	} else {
		width := quantile * s / math.Abs(x.slope(u))
		low, high = x.value(u-width), x.value(u+width)
		low, high = math.Min(low, high), math.Max(low, high)
	}
	if !finite([]float64{s, low, high}) {
		e.Status = NotDetermined
		return e
	}
	e.StdErr, e.Low, e.High = &s, &low, &high
	return e
}

// Correlation is that of the free parameters and initial values, in the order of Estimates; NaN for those that are not
// Determined.
func (f *Fitted) Correlation() ([][]float64, error) {
	if err := f.inform(); err != nil {
		return nil, err
	}
	n := f.fisher
	out := make([][]float64, len(f.problem.named))
	for i := range out {
		out[i] = make([]float64, len(out))
		for j := range out {
			out[i][j] = math.NaN()
			if n.status[i] == Determined && n.status[j] == Determined {
				out[i][j] = n.covariance.At(i, j) / math.Sqrt(n.covariance.At(i, i)*n.covariance.At(j, j))
			}
		}
	}
	return out, nil
}
