package layers

import (
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
)

// A block with odeop.PerRow: the field of layers, time included, is that of each row, and a row is to the last digit what the
// block makes of it alone.
func TestODEBlockPerRow(t *testing.T) {
	const rows, dim = 9, 8
	rng := rand.New(rand.NewPCG(1, 2))
	mlp, err := NewMLP(rng, "mlp", []int{dim + 1, 64, 40, dim}, WithDtype(tensor.Float64))
	if err != nil {
		t.Fatal(err)
	}
	block, err := NewODEBlock(Sequential(ConcatTime(), mlp), []float64{0, 0.5, 1}, odeop.PerRow())
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float64, dim*rows)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	solve := func(x []float64) (y, byX, byWeights []float64) {
		g := G.NewGraph()
		n := G.NewMatrix(g, G.Float64, G.WithName("x"), G.WithValue(tensor.New(tensor.WithShape(len(x)/dim, dim), tensor.WithBacking(slices.Clone(x)))))
		out, err := block.Forward(n)
		if err != nil {
			t.Fatal(err)
		}
		weights := graph.ParamNodes(g, block.Params())
		wrt := append(G.Nodes{n}, weights...)
		if _, err := G.Grad(G.Must(G.Sum(out)), wrt...); err != nil {
			t.Fatal(err)
		}
		vm := G.NewTapeMachine(g, G.BindDualValues(wrt...))
		defer vm.Close()
		var value G.Value
		G.Read(out, &value)
		if err := vm.RunAll(); err != nil {
			t.Fatal(odeop.Cause(err))
		}
		d, err := n.Grad()
		if err != nil {
			t.Fatal(err)
		}
		w, err := weights[0].Grad()
		if err != nil {
			t.Fatal(err)
		}
		return out.Value().Data().([]float64), d.Data().([]float64), w.Data().([]float64)
	}
	y, byX, byW := solve(x)
	sum := make([]float64, len(byW))
	for i := range rows {
		row := x[dim*i : dim*i+dim]
		a, b, w := solve(row)
		if !slices.Equal(a, y[dim*i:dim*i+dim]) || !slices.Equal(b, byX[dim*i:dim*i+dim]) {
			t.Errorf("row %d: %v with gradient %v, alone %v and %v", i, y[dim*i:dim*i+dim], byX[dim*i:dim*i+dim], a, b)
		}
		for j, v := range w {
			sum[j] += v
		}
	}
	for j := range sum {
		if d := sum[j] - byW[j]; d > 1e-11 || d < -1e-11 {
			t.Errorf("gradient by weight %d is %v, the sum of the rows' is %v", j, byW[j], sum[j])
		}
	}
}
