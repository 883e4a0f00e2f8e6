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
	// TooFewValues is what the model meets with hardly a value to spare, so that nothing says how large the noise is.
	TooFewValues Status = "too few values"
)

// Estimate is a free quantity with how certain it is. The interval holds 95 %: the estimate and as many standard errors to
// either side as Student's distribution has there, 1.96 for many data, in the coordinate without bounds, so that it lies
// inside the bounds. Of an estimate that lies nearer to a bound than a hundredth of its range and than its standard error,
// the interval is that of the value itself, cut off at the bounds.
//
// The scale of a column's noise is the root of S/ν, of the squares of residuals and the degrees of freedom that the unknowns
// leave of the values, and its interval that of S over the quantiles of χ². (The likelihood, and Summary.NLL, is with S/n.)
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
// logarithms (lognormal), or with λ_k in place of 1/σ_k² (Poisson); the decay of weights is a normal prior there.
// Weights take part in it: what a network could do instead makes a parameter uncertain. For models that are linear
// in the unknowns with one column the intervals are exact; for others as good as a line through the estimate.
func (f *Fitted) Estimates() ([]Estimate, error) {
	if err := f.inform(); err != nil {
		return nil, err
	}
	q := f.problem
	var out []Estimate
	for i, x := range q.named {
		out = append(out, f.fisher.estimate(i, x, f.theta[i]))
	}
	for i, sigma := range f.fisher.sigma {
		if sigma == 0 {
			continue
		}
		e := Estimate{Name: fmt.Sprintf("sigma(%s)", q.series.Names[q.column[i]]), Value: sigma, Status: TooFewValues}
		if freedom := f.fisher.left[i]; freedom > 0 {
			s := sigma / math.Sqrt(2*freedom)
			low, high := scaleInterval(sigma, freedom)
			e.Status, e.StdErr, e.Low, e.High = Determined, &s, &low, &high
		}
		out = append(out, e)
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
	half := student(n.freedom[i]) * s
	var low, high float64
	if b, near := x.near(u); near && s > b.distance {
		low, high = math.Max(e.Value-half, x.free.Low), math.Min(e.Value+half, x.free.High)
	} else {
		width := half / math.Abs(x.slope(u))
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
