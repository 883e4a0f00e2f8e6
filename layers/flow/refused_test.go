package flow

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers"
)

// What cannot be is an error that says so.
func TestRefused(t *testing.T) {
	net := NetConfig{Hidden: []int{3}}
	norm := func(d int) Bijection { return must1(NewActNorm("norm", d, tensor.Float64)) }
	x := G.NewMatrix(G.NewGraph(), G.Float64, G.WithShape(4, 2), G.WithName("x"))
	narrow := G.NewMatrix(G.NewGraph(), G.Float32, G.WithShape(4, 2), G.WithName("x"))
	field := must1(NewTimeNet(seeded(1), "field", 2, Concat, net))
	cnf := must1(NewCNF(field, 2))
	hidden := layers.Func(func(x *G.Node) (*G.Node, error) { return must1(layers.NewLinear(seeded(1), "l", 2, 2)).Forward(x) })
	wide := must1(layers.NewLinear(seeded(1), "l", 2, 3))
	step := G.NewScalar(G.NewGraph(), G.Float64, G.WithName("step"))
	vector := G.NewVector(x.Graph(), G.Float64, G.WithShape(3), G.WithName("t"))

	for _, c := range []struct {
		want string
		err  error
	}{
		{"needs a part", err1(NewChain())},
		{"part 1 is nil", err1(NewChain(norm(2), nil))},
		{"part 1 maps 3 numbers", err1(NewChain(norm(2), norm(3)))},
		{"needs a name", err1(NewActNorm("", 2, tensor.Float64))},
		{"0 columns", err1(NewActNorm("a", 0, tensor.Float64))},
		{"keeps 2 of 2", err1(NewCoupling(seeded(1), "c", Mask{true, true}, net))},
		{"1 columns, want at least 2", err1(NewCoupling(seeded(1), "c", Mask{true}, net))},
		{"random generator", err1(NewCoupling(nil, "c", Halves(2, true), net))},
		{"random generator", err1(NewInvertibleLinear(nil, "l", 2, tensor.Float64))},
		{"0 steps", err1(NewGlow(seeded(1), "g", 2, 0, net))},
		{"1 columns", err1(NewRealNVP(seeded(1), "g", 1, 1, net))},
		{"time net needs a name", err1(NewTimeNet(seeded(1), "", 2, Concat, net))},
		{"no kind", err1(NewTimeNet(seeded(1), "f", 2, "other", net))},
		{"random generator", err1(NewTimeNet(nil, "f", 2, Concat, net))},
		{"the field is nil", err1(NewCNF(nil, 2))},
		{"option 0 is nil", err1(NewCNF(field, 2, nil))},
		{"0 columns", err1(NewCNF(field, 0))},
		{"want (rows, 3)", err1(LogProb(norm(3), x))},
		{"parameters are", err1(LogProb(norm(2), narrow))},
		{"no node", err1(LogProb(norm(2), nil))},
		{"no bijection", err1(LogProb(nil, x))},
		{"do not list", err1(LogProb(must1(NewCNF(hidden, 2)), x))},
		{"shape", err1(LogProb(must1(NewCNF(wide, 2)), x))},
		{"another graph", err1(LogProb(Estimated(cnf, Probe{Step: step}), x))},
		{"no probe of kind", err1(LogProb(Estimated(cnf, Probe{Kind: 7}), x))},
		{"want a number", err1(LogProb(Estimated(cnf, Probe{Step: vector}), x))},
		{"neither may be negative", err1(Loss(cnf, x, Penalty{Kinetic: -1}))},
		{"no CNF", err1(Loss(norm(2), x, Penalty{Kinetic: 1}))},
		{"no rows", Init(norm(2), nil)},
		{"row 1 has 1 numbers", Init(norm(2), [][]float64{{1, 2}, {3}})},
		{"row 0, column 1 is NaN", Init(norm(2), [][]float64{{1, math.NaN()}})},
		{"0 rows", err1(Sample(norm(2), 0, 1))},
		{"σ is 1", err1(Matching{Sigma: 1}.Loss(field, x, x, vector))},
		{"no pairing 3", err1(Matching{Pairing: 3}.Loss(field, x, x, vector))},
		{"(rows)", err1(Matching{}.Loss(field, x, x, vector))},
		{"row 1 has 2 numbers", drawn(Matching{}, [][]float64{{1}, {1, 2}})},
		{"row 1 has 1 numbers", drawn(Matching{Pairing: OptimalTransport}, [][]float64{{1, 2}, {1}})},
		{"no data", drawn(Matching{}, nil)},
		{"field is nil", err1(Matching{}.Loss(nil, x, x, vector))},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("want an error with %q: %v", c.want, c.err)
		}
	}
}

func drawn(m Matching, data [][]float64) error {
	_, _, err := m.Draw(data, 1, 1)
	return err
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func err1[T any](_ T, err error) error { return err }
