package solvers

import "math"

// Tableau is an explicit Runge–Kutta method in Butcher's form, in the notation of Hairer, Nørsett and Wanner I, II.1:
//
//	k_i = f(t + c_i h, y + h Σ_{j<i} a_ij k_j),   i = 1..s
//	y₁  = y + h Σ b_i k_i
//	err = h Σ e_i k_i,   e = b − b̂
//
// If the last stage is taken at the new state (its row of A is b and its c is 1), the tableau is FSAL and that stage
// serves the next step as its first; a tableau whose estimate needs f(t₁, y₁) is written like that.
type Tableau struct {
	Name          string
	Order         int
	EmbeddedOrder int // order of b̂; 0 where E is nil

	A    [][]float64 // row i has i entries, the first none
	B, C []float64
	E    []float64 // nil: no error estimate, constant steps only

	// Interpolant is the method's own dense output. Nil: Hermite's cubic, of order min(Order, 3), which needs f at the end
	// of the step, an evaluation that the next step doesn't repeat.
	Interpolant *Interpolant

	// Controller is the step size control that suits the method; what is zero is the package's default.
	Controller Controller

	Reference string
}

// Interpolant is a dense output of a Runge–Kutta method: over the stages, and where these aren't enough over more that
// follow them,
//
//	y(t + θh) ≈ y + h Σ_i k_i Σ_j P_ij θ^(j+1).
type Interpolant struct {
	Order int
	P     [][]float64 // a row for each stage and each extra stage, all of one length

	A [][]float64 // rows of the extra stages, each over all stages before it
	C []float64
}

// stages is the number of stages of a step, without those of an interpolant.
func (t *Tableau) stages() int { return len(t.B) }

// fsal reports whether the last stage is f(t₁, y₁).
func (t *Tableau) fsal() bool {
	s := t.stages()
	return s > 1 && t.B[s-1] == 0 && t.C[s-1] == 1 && equal(t.A[s-1], t.B[:s-1])
}

// dense is the interpolant, Hermite's where the method has none of its own.
func (t *Tableau) dense() *Interpolant {
	if t.Interpolant != nil {
		return t.Interpolant
	}
	return t.hermite(nil)
}

// hermite is the interpolant
//
//	u(θ) = (1−θ) y₀ + θ y₁ + θ(θ−1) [ (1−2θ)(y₁−y₀) + (θ−1) h f₀ + θ h f₁ ] + θ²(1−θ)² h Σ d_i k_i,
//
// Hermite's cubic with, for d ≠ nil, a quartic that leaves values and slopes at the ends alone (Hairer, Nørsett and
// Wanner I, II.6, (6.7)). With f₁ in terms of stages, the last one of an FSAL tableau or an extra one:
//
//	P_i = b_i (0, 3, −2) + [i=1] (1, −2, 1) + [i=end] (0, −1, 1) + d_i (0, 1, −2, 1).
func (t *Tableau) hermite(d []float64) *Interpolant {
	s := t.stages()
	in := &Interpolant{Order: min(t.Order, 3)}
	end := s - 1
	if !t.fsal() {
		end = s
		in.A, in.C = [][]float64{t.B}, []float64{1}
	}
	degree := 3
	if d != nil {
		degree, in.Order = 4, min(t.Order, 4)
	}
	in.P = make([][]float64, end+1)
	for i := range in.P {
		p := make([]float64, degree)
		if i < s {
			p[1], p[2] = 3*t.B[i], -2*t.B[i]
		}
		if i == 0 {
			p[0], p[1], p[2] = p[0]+1, p[1]-2, p[2]+1
		}
		if i == end {
			p[1], p[2] = p[1]-1, p[2]+1
		}
		if d != nil {
			p[1], p[2], p[3] = p[1]+d[i], p[2]-2*d[i], d[i]
		}
		in.P[i] = p
	}
	return in
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
// and, of the interpolant, Σ_ij P_ij = 1. Conditions of higher order are not checked.
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
	case !near(sum(t.B), 1):
		return badInput("tableau %q has Σ b = %g; it must be 1", t.Name, sum(t.B))
	case t.E != nil && !near(sum(t.E), 0):
		return badInput("tableau %q has Σ e = %g; it must be 0", t.Name, sum(t.E))
	}
	if err := t.checkRows("A", t.A, t.C, 0); err != nil {
		return err
	}
	if t.Interpolant == nil {
		return nil
	}
	in := t.Interpolant
	if len(in.A) != len(in.C) || len(in.P) != s+len(in.A) {
		return badInput("interpolant of tableau %q has %d rows of A, %d of C and %d of P for %d stages",
			t.Name, len(in.A), len(in.C), len(in.P), s)
	}
	var all float64
	for i, p := range in.P {
		if len(p) == 0 || len(p) != len(in.P[0]) {
			return badInput("interpolant of tableau %q has %d entries in row %d of P", t.Name, len(p), i)
		}
		all += sum(p)
	}
	if !near(all, 1) {
		return badInput("interpolant of tableau %q has Σ P = %g; it must be 1", t.Name, all)
	}
	return t.checkRows("the interpolant's A", in.A, in.C, s)
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
