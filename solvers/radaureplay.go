package solvers

import "cmp"

// radauReplay is the reverse of a step of a Radau method, by the implicit function theorem at its stages. They solve
//
//	0 = (1/h) Σ_j d_ij Z_j − f(t + c_i h, y + Z_i; θ),
//
// and so the multipliers μ of these equations, with a bar for ∂L/∂ and J_i = ∂f/∂y at stage i, solve the transposed
//
//	(1/h) Σ_j d_ji μ_j − J_iᵀ μ_i = Z̄_i,   Z̄_i = [i=s] ȳ₁ + Σ_j p_ij c̄_j,
//
// and give everything:
//
//	ȳ₀ = ȳ₁ + c̄_0 + Σ J_iᵀ μ_i,   θ̄ += Σ (∂f/∂θ)ᵀ μ_i,   τ_i = (∂f/∂t)ᵀ μ_i
//	t̄  = Σ τ_i,   h̄ = Σ ( c_i τ_i + μ_i·f_i / h ),   f_i = (1/h) Σ_j d_ij Z_j.
//
// radauadjoint.go solves for μ.
type radauReplay[T Float] struct {
	n     int
	dense bool
	next  int // the step whose polynomial has the slope at its beginning
	slope []float64
	coef  []T

	zbar [][]float64 // Z̄_i, then the residual
	mu   [][]float64 // the last increment of μ
	w    []T
	wy   []T

	always   bool // all stages' equations are solved together
	together bool // those of this step are, by radau.joint
}

// largestDirect is the largest state whose stages are solved for together in the backward pass, if the Jacobian is at hand.
const largestDirect = 8

func newRadauReplay[T Float](m *radau[T]) *radauReplay[T] {
	n, s := m.env.sys.Dim, m.tab.s
	r := &radauReplay[T]{
		next:  -1,
		slope: make([]float64, n),
		coef:  make([]T, 0, (s+1)*n),
		zbar:  vectors[float64](s, n),
		mu:    vectors[float64](s, n),
		w:     make([]T, n),
		wy:    make([]T, n),
	}
	if l := m.jac.layout; l != nil && l.dense() && m.jac.diff == nil && n <= largestDirect {
		r.always = true
	}
	m.stages.test = m.rounding
	return r
}

func (m *radau[T]) carrySize() int { return 0 }

func (m *radau[T]) carry([]T) {}

// replay solves for the stages once more, to rounding, with the Jacobian of the step's end or else of its beginning, or
// else with those of the stages.
func (m *radau[T]) replay(tp *Tape[T], n int, dense bool) ([]T, error) {
	if m.back == nil {
		m.back = newRadauReplay(m)
	}
	r, st := m.back, &m.stages
	r.n, r.dense = n, dense
	st.t, st.t1, st.y = tp.t[n], tp.t[n+1], tp.at(n)
	ok := false
	for k := 1; k >= 0 && !ok; k-- {
		if err := m.jac.eval(tp.t[n+k], tp.at(n+k), nil); err != nil {
			return nil, err
		}
		if !st.factor(st.t1 - st.t) {
			continue
		}
		r.predict(m, tp.at(n+1))
		failure, err := st.newton()
		if err != nil {
			return nil, err
		}
		ok = failure == nil
	}
	if r.together = r.always || !ok; r.together {
		if err := r.solveTogether(m, tp.at(n+1), ok); err != nil {
			return nil, err
		}
	}
	r.next = n
	combine(r.slope, 1/(st.t1-st.t), m.tab.d0, st.z)
	if !dense {
		return nil, nil
	}
	r.coef = m.polynomial(r.coef[:0], st.z)
	return r.coef, nil
}

// solveTogether factorises the equations of all stages together, and solves them first if they aren't solved.
func (r *radauReplay[T]) solveTogether(m *radau[T], y1 []T, solved bool) error {
	if m.joint == nil {
		if m.joint = newRadauJoint(&m.stages, m.jac); m.joint == nil {
			return ErrNoConvergence
		}
	}
	if !solved {
		r.predict(m, y1)
		if failure, err := m.joint.newton(); failure != nil || err != nil {
			return cmp.Or(err, failure)
		}
	}
	ok, err := m.joint.factor()
	if err == nil && !ok {
		err = ErrNoConvergence
	}
	return err
}

// predict starts from the straight line between the ends, or, where the next step has been replayed, from the parabola
// with its slope at the end.
func (r *radauReplay[T]) predict(m *radau[T], y1 []T) {
	st := &m.stages
	h := st.t1 - st.t
	for i, z := range st.z {
		x := m.tab.c[i] - 1
		for j, v := range st.y {
			d := float64(y1[j]) - float64(v)
			hs := d
			if r.next == r.n+1 {
				hs = h * r.slope[j]
			}
			z[j] = d + x*hs + x*x*(hs-d)
		}
	}
}

func (m *radau[T]) pullback(bar *cotangents[T]) error {
	r, n := m.back, len(bar.y)
	for i, z := range r.zbar {
		clear(z)
		if i == m.tab.s-1 {
			for j, v := range bar.y {
				z[j] = float64(v)
			}
		}
		if !r.dense {
			continue
		}
		for k, p := range m.tab.p[i] {
			for j, c := range bar.dense[(k+1)*n : (k+2)*n] {
				z[j] += p * float64(c)
			}
		}
	}
	if r.dense {
		for j, c := range bar.dense[:n] {
			bar.y[j] += c
		}
	}
	return r.solve(m, bar)
}

var _ differentiable[float64] = (*radau[float64])(nil)
