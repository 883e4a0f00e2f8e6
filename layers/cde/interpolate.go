package cde

import (
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/interp"
)

// straight goes through the rows in straight lines.
func straight(rows [][]float64) *Path {
	p := newPath(rows[len(rows)-1], len(rows)-1)
	for k := range p.pieces {
		for j := range p.channels {
			p.pieces[k][0][j] = rows[k][j]
			p.pieces[k][1][j] = rows[k+1][j] - rows[k][j]
		}
	}
	return p
}

// rectilinear puts a row between any two: the time, channel 0, of the second with all else of the first.
func rectilinear(rows [][]float64) [][]float64 {
	var all [][]float64
	for i, row := range rows {
		if i > 0 {
			all = append(all, append([]float64{row[0]}, rows[i-1][1:]...))
		}
		all = append(all, row)
	}
	return all
}

// hermite makes the cubics with backward differences of Morrill et al. (2022): with h = t_{k+1} − t_k, Δ = x_{k+1} − x_k and
// the slope m of the interval before, X(0) = x_k, X′(0) = h m, X(1) = x_{k+1} and X′(1) = Δ, where ′ is by u. The first
// piece is straight.
func hermite(times []float64, rows [][]float64) *Path {
	p := straight(rows)
	for k := 1; k < len(p.pieces); k++ {
		h, before := times[k+1]-times[k], times[k]-times[k-1]
		for j := range p.channels {
			if j == 0 {
				continue // the time is a straight line, to the last digit
			}
			delta := rows[k+1][j] - rows[k][j]
			b := (rows[k][j] - rows[k-1][j]) * (h / before)
			p.pieces[k][1][j] = b
			p.pieces[k][2][j] = 2 * (delta - b)
			p.pieces[k][3][j] = b - delta
		}
	}
	return p
}

// natural fits a spline to each channel of values; the time and the counts are straight lines.
func natural(times []float64, values [][]float64, o Options) (*Path, error) {
	complete := bridged(times, values)
	slopes := make([][]float64, len(times)) // of the values, by time
	for i := range slopes {
		slopes[i] = make([]float64, len(values[0]))
	}
	for j := range values[0] {
		ts, xs := observed(times, values, j)
		if len(ts) < 3 {
			continue // a straight line
		}
		var spline interp.NaturalCubic
		if err := spline.Fit(ts, xs); err != nil {
			return nil, errors.Wrapf(err, "cde: path: the spline of value %d", j)
		}
		for i, t := range times {
			complete[i][j], slopes[i][j] = spline.Predict(t), spline.PredictDerivative(t)
		}
	}
	rows := table(times, complete, values, o)
	p := straight(rows)
	for k := range p.pieces {
		h := times[k+1] - times[k]
		for j := range values[0] {
			if ts, _ := observed(times, values, j); len(ts) < 3 {
				continue
			}
			// The cubic that has the spline's values and slopes at both ends is the spline's piece.
			delta := rows[k+1][j+1] - rows[k][j+1]
			m0, m1 := h*slopes[k][j], h*slopes[k+1][j]
			p.pieces[k][1][j+1] = m0
			p.pieces[k][2][j+1] = 3*delta - 2*m0 - m1
			p.pieces[k][3][j+1] = m0 + m1 - 2*delta
		}
	}
	return p, nil
}
