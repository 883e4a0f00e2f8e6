package ude

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// Estimate is a free quantity with how certain it is. The interval holds 95 %: the estimate and 1.96 standard errors to
// either side, in the coordinate without bounds, so that it lies inside the bounds. Nil: the data do not determine it.
type Estimate struct {
	Name   string   `json:"name"` // NAME(0) is an initial value, sigma(NAME) the scale of a column's noise
	Value  float64  `json:"value"`
	StdErr *float64 `json:"std_err"`
	Low    *float64 `json:"low"`
	High   *float64 `json:"high"`
}

// information is the covariance of the unknowns.
type information struct {
	covariance *mat.SymDense // nil: the information is singular
	err        error
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
		e := Estimate{Name: x.name, Value: x.value(f.theta[i])}
		if c := f.fisher.covariance; c != nil {
			sd := math.Sqrt(c.At(i, i))
			a, b := x.value(f.theta[i]-quantile*sd), x.value(f.theta[i]+quantile*sd)
			s, low, high := sd*math.Abs(x.slope(f.theta[i])), math.Min(a, b), math.Max(a, b)
			if finite([]float64{s, low, high}) {
				e.StdErr, e.Low, e.High = &s, &low, &high
			}
		}
		out = append(out, e)
	}
	o := q.observations(q.rows)
	for i, sigma := range f.sigma {
		if sigma > 0 {
			relative := 1 / math.Sqrt(2*o.count[i])
			s, low, high := sigma*relative, sigma*math.Exp(-quantile*relative), sigma*math.Exp(quantile*relative)
			out = append(out, Estimate{fmt.Sprintf("sigma(%s)", q.series.Names[q.column[i]]), sigma, &s, &low, &high})
		}
	}
	return out, nil
}

// Correlation is that of the free parameters and initial values, in the order of Estimates; nil: the data do not
// determine them.
func (f *Fitted) Correlation() ([][]float64, error) {
	if err := f.inform(); err != nil || f.fisher.covariance == nil {
		return nil, err
	}
	c := f.fisher.covariance
	out := make([][]float64, len(f.problem.named))
	for i := range out {
		for j := range out {
			out[i] = append(out[i], c.At(i, j)/math.Sqrt(c.At(i, i)*c.At(j, j)))
		}
	}
	return out, nil
}

func (f *Fitted) inform() error {
	if f.fisher == nil {
		f.fisher = &information{}
		f.fisher.covariance, f.fisher.err = f.covariance()
	}
	return f.fisher.err
}

// covariance is the inverse of the information, nil where that is singular to the accuracy of the solves.
func (f *Fitted) covariance() (*mat.SymDense, error) {
	q := f.problem
	k := len(f.theta)
	jac, eta, err := f.jacobian()
	if err != nil {
		return nil, err
	}
	info := mat.NewSymDense(k, nil)
	o := q.observations(q.rows)
	for at, row := range jac {
		i := at % o.states
		if o.mask[at] == 0 {
			continue
		}
		w := 1.0
		if q.c.Noise == "poisson" {
			w = math.Exp(eta[at]) // η is ln λ: (∂λ)²/λ = λ (∂ ln λ)²
		} else {
			w = 1 / (f.sigma[i] * f.sigma[i])
		}
		info.SymRankOne(info, w, mat.NewVecDense(k, row))
	}
	for i := len(q.named); i < k; i++ {
		info.SetSym(i, i, info.At(i, i)+math.Max(q.c.Decay, 0))
	}
	// A diagonal of ones makes the condition one of correlations, not of units.
	d := make([]float64, k)
	for i := range d {
		if d[i] = math.Sqrt(info.At(i, i)); d[i] == 0 {
			return nil, nil
		}
	}
	for i := range k {
		for j := i; j < k; j++ {
			info.SetSym(i, j, info.At(i, j)/(d[i]*d[j]))
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(info) || chol.Cond() > 1e13 {
		return nil, nil
	}
	inverse := new(mat.SymDense)
	if err := chol.InverseTo(inverse); err != nil {
		return nil, nil
	}
	for i := range k {
		for j := i; j < k; j++ {
			inverse.SetSym(i, j, inverse.At(i, j)/(d[i]*d[j]))
		}
	}
	return inverse, nil
}

// jacobian is ∂η/∂θ, a row for each value, (rows × states), and η: a backward pass for each observed value.
func (f *Fitted) jacobian() (jac [][]float64, eta []float64, err error) {
	q := f.problem
	k, size := len(f.theta), q.rows*len(q.column)
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		ys, _, err := q.solve(in[0], horizon{rows: q.rows})
		if err == nil && q.c.Noise != "gaussian" {
			ys, _, err = q.logarithm(ys)
		}
		return G.Nodes{ys}, err
	}, graph.Input("theta", tensor.Float64, k))
	if err != nil {
		return nil, nil, errors.Wrap(err, "ude: derivatives of the solution")
	}
	if fn, err = fn.ValueVJP(); err != nil {
		return nil, nil, errors.Wrap(err, "ude: derivatives of the solution")
	}
	plan, err := graph.Compile[float64](fn)
	if err != nil {
		return nil, nil, errors.Wrap(err, "ude: derivatives of the solution")
	}
	o := q.observations(q.rows)
	eta, w := make([]float64, size), make([]float64, size)
	jac = make([][]float64, size)
	for at := range jac {
		if o.mask[at] == 0 {
			continue
		}
		jac[at] = make([]float64, k)
		w[at] = 1
		if err := plan.Run([][]float64{f.theta, w}, [][]float64{eta, jac[at]}); err != nil {
			return nil, nil, errors.Wrap(err, "ude: derivatives of the solution")
		}
		w[at] = 0
	}
	return jac, eta, nil
}
