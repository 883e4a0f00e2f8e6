package ude

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// horizon says over what a cost solves the model: the first rows of the data, cut into segments that begin at the rows in
// cuts. Each segment but the first begins at a state of its own, an unknown too, in units of the states' sizes.
type horizon struct {
	rows int
	cuts []int // increasing, inside of 1 … rows−2
}

func (h horizon) segments() int { return len(h.cuts) + 1 }

// bounds are the rows from which a segment goes to which, both included; the last row is the next one's first.
func (h horizon) bounds(k int) (from, to int) {
	if k > 0 {
		from = h.cuts[k-1]
	}
	if to = h.rows - 1; k < len(h.cuts) {
		to = h.cuts[k]
	}
	return from, to
}

// objective traces the cost over a horizon,
//
//	−ln L + Decay/2 ‖w‖² + ρ/2 Σ_k ‖(end of segment k − start of segment k+1)/size‖²,
//
// a function of the vector θ with the segments' starts behind it, and of ρ (multiple shooting; Bock, "Recent advances in
// parameter identification techniques for O.D.E.", 1983, here with a penalty in place of constraints).
func (q *problem) objective(h horizon) (*objective, error) {
	n, k := len(q.column), len(q.named)+q.weights
	o := q.observations(h.rows)
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		theta, rho := in[0], in[1]
		ys, gaps, err := q.solve(theta, h)
		if err != nil {
			return nil, err
		}
		cost, err := q.likelihood(o, ys)
		if err != nil {
			return nil, err
		}
		if cost, err = q.decayed(cost, theta); err != nil || len(gaps) == 0 {
			return G.Nodes{cost}, err
		}
		all, err := G.Concat(0, gaps...)
		if err != nil {
			return nil, err
		}
		penalty, err := halfSquares(all)
		if err != nil {
			return nil, err
		}
		if penalty, err = G.HadamardProd(penalty, rho); err != nil {
			return nil, err
		}
		cost, err = G.Add(cost, penalty)
		return G.Nodes{cost}, err
	}, graph.Input("theta", tensor.Float64, k+n*len(h.cuts)), graph.Input("rho", tensor.Float64))
	if err != nil {
		return nil, errors.Wrapf(err, "ude: %s", q.model.file.Name)
	}
	return newObjective(fn, k+n*len(h.cuts))
}

// solve are the states at the rows of a horizon, (rows, states), and the gaps between segments, in units of the states'
// sizes.
func (q *problem) solve(theta *G.Node, h horizon) (ys *G.Node, gaps G.Nodes, err error) {
	p, y, err := q.natural(theta)
	if err != nil {
		return nil, nil, err
	}
	n, k := len(q.column), len(q.named)+q.weights
	var parts G.Nodes
	for s := range h.segments() {
		from, to := h.bounds(s)
		opts := []odeop.Option{odeop.Settings(q.settings()), odeop.Name(fmt.Sprintf("rows %d to %d", from+1, to+1))}
		if p != nil {
			opts = append(opts, odeop.Args(p))
		}
		part, err := odeop.Solve(q.model.file.Field(), y, q.series.T[from:to+1], opts...)
		if err != nil {
			return nil, nil, err
		}
		if s == len(h.cuts) {
			parts = append(parts, part)
			break
		}
		end, err := graph.Slice(part, G.S(to-from, to-from+1))
		if err != nil {
			return nil, nil, err
		}
		if part, err = graph.Slice(part, G.S(0, to-from)); err != nil {
			return nil, nil, err
		}
		parts = append(parts, part)
		z, err := graph.Slice(theta, G.S(k+s*n, k+(s+1)*n))
		if err != nil {
			return nil, nil, err
		}
		gap, next, err := q.join(end, z)
		if err != nil {
			return nil, nil, err
		}
		gaps, y = append(gaps, gap), next
	}
	if len(parts) == 1 {
		return parts[0], nil, nil
	}
	ys, err = G.Concat(0, parts...)
	return ys, gaps, err
}

// join is the gap between the end of a segment, (1, n), and the next one's start z, in units of sizes, and that start.
func (q *problem) join(end, z *G.Node) (gap, start *G.Node, err error) {
	n := len(q.scale)
	inverse := make([]float64, n)
	for i, s := range q.scale {
		inverse[i] = 1 / s
	}
	size, err := graph.Constant(z, q.scale, n)
	if err != nil {
		return nil, nil, err
	}
	units, err := graph.Constant(z, inverse, n)
	if err != nil {
		return nil, nil, err
	}
	if start, err = G.HadamardProd(z, size); err != nil {
		return nil, nil, err
	}
	if end, err = graph.Reshape(end, n); err != nil {
		return nil, nil, err
	}
	if gap, err = G.HadamardProd(end, units); err != nil {
		return nil, nil, err
	}
	gap, err = G.Sub(gap, z)
	return gap, start, err
}

// settings are those of every solve of a fit.
func (q *problem) settings() solvers.Settings {
	m, err := solvers.MethodByName(q.c.Method)
	if err != nil {
		m = solvers.Dopri5{} // newProblem has looked it up before
	}
	atols := make([]float64, len(q.scale))
	for i, s := range q.scale {
		atols[i] = q.c.ATol * s
	}
	return solvers.Settings{Method: m, RTol: q.c.RTol, ATols: atols, MaxSteps: maxSteps}
}

// decayed adds Decay/2 ‖w‖².
func (q *problem) decayed(cost, theta *G.Node) (*G.Node, error) {
	if q.weights == 0 || q.c.Decay <= 0 {
		return cost, nil
	}
	w, err := graph.Slice(theta, G.S(len(q.named), len(q.named)+q.weights))
	if err != nil {
		return nil, err
	}
	half, err := halfSquares(w)
	if err != nil {
		return nil, err
	}
	decay, err := graph.Constant(cost, []float64{q.c.Decay})
	if err != nil {
		return nil, err
	}
	if half, err = G.HadamardProd(half, decay); err != nil {
		return nil, err
	}
	return G.Add(cost, half)
}

// halfSquares is ½ Σx².
func halfSquares(x *G.Node) (*G.Node, error) {
	s, err := G.Square(x)
	if err != nil {
		return nil, err
	}
	if s, err = G.Sum(s); err != nil {
		return nil, err
	}
	half, err := graph.Constant(s, []float64{0.5})
	if err != nil {
		return nil, err
	}
	return G.HadamardProd(s, half)
}
