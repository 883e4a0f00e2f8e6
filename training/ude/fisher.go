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
// slope, its expected curvature, and the inverse of that without the unknowns at bounds.
type information struct {
	slope      []float64     // of the cost
	fisher     *mat.SymDense // all unknowns, those at bounds too
	covariance *mat.SymDense
	status     []Status // of the named unknowns
}

// inform fills f.fisher, once.
func (f *Fitted) inform() error {
	if f.fisher != nil {
		return nil
	}
	n, err := f.curvature()
	if err != nil {
		return err
	}
	q := f.problem
	held := make([]bool, len(f.theta))
	for i, x := range q.named {
		if b, near := x.near(f.theta[i]); near {
			held[i] = b.active(n.slope[i], n.fisher.At(i, i))
		}
	}
	var undetermined []bool
	if n.covariance, undetermined, err = covariance(n.fisher, held); err != nil {
		return err
	}
	n.status = make([]Status, len(q.named))
	for i := range n.status {
		switch {
		case held[i]:
			n.status[i] = AtBound
		case undetermined[i]:
			n.status[i] = NotDetermined
		default:
			n.status[i] = Determined
		}
	}
	f.fisher = n
	return nil
}

// curvature are the slope Σ_k w_k r_k ∂η_k of the cost and its expected curvature Σ_k w_k ∂η_k ∂η_kᵀ, by values: with η as
// in Estimates, w = 1/σ² and r = η − data, and for counts y of the mean λ = exp η, w = λ and r = 1 − y/λ.
func (f *Fitted) curvature() (*information, error) {
	q := f.problem
	k := len(f.theta)
	jac, eta, err := f.jacobian()
	if err != nil {
		return nil, err
	}
	n := &information{slope: make([]float64, k), fisher: mat.NewSymDense(k, nil)}
	o := q.observations(q.rows)
	for at, row := range jac {
		if o.mask[at] == 0 {
			continue
		}
		sigma := f.sigma[at%o.states]
		var w, r float64
		switch y := o.value[at]; q.c.Noise {
		case "poisson":
			w = math.Exp(eta[at])
			r = 1 - y/w
		case "lognormal":
			w, r = 1/(sigma*sigma), eta[at]-math.Log(y)
		default:
			w, r = 1/(sigma*sigma), eta[at]-y
		}
		for i, d := range row {
			n.slope[i] += w * r * d
		}
		n.fisher.SymRankOne(n.fisher, w, mat.NewVecDense(k, row))
	}
	for i := len(q.named); i < k; i++ {
		decay := math.Max(q.c.Decay, 0)
		n.slope[i] += decay * f.theta[i]
		n.fisher.SetSym(i, i, n.fisher.At(i, i)+decay)
	}
	return n, nil
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

// jacobian is ∂η/∂v, a row for each value, (rows × states), and η, with v the values of the named unknowns and the
// weights: a backward pass for each observed value.
func (f *Fitted) jacobian() (jac [][]float64, eta []float64, err error) {
	q := f.problem.byValue()
	k, size := len(f.theta), q.rows*len(q.column)
	values := slices.Clone(f.theta)
	for i, x := range f.problem.named {
		values[i] = x.value(f.theta[i])
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		ys, _, err := q.solve(in[0], horizon{rows: q.rows})
		if err == nil && q.c.Noise != "gaussian" {
			ys, _, err = q.logarithm(ys)
		}
		return G.Nodes{ys}, err
	}, graph.Input("values", tensor.Float64, k))
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
		if err := plan.Run([][]float64{values, w}, [][]float64{eta, jac[at]}); err != nil {
			return nil, nil, errors.Wrap(err, "ude: derivatives of the solution")
		}
		w[at] = 0
	}
	return jac, eta, nil
}
