package solvers

// bdfWeights are the coefficients of a formula on the grid as it is: with t_j = t_{n−j}, Δ_j = t₁ − t_j,
//
//	Q(t₁) = Σ_{j≤k} W_j y_{n−j},   W_j = Π_{i≠j} Δ_i/(t_j − t_i)          over the last k+1 states,
//	P'(t₁) = σ y₁ + Σ_{j<k} β_j y_{n−j},   β_j = −w_j/Δ_j                  with the w_j of the last k states,
//
// so that the formula is y₁ = ψ + g f(t₁, y₁) with
//
//	g = 1/((1−κ)σ),   ψ = −g Σ_j (β_j + κσ W_j) y_{n−j}.
//
// The error of a step is C (y₁ − Q(t₁)) with
//
//	C = c/(1+c),   c = (1/Δ_k + κσ) g,
//
// for y − Q(t₁) is Δ_0···Δ_k y[t₁, t_0, ..., t_k] of the solution, P' misses Δ_0···Δ_{k−1} y[t₁, t_0, ..., t_k], and y₁
// itself has the error in it.
type bdfWeights struct {
	k        int
	sigma, g float64
	kappa    float64
	predict  [maxBDF + 2]float64 // W_j
	beta     [maxBDF + 2]float64 // β_j
	psi      [maxBDF + 2]float64
	constant float64 // C
}

// on makes the formula of order k for a step to t1 from the times past of the states, latest first. With one state the
// step is the implicit Euler method's, with κ = 0, and Q is Euler's prediction.
func (w *bdfWeights) on(t1 float64, past []float64, k int) {
	w.k = k
	w.beta, w.predict, w.psi = [maxBDF + 2]float64{}, [maxBDF + 2]float64{}, [maxBDF + 2]float64{}
	w.kappa = bdfKappa[k]
	last := k
	if len(past) == 1 {
		w.kappa, last = 0, 0
	}
	w.sigma = 0
	extrapolate(t1, past[:k], w.beta[:k])
	for j := range k {
		w.sigma += 1 / (t1 - past[j])
		w.beta[j] /= -(t1 - past[j])
	}
	extrapolate(t1, past[:last+1], w.predict[:last+1])
	w.g = 1 / ((1 - w.kappa) * w.sigma)
	for j := range w.psi {
		w.psi[j] = -w.g * (w.beta[j] + w.kappa*w.sigma*w.predict[j])
	}
	w.constant = errorConstant(t1, past[last], w.sigma, w.kappa)
}

// errorConstant is C for the oldest time of Q.
func errorConstant(t1, oldest, sigma, kappa float64) float64 {
	c := (1/(t1-oldest) + kappa*sigma) / ((1 - kappa) * sigma)
	return c / (1 + c)
}

// constantOf is C of the formula of order q for the same step.
func (w *bdfWeights) constantOf(q int, t1 float64, past []float64) float64 {
	var sigma float64
	for _, t := range past[:q] {
		sigma += 1 / (t1 - t)
	}
	return errorConstant(t1, past[q], sigma, bdfKappa[q])
}

// extrapolate writes the weights at t1 of the polynomial through values at the times ts.
func extrapolate(t1 float64, ts, w []float64) {
	for j, tj := range ts {
		p := 1.0
		for i, ti := range ts {
			if i != j {
				p *= (t1 - ti) / (tj - ti)
			}
		}
		w[j] = p
	}
}
