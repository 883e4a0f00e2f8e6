package cde

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

var missing = math.NaN()

// series draws a ragged batch with gaps.
func series(rng *rand.Rand, lengths ...int) (times [][]float64, values [][][]float64) {
	for _, n := range lengths {
		t, ts, rows := 0., []float64{}, [][]float64{}
		for range n {
			t += 0.1 + rng.Float64()
			row := []float64{rng.NormFloat64(), rng.NormFloat64()}
			if rng.Float64() < 0.3 {
				row[rng.IntN(2)] = missing
			}
			ts, rows = append(ts, t), append(rows, row)
		}
		times, values = append(times, ts), append(values, rows)
	}
	return times, values
}

func paths(t *testing.T, o Options, times [][]float64, values [][][]float64) []*Path {
	t.Helper()
	var ps []*Path
	for i := range times {
		p, err := NewPath(times[i], values[i], o)
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	return ps
}

func stack(t *testing.T, ps []*Path, n int) *Control {
	t.Helper()
	c, err := Stack(ps, n)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newModel(t *testing.T, channels int, opts ...Option) *Model {
	t.Helper()
	m, err := New(rand.New(rand.NewPCG(3, 4)), "cde", channels, 4,
		append([]Option{WithField(smooth(t, 4, 4*channels))}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// smooth is a field without kinks.
func smooth(t *testing.T, in, out int) layers.Layer {
	t.Helper()
	f, err := layers.NewMLP(rand.New(rand.NewPCG(5, 6)), "field", []int{in, 8, out})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// build is the model's states at all knots, as a node.
func build(t *testing.T, m *Model, c *Control) (*Nodes, *G.Node) {
	t.Helper()
	x, err := c.Nodes(G.NewGraph(), m.dtype)
	if err != nil {
		t.Fatal(err)
	}
	z, err := m.States(x)
	if err != nil {
		t.Fatal(err)
	}
	return x, z
}

// run gives the model's states at all knots.
func run(t *testing.T, m *Model, c *Control) []float64 {
	t.Helper()
	_, z := build(t, m, c)
	return evaluate(t, z)[0]
}

// gradients are those of Σ cos(i) z_i by the path's start and slopes and all parameters.
func gradients(t *testing.T, m *Model, c *Control) [][]float64 {
	t.Helper()
	x, z := build(t, m, c)
	g := z.Graph()
	weights := make([]float64, z.Shape().TotalSize())
	for i := range weights {
		weights[i] = math.Cos(float64(i))
	}
	w, err := graph.Constant(z, weights, z.Shape()...)
	if err != nil {
		t.Fatal(err)
	}
	cost := G.Must(G.Sum(G.Must(G.HadamardProd(z, w))))
	wrt := append(append(G.Nodes{x.Start}, x.Slopes...), graph.ParamNodes(g, m.Params())...)
	ds, err := graph.Grad(cost, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	return evaluate(t, ds...)
}

// evaluate runs the nodes' graph.
func evaluate(t *testing.T, nodes ...*G.Node) [][]float64 {
	t.Helper()
	read := make([]G.Value, len(nodes))
	for i, n := range nodes {
		G.Read(n, &read[i])
	}
	vm := G.NewTapeMachine(nodes[0].Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	values := make([][]float64, len(nodes))
	for i, v := range read {
		values[i] = append(values[i], v.Data().([]float64)...)
	}
	return values
}

func TestGradientIsThatOfDifferences(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	times, values := series(rng, 4, 3)
	for _, o := range []Options{{}, {Interpolation: Linear, Intensity: true}, {Interpolation: Rectilinear}} {
		for name, opts := range map[string][]Option{
			"constant": {WithSteps(2, solvers.RK4{})},
			"adaptive": {WithAdaptive(odeop.Tolerance(1e-9, 1e-11))},
			"rows":     {WithRows(odeop.Tolerance(1e-9, 1e-11))},
		} {
			t.Run(o.Interpolation.String()+"/"+name, func(t *testing.T) {
				c := stack(t, paths(t, o, times, values), 0)
				m := newModel(t, c.Channels(), opts...)
				grads := gradients(t, m, c)
				cost := func() float64 {
					var sum float64
					for i, z := range run(t, m, c) {
						sum += math.Cos(float64(i)) * z
					}
					return sum
				}
				arrays := append([][]float64{c.start}, c.slopes...)
				for _, p := range m.Params() {
					arrays = append(arrays, p.Value().Data().([]float64))
				}
				// Central differences err by h²|f‴|/6 + ε|f|/h, some 1e-9 for h = 1e-5 and the numbers of order 1 to 10 here.
				const h, tol = 1e-5, 1e-6
				for i, a := range arrays {
					for _, j := range []int{0, len(a) / 2, len(a) - 1} {
						old := a[j]
						a[j] = old + h
						up := cost()
						a[j] = old - h
						down := cost()
						a[j] = old
						if want := (up - down) / (2 * h); math.Abs(grads[i][j]-want) > tol*(1+math.Abs(want)) {
							t.Errorf("array %d, element %d: %g, by differences %g", i, j, grads[i][j], want)
						}
					}
				}
			})
		}
	}
}

// Driven by time alone, a CDE is the ordinary differential equation dz/dt = F(z), at whatever times the knots stand.
func TestDrivenByTimeIsAnODE(t *testing.T) {
	times := []float64{0.5, 0.7, 1.9, 2.5}
	p, err := NewPath(times, [][]float64{{}, {}, {}, {}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := stack(t, []*Path{p}, 0)
	field := smooth(t, 4, 4)
	m := newModel(t, 1, WithField(field), WithAdaptive(odeop.Tolerance(1e-11, 1e-13)))
	got := run(t, m, c)

	x, err := c.Nodes(G.NewGraph(), tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	z0, err := m.initial.Forward(x.Start)
	if err != nil {
		t.Fatal(err)
	}
	z, err := odeop.Solve(layers.Field(field), z0, times, odeop.Tolerance(1e-11, 1e-13))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range evaluate(t, z)[0] {
		if math.Abs(got[i]-want) > 1e-9 {
			t.Errorf("state %d: %.12g, the equation gives %.12g", i, got[i], want)
		}
	}
}

// A CDE with a constant matrix F = A is z = z0 + A (X(s) − X(0)), whatever the path.
func TestConstantFieldFollowsThePath(t *testing.T) {
	times, values := series(rand.New(rand.NewPCG(7, 8)), 5, 4)
	for interpolation := range interpolations {
		ps := paths(t, Options{Interpolation: interpolation}, times, values)
		c := stack(t, ps, 0)
		a := make([]float64, 4*c.Channels())
		for i := range a {
			a[i] = math.Sin(float64(i))
		}
		matrix := layers.Func(func(z *G.Node) (*G.Node, error) {
			row, err := graph.Constant(z, a, 1, len(a))
			if err != nil {
				return nil, err
			}
			ones, err := graph.Constant(z, []float64{1, 1}, 2, 1)
			if err != nil {
				return nil, err
			}
			return G.Mul(ones, row)
		})
		m := newModel(t, c.Channels(), WithField(matrix))
		got := run(t, m, c)
		for k := range c.Intervals() + 1 {
			for b, p := range ps {
				for i := range 4 {
					want, x, x0 := got[b*4+i], p.At(float64(k)), p.At(0)
					for j := range x {
						want += a[i*c.Channels()+j] * (x[j] - x0[j])
					}
					// RK4 integrates the quadratic dX/du exactly.
					if z := got[(k*2+b)*4+i]; math.Abs(z-want) > 1e-12 {
						t.Errorf("%v, knot %d, path %d, state %d: %g, want %g", interpolation, k, b, i, z, want)
					}
				}
			}
		}
	}
}

// A series gives the same digits alone, in another place and with other neighbours, and so does its gradient.
func TestRowsDoNotMeet(t *testing.T) {
	times, values := series(rand.New(rand.NewPCG(9, 10)), 3, 6, 4)
	for name, opts := range map[string][]Option{"constant": nil, "rows": {WithRows()}} {
		t.Run(name, func(t *testing.T) {
			ps := paths(t, Options{Intensity: true}, times, values)
			m := newModel(t, ps[0].Channels(), opts...)
			all := run(t, m, stack(t, ps, 0))
			turned := run(t, m, stack(t, []*Path{ps[2], ps[0], ps[1]}, 0))
			for b, p := range ps {
				alone := run(t, m, stack(t, []*Path{p}, 0))
				for k := range p.Intervals() + 1 {
					for i := range 4 {
						z := alone[k*4+i]
						if all[(k*3+b)*4+i] != z || turned[(k*3+(b+1)%3)*4+i] != z {
							t.Fatalf("path %d, knot %d: %g alone, %g and %g in batches", b, k, z, all[(k*3+b)*4+i], turned[(k*3+(b+1)%3)*4+i])
						}
					}
				}
				if last := all[(len(all)/12-1)*12+b*4]; last != alone[p.Intervals()*4] {
					t.Errorf("path %d has ended, and its state goes on to %g", b, last)
				}
			}
		})
	}
}

func TestSinglePrecision(t *testing.T) {
	times, values := series(rand.New(rand.NewPCG(1, 2)), 4, 3)
	c := stack(t, paths(t, Options{}, times, values), 0)
	m, err := New(rand.New(rand.NewPCG(3, 4)), "cde", c.Channels(), 4, WithDtype(tensor.Float32))
	if err != nil {
		t.Fatal(err)
	}
	g := G.NewGraph()
	x, err := c.Nodes(g, tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	z, err := m.Forward(x)
	if err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	if _, ok := z.Value().Data().([]float32); !ok || z.Shape()[0] != 2 || z.Shape()[1] != 4 {
		t.Errorf("the result is %v of shape %v", z.Dtype(), z.Shape())
	}
}
