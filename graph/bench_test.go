package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// One evaluation of the fields that gorgonode bench solves (bench/workload), forward and with the gradients of the input
// and of all weights: our plan, the same function as one Op that a TapeMachine runs (Call), and Gorgonia's own nodes under
// a TapeMachine; of the flows the plan alone. best-ns is the fastest of many short runs, which other work on the machine
// disturbs least.
func BenchmarkEvaluation(b *testing.B) {
	for _, c := range []struct {
		name  string
		batch int
		sizes []int
		dt    tensor.Dtype
	}{
		{"W1", 20, []int{2, 50, 2}, tensor.Float64},
		{"W1", 20, []int{2, 50, 2}, tensor.Float32},
		{"W2", 512, []int{64, 128, 128, 64}, tensor.Float32},
		{"W2", 512, []int{64, 128, 128, 64}, tensor.Float64},
		{"W3", 1, []int{2, 16, 2}, tensor.Float64},
	} {
		name := fmt.Sprintf("%s/%v", c.name, c.dt)
		f, err := Trace(mlpNodes, mlpSpecs(c.batch, c.sizes, c.dt)...)
		if err != nil {
			b.Fatal(err)
		}
		benchmarkField(b, name, f)
		for _, how := range []string{"call", "tape"} {
			for _, gradient := range []bool{false, true} {
				b.Run(fmt.Sprintf("%s/%s/gradient=%v", name, how, gradient), func(b *testing.B) {
					benchmarkTape(b, how, gradient, c.batch, c.sizes, c.dt)
				})
			}
		}
	}
	for _, c := range []struct {
		name  string
		sizes []int
	}{{"W4-exact", []int{2, 64, 64, 2}}, {"W4-probe", []int{32, 64, 64, 32}}} {
		f, err := flowFunc(512, c.sizes, c.name == "W4-exact")
		if err != nil {
			b.Fatal(err)
		}
		benchmarkField(b, c.name+"/float32", f)
	}
}

// mlpNodes has its weights as inputs, so that all three compute the same.
func mlpNodes(in ...*G.Node) (G.Nodes, error) {
	y := in[0]
	for i := 1; i < len(in); i += 2 {
		if i > 1 {
			y = G.Must(G.Tanh(y))
		}
		z, err := G.Mul(y, in[i])
		if err != nil {
			return nil, err
		}
		if y, err = G.BroadcastAdd(z, in[i+1], nil, []byte{0}); err != nil {
			return nil, err
		}
	}
	return G.Nodes{y}, nil
}

func mlpSpecs(batch int, sizes []int, dt tensor.Dtype) []Spec {
	specs := []Spec{Input("x", dt, batch, sizes[0])}
	for i := 1; i < len(sizes); i++ {
		specs = append(specs, Input(fmt.Sprint("w", i), dt, sizes[i-1], sizes[i]), Input(fmt.Sprint("b", i), dt, sizes[i]))
	}
	return specs
}

// flowFunc is the field of a continuous flow, (z, l) ↦ (f(z), tr ∂f/∂z) for a perceptron f: the trace from a tangent for
// each dimension, or from one probe.
func flowFunc(rows int, sizes []int, exact bool) (*Func, error) {
	d := sizes[0]
	f, err := Trace(mlpNodes, mlpSpecs(rows, sizes, tensor.Float32)...)
	if err != nil {
		return nil, err
	}
	jvp, err := f.JVP(0)
	if err != nil {
		return nil, err
	}
	specs := mlpSpecs(rows, sizes, tensor.Float32)
	specs[0] = Input("x", tensor.Float32, rows, d+1)
	return Trace(func(in ...*G.Node) (G.Nodes, error) {
		z, err := Slice(in[0], nil, G.S(0, d))
		if err != nil {
			return nil, err
		}
		tangent := func(values func(i int) float64) (dz, jv, v *G.Node, err error) {
			data := make([]float64, rows*d)
			for i := range data {
				data[i] = values(i)
			}
			if v, err = Constant(z, data, rows, d); err != nil {
				return nil, nil, nil, err
			}
			out, err := CallAll(jvp, append(append(G.Nodes{z}, in[1:]...), v)...)
			if err != nil {
				return nil, nil, nil, err
			}
			return out[0], out[1], v, nil
		}
		if !exact {
			dz, jv, v, err := tangent(func(i int) float64 { return float64(i*i/3%2)*2 - 1 })
			if err != nil {
				return nil, err
			}
			prod, err := G.HadamardProd(v, jv)
			if err != nil {
				return nil, err
			}
			sum, err := G.Sum(prod, 1)
			if err != nil {
				return nil, err
			}
			trace, err := Reshape(sum, rows, 1)
			if err != nil {
				return nil, err
			}
			y, err := G.Concat(1, dz, trace)
			return G.Nodes{y}, err
		}
		var dz, trace *G.Node
		for k := range d {
			f, jv, _, err := tangent(func(i int) float64 {
				if i%d == k {
					return 1
				}
				return 0
			})
			if err != nil {
				return nil, err
			}
			col, err := Slice(jv, nil, G.S(k))
			if err != nil {
				return nil, err
			}
			if dz = f; trace == nil {
				trace = col
			} else if trace, err = G.Add(trace, col); err != nil {
				return nil, err
			}
		}
		y, err := G.Concat(1, dz, trace)
		return G.Nodes{y}, err
	}, specs...)
}

func benchmarkField(b *testing.B, name string, f *Func) {
	for _, gradient := range []bool{false, true} {
		b.Run(fmt.Sprintf("%s/plan/gradient=%v", name, gradient), func(b *testing.B) {
			g := f
			if gradient {
				var err error
				if g, err = f.ValueVJP(); err != nil {
					b.Fatal(err)
				}
			}
			if f.dtype == tensor.Float64 {
				benchmarkRun[float64](b, g)
			} else {
				benchmarkRun[float32](b, g)
			}
		})
	}
}

func benchmarkRun[T Float](b *testing.B, f *Func) {
	p, err := Compile[T](f)
	if err != nil {
		b.Fatal(err)
	}
	in, out := asType[T](filled(f, normal())), outputsFor[T](f)
	b.ReportAllocs()
	fastest(b, func() {
		if err := p.Run(in, out); err != nil {
			b.Fatal(err)
		}
	})
}

// fastest times f, and reports the fastest of short runs too.
func fastest(b *testing.B, f func()) {
	const short = 50 * time.Microsecond
	calls := 1
	for {
		start := time.Now()
		for range calls {
			f()
		}
		if time.Since(start) > short || calls > 1<<16 {
			break
		}
		calls *= 2
	}
	best, n := math.Inf(1), 0
	var start time.Time
	for b.Loop() {
		if n == 0 {
			start = time.Now()
		}
		f()
		if n++; n == calls {
			best = min(best, float64(time.Since(start).Nanoseconds())/float64(calls))
			n = 0
		}
	}
	b.ReportMetric(best, "best-ns")
}

func benchmarkTape(b *testing.B, how string, gradient bool, batch int, sizes []int, dt tensor.Dtype) {
	g := G.NewGraph()
	rng := rand.New(rand.NewPCG(1, 2))
	var in G.Nodes
	for _, s := range mlpSpecs(batch, sizes, dt) {
		v := tensor.New(tensor.Of(dt), tensor.WithShape(s.Shape...))
		switch d := v.Data().(type) {
		case []float64:
			for i := range d {
				d[i] = rng.NormFloat64()
			}
		case []float32:
			for i := range d {
				d[i] = float32(rng.NormFloat64())
			}
		}
		in = append(in, G.NewTensor(g, dt, s.Shape.Dims(), G.WithShape(s.Shape...), G.WithName(s.Name), G.WithValue(v)))
	}
	var y *G.Node
	if how == "tape" {
		ys, err := mlpNodes(in...)
		if err != nil {
			b.Fatal(err)
		}
		y = ys[0]
	} else {
		f, err := Trace(mlpNodes, mlpSpecs(batch, sizes, dt)...)
		if err != nil {
			b.Fatal(err)
		}
		if y, err = Call(f, in...); err != nil {
			b.Fatal(err)
		}
	}
	var opts []G.VMOpt
	if gradient {
		if _, err := G.Grad(G.Must(G.Sum(y)), in...); err != nil {
			b.Fatal(err)
		}
		opts = append(opts, G.BindDualValues(in...))
	}
	vm := G.NewTapeMachine(g, opts...)
	defer vm.Close()
	b.ReportAllocs()
	fastest(b, func() {
		if err := vm.RunAll(); err != nil {
			b.Fatal(err)
		}
		vm.Reset()
	})
}
