package ude

import (
	"math"
	"testing"
)

// The cost of counts 0 and 3 at a mean that is λ in all rows: smooth, with a slope that leads back below zero, and the same
// as a Fitted has.
func TestPoissonBelowFloor(t *testing.T) {
	for _, counts := range []string{"t,x\n0,0\n1,0\n2,0\n", "t,x\n0,3\n1,0\n2,3\n"} {
		s := table(t, counts)
		q, err := newProblem(model(t, "x'=0\ninit x=1 free"), s, Config{Noise: "poisson"})
		if err != nil {
			t.Fatal(err)
		}
		o, err := q.objective(horizon{rows: q.rows})
		if err != nil {
			t.Fatal(err)
		}
		c, grad := q.floor[0], make([]float64, 1)
		w, kappa := q.turn(0)
		const h = 1e-8
		for _, x := range []float64{-3, -1.5 * w, -w, -0.5 * w, 0, 0.5 * c, c, 2 * c} {
			cost := o.at([]float64{x}, grad)
			want := 0.0
			for _, row := range s.X {
				want += q.mean(0, x) - row[0]*q.continued(0, x)
			}
			near(t, "cost", cost, want, 1e-12)
			up, down := o.at([]float64{x + h}, nil), o.at([]float64{x - h}, nil)
			// second derivatives are at most 3 κ + 6/c² and jump at c, 0 and −w; rounding is 1e-16 of a cost below 1e5
			if slope := (up - down) / (2 * h); math.Abs(slope-grad[0]) > h*(3*kappa+6/c/c)+1e-3 {
				t.Errorf("slope at %v: %v, by differences %v", x, grad[0], slope)
			}
			if x < 0 && !(grad[0] < 0) {
				t.Errorf("the slope at %v is %v", x, grad[0])
			}
		}
	}
}

// A line that would go through zero before the last counts, which are zero, is led back. The slope of the cost by a is Σ t
// m', of which the rows 1 to 4 have at most 1 + 2 + 3 + 4 in size downwards. So at the least cost m' ≥ −2 in row 5, and λ
// ≥ −3/κ.
func TestPoissonLedBack(t *testing.T) {
	s := table(t, "t,x\n0,6\n1,4\n2,1\n3,0\n4,0\n5,0\n")
	f := fitted(t, "x'=-a\npar a=3 free\ninit x=6", s, Config{Noise: "poisson", Start: "single"})
	ys, err := f.trajectory(s.T)
	if err != nil {
		t.Fatal(err)
	}
	_, kappa := f.problem.turn(0)
	if last := ys[5][0]; !(last > -3/kappa && last < 1e-3) {
		t.Errorf("the last mean is %v", last)
	}
}
