package solvers

import "math"

// radauStages solves for the stages of a Radau step, Z_i = u(t + c_i h) − y, the equations
//
//	0 = R_i = f(t + c_i h, y + Z_i) − (1/h) Σ_j d_ij Z_j,   d = A⁻¹,
//
// by Newton's method with one Jacobian J for all of them: (d⊗I/h − I⊗J) ΔZ = R. In the basis of the eigenvectors of d, with
// d = V Λ V⁻¹, that is a system of the state's size for each eigenvalue,
//
//	(λ_k/h I − J) Δw_k = (V⁻¹ R)_k,   ΔZ_i = v_i0 Δw_0 + 2 Re Σ_k v_ik Δw_k,
//
// one of them real and one for each complex pair.
type radauStages[T Float] struct {
	env *environment[T]
	tab *radauCoefficients

	jac     *jacobian[T]
	real    shifted[float64]
	complex []shifted[complex128]
	h       float64 // of the factors; 0: none

	t, t1 float64
	y     []T
	z     [][]float64 // Z_i
	r     [][]float64 // R_i, and then ΔZ_i
	w     []float64
	cw    [][]complex128
	arg   []T
	f     []T
	test  convergence
	joint *radauJoint[T] // solves in place of the simplified iteration's factors, or nil
}

func newRadauStages[T Float](env *environment[T], tab *radauCoefficients, jac *jacobian[T]) radauStages[T] {
	n := env.sys.Dim
	st := radauStages[T]{
		env:  env,
		tab:  tab,
		jac:  jac,
		real: newShifted[float64](jac),
		z:    vectors[float64](tab.s, n),
		r:    vectors[float64](tab.s, n),
		w:    make([]float64, n),
		arg:  make([]T, n),
		f:    make([]T, n),
	}
	for range tab.lambda {
		st.complex = append(st.complex, newShifted[complex128](jac))
		st.cw = append(st.cw, make([]complex128, n))
	}
	return st
}

// factor factorises for a step of h.
func (st *radauStages[T]) factor(h float64) bool {
	st.h = 0
	if !st.real.factor(st.tab.gamma / h) {
		return false
	}
	for k, l := range st.tab.lambda {
		if !st.complex[k].factor(l / complex(h, 0)) {
			return false
		}
	}
	st.h = h
	return true
}

// time is t + c_i h, and t₁ itself at the end.
func (st *radauStages[T]) time(i int) float64 {
	if st.tab.c[i] == 1 {
		return st.t1
	}
	return st.t + st.tab.c[i]*(st.t1-st.t)
}

// newton iterates from the z that are there. A failure is one that might not occur with a smaller step or a newer
// Jacobian.
func (st *radauStages[T]) newton() (failure, err error) {
	st.test.begin()
	for {
		if ok, err := st.residual(); err != nil {
			return nil, err
		} else if !ok {
			st.test.fail()
			return ErrNonFinite, nil
		}
		if st.joint != nil {
			st.joint.solve(st.r)
		} else if !st.solve(st.r) {
			st.test.fail()
			return st.jac.failure(), nil
		}
		for i, dz := range st.r {
			axpy(1, dz, st.z[i])
		}
		scale := st.z
		if !st.test.exact {
			scale = nil
		}
		st.env.stats.NewtonIterations++
		switch st.test.next(st.size(scale)) {
		case converged:
			return nil, nil
		case hopeless:
			return ErrNoConvergence, nil
		}
	}
}

// size measures the ΔZ_i in r, with the scales of environment.increment.
func (st *radauStages[T]) size(scale [][]float64) float64 {
	var square float64
	for i, dz := range st.r {
		var z []float64
		if scale != nil {
			z = scale[i]
		}
		v := st.env.increment(dz, st.y, z)
		square += v * v
	}
	return math.Sqrt(square / float64(len(st.r)))
}

// stage puts y + Z_i into arg.
func (st *radauStages[T]) stage(i int) { st.shifted(st.arg, st.z[i]) }

// shifted writes y + z to dst.
func (st *radauStages[T]) shifted(dst []T, z []float64) {
	z = z[:len(dst)]
	for j, v := range st.y {
		dst[j] = T(float64(v) + z[j])
	}
}

// residual writes the R_i and reports whether they are finite.
func (st *radauStages[T]) residual() (bool, error) { return st.residualOf(1) }

// residualOf is residual with σf for f.
func (st *radauStages[T]) residualOf(sigma float64) (bool, error) {
	h := st.t1 - st.t
	for i, r := range st.r {
		combine(r, -1/h, st.tab.d[i], st.z)
		st.stage(i)
		if err := st.env.f(st.time(i), st.arg, st.f); err != nil {
			return false, err
		}
		if nonFinite(st.f) >= 0 {
			return false, nil
		}
		for j, v := range st.f {
			r[j] += sigma * float64(v)
		}
	}
	return true, nil
}

// solve overwrites r with (d⊗I/h − I⊗J)⁻¹ r.
func (st *radauStages[T]) solve(r [][]float64) bool {
	combine(st.w, 1, st.tab.left, r)
	ok := st.real.solve(st.w)
	for k, l := range st.tab.cleft {
		project(st.cw[k], l, r)
		ok = st.complex[k].solve(st.cw[k]) && ok
	}
	st.assemble(r, st.tab.right, st.tab.cright)
	return ok
}

// solveTransposed overwrites r with (dᵀ⊗I/h − I⊗Jᵀ)⁻¹ r: left and right change places.
func (st *radauStages[T]) solveTransposed(r [][]float64) bool {
	combine(st.w, 1, st.tab.right, r)
	ok := st.real.solveTransposed(st.w)
	for k, v := range st.tab.cright {
		project(st.cw[k], v, r)
		ok = st.complex[k].solveTransposed(st.cw[k]) && ok
	}
	st.assemble(r, st.tab.left, st.tab.cleft)
	return ok
}

// assemble writes v_i w + 2 Re Σ_k cv_ki cw_k to the r_i.
func (st *radauStages[T]) assemble(r [][]float64, v []float64, cv [][]complex128) {
	for i, z := range r {
		for j, w := range st.w {
			z[j] = v[i] * w
		}
		for k, cw := range st.cw {
			a, b := 2*real(cv[k][i]), 2*imag(cv[k][i])
			for j, x := range cw {
				z[j] += a*real(x) - b*imag(x)
			}
		}
	}
}

// project writes Σ_i l_i r_i to w.
func project(w []complex128, l []complex128, r [][]float64) {
	clear(w)
	for i, v := range l {
		a, b := real(v), imag(v)
		for j, x := range r[i] {
			w[j] += complex(a*x, b*x)
		}
	}
}

// combine writes c Σ_j a_j z_j to dst.
func combine(dst []float64, c float64, a []float64, z [][]float64) {
	if len(a) == 3 {
		a0, a1, a2 := c*a[0], c*a[1], c*a[2]
		z0, z1, z2 := z[0][:len(dst)], z[1][:len(dst)], z[2][:len(dst)]
		for i := range dst {
			dst[i] = a0*z0[i] + a1*z1[i] + a2*z2[i]
		}
		return
	}
	clear(dst)
	for j, v := range a {
		axpy(c*v, z[j], dst)
	}
}
