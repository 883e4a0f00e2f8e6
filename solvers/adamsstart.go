package solvers

import (
	"math"
	"sync"
)

// adamsStart takes the first steps of an Adams method of fixed order, until there is history enough: steps of the explicit
// Runge–Kutta method of that order in picard.
type adamsStart[T Float] struct{ *erk[T] }

// newAdamsStart begins a method of that order that needs k values of f; nil where one is enough.
func newAdamsStart[T Float](e *environment[T], k, order int) *adamsStart[T] {
	if k < 2 {
		return nil
	}
	p := &picards[order]
	p.once.Do(func() { p.tableau = picard(order) })
	return &adamsStart[T]{newERK(e, p.tableau)}
}

// picards are the tableaus of orders 1 to maxAdams that were asked for.
var picards [maxAdams + 1]struct {
	once    sync.Once
	tableau *Tableau
}

// picard is the explicit Runge–Kutta method of order p of Picard's iteration y ← y_n + ∫ f(t, y) dt on polynomials: with
// P_0 = f_n,
//
//	P_m interpolates f(t, y_n + ∫ P_{m−1}) at m + 1 points of the step,   y₁ = y_n + ∫ P_{p−1},
//
// each turn being right to one power of h more. The points are Chebyshev's, both ends among them, so that f_n serves all
// turns: 1 + p(p−1)/2 stages. Between the ends it interpolates by the integral of the last polynomial, with f(t₁, y₁)
// for its value at the end, and a cubic that makes up for the difference in y₁ without changing the slopes at the ends:
// order p.
func picard(p int) *Tableau {
	t := &Tableau{Name: "picard", Order: p, A: [][]float64{{}}, C: []float64{0}}
	turn, points := []int{0}, []float64{0} // the stages that P_m goes through, and where they are
	for m := 1; m < p; m++ {
		stages, at := []int{0}, []float64{0}
		for i := 1; i <= m; i++ {
			x := (1 - math.Cos(math.Pi*float64(i)/float64(m))) / 2
			if i == m {
				x = 1
			}
			t.A = append(t.A, picardRow(len(t.C), turn, points, x))
			stages, at = append(stages, len(t.C)), append(at, x)
			t.C = append(t.C, x)
		}
		turn, points = stages, at
	}
	t.B = picardRow(len(t.C), turn, points, 1)
	t.Interpolant = picardDense(t, turn, points)
	return t
}

// picardRow is the row of n coefficients that integrates the polynomial through the stages at the points up to c.
func picardRow(n int, stages []int, points []float64, c float64) []float64 {
	row := make([]float64, n)
	for i, s := range stages {
		row[s] = gauss6(0, c, func(x float64) float64 {
			v := 1.0
			for l, xl := range points {
				if l != i {
					v *= (x - xl) / (points[i] - xl)
				}
			}
			return v
		})
	}
	return row
}

// picardDense is the interpolant.
func picardDense(t *Tableau, stages []int, points []float64) *Interpolant {
	s := len(t.B)
	if s == 1 {
		stages, points = []int{0, s}, []float64{0, 1}
	} else {
		stages = append(stages[:len(stages)-1:len(stages)-1], s)
	}
	in := &Interpolant{Order: t.Order, A: [][]float64{t.B}, C: []float64{1}, P: make([][]float64, s+1)}
	for i := range in.P {
		in.P[i] = make([]float64, max(3, len(points)))
	}
	for i, stage := range stages {
		// Lagrange's polynomial of the point, factor by factor, and its integral.
		c := []float64{1}
		for l, xl := range points {
			if l == i {
				continue
			}
			next := make([]float64, len(c)+1)
			for j, v := range c {
				next[j] -= v * xl / (points[i] - xl)
				next[j+1] += v / (points[i] - xl)
			}
			c = next
		}
		for j, v := range c {
			in.P[stage][j] = v / float64(j+1)
		}
	}
	for i, row := range in.P {
		gap := -sum(row)
		if i < s {
			gap += t.B[i]
		}
		row[1] += 3 * gap
		row[2] -= 2 * gap
	}
	return in
}

// gauss6 integrates f from a to b by Gauss's formula of six points, exact for polynomials of degree 11 (Abramowitz and
// Stegun, table 25.4).
func gauss6(a, b float64, f func(float64) float64) (s float64) {
	x := [...]float64{0.238619186083196908630501721681, 0.661209386466264513661399595020, 0.932469514203152027812301554494}
	w := [...]float64{0.467913934572691047389870343990, 0.360761573048138607569833513838, 0.171324492379170345040296142173}
	m, r := (a+b)/2, (b-a)/2
	for i := range x {
		s += w[i] * (f(m-r*x[i]) + f(m+r*x[i]))
	}
	return r * s
}
