package solvers

import "math"

// maxAdams is the highest order of the Adams methods.
const maxAdams = 12

// adamsWeights are the coefficients of one step of an Adams method on any grid. With the step h = t₁ − t_n and the nodes
// x_i = (t_{n−i} − t_n)/h, so that x_0 = 0 and the step ends at x = 1, Newton's form of the polynomial through the last k
// values f_i = f(t_{n−i}, y_{n−i}) is
//
//	P_k(x) = Σ_{i<k} N_i(x) φ_i,   N_i(x) = Π_{l<i} (x − x_l)/(1 − x_l),
//
// whose φ_i are divided differences scaled to what N_i(1) = 1 asks for. All is had from the values P_m(1) = Σ_j λ^m_j f_j
// of the
// polynomials through m values, φ_i = P_{i+1}(1) − P_i(1), and from the integrals g_i = ∫₀¹ N_i dx:
//
//	predictor   p  = y_n + h Σ_{i<k} g_i φ_i
//	corrector   y₁ = y_n + h Σ_{i<k} g_i φ_i + h g_k (f(t₁, p) − P_k(1)).
//
// The N_i have no negative coefficients and the g_i no cancellation. (Hairer, Nørsett and Wanner I, III.5; Shampine and
// Gordon, Computer Solution of Ordinary Differential Equations, 1975, chapter 5, whose φ*_{i+1}, g_{i+1,1} these are.)
type adamsWeights struct {
	h      float64
	n      int                                 // nodes
	x      [maxAdams + 1]float64               // x_i
	lambda [maxAdams + 2][maxAdams + 1]float64 // λ^m_j, j < m ≤ n
	basis  [maxAdams + 2][maxAdams + 2]float64 // coefficients of N_i, i ≤ n
	g      [maxAdams + 2]float64
	sigma  [maxAdams + 2]float64 // i!/Π_{l<i}(1 − x_l): the i-th scaled difference times it is hⁱ times the i-th derivative
}

// on computes the coefficients for a step from t to t1 with the n nodes past[0] = t, past[1], ...
func (w *adamsWeights) on(t, t1 float64, past []float64) {
	w.h, w.n = t1-t, len(past)
	w.g[0], w.sigma[0], w.basis[0][0] = 1, 1, 1
	for m, tm := range past {
		x := (tm - t) / w.h
		w.x[m] = x
		reach := 1 - x
		// λ^{m+1} from λ^m: each times (1 − x_m)/(x_i − x_m), and the new one Π (1 − x_l)/(x_m − x_l).
		last, next, own := &w.lambda[m], &w.lambda[m+1], 1.0
		for i := range m {
			d := w.x[i] - x
			next[i] = last[i] * (reach / d)
			own *= (w.x[i] - 1) / d
		}
		next[m] = own
		// N_{m+1} from N_m, and its integral.
		n, to, s := &w.basis[m], &w.basis[m+1], 1/reach
		to[0] = -x * s * n[0]
		for i := 1; i <= m; i++ {
			to[i] = s * (n[i-1] - x*n[i])
		}
		to[m+1] = s * n[m]
		w.g[m+1] = 0
		for i := m + 1; i >= 0; i-- {
			w.g[m+1] += to[i] * reciprocal[i+1]
		}
		w.sigma[m+1] = w.sigma[m] * float64(m+1) * s
	}
}

// reciprocal is 1/i.
var reciprocal = func() (r [maxAdams + 3]float64) {
	for i := 1; i < len(r); i++ {
		r[i] = 1 / float64(i)
	}
	return r
}()

// predictor writes the weights of f_j, j < k, in p − y_n.
func (w *adamsWeights) predictor(k int, b []float64) {
	for j := range b[:k] {
		s := 0.0
		for i := k - 1; i > j; i-- {
			s += w.g[i] * (w.lambda[i+1][j] - w.lambda[i][j])
		}
		b[j] = w.h * (s + w.g[j]*w.lambda[j+1][j])
	}
}

// corrector writes the weights of f_j, j < k, in y₁ − y_n, and returns that of f(t₁, p).
func (w *adamsWeights) corrector(k int, b []float64) float64 {
	w.predictor(k, b)
	end := w.h * w.g[k]
	for j := range b[:k] {
		b[j] -= end * w.lambda[k][j]
	}
	return end
}

// spread is Σ |λ^k_j|: how much larger a rounding error of the values of f can be in P_k(1).
func (w *adamsWeights) spread(k int) (s float64) {
	for _, v := range w.lambda[k][:k] {
		s += math.Abs(v)
	}
	return s
}

// difference writes the weights of f_j, j < k, in φ_{k−1} = P_k(1) − P_{k−1}(1).
func (w *adamsWeights) difference(k int, b []float64) {
	for j := range b[:k-1] {
		b[j] = w.lambda[k][j] - w.lambda[k-1][j]
	}
	b[k-1] = w.lambda[k][k-1]
}

// dense writes the weights of f_j, j < k, and at k that of f(t₁, y₁), in the coefficients of θ^{m+1}, m = 0..k, of
//
//	h ∫₀^θ [ Σ_{i<k} N_i φ_i + N_k (f(t₁, y₁) − P_k(1)) ] dx.
func (w *adamsWeights) dense(k int, r *[maxAdams + 1][maxAdams + 1]float64) {
	for m := 0; m <= k; m++ {
		c := w.h * reciprocal[m+1]
		end := c * w.basis[k][m]
		for j := range k {
			s := -end * w.lambda[k][j]
			for i := max(j, m); i < k; i++ {
				d := w.lambda[i+1][j]
				if i > j {
					d -= w.lambda[i][j]
				}
				s += c * w.basis[i][m] * d
			}
			r[m][j] = s
		}
		r[m][k] = end
	}
}

// adamsMoulton are the error constants γ*_i of Adams and Moulton on equal steps, without their sign.
var adamsMoulton = func() (c [maxAdams + 2]float64) {
	var w adamsWeights
	var past [maxAdams + 1]float64
	for i := range past {
		past[i] = -float64(i)
	}
	w.on(0, 1, past[:])
	for i := 1; i < len(c); i++ {
		c[i] = w.g[i-1] - w.g[i]
	}
	return c
}()
