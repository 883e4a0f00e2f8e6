package ude

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/odefile"
)

// information is what the likelihood tells about the values of the named unknowns, and about the weights behind them: its
// slope, its expected curvature, and the inverse of that without the unknowns at bounds. The covariance of the estimates is
// such an inverse too, with the scales of noise of freedom.go in place of those of greatest likelihood.
type information struct {
	slope      []float64     // of the cost
	fisher     *mat.SymDense // all unknowns, those at bounds too
	inverse    *mat.SymDense
	covariance *mat.SymDense
	status     []Status  // of the named unknowns
	freedom    []float64 // of all unknowns, infinite where no scale of noise is estimated
	sigma      []float64 // of each state
	left       []float64 // of each state, the degrees of freedom of its scale
}

// inform fills f.fisher, once.
func (f *Fitted) inform() error {
	if f.fisher != nil {
		return nil
	}
	rows, err := f.sensitivities()
	if err != nil {
		return err
	}
	q := f.problem
	n := &information{}
	n.slope, n.fisher = f.curvature(rows, f.sigma)
	held := make([]bool, len(f.theta))
	for i, x := range q.named {
		if b, near := x.near(f.theta[i]); near {
			held[i] = b.active(n.slope[i], n.fisher.At(i, i))
		}
	}
	var undetermined []bool
	if n.inverse, undetermined, err = covariance(n.fisher, held); err != nil {
		return err
	}
	if q.c.Noise == "poisson" {
		n.covariance, n.freedom = n.inverse, slices.Repeat([]float64{math.Inf(1)}, len(f.theta))
	} else {
		n.left = f.freedoms(rows, n.inverse)
		n.sigma = f.unbiased(n.left)
		_, corrected := f.curvature(rows, n.sigma)
		if n.covariance, _, err = covariance(corrected, held); err != nil {
			return err
		}
		n.freedom = satterthwaite(rows, n.covariance, n.sigma, n.left)
	}
	n.status = make([]Status, len(q.named))
	for i := range n.status {
		switch {
		case held[i]:
			n.status[i] = AtBound
		case undetermined[i]:
			n.status[i] = NotDetermined
		case !(n.freedom[i] >= leastFreedom):
			n.status[i] = TooFewValues
		default:
			n.status[i] = Determined
		}
	}
	f.fisher = n
	return nil
}

// curvature are the slope Σ_k w_k r_k ∂η_k of the cost and its expected curvature Σ_k w_k ∂η_k ∂η_kᵀ, by values: with η as
// in Estimates, w = 1/σ² and r = η − data, and for counts y of the mean λ = exp η, w = λ and r = 1 − y/λ.
func (f *Fitted) curvature(rows []sensitivity, sigma []float64) (slope []float64, fisher *mat.SymDense) {
	q := f.problem
	k := len(f.theta)
	slope, fisher = make([]float64, k), mat.NewSymDense(k, nil)
	for _, row := range rows {
		s := sigma[row.state]
		var w, r float64
		switch y := row.value; q.c.Noise {
		case "poisson":
			w = math.Exp(row.eta)
			r = 1 - y/w
		case "lognormal":
			w, r = 1/(s*s), row.eta-math.Log(y)
		default:
			w, r = 1/(s*s), row.eta-y
		}
		for i := range slope {
			slope[i] += w * r * row.slope.AtVec(i)
		}
		fisher.SymRankOne(fisher, w, row.slope)
	}
	for i := len(q.named); i < k; i++ {
		decay := math.Max(q.c.Decay, 0)
		slope[i] += decay * f.theta[i]
		fisher.SetSym(i, i, fisher.At(i, i)+decay)
	}
	return slope, fisher
}

// byValue is the problem with values in the place of coordinates.
func (q *problem) byValue() *problem {
	v := *q
	v.named = slices.Clone(q.named)
	for i := range v.named {
		v.named[i].free, v.named[i].size = odefile.Free{Low: math.Inf(-1), High: math.Inf(1)}, 1
	}
	return &v
}

// sensitivity is η at a value of the data, with its slope ∂η/∂v, v the values of the named unknowns and the weights.
type sensitivity struct {
	state      int
	value, eta float64
	slope      *mat.VecDense
}

// sensitivities are those of all values, a backward pass for each.
func (f *Fitted) sensitivities() (rows []sensitivity, err error) {
	q := f.problem.byValue()
	k, size := len(f.theta), q.rows*len(q.column)
	values := slices.Clone(f.theta)
	for i, x := range f.problem.named {
		values[i] = x.value(f.theta[i])
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		ys, _, err := q.solve(in[0], horizon{rows: q.rows})
		if err == nil && q.c.Noise != "gaussian" {
			ys, err = q.logarithm(ys)
		}
		return G.Nodes{ys}, err
	}, graph.Input("values", tensor.Float64, k))
	if err != nil {
		return nil, errors.Wrap(err, "ude: derivatives of the solution")
	}
	if fn, err = fn.ValueVJP(); err != nil {
		return nil, errors.Wrap(err, "ude: derivatives of the solution")
	}
	plan, err := graph.Compile[float64](fn)
	if err != nil {
		return nil, errors.Wrap(err, "ude: derivatives of the solution")
	}
	o := q.observations(q.rows)
	eta, w := make([]float64, size), make([]float64, size)
	for at := range o.mask {
		if o.mask[at] == 0 {
			continue
		}
		slope := make([]float64, k)
		w[at] = 1
		if err := plan.Run([][]float64{values, w}, [][]float64{eta, slope}); err != nil {
			return nil, errors.Wrap(err, "ude: derivatives of the solution")
		}
		w[at] = 0
		rows = append(rows, sensitivity{at % o.states, o.value[at], eta[at], mat.NewVecDense(k, slope)})
	}
	return rows, nil
}
