package ude

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// The scale of noise of greatest likelihood, σ² = S/n, is too small, for the model has moved towards the data. With the
// covariance C of the estimates the residuals of a linear model have the sum of squares
//
//	E S_i = σ_i² (n_i − h_i),   h_i = Σ_k ∂η_kᵀ C ∂η_k/σ_i² over the values of column i,
//
// and errors are told by S_i/(n_i − h_i), which has no bias, with as many degrees of freedom. The h_i add up to the number
// of unknowns that are determined; a weight under decay counts for as much as the data say of it (MacKay, "Bayesian
// interpolation", Neural Computation 4, 1992). An estimate that columns of unlike noise determine has degrees of freedom
// in between (Satterthwaite, Biometrics Bulletin 2, 1946).

// leastFreedom is from where on degrees of freedom are any: a half, between none and one.
const leastFreedom = 0.5

// freedoms are the degrees of freedom n_i − h_i of each state, zero where there are none.
func (f *Fitted) freedoms(rows []sensitivity, inverse *mat.SymDense) []float64 {
	nu := f.problem.observations(f.problem.rows).count
	for _, r := range rows {
		s := f.sigma[r.state]
		nu[r.state] -= mat.Inner(r.slope, inverse, r.slope) / (s * s)
	}
	for i := range nu {
		if nu[i] < leastFreedom {
			nu[i] = 0
		}
	}
	return nu
}

// unbiased are the scales of noise that errors are told by, as they are where no degrees of freedom are left.
func (f *Fitted) unbiased(freedom []float64) []float64 {
	out := make([]float64, len(f.sigma))
	for i, n := range f.problem.observations(f.problem.rows).count {
		if out[i] = f.sigma[i]; freedom[i] > 0 {
			out[i] *= math.Sqrt(n / freedom[i])
		}
	}
	return out
}

// satterthwaite are the degrees of freedom C_aa²/Σ_i V_i²/ν_i of each unknown a, with V_i = Σ_k (C ∂η_k)_a²/σ_i² the part
// of its variance C_aa that the noise of column i makes.
func satterthwaite(rows []sensitivity, covariance *mat.SymDense, sigma, freedom []float64) []float64 {
	k := covariance.SymmetricDim()
	parts := mat.NewDense(k, len(sigma), nil)
	var moved mat.VecDense
	for _, r := range rows {
		moved.MulVec(covariance, r.slope)
		for a := range k {
			d := moved.AtVec(a) / sigma[r.state]
			parts.Set(a, r.state, parts.At(a, r.state)+d*d)
		}
	}
	const none = 1e-9 // in place of zero: rounding is no part
	nu := make([]float64, k)
	for a := range nu {
		whole, sum := covariance.At(a, a), 0.0
		for i, n := range freedom {
			v := parts.At(a, i) / whole
			sum += v * v / math.Max(n, none)
		}
		nu[a] = 1 / sum
	}
	return nu
}

// student is the quantile of Student's distribution for 95 % in the middle, infinite where there are no degrees of freedom,
// and the normal distribution's where there are infinitely many.
func student(freedom float64) float64 {
	switch {
	case !(freedom >= leastFreedom):
		return math.Inf(1)
	case freedom > 1e6: // the two differ by 2.4/freedom
		return quantile
	}
	return distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile(0.975)
}

// scaleInterval holds the scale of noise of S/ν = σ²: S over the quantiles of χ² with ν degrees of freedom.
func scaleInterval(sigma, freedom float64) (low, high float64) {
	chi := distuv.ChiSquared{K: freedom}
	return sigma * math.Sqrt(freedom/chi.Quantile(0.975)), sigma * math.Sqrt(freedom/chi.Quantile(0.025))
}

// threshold is by how much the cost rises to the ends of a 95 % interval of an unknown, where the others follow. With one
// column, a linear model and S₀ the least sum of squares, S/S₀ = 1 + t²/ν there, t Student's quantile, and the cost has
// risen by n/2 ln(1 + t²/ν) (Bates and Watts, "Nonlinear regression analysis and its applications", 1988, section 6.1). In
// general the factor by which the scales of noise without bias have raised the variance stands for n/ν.
func (f *Fitted) threshold(i int) float64 {
	n := f.fisher
	if n.sigma == nil {
		return quantile * quantile / 2
	}
	var nu, raised float64
	switch n.status[i] {
	case TooFewValues:
		return math.Inf(1)
	case Determined:
		nu, raised = n.freedom[i], n.covariance.At(i, i)/n.inverse.At(i, i)
	default:
		count := 0.0
		for j, c := range f.problem.observations(f.problem.rows).count {
			nu, count = nu+n.left[j], count+c
		}
		raised = count / nu
	}
	t := student(nu)
	if math.IsInf(t, 1) {
		return t
	}
	return raised * nu / 2 * math.Log1p(t*t/nu)
}
