package flow

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
)

// Every kind of layer is its formula.
func TestTimeLinear(t *testing.T) {
	const in, out, at = 2, 3, 0.3
	x := []float64{0.7, -1.2}
	for _, rows := range []int{1, 2} {
		for _, kind := range TimeKinds() {
			l, err := NewTimeLinear(seeded(1), "l", kind, in, out, layers.Tanh(), tensor.Float64)
			must(t, err)
			rng := seeded(2)
			value := map[string][]float64{}
			for _, p := range l.Params() {
				v := make([]float64, p.Size())
				for i := range v {
					v[i] = rng.NormFloat64()
				}
				must(t, p.Set(v))
				value[p.Name()[2:]] = v
			}
			fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
				y, err := l.ForwardTime(in[0], in[1])
				return G.Nodes{y}, err
			}, graph.Input("t", tensor.Float64), graph.Input("x", tensor.Float64, rows, in))
			must(t, err)
			plan, err := graph.Compile[float64](fn)
			must(t, err)
			got := make([]float64, rows*out)
			must(t, plan.Run([][]float64{{at}, slices.Repeat(x, rows)}, [][]float64{got}))
			got = got[(rows-1)*out:]
			for j := range out {
				affine := func(w, b string) float64 {
					y := 0.0
					if v := value[b]; v != nil {
						y = v[j]
					}
					for i := range in {
						if v := value[w]; v != nil {
							y += x[i] * v[i*out+j]
						}
					}
					return y
				}
				first, second := affine("weight", "bias"), affine("weight1", "bias1")
				var want float64
				switch kind {
				case Ignore:
					want = first
				case Concat, Hyper:
					want = first + at*second
				case ConcatSquash:
					want = first/(1+math.Exp(-at*value["gate"][j]-value["gatebias"][j])) + at*second
				case Blend:
					want = (1-at)*first + at*second
				}
				if math.Abs(got[j]-want) > 1e-14 {
					t.Errorf("%s, %d rows: y[%d] is %.15g, want %.15g", kind, rows, j, got[j], want)
				}
			}
		}
	}
}

// What depends on time needs one, and what ignores it does without.
func TestTimeNeeded(t *testing.T) {
	x := G.NewMatrix(G.NewGraph(), G.Float64, G.WithShape(4, 2), G.WithName("x"))
	for _, kind := range TimeKinds() {
		n, err := NewTimeNet(seeded(3), "n", 2, kind, NetConfig{Hidden: []int{3}})
		must(t, err)
		l, err := NewTimeLinear(seeded(3), "l", kind, 2, 2, layers.Tanh(), tensor.Float64)
		must(t, err)
		for _, layer := range []layers.TimeLayer{n, l} {
			_, err := layer.Forward(x)
			if (err == nil) != (kind == Ignore) {
				t.Errorf("%v without a time: %v", layer, err)
			}
			if _, err := layer.ForwardTime(x, x); err == nil {
				t.Errorf("%v takes a matrix for a time", layer)
			}
		}
	}
}
