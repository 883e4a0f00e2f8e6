package solvers

// KahanLi6 is Kahan and Li's composition of nine steps of [Verlet], of order 6. It costs eighteen evaluations a step,
// all within the step's interval.
//
// Kahan and Li (1997), s9odr6a; Hairer, Lubich and Wanner, Geometric Numerical Integration, V.3.2.
type KahanLi6 struct {
	// Positions is how many leading components of the state are positions; the others are momenta. Zero: half of them.
	Positions int
}

// γ₁ to γ₄ of s9odr6a; γ₅ makes the sum 1.
const (
	kahanLi1 = 0.39216144400731413927925056
	kahanLi2 = 0.33259913678935943859974864
	kahanLi3 = -0.70624617255763935980996482
	kahanLi4 = 0.08221359629355080023014904
)

var kahanli6 = composition{
	name:  "kahanli6",
	order: 6,
	weights: []float64{
		kahanLi1, kahanLi2, kahanLi3, kahanLi4, 1 - 2*(kahanLi1+kahanLi2+kahanLi3+kahanLi4), kahanLi4, kahanLi3, kahanLi2,
		kahanLi1,
	},
	reference: "W. Kahan and R.-C. Li, Composition constants for raising the orders of unconventional schemes for " +
		"ordinary differential " +
		"equations, Math. Comp. 66 (1997) 1089-1099",
}

// Name implements [Method].
func (KahanLi6) Name() string { return kahanli6.name }

// Order implements [Method].
func (KahanLi6) Order() int { return kahanli6.order }

// Info implements [Method].
func (KahanLi6) Info() Info { return kahanli6.info() }

func (m KahanLi6) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newSymplectic(e, &kahanli6, m.Positions)
}

func (m KahanLi6) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newSymplectic(e, &kahanli6, m.Positions)
}

var _ Method = KahanLi6{}
