package solvers

import "math"

// Tableau is an explicit Runge–Kutta method in Butcher's form, in the notation of Hairer, Nørsett and Wanner I, II.1:
//
//	k_i = f(t + c_i h, y + h Σ_{j<i} a_ij k_j),   i = 1..s
//	y₁  = y + h Σ b_i k_i
//	err = h Σ e_i k_i,   e = b − b̂
//
// With a second embedded solution of lower order, err₂ = h Σ e2_i k_i, the two make
//
//	‖err‖² / √( ‖err‖² + 0.01 ‖err₂‖² ),
//
// Hairer's combination, of order 2(p̂+1) − (p̂₂+1) in h for embedded orders p̂ and p̂₂.
//
// If the last stage is taken at the new state (its row of A is b and its c is 1), the tableau is FSAL and that stage
// serves the next step as its first; a tableau whose estimate needs f(t₁, y₁) is written like that.
type Tableau struct {
	Name          string
	Order         int
	EmbeddedOrder int // order of b̂; 0 where E is nil

	EmbeddedOrder2 int // order of the second embedded solution, below the first; 0 where E2 is nil

	A    [][]float64 // row i has i entries, the first none
	B, C []float64
	E    []float64 // nil: no error estimate, constant steps only
	E2   []float64 // nil: E alone estimates

	// Interpolant is the method's own dense output. Nil: Hermite's cubic, of order min(Order, 3), which needs f at the end
	// of the step, an evaluation that the next step doesn't repeat.
	Interpolant *Interpolant

	// Controller is the step size control that suits the method; what is zero is the package's default.
	Controller Controller

	Reference string
}

// stages is the number of stages of a step, without those of an interpolant.
func (t *Tableau) stages() int { return len(t.B) }

// fsal reports whether the last stage is f(t₁, y₁).
func (t *Tableau) fsal() bool {
	s := t.stages()
	return s > 1 && t.B[s-1] == 0 && t.C[s-1] == 1 && equal(t.A[s-1], t.B[:s-1])
}

// controlOrder is the k of the controller: the norm of the error estimate behaves as h^k.
func (t *Tableau) controlOrder() int {
	k := min(t.Order, t.EmbeddedOrder) + 1
	if t.E2 != nil {
		k = 2*k - (t.EmbeddedOrder2 + 1)
	}
	return k
}

// info describes the method of the tableau.
func (t *Tableau) info() Info {
	return Info{
		Name:          t.Name,
		Family:        "explicit Runge–Kutta",
		Order:         t.Order,
		EmbeddedOrder: t.EmbeddedOrder,
		DenseOrder:    t.dense().Order,
		Stages:        t.stages(),
		FSAL:          t.fsal(),
		Controller:    t.Controller,
		Reference:     t.Reference,
	}
}

// consistency is how far the sums of a tableau's rows may be from what they must be: well above the rounding of its numbers,
// well below a wrong digit that matters.
const consistency = 1e-10

// Check reports what is wrong with the tableau's shape and its first-order conditions: Σ b_i = 1, Σ_j a_ij = c_i, Σ e_i = 0
// and, of the interpolant, u(1) = 1 for y' = 1. Conditions of higher order are not checked.
func (t *Tableau) Check() error {
	s := t.stages()
	switch {
	case s == 0:
		return badInput("tableau %q has no stages", t.Name)
	case t.Order < 1:
		return badInput("tableau %q has order %d", t.Name, t.Order)
	case len(t.A) != s || len(t.C) != s:
		return badInput("tableau %q has %d rows of A and %d of C for %d of B", t.Name, len(t.A), len(t.C), s)
	case t.E != nil && len(t.E) != s:
		return badInput("tableau %q has %d entries of E for %d of B", t.Name, len(t.E), s)
	case (t.E != nil) != (t.EmbeddedOrder > 0):
		return badInput("tableau %q has an embedded order %d and %d entries of E", t.Name, t.EmbeddedOrder, len(t.E))
	case t.E2 != nil && len(t.E2) != s:
		return badInput("tableau %q has %d entries of E2 for %d of B", t.Name, len(t.E2), s)
	case (t.E2 != nil) != (t.EmbeddedOrder2 > 0) || t.E2 != nil && t.EmbeddedOrder2 >= t.EmbeddedOrder:
		return badInput("tableau %q has embedded orders %d and %d and %d entries of E2",
			t.Name, t.EmbeddedOrder, t.EmbeddedOrder2, len(t.E2))
	case !near(sum(t.B), 1):
		return badInput("tableau %q has Σ b = %g; it must be 1", t.Name, sum(t.B))
	case t.E != nil && !near(sum(t.E), 0):
		return badInput("tableau %q has Σ e = %g; it must be 0", t.Name, sum(t.E))
	case t.E2 != nil && !near(sum(t.E2), 0):
		return badInput("tableau %q has Σ e2 = %g; it must be 0", t.Name, sum(t.E2))
	}
	if err := t.checkRows("A", t.A, t.C, 0); err != nil {
		return err
	}
	if t.Interpolant == nil {
		return nil
	}
	return t.Interpolant.check(t)
}

// checkRows checks that row i of a has from+i entries of sum c_i.
func (t *Tableau) checkRows(name string, a [][]float64, c []float64, from int) error {
	for i, row := range a {
		if len(row) != from+i {
			return badInput("tableau %q has %d entries in row %d of %s; it must have %d", t.Name, len(row), i, name, from+i)
		}
		if !near(sum(row), c[i]) {
			return badInput("tableau %q has row %d of %s with sum %g and c = %g", t.Name, i, name, sum(row), c[i])
		}
	}
	return nil
}

func near(a, b float64) bool { return math.Abs(a-b) <= consistency*(1+math.Abs(b)) }

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}

func equal(a, b []float64) bool {
	for i, x := range a {
		if x != b[i] {
			return false
		}
	}
	return true
}
