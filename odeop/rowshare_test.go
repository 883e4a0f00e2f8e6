package odeop

import (
	"fmt"
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Rows take the steps that each needs, and share evaluations: the work is that of solves alone, in as few calls as the
// slowest row has evaluations.
func TestRowsShareEvaluations(t *testing.T) {
	field := func(_, y *G.Node, args ...*G.Node) (*G.Node, error) { // y' = (v, −ω²x)
		x, v := columnOf(y, 0), columnOf(y, 1)
		return G.Concat(1, v, must(G.Neg(must(G.HadamardProd(args[0], x)))))
	}
	speeds := []float64{1, 4, 9, 400, 2500, 0.01}
	g := G.NewGraph()
	n := len(speeds)
	y0 := newNode(g, tensor.Float64, "y0", []int{n, 2}, slices.Repeat([]float64{1, 0}, n))
	w := newNode(g, tensor.Float64, "w", []int{n, 1}, speeds)
	var rows RowStats
	var sum Stats
	y, err := SolveFinal(field, y0, []float64{0, 2}, PerRow(), RowArgs(w), RecordRows(&rows), Record(&sum))
	if err != nil {
		t.Fatal(err)
	}
	run(t, g, G.Must(G.Sum(y)), []input{{"y0", y0}}, false)
	var total, backward solvers.Stats
	most := 0
	records := rows.Rows()
	for i, r := range records {
		if r.Status != solvers.Success || r.Err != nil || r.T != 2 {
			t.Errorf("row %d: %+v", i, r)
		}
		total.Add(r.Forward)
		backward.Add(r.Backward)
		most = max(most, r.Forward.F)
	}
	if records[4].Forward.Steps < 5*records[0].Forward.Steps {
		t.Errorf("%d steps for ω = 50, %d for ω = 1", records[4].Forward.Steps, records[0].Forward.Steps)
	}
	if total != sum.Forward() || backward != sum.Backward() || backward.VJP == 0 {
		t.Errorf("rows add up to %+v and %+v, recorded are %+v and %+v", total, backward, sum.Forward(), sum.Backward())
	}
	forward, back := rows.Calls()
	if forward < most || forward > most+most/10 || back == 0 || back >= backward.VJP+backward.F {
		t.Errorf("%d calls forward, %d backward; the slowest row has %d evaluations", forward, back, most)
	}
}

// A running cost of each row is that of the row alone.
func TestCostPerRow(t *testing.T) {
	const rows = 4
	m := newRowModel(t, tensor.Float64, rows)
	times := []float64{0, 0.5, 1.2}
	cost := func(t, y *G.Node, args ...*G.Node) (*G.Node, error) { // of shape (1, 2)
		return G.HadamardProd(must(G.Square(y)), args[1])
	}
	solve := func(m *rowModel, extra ...Option) (ys, costs []float64, shape tensor.Shape, o outcome) {
		g := G.NewGraph()
		y0, u, v, _ := m.nodes(g)
		opts := append([]Option{Method(solvers.RK4{}), Step(0.1)}, extra...)
		if len(m.y0) == rows {
			opts = append(opts, PerRow(), Args(v), RowArgs(u))
		} else {
			opts = append(opts, Args(v, u))
		}
		sol, err := SolveWithCost(m.field, cost, y0, times, opts...)
		if err != nil {
			t.Fatal(err)
		}
		a, b := must(sol.States()), must(sol.Costs())
		var av, bv G.Value
		G.Read(a, &av)
		G.Read(b, &bv)
		o = run(t, g, G.Must(G.Add(G.Must(G.Sum(a)), G.Must(G.Sum(b)))), []input{{"y0", y0}, {"u", u}, {"w", m.w.In(g)}}, false)
		return numbers(av), numbers(bv), b.Shape(), o
	}
	ys, costs, shape, o := solve(m)
	if want := []int{3, rows, 2}; !slices.Equal(shape, want) {
		t.Fatalf("costs of shape %v, want %v", shape, want)
	}
	byW := make([]float64, 4)
	for i := range rows {
		y, c, _, p := solve(m.rows(i))
		for j := range times {
			at := (j*rows + i) * 2
			if !slices.Equal(ys[at:at+2], y[2*j:2*j+2]) || !slices.Equal(costs[at:at+2], c[2*j:2*j+2]) {
				t.Errorf("row %d at %g: %v, %v; alone %v, %v", i, times[j], ys[at:at+2], costs[at:at+2], y[2*j:2*j+2], c[2*j:2*j+2])
			}
		}
		for _, name := range []string{"y0", "u"} {
			if relative(o.grads[name][2*i:2*i+2], p.grads[name]) > 1e-13 {
				t.Errorf("row %d: gradient by %s is %v, alone %v", i, name, o.grads[name][2*i:2*i+2], p.grads[name])
			}
		}
		accumulate(byW, p.grads["w"])
	}
	if relative(o.grads["w"], byW) > 1e-13 {
		t.Errorf("gradient by w is %v, want %v", o.grads["w"], byW)
	}
	if _, err := SolveWithCost(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.HadamardProd(y, must(G.Mean(y)))
	}, cost, newNode(G.NewGraph(), tensor.Float64, "y0", []int{2, 2}, make([]float64, 4)), times, PerRow()); err == nil {
		t.Error("a field that mixes rows was taken")
	}
}

func BenchmarkPerRow(b *testing.B) {
	for _, rows := range []int{20, 200} {
		for _, perRow := range []bool{false, true} {
			b.Run(fmt.Sprintf("rows=%d/perrow=%t", rows, perRow), func(b *testing.B) {
				w, err := graph.NewParam("w", graph.Values(make([]float64, 2*50)), tensor.Float64, 2, 50)
				if err != nil {
					b.Fatal(err)
				}
				v, err := graph.NewParam("v", graph.Values(make([]float64, 50*2)), tensor.Float64, 50, 2)
				if err != nil {
					b.Fatal(err)
				}
				for i, p := range []*graph.Param{w, v} {
					x := make([]float64, p.Size())
					for j := range x {
						x[j] = math.Sin(float64(7*j + i))
					}
					if err := p.Set(x); err != nil {
						b.Fatal(err)
					}
				}
				field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
					return G.Mul(must(G.Tanh(must(G.Mul(y, w.In(y.Graph()))))), v.In(y.Graph()))
				}
				g := G.NewGraph()
				x := make([]float64, 2*rows)
				for i := range x {
					x[i] = math.Cos(float64(3 * i))
				}
				y0 := newNode(g, tensor.Float64, "y0", []int{rows, 2}, x)
				var opts []Option
				if perRow {
					opts = append(opts, PerRow())
				}
				y, err := SolveFinal(field, y0, []float64{0, 1}, opts...)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := G.Grad(G.Must(G.Sum(y)), w.In(g), v.In(g)); err != nil {
					b.Fatal(err)
				}
				vm := G.NewTapeMachine(g)
				defer vm.Close()
				for b.Loop() {
					if err := vm.RunAll(); err != nil {
						b.Fatal(err)
					}
					vm.Reset()
				}
			})
		}
	}
}
