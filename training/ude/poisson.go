package ude

import (
	"math"

	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// Of counts y with the mean λ, −ln L is Σ λ − y ln λ + ln y!. A trajectory may come to be negative, by an unlucky trial or
// by the error of a solve. The logarithm goes on as a straight line there, which leads back where y > 0. Where y = 0 it
// has no part, and λ itself would lead to minus infinity. So below zero λ turns over w, a thousandth of the state's size,
// a thousand times what a solve may err by, and grows then as fast as the logarithm does for one count:
//
//	λ + κ λ²/2 for −w ≤ λ ≤ 0,  κ = (1 + 1/c)/w,
//
// and on with the slope −1/c. With b = min(λ, 0) and d = max(b, −w) all of it is λ + κ d²/2 + κ w (d − b).

// turn is w of a state, with κ.
func (q *problem) turn(state int) (w, kappa float64) {
	w = 1e-3 * math.Max(q.scale[state], 1)
	return w, (1 + 1/q.floor[state]) / w
}

// poisson is the part of −ln L that depends on states ys, with their logarithm.
func (q *problem) poisson(y, ys, log, mask *G.Node) (*G.Node, error) {
	shape := ys.Shape()
	rows, n := shape[0], shape[1]
	zeros, lowest, halves, slopes := make([]float64, rows*n), make([]float64, rows*n), make([]float64, rows*n),
		make([]float64, rows*n)
	for k := range lowest {
		w, kappa := q.turn(k % n)
		lowest[k], halves[k], slopes[k] = -w, kappa/2, kappa*w
	}
	zero, err := graph.Constant(ys, zeros, rows, n)
	if err != nil {
		return nil, err
	}
	positive, err := G.MaxBetween(ys, zero)
	if err != nil {
		return nil, err
	}
	below, err := G.Sub(ys, positive)
	if err != nil {
		return nil, err
	}
	near, err := graph.Constant(ys, lowest, rows, n)
	if err != nil {
		return nil, err
	}
	if near, err = G.MaxBetween(below, near); err != nil {
		return nil, err
	}
	far, err := G.Sub(near, below)
	if err != nil {
		return nil, err
	}
	bend, err := G.Square(near)
	if err != nil {
		return nil, err
	}
	cost := ys
	for _, part := range []struct {
		factors []float64
		of      *G.Node
	}{{halves, bend}, {slopes, far}} {
		f, err := graph.Constant(ys, part.factors, rows, n)
		if err != nil {
			return nil, err
		}
		if f, err = G.HadamardProd(f, part.of); err != nil {
			return nil, err
		}
		if cost, err = G.Add(cost, f); err != nil {
			return nil, err
		}
	}
	t, err := G.HadamardProd(y, log)
	if err != nil {
		return nil, err
	}
	if cost, err = G.Sub(cost, t); err != nil {
		return nil, err
	}
	if cost, err = G.HadamardProd(cost, mask); err != nil {
		return nil, err
	}
	return G.Sum(cost)
}

// mean is λ with its continuation, as a number.
func (q *problem) mean(state int, x float64) float64 {
	if x >= 0 {
		return x
	}
	w, kappa := q.turn(state)
	d := math.Max(x, -w)
	return x + kappa*d*d/2 + kappa*w*(d-x)
}
