package ude

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonode/training"
)

func model(t *testing.T, text string) *Model {
	t.Helper()
	m, err := ParseModel("model.ode", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func table(t *testing.T, text string) *training.Series {
	t.Helper()
	s, err := training.ReadCSV(strings.NewReader(text), "data.csv", training.CSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// everything has each kind of unknown, a state that is not observed, an initial value made of a parameter, and time.
const everything = `x' = a*x - b*x*z + c*f(x/5, z)
z' = -d*z + 0.1*x*(1 + sin(t)/5)
w' = x - w
par a=1.1 free>0, b=0.4 free in [0, 1], c=0.5 free, d=-1 free<2
init x=4 free>0, z=2, w=2*a
net f(x, z) = mlp(hidden=[3], act=tanh)
`

const counts = "t,x,w\n0,4,2\n0.5,5,\n1.1,7,4\n1.5,,5\n2,9,6\n2.4,8,7\n3,6,6\n"

// Gradients are exact for the numbers computed but for the choice of the steps. At tolerances of 1e-11 the cost is
// smooth to about 1e-10, and central differences of step 1e-4 are right to 1e-6 and to the step squared, 1e-8 times a
// third derivative.
func TestGradients(t *testing.T) {
	for _, noise := range noises {
		q, err := newProblem(model(t, everything), table(t, counts),
			Config{Noise: noise, RTol: 1e-11, ATol: 1e-11, Free: []string{"w(0)"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(q.named) != 6 || q.weights != 3*3+4 {
			t.Fatalf("%d free, %d weights", len(q.named), q.weights)
		}
		for _, cuts := range [][]int{nil, {2, 4}} {
			h := horizon{rows: q.rows, cuts: cuts}
			o, err := q.objective(h)
			if err != nil {
				t.Fatal(err)
			}
			o.rho[0] = 3
			rng := rand.New(rand.NewPCG(7, 8))
			x := append([]float64{}, q.begin...)
			for len(x) < len(q.named)+q.weights {
				x = append(x, rng.NormFloat64()/2)
			}
			for len(x) < o.size {
				x = append(x, 0.5+rng.Float64())
			}
			differences(t, noise, o, x)
		}
	}
}

func TestMatchingGradient(t *testing.T) {
	q, err := newProblem(model(t, "x'=a*x+f(x,y)\ny'=-b*y+g(x,y)\npar a=1 free>0, b=1 free\nnet f,g(x,y)=mlp(hidden=[3])\n"),
		table(t, "t,x,y\n0,1,2\n1,2,1.5\n2,3,1.3\n3,2,1\n4,1,1.4\n5,0.9,2\n"), Config{})
	if err != nil {
		t.Fatal(err)
	}
	s, ok := q.smoothed()
	if !ok {
		t.Fatal("not smoothed")
	}
	o, err := q.matching(s)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 8))
	x := append([]float64{}, q.begin...)
	for len(x) < o.size {
		x = append(x, rng.NormFloat64())
	}
	differences(t, "matching", o, x)
}

func differences(t *testing.T, what string, o *objective, x []float64) {
	t.Helper()
	grad := make([]float64, len(x))
	if cost := o.at(x, grad); math.IsInf(cost, 0) {
		t.Fatalf("%s: no cost: %v", what, o.err)
	}
	const h = 1e-4
	for i := range x {
		at := append([]float64{}, x...)
		at[i] = x[i] + h
		up := o.at(at, nil)
		at[i] = x[i] - h
		slope := (up - o.at(at, nil)) / (2 * h)
		if math.Abs(slope-grad[i]) > 1e-5*math.Max(1, math.Abs(slope)) {
			t.Errorf("%s, unknown %d of %d: %v, by differences %v", what, i, len(x), grad[i], slope)
		}
	}
}

func TestCoordinates(t *testing.T) {
	q, err := newProblem(model(t, everything), table(t, counts), Config{})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range q.named {
		if v := x.value(x.coordinate(x.first)); math.Abs(v-x.first) > 1e-14 {
			t.Errorf("%s: %v comes back as %v", x.name, x.first, v)
		}
		for _, u := range []float64{-3, -0.2, 1.7} {
			const h = 1e-6
			if d := (x.value(u+h) - x.value(u-h)) / (2 * h); math.Abs(d-x.slope(u)) > 1e-8*math.Max(1, math.Abs(d)) {
				t.Errorf("%s: slope %v, by differences %v", x.name, x.slope(u), d)
			}
			if !x.free.Contains(x.value(u)) {
				t.Errorf("%s: %v is outside of its bounds", x.name, x.value(u))
			}
		}
		if q.begin[i] != x.coordinate(x.first) {
			t.Errorf("%s does not begin where the file says", x.name)
		}
	}
}
