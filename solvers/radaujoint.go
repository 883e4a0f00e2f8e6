package solvers

import "math"

// radauJoint solves the equations of all stages of a Radau step together, with the Jacobian J_i of each stage, where
// the simplified iteration with one for all doesn't converge: Newton's method on
//
//	R_i = σ f(t + c_i h, y + Z_i) − (1/h) Σ_j d_ij Z_j,   M = d⊗I/h − σ diag(J_i),   M ΔZ = R,
//
// damped, and where that gets stuck with a continuation from σ = 0 to 1. M is dense, of s times the state's size. It is
// for steps that no control makes shorter, and for the reverse of those, whose equations have Mᵀ.
type radauJoint[T Float] struct {
	st  *radauStages[T]
	jac *jacobian[T]

	m     []float64 // M, then its factors
	pivot []int
	flat  []float64
	sigma float64

	guess, base, full [][]float64 // what the iteration begins from, an iterate, and its full ΔZ
}

// largestJoint bounds s times the state's size.
const largestJoint = 1000

// newRadauJoint returns nil where there is no matrix, or too large a one.
func newRadauJoint[T Float](st *radauStages[T], jac *jacobian[T]) *radauJoint[T] {
	size, n := st.tab.s*len(st.w), len(st.w)
	if jac.layout == nil || size > largestJoint {
		return nil
	}
	return &radauJoint[T]{
		st: st, jac: jac, sigma: 1,
		m: make([]float64, size*size), pivot: make([]int, size), flat: make([]float64, size),
		guess: vectors[float64](st.tab.s, n), base: vectors[float64](st.tab.s, n), full: vectors[float64](st.tab.s, n),
	}
}

// factor factorises M at the stages.
func (q *radauJoint[T]) factor() (ok bool, err error) {
	st, n, size := q.st, len(q.st.w), len(q.pivot)
	h := st.t1 - st.t
	clear(q.m)
	for i, row := range st.tab.d {
		st.stage(i)
		if err := q.jac.eval(st.time(i), st.arg, nil); err != nil {
			return false, err
		}
		finite := true
		q.jac.entries(func(a, b int, v float64) {
			q.m[(i*n+a)*size+i*n+b] = -q.sigma * v
			finite = finite && v-v == 0
		})
		if !finite {
			return false, nil
		}
		for a := range n {
			for j, v := range row {
				q.m[(i*n+a)*size+j*n+a] += v / h
			}
		}
	}
	st.env.stats.Factorizations++
	return factorDense(q.m, q.pivot), nil
}

// solve overwrites r with M⁻¹ r, and solveTransposed with M⁻ᵀ r.
func (q *radauJoint[T]) solve(r [][]float64)           { q.with(r, solveDense[float64]) }
func (q *radauJoint[T]) solveTransposed(r [][]float64) { q.with(r, solveDenseTransposed[float64]) }

func (q *radauJoint[T]) with(r [][]float64, solve func(a []float64, pivot []int, b []float64)) {
	n := len(q.st.w)
	for i, v := range r {
		copy(q.flat[i*n:], v)
	}
	solve(q.m, q.pivot, q.flat)
	for i, v := range r {
		copy(v, q.flat[i*n:])
	}
}

// newton solves for the stages from the z that are there, to rounding.
func (q *radauJoint[T]) newton() (failure, err error) {
	copyRows(q.guess, q.st.z)
	if failure, err = q.damp(); failure != nil && err == nil {
		failure, err = q.continuation()
	}
	if failure != nil || err != nil {
		return failure, err
	}
	q.st.joint = q
	failure, err = q.st.newton()
	q.st.joint = nil
	return failure, err
}

// continuation follows the solution from σ = 0, where Z = 0.
func (q *radauJoint[T]) continuation() (failure, err error) {
	defer func() { q.sigma = 1 }()
	for _, z := range q.guess {
		clear(z)
	}
	sigma, step := 0.0, 0.125
	for sigma < 1 {
		q.sigma = math.Min(1, sigma+step)
		copyRows(q.st.z, q.guess)
		if failure, err = q.damp(); err != nil {
			return nil, err
		}
		if failure != nil {
			if step /= 2; step < leastContinuation {
				return failure, nil
			}
			continue
		}
		copyRows(q.guess, q.st.z)
		sigma, step = q.sigma, 2*step
	}
	return nil, nil
}

// damp is [diagonal].damp for these equations.
func (q *radauJoint[T]) damp() (failure, err error) {
	st, z := q.st, q.st.z
	lambda := 1.0
	for range dampedIterations {
		if ok, err := q.factor(); err != nil || !ok {
			return q.jac.failure(), err
		}
		size, ok, err := q.increment()
		switch {
		case err != nil:
			return nil, err
		case !ok:
			return ErrNonFinite, nil
		case size <= 100*st.test.eps:
			return nil, nil
		}
		copyRows(q.full, st.r)
		copyRows(q.base, z)
		for lambda = math.Min(1, 4*lambda); ; lambda /= 2 {
			if lambda < leastDamping {
				return ErrNoConvergence, nil
			}
			copyRows(z, q.base)
			for i, dz := range q.full {
				axpy(lambda, dz, z[i])
			}
			next, ok, err := q.increment()
			if err != nil {
				return nil, err
			}
			if ok && lambda == 1 && next <= dampedNear*size {
				return nil, nil
			}
			if ok && next <= (1-lambda/4)*size {
				break
			}
		}
	}
	return ErrNoConvergence, nil
}

// increment writes ΔZ to r, with the factors there are, and returns its size; !ok: it isn't finite.
func (q *radauJoint[T]) increment() (size float64, ok bool, err error) {
	st := q.st
	st.env.stats.NewtonIterations++
	if ok, err := st.residualOf(q.sigma); err != nil || !ok {
		return 0, ok, err
	}
	q.solve(st.r)
	size = st.size(nil)
	return size, !math.IsNaN(size) && !math.IsInf(size, 0), nil
}

func copyRows(dst, src [][]float64) {
	for i, row := range src {
		copy(dst[i], row)
	}
}
