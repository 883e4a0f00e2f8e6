package layers

import (
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop"
)

// A block with odeop.PerRow: the field of layers, time included, is that of each row, and a row is to the last digit
// what the block makes of it alone.
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
		n := G.NewMatrix(g, G.Float64, G.WithName("x"), G.WithValue(tensor.New(tensor.WithShape(len(x)/dim, dim),
			tensor.WithBacking(slices.Clone(x)))))
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

// Evaluations are counted for each sample, and samples that are harder to integrate take more steps: of the pendulums
// q″ = −ω² sin q of a batch, with ω in the state, those that swing faster. A row takes as many steps as alone.
func TestODEBlockPerRowWork(t *testing.T) {
	field := Func(func(y *G.Node) (*G.Node, error) {
		f := formula.For(y)
		q, v, w := f.Columns(y, 0, 1), f.Columns(y, 1, 2), f.Columns(y, 2, 3)
		force := f.Neg(f.Mul(f.Apply(G.Square, w), f.Apply(G.Sin, q)))
		return f.Result(f.Concat(v, force, f.Sub(w, w)))
	})
	work := func(x []float64) []odeop.RowRecord {
		var rows odeop.RowStats
		b, err := NewODEBlock(field, []float64{0, 5}, odeop.PerRow(), odeop.RecordRows(&rows))
		if err != nil {
			t.Fatal(err)
		}
		valueOf(t, b, tensor.Float64, x, len(x)/3, 3)
		return rows.Rows()
	}
	x := []float64{1, 0, 0.5, 1, 0, 2, 1, 0, 8, 1, 0, 32}
	rows := work(x)
	for i, r := range rows {
		if i > 0 && r.Forward.Steps < 2*rows[i-1].Forward.Steps {
			t.Errorf("row %d, four times as fast, takes %d steps, and the row before %d", i, r.Forward.Steps, rows[i-1].Forward.Steps)
		}
		alone := work(x[3*i : 3*i+3])[0].Forward
		if alone.Steps != r.Forward.Steps || alone.F != r.Forward.F {
			t.Errorf("row %d: %d steps and %d evaluations, alone %d and %d", i, r.Forward.Steps, r.Forward.F, alone.Steps, alone.F)
		}
	}
}
