package ude

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// smooth is a series of states with their slopes at the rows.
type smooth struct{ y, dy [][]float64 } // [row][state]

// smoothed estimates states and slopes by local quadratic regression with a Gaussian kernel, each column with the
// bandwidth that leaves out a value best (Fan and Gijbels, "Local polynomial modelling and its applications", 1996,
// sections 3.1 and 4.10); of logarithms for lognormal noise. It wants all states observed, five times each.
func (q *problem) smoothed() (*smooth, bool) {
	s := q.series
	t := s.T[:q.rows]
	out := &smooth{}
	for range t {
		out.y, out.dy = append(out.y, make([]float64, len(q.column))), append(out.dy, make([]float64, len(q.column)))
	}
	for i, j := range q.column {
		if j < 0 {
			return nil, false
		}
		var at, v []float64
		for k, x := range t {
			if value := s.X[k][j]; !math.IsNaN(value) {
				if q.c.Noise == "lognormal" {
					value = math.Log(value)
				}
				at, v = append(at, x), append(v, value)
			}
		}
		if len(at) < 5 {
			return nil, false
		}
		width := bandwidth(at, v)
		for k, x := range t {
			y, dy := local(at, v, x, width, -1)
			if q.c.Noise == "lognormal" {
				y = math.Exp(y)
				dy *= y
			}
			out.y[k][i], out.dy[k][i] = y, dy
			if math.IsNaN(y) || math.IsNaN(dy) || math.IsInf(y, 0) || math.IsInf(dy, 0) {
				return nil, false
			}
		}
	}
	return out, true
}

// bandwidth is the one of a list, in mean spacings, with the least error where a value is left out.
func bandwidth(t, v []float64) float64 {
	spacing := (t[len(t)-1] - t[0]) / float64(len(t)-1)
	best, least := spacing, math.Inf(1)
	for _, b := range []float64{0.7, 1, 1.5, 2.2, 3.3, 5, 7.5, 11} {
		if b > float64(len(t))/2 {
			break
		}
		sum := 0.0
		for k := range t {
			y, _ := local(t, v, t[k], b*spacing, k)
			sum += (y - v[k]) * (y - v[k])
		}
		if sum < least {
			best, least = b*spacing, sum
		}
	}
	return best
}

// local fits a + b(t−x) + c(t−x)² with Gaussian weights, without one value, and returns a and b.
func local(t, v []float64, x, width float64, without int) (y, slope float64) {
	m, r := mat.NewDense(3, 3, nil), mat.NewVecDense(3, nil)
	for k := range t {
		if k == without {
			continue
		}
		u := (t[k] - x) / width
		w := math.Exp(-u * u / 2)
		powers := [3]float64{1, u, u * u}
		for a := range 3 {
			for b := range 3 {
				m.Set(a, b, m.At(a, b)+w*powers[a]*powers[b])
			}
			r.SetVec(a, r.AtVec(a)+w*powers[a]*v[k])
		}
	}
	var c mat.VecDense
	if err := c.SolveVec(m, r); err != nil {
		return math.NaN(), math.NaN()
	}
	return c.AtVec(0), c.AtVec(1) / width
}

// matching traces the cost of collocation, Σ ((f_i(t_k, y_k; θ) − y'_k)/spread of y')²/2 + Decay/2 ‖w‖², with states
// and slopes of smoothed data: no solve, and as many valleys fewer (Varah, SIAM J. Sci. Stat. Comput. 3, 1982).
func (q *problem) matching(s *smooth) (*objective, error) {
	f := q.model.file
	n, k := len(q.column), len(q.named)+q.weights
	rows := len(s.y)
	in := []graph.Spec{graph.Input("t", tensor.Float64), graph.Input("y", tensor.Float64, n)}
	if f.NumParams() > 0 {
		in = append(in, graph.Input("p", tensor.Float64, f.NumParams()))
	}
	field, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		dy, err := f.Field()(in[0], in[1], in[2:]...)
		return G.Nodes{dy}, err
	}, in...)
	if err != nil {
		return nil, err
	}
	if field, err = field.Batch(rows, 0, 1); err != nil {
		return nil, err
	}
	weights := make([]float64, rows*n)
	for i := range n {
		sum, squares := 0.0, 0.0
		for k := range rows {
			sum, squares = sum+s.dy[k][i], squares+s.dy[k][i]*s.dy[k][i]
		}
		m := float64(rows)
		spread := math.Sqrt(math.Max(squares/m-sum*sum/m/m, 1e-12*squares/m+1e-300))
		for k := range rows {
			weights[k*n+i] = 1 / spread
		}
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		theta := in[0]
		p, _, err := q.natural(theta)
		if err != nil {
			return nil, err
		}
		args := make(G.Nodes, 2, 3)
		if args[0], err = graph.Constant(theta, q.series.T[:rows], rows); err != nil {
			return nil, err
		}
		if args[1], err = graph.Constant(theta, slices.Concat(s.y...), rows, n); err != nil {
			return nil, err
		}
		if p != nil {
			args = append(args, p)
		}
		dy, err := graph.Call(field, args...)
		if err != nil {
			return nil, err
		}
		slopes, err := graph.Constant(theta, slices.Concat(s.dy...), rows, n)
		if err != nil {
			return nil, err
		}
		w, err := graph.Constant(theta, weights, rows, n)
		if err != nil {
			return nil, err
		}
		if dy, err = G.Sub(dy, slopes); err != nil {
			return nil, err
		}
		if dy, err = G.HadamardProd(dy, w); err != nil {
			return nil, err
		}
		cost, err := halfSquares(dy)
		if err != nil {
			return nil, err
		}
		cost, err = q.decayed(cost, theta)
		return G.Nodes{cost}, err
	}, graph.Input("theta", tensor.Float64, k), graph.Input("rho", tensor.Float64))
	if err != nil {
		return nil, errors.Wrapf(err, "ude: %s: collocation", f.Name)
	}
	return newObjective(fn, k)
}
