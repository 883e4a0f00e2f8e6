package ude

import (
	"math"

	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// relativeFloor is how small a noise may be, in units of the data's spread: a fit without residuals has a likelihood
// that is infinite.
const relativeFloor = 1e-5

// observations are the values of some rows, (rows, states), zero where there is none.
type observations struct {
	rows, states int
	value, mask  []float64
	count        []float64 // of each state
}

func (q *problem) observations(rows int) *observations {
	n := len(q.column)
	o := &observations{rows: rows, states: n, value: make([]float64, rows*n), mask: make([]float64, rows*n),
		count: make([]float64, n)}
	for k, row := range q.series.X[:rows] {
		for i, j := range q.column {
			if j >= 0 && !math.IsNaN(row[j]) {
				o.value[k*n+i], o.mask[k*n+i] = row[j], 1
				o.count[i]++
			}
		}
	}
	return o
}

// logarithm is ln x of states x. Below c, a small positive number a state, ln x goes on as ln c + x/c − 1, so that a
// trajectory that fails to be positive has a gradient that leads back to data that are; for counts of zero see poisson.go.
func (q *problem) logarithm(ys *G.Node) (*G.Node, error) {
	shape := ys.Shape()
	rows, n := shape[0], shape[1]
	floors, inverses := make([]float64, rows*n), make([]float64, rows*n)
	for k := range floors {
		c := q.floor[k%n]
		floors[k], inverses[k] = c, 1/c
	}
	floor, err := graph.Constant(ys, floors, rows, n)
	if err != nil {
		return nil, err
	}
	inverse, err := graph.Constant(ys, inverses, rows, n)
	if err != nil {
		return nil, err
	}
	positive, err := G.MaxBetween(ys, floor)
	if err != nil {
		return nil, err
	}
	log, err := G.Log(positive)
	if err != nil {
		return nil, err
	}
	below, err := G.Sub(ys, positive)
	if err != nil {
		return nil, err
	}
	if below, err = G.HadamardProd(below, inverse); err != nil {
		return nil, err
	}
	return G.Add(log, below)
}

// likelihood is the negative log-likelihood of the observations for states ys, (rows, states), up to a constant that
// constantPart has. For Gaussian and lognormal noise of scale σ_i,
//
//	−ln L = Σ_i n_i/2 ln(2πσ_i²) + S_i/(2σ_i²),   S_i = Σ_k r_ki²,
//
// is least at σ_i² = S_i/n_i, where it is Σ_i n_i/2 (1 + ln(2π S_i/n_i)). For Poisson noise it is Σ λ − y ln λ + ln y!.
func (q *problem) likelihood(o *observations, ys *G.Node) (*G.Node, error) {
	mask, err := graph.Constant(ys, o.mask, o.rows, o.states)
	if err != nil {
		return nil, err
	}
	data := o.value
	eta := ys
	if q.c.Noise != "gaussian" {
		if eta, err = q.logarithm(ys); err != nil {
			return nil, err
		}
	}
	if q.c.Noise == "lognormal" {
		data = make([]float64, len(o.value))
		for k, v := range o.value {
			if o.mask[k] != 0 {
				data[k] = math.Log(v)
			}
		}
	}
	y, err := graph.Constant(ys, data, o.rows, o.states)
	if err != nil {
		return nil, err
	}
	if q.c.Noise == "poisson" {
		return q.poisson(y, ys, eta, mask)
	}
	r, err := G.Sub(eta, y)
	if err != nil {
		return nil, err
	}
	if r, err = G.HadamardProd(r, mask); err != nil {
		return nil, err
	}
	if r, err = G.Square(r); err != nil {
		return nil, err
	}
	sums, err := G.Sum(r, 0)
	if err != nil {
		return nil, err
	}
	// S/n + ε², with ε far below any noise; weights n/2, zero for what is not observed
	scale, add, half := make([]float64, o.states), make([]float64, o.states), make([]float64, o.states)
	for i, n := range o.count {
		scale[i], add[i], half[i] = 1/math.Max(n, 1), 1, n/2
		if n > 0 {
			add[i] = relativeFloor * relativeFloor * q.spread[i] * q.spread[i]
		}
	}
	return weightedLog(sums, scale, add, half)
}

// weightedLog is Σ w ln(a x + b).
func weightedLog(x *G.Node, a, b, w []float64) (*G.Node, error) {
	out := x
	for i, v := range [][]float64{a, b, w} {
		c, err := graph.Constant(x, v, len(v))
		if err != nil {
			return nil, err
		}
		switch i {
		case 0, 2:
			out, err = G.HadamardProd(out, c)
		case 1:
			if out, err = G.Add(out, c); err == nil {
				out, err = G.Log(out)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return G.Sum(out)
}

// constantPart is what likelihood leaves out.
func (q *problem) constantPart(o *observations) float64 {
	c := 0.0
	for i, n := range o.count {
		if q.c.Noise != "poisson" {
			c += n / 2 * (1 + math.Log(2*math.Pi))
		}
		for k := range o.rows {
			if at := k*o.states + i; o.mask[at] != 0 {
				switch q.c.Noise {
				case "lognormal": // the density of y, not of ln y
					c += math.Log(o.value[at])
				case "poisson":
					g, _ := math.Lgamma(o.value[at] + 1)
					c += g
				}
			}
		}
	}
	return c
}

// residual is model minus data, in the coordinate of the noise: logarithms for lognormal, and divided by √λ for Poisson.
func (q *problem) residual(state int, model, data float64) float64 {
	switch q.c.Noise {
	case "lognormal":
		return q.continued(state, model) - math.Log(data)
	case "poisson":
		m := math.Max(model, q.floor[state])
		return (m - data) / math.Sqrt(m)
	}
	return model - data
}

// continued is logarithm as a number.
func (q *problem) continued(state int, x float64) float64 {
	c := q.floor[state]
	if x < c {
		return math.Log(c) + x/c - 1
	}
	return math.Log(x)
}
