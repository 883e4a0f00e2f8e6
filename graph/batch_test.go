package graph

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Entry i of a batch is the function of entries i, to the last digit, whatever the size of the batch: here of random
// programs with random shared inputs. Against the function itself only the order of a sum over a whole tensor may differ.
func TestBatchIsTheFunctionOfEach(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 4))
		f := randomFunc(rand.New(rand.NewPCG(seed, 2)), tensor.Float64, 5+int(seed)%60)
		var over []int
		for i := range f.inputs {
			if i == 0 || r.IntN(2) == 0 {
				over = append(over, i)
			}
		}
		shared := filled(f, r.NormFloat64)
		const most = 5
		var sets [][][]float64
		for range most {
			in := append([][]float64(nil), shared...)
			own := filled(f, r.NormFloat64)
			for _, i := range over {
				in[i] = own[i]
			}
			sets = append(sets, in)
		}
		var digits [][][]float64 // of a batch of one
		for _, n := range []int{1, 2, most} {
			g, err := f.Batch(n, over...)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			in := append([][]float64(nil), shared...)
			for _, i := range over {
				in[i] = nil
				for _, s := range sets[:n] {
					in[i] = append(in[i], s[i]...)
				}
			}
			got := runPlan(t, g, in)
			for i := range n {
				want := runPlan(t, f, sets[i])
				if n == 1 {
					for _, set := range sets {
						one := append([][]float64(nil), shared...)
						for _, j := range over {
							one[j] = set[j]
						}
						digits = append(digits, runPlan(t, g, one))
					}
				}
				for o, w := range want {
					part := got[o][i*len(w) : (i+1)*len(w)]
					for j := range w {
						if d := math.Abs(part[j] - w[j]); !(d <= 1e-12*math.Max(1, math.Abs(w[j]))) {
							t.Fatalf("seed %d: batch of %d, entry %d, output %d: %v, want %v", seed, n, i, o, part[j], w[j])
						}
						if part[j] != digits[i][o][j] {
							t.Fatalf("seed %d: batch of %d, entry %d, output %d: %v, in a batch of one %v", seed, n, i, o, part[j],
								digits[i][o][j])
						}
					}
				}
			}
		}
	}
}

func runPlan(t *testing.T, f *Func, in [][]float64) [][]float64 {
	t.Helper()
	p, err := Compile[float64](f)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]float64
	for _, o := range f.outputs {
		out = append(out, make([]float64, o.size()))
	}
	if err := p.Run(in, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// The product with shared weights is one of more rows, and so is the sum in their derivative.
func TestBatchOfALayerIsOneProduct(t *testing.T) {
	w, err := NewParam("w", Values(make([]float64, 12)), tensor.Float64, 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Trace(func(in ...*G.Node) (G.Nodes, error) {
		y, err := G.Mul(in[0], w.In(in[0].Graph()))
		return G.Nodes{y}, err
	}, Input("x", tensor.Float64, 1, 3))
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.Batch(8, 0)
	if err != nil {
		t.Fatal(err)
	}
	v, err := g.Lift().VJP()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range topological(v.outputs) {
		if e.kind == kindMatMul && len(e.shape) != 2 || e.kind == kindSum {
			t.Errorf("%v in the derivative of a batch", e)
		}
	}
}

func TestBatchRefuses(t *testing.T) {
	one := func(in ...*G.Node) (G.Nodes, error) {
		y, err := G.Neg(in[0])
		return G.Nodes{y}, err
	}
	mask := func(in ...*G.Node) (G.Nodes, error) {
		y, err := Dropout(in[0], in[1], 0.5, 1)
		return G.Nodes{y}, err
	}
	norm := func(in ...*G.Node) (G.Nodes, error) {
		y, _, _, _, err := G.BatchNorm(in[0], in[0], in[0], 0.1, 1e-5)
		return G.Nodes{y}, err
	}
	for _, c := range []struct {
		build Builder
		n     int
		over  []int
		want  string
	}{
		{one, 0, nil, "0 sets"},
		{one, 2, []int{2}, "no input 2"},
		{one, 2, []int{0, 0}, "twice"},
		{mask, 2, []int{0}, "dropout"},
		{norm, 2, []int{0}, "running statistics"},
	} {
		f, err := Trace(c.build, Input("x", tensor.Float64, 1, 3), Input("step", tensor.Float64))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Batch(c.n, c.over...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}
