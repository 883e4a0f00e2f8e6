package solvers

import "math"

// solve finds the multipliers μ of [radauReplay] and adds to the cotangents what they give.
//
// The Jacobians J_i of the matrix M = d⊗I/h − diag(J_i) differ from stage to stage. The iteration
//
//	μ += P⁻ᵀ ( Z̄ − Mᵀ μ ),
//
// with P⁻¹ the solution of the simplified Newton iteration, has the same rate as that, and so converges where that did;
// each residual takes a System.VJP a stage. As a VJP is linear in the cotangent, those of the increments add up to that
// of μ, and none is in vain. For a small system whose Jacobian is at hand, and where the simplified iteration doesn't
// converge, P is M itself, and one round will do.
func (r *radauReplay[T]) solve(m *radau[T], bar *cotangents[T]) error {
	eps := epsilon[T]()
	var total float64
	last := math.Inf(1)
	for round := 0; ; round++ {
		for i, z := range r.zbar {
			copy(r.mu[i], z)
		}
		if !r.precondition(m) {
			return ErrNoConvergence
		}
		size := largest(r.mu)
		total = math.Max(total, size)
		small := size <= 1e3*eps*total
		done := size <= eps/4*total || small && size >= last/2 // below rounding, or in the noise of it
		if !done && !small && round > 2 && !(size < 10*last) || round == adjointRounds {
			return ErrNoConvergence
		}
		last = size
		if size == 0 {
			return nil
		}
		if err := r.add(m, bar); err != nil || done {
			return err
		}
	}
}

// adjointRounds bounds the iteration; with the rates that Newton's method is let go on with far fewer do.
const adjointRounds = 300

// add adds what an increment of μ gives to the cotangents, and takes Mᵀ of it from the residual.
func (r *radauReplay[T]) add(m *radau[T], bar *cotangents[T]) error {
	st := &m.stages
	h := st.t1 - st.t
	var tbar, hbar float64
	for j, mu := range r.mu {
		for i, d := range m.tab.d[j] {
			axpy(-d/h, mu, r.zbar[i])
			hbar += d / (h * h) * inner(mu, st.z[i])
		}
	}
	for i, mu := range r.mu {
		for j, v := range mu {
			r.w[j] = T(v)
		}
		st.stage(i)
		tau, err := m.env.vjp(st.time(i), st.arg, r.w, nil, r.wy, bar.theta)
		if err != nil {
			return err
		}
		tbar += tau
		hbar += m.tab.c[i] * tau
		for j, v := range r.wy {
			bar.y[j] += v
			r.zbar[i][j] += float64(v)
		}
	}
	bar.grid[r.n] += tbar - hbar
	bar.grid[r.n+1] += hbar
	return nil
}

// precondition overwrites the mu with P⁻ᵀ mu.
func (r *radauReplay[T]) precondition(m *radau[T]) bool {
	if !r.together {
		return m.stages.solveTransposed(r.mu)
	}
	m.joint.solveTransposed(r.mu)
	return true
}

// largest is the largest |v_ij|, or NaN where there is one.
func largest(v [][]float64) (m float64) {
	for _, row := range v {
		for _, x := range row {
			if x = math.Abs(x); x > m || x != x {
				m = x
			}
		}
	}
	return m
}
