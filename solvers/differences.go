package solvers

import "math"

// differences approximates the Jacobian by forward differences, for a System that gives neither Jacobian nor JVP:
//
//	J_ij ≈ ( f_i(t, y + δ_j e_j) − f_i(t, y) ) / δ_j,   δ_j = ± r_j max(|y_j|, ATol),
//
// away from zero, so that a y_j of one sign keeps it. Each r_j, at first √ε, follows the size of the differences: where the
// largest in the column is lost in the rounding of f it grows, at once and for the next Jacobian, and where
// it is large it shrinks. (Salane, "Adaptive routines for forming Jacobians numerically", Sandia report SAND86-1319 (1986),
// as in SciPy.) A group whose differences are not finite is taken once more on the other side.
type differences[T Float] struct {
	j     *jacobian[T]
	eps   float64
	ratio []float64 // r_j
	delta []float64
	at    []T // y + Σ δ_j e_j
	f0    []T
}

func newDifferences[T Float](j *jacobian[T]) *differences[T] {
	n := j.env.sys.Dim
	d := &differences[T]{j: j, eps: epsilon[T](), ratio: make([]float64, n), delta: make([]float64, n),
		at: make([]T, n), f0: make([]T, n)}
	for i := range d.ratio {
		d.ratio[i] = math.Sqrt(d.eps)
	}
	return d
}

func (d *differences[T]) eval(t float64, y, f0 []T) error {
	if f0 == nil {
		f0 = d.f0
		if err := d.j.env.f(t, y, f0); err != nil {
			return err
		}
	}
	if i := nonFinite(f0); i >= 0 {
		d.j.bad = &ValueError{T: t, Row: i, Column: -1, Value: float64(f0[i])}
	}
	copy(d.at, y)
	for _, group := range d.j.groups {
		for range differenceTrials {
			if err := d.group(group, t, y, f0, 1); err != nil {
				return err
			}
			if !d.lost(group, f0) {
				break
			}
		}
	}
	return nil
}

// differenceTrials bounds the evaluations for a group in one Jacobian. A column of zeros takes them until its r_j is at
// its end.
const differenceTrials = 4

// group takes the differences of a group of columns, f(at) in the Jacobian's out; the columns are set.
func (d *differences[T]) group(group []int, t float64, y, f0 []T, sign float64) error {
	for _, c := range group {
		v := float64(y[c])
		_, atol := d.j.env.tolerances(c)
		step := sign * d.ratio[c] * math.Max(math.Abs(v), atol)
		if v < 0 {
			step = -step
		}
		if d.at[c] = T(v + step); d.at[c] == y[c] { // ATol == 0 and y_c == 0
			d.at[c] = T(sign * d.eps)
		}
		d.delta[c] = float64(d.at[c]) - v
	}
	out := d.j.out
	err := d.j.env.f(t, d.at, out)
	for _, c := range group {
		d.at[c] = y[c]
	}
	if err != nil {
		return err
	}
	if sign > 0 && nonFinite(out) >= 0 {
		return d.group(group, t, y, f0, -1)
	}
	for i, v := range f0 {
		d.at[i] = out[i] - v
	}
	for _, c := range group {
		d.j.column(c, d.at, d.delta[c])
	}
	copy(d.at, y)
	return nil
}

// lost adapts the r_j of a group after its differences and reports whether some were too small to be told from rounding, so
// that the group is worth another evaluation.
func (d *differences[T]) lost(group []int, f0 []T) bool {
	again := false
	f1 := d.j.out
	for _, c := range group {
		var diff, scale float64
		look := func(i int) {
			a, b := float64(f0[i]), float64(f1[i])
			if v := math.Abs(b - a); v >= diff {
				diff, scale = v, math.Max(math.Abs(a), math.Abs(b))
			}
		}
		if d.j.cols == nil {
			for i := range f0 {
				look(i)
			}
		} else {
			for _, i := range d.j.cols[c] {
				look(i)
			}
		}
		switch {
		case diff < math.Pow(d.eps, 0.75)*scale && d.ratio[c] < 0.1:
			d.ratio[c] *= 10
			again = true
		case diff > math.Pow(d.eps, 0.25)*scale:
			d.ratio[c] = math.Max(d.ratio[c]*0.1, 1e3*d.eps)
		}
	}
	return again
}

// epsilon is the spacing of the numbers of type T at 1.
func epsilon[T Float]() float64 {
	var z T
	if _, single := any(z).(float32); single {
		return 0x1p-23
	}
	return 0x1p-52
}
