package solvers

// esdirkTableau is a diagonally implicit Runge–Kutta method with an explicit first stage, whose last stage is the new state:
//
//	k_1 = f(t, y),   k_i = f(t + c_i h, y + h Σ_{j<i} a_ij k_j + hγ k_i),   i = 2..s
//	y₁  = y + h Σ_{j<s} a_sj k_j + hγ k_s
//	err = h Σ e_i k_i
//	y(t + θh) ≈ y + h Σ_i k_i Σ_j P_ij θ^(j+1).
type esdirkTableau struct {
	Name          string
	Order         int
	EmbeddedOrder int
	DenseOrder    int
	Gamma         float64
	A             [][]float64 // row i has i entries, the diagonal is γ
	C             []float64
	E             []float64
	P             [][]float64 // nil: Hermite's cubic

	Filter     bool // the estimate is taken times (I − γhJ)⁻¹
	Divided    bool // the estimate is that of slopeHistory, where there is one
	Controller Controller
	Reference  string
}

func (t *esdirkTableau) info() Info {
	return Info{
		Name:          t.Name,
		Family:        "diagonally implicit Runge–Kutta",
		Order:         t.Order,
		EmbeddedOrder: t.EmbeddedOrder,
		DenseOrder:    t.DenseOrder,
		Stages:        len(t.A),
		FSAL:          true,
		Implicit:      true,
		Controller:    t.Controller,
		Reference:     t.Reference,
	}
}

// hermite is the P of Hermite's cubic, with the slopes k_1 and k_s at the ends:
//
//	P_i = b_i (0, 3, −2) + [i=1] (1, −2, 1) + [i=s] (0, −1, 1).
func (t *esdirkTableau) hermite() *esdirkTableau {
	s := len(t.A)
	t.P = make([][]float64, s)
	for i := range t.P {
		b := t.weight(i)
		t.P[i] = []float64{0, 3 * b, -2 * b}
	}
	p, q := t.P[0], t.P[s-1]
	p[0], p[1], p[2] = p[0]+1, p[1]-2, p[2]+1
	q[1], q[2] = q[1]-1, q[2]+1
	return t
}

// weight is b_i: the last row of A, with its diagonal.
func (t *esdirkTableau) weight(i int) float64 {
	if s := len(t.A); i < s-1 {
		return t.A[s-1][i]
	}
	return t.Gamma
}

// extrapolation returns the weights w of least norm with Σ w_j p(c_j) = p(x) for the polynomials p of the highest
// degree that the nodes c determine, 2 at most: a first guess at a stage, from those before it.
func extrapolation(c []float64, x float64) []float64 {
	degree := min(len(c)-1, 2)
	// w = Vᵀ (V Vᵀ)⁻¹ r with V_dj = c_j^d, r_d = x^d. Powers of c − x keep r = (1, 0, 0).
	m := degree + 1
	v := make([][]float64, m)
	for d := range v {
		v[d] = make([]float64, len(c))
		for j, cj := range c {
			v[d][j] = 1
			for range d {
				v[d][j] *= cj - x
			}
		}
	}
	a, pivot, r := make([]float64, m*m), make([]int, m), make([]float64, m)
	for d := range m {
		for e := range m {
			a[d*m+e] = inner(v[d], v[e])
		}
	}
	r[0] = 1
	if !factorDense(a, pivot) {
		panic("solvers: the nodes of a tableau coincide")
	}
	solveDense(a, pivot, r)
	w := make([]float64, len(c))
	for d, rd := range r {
		axpy(rd, v[d], w)
	}
	return w
}

// slopeHistory is the slope at the beginning of the step before, for the estimate of the trapezoidal rule's error
//
//	−h³/12 y‴,   y‴ ≈ 2 k[t_{n−1}, t_n, t_{n+1}],
//
// a divided difference of slopes.
type slopeHistory[T Float] struct {
	k     []T
	h     float64
	known bool
	used  bool // by the last estimate
}

func (p *slopeHistory[T]) keep(k []T, h float64) {
	copy(p.k, k)
	p.h, p.known = h, true
}

func (p *slopeHistory[T]) estimate(dst, k0, k1 []T, h float64) {
	c := h * h * h / 6 / (h + p.h)
	for i := range dst {
		dst[i] = T(c * (float64(k1[i]-k0[i])/h - float64(k0[i]-p.k[i])/p.h))
	}
}
