package solvers

// adamsTimes differentiates the weights of an Adams step by the grid. All are h times functionals of the polynomial P
// through values V_i at nodes x_i, linear with weights W_i/h in the values. A node that moves while its value stays changes
// the polynomial by
//
//	∂P/∂x_i = −P'(x_i) ℓ_i,   ℓ_i being Lagrange's,   so that   ∂(Σ W_l V_l)/∂x_i = −W_i P'(x_i),
//
// with P'(x_i) = Σ_{l≠i} D_il (V_l − V_i), D_il = ℓ_l'(x_i). The rest is the chain rule for x_i = (t_{n−i} − t_n)/h and
// h = t_{n+1} − t_n; the nodes 0 and 1 stay.
type adamsTimes struct {
	w    *adamsWeights
	d    [maxAdams + 1][maxAdams + 1]float64
	xbar [maxAdams + 1]float64
	hbar float64
}

func (a *adamsTimes) begin(w *adamsWeights) {
	a.w, a.hbar = w, 0
	clear(a.xbar[:])
}

// nodes takes x_0, ..., x_{k−1}, and 1 for the last if end, and computes the derivatives of Lagrange's polynomials on them.
func (a *adamsTimes) nodes(k int, end bool) {
	x := a.w.x
	if end {
		x[k] = 1
		k++
	}
	var omega [maxAdams + 1]float64 // Π_{l≠i} (x_i − x_l)
	for i := range k {
		omega[i] = 1
		for l := range k {
			if l != i {
				omega[i] *= x[i] - x[l]
			}
		}
	}
	for i := range k {
		for l := range k {
			if l != i {
				a.d[i][l] = omega[i] / (omega[l] * (x[i] - x[l]))
			}
		}
	}
}

// add takes the cotangents of Σ W_i V_i.
func (a *adamsTimes) add(w, v []float64) {
	for i, wi := range w {
		a.hbar += wi * v[i] / a.w.h
		if i == 0 {
			continue
		}
		slope := 0.0
		for l := range w {
			if l != i {
				slope += a.d[i][l] * (v[l] - v[i])
			}
		}
		a.xbar[i] -= wi * slope
	}
}

// to adds the derivatives by the grid points to grid, for the step from point n.
func (a *adamsTimes) to(grid []float64, n int) {
	grid[n+1] += a.hbar
	grid[n] -= a.hbar
	for i := 1; i < a.w.n; i++ {
		g, x := a.xbar[i]/a.w.h, a.w.x[i]
		grid[n-i] += g
		grid[n] += g * (x - 1)
		grid[n+1] -= g * x
	}
}
