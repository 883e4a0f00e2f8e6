package toy

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// Set is a distribution of points in the plane.
type Set struct {
	Name string
	// LogDensity is the log-density at a point, in nats, −Inf where there are no points; nil where no formula is known.
	LogDensity func(x, y float64) float64
	// Reach is half the side of a square around the origin that holds all but less than 1e-9 of the points.
	Reach float64

	draw func(rng *rand.Rand) (x, y float64)
}

// Sample draws n points, in rows of two numbers. n below 1 gives none.
func (s Set) Sample(n int, seed uint64) [][]float64 {
	rng := rand.New(rand.NewPCG(seed, 0x746f79))
	rows := make([][]float64, max(n, 0))
	for i := range rows {
		x, y := s.draw(rng)
		rows[i] = []float64{x, y}
	}
	return rows
}

// Entropy is −∫ p ln p in nats, the least mean of −ln q that a density q can have on points of the set. It is the sum over
// a grid of 300² points, NaN where LogDensity is nil; right to about 1e-6 for sets whose structure is not finer than a
// tenth.
func (s Set) Entropy() float64 {
	if s.LogDensity == nil {
		return math.NaN()
	}
	const n = 300
	h := 2 * s.Reach / n
	total := 0.0
	for i := range n {
		for j := range n {
			l := s.LogDensity((float64(i)+0.5)*h-s.Reach, (float64(j)+0.5)*h-s.Reach)
			if p := math.Exp(l); p > 0 {
				total -= p * l * h * h
			}
		}
	}
	return total
}

// Names lists what ByName knows.
func Names() []string { return []string{"moons", "eightgaussians", "checkerboard", "pinwheel"} }

// ByName is the set of that name with its usual parameters: TwoMoons(0.1), and the others.
func ByName(name string) (Set, error) {
	for _, s := range []Set{TwoMoons(0.1), EightGaussians(), Checkerboard(), Pinwheel()} {
		if s.Name == name {
			return s, nil
		}
	}
	return Set{}, errors.Errorf("toy: there is no set %q; there are %q", name, Names())
}

// logSumExp is ln Σ exp v.
func logSumExp(v []float64) float64 {
	most := math.Inf(-1)
	for _, x := range v {
		most = math.Max(most, x)
	}
	if math.IsInf(most, -1) {
		return most
	}
	sum := 0.0
	for _, x := range v {
		sum += math.Exp(x - most)
	}
	return most + math.Log(sum)
}
