package odeop

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// evaluated runs a graph forwards and returns n's numbers.
func evaluated(t testing.TB, n *G.Node) []float64 {
	t.Helper()
	vm := G.NewTapeMachine(n.Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return numbers(n.Value())
}

// precision is a dtype with a tolerance that suits it.
type precision struct {
	dt  tensor.Dtype
	tol float64
}

var precisions = []precision{{tensor.Float64, 1e-5}, {tensor.Float64, 1e-10}, {tensor.Float32, 1e-5}}

// dy/dt = A y with A = [−a b; −b −a] turns and shrinks: y(t) = e^(−at) (cos bt·y0 + sin bt·(y0₂, −y0₁)). Both eigenvalues
// have modulus near b, so the error of t·b/h steps of the tolerance each is bounded by ten times it, and e^(at) backwards.
func TestLinearEqualsMatrixExponential(t *testing.T) {
	const a, b = 0.1, 2
	rows := [][2]float64{{1, 0}, {0.5, -2}, {-1, 1}}
	for _, p := range precisions {
		for _, times := range [][]float64{{0, 0.5, 3}, {1, 0.2, -2}} {
			g := G.NewGraph()
			y0 := newNode(g, p.dt, "y0", []int{3, 2}, []float64{1, 0, 0.5, -2, -1, 1})
			at := newNode(g, p.dt, "A transposed", []int{2, 2}, []float64{-a, -b, b, -a})
			ys, err := Solve(func(_, y *G.Node, args ...*G.Node) (*G.Node, error) { return G.Mul(y, args[0]) },
				y0, times, Args(at), Tolerance(p.tol, p.tol))
			if err != nil {
				t.Fatal(err)
			}
			if s := ys.Shape(); !s.Eq(tensor.Shape{3, 3, 2}) {
				t.Fatalf("shape %v", s)
			}
			got := evaluated(t, ys)
			for i, time := range times {
				for r, y := range rows {
					d := time - times[0]
					e, sin, cos := math.Exp(-a*d), math.Sin(b*d), math.Cos(b*d)
					want := []float64{e * (cos*y[0] + sin*y[1]), e * (cos*y[1] - sin*y[0])}
					for c, w := range want {
						if v := got[(i*3+r)*2+c]; !(math.Abs(v-w) <= 20*p.tol) {
							t.Errorf("%v, tolerance %g, t=%g, row %d, component %d: %g, want %g", p.dt, p.tol, time, r, c, v, w)
						}
					}
				}
			}
		}
	}
}

// dy/dt = y (1 − y) element by element, for states of every rank: y = 1/(1 + (1/y0 − 1) e^(−t)). The flow contracts towards
// 1, so that errors of steps hardly add up; backwards they grow by e^t.
func TestLogisticOfEveryRank(t *testing.T) {
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.Sub(y, must(G.Square(y)))
	}
	for _, p := range precisions {
		for _, shape := range [][]int{{}, {1}, {4}, {3, 1}, {1, 3}, {2, 3}, {2, 1, 2}, {2, 2, 1, 3}} {
			for _, times := range [][]float64{{0, 1, 4}, {2, 1.5, 0.5}} {
				n := tensor.Shape(shape).TotalSize()
				v := make([]float64, n)
				for i := range v {
					v[i] = 0.1 + 0.05*float64(i)
				}
				for _, final := range []bool{false, true} {
					y0 := newNode(G.NewGraph(), p.dt, "y0", shape, v)
					solve, want, from := Solve, append(tensor.Shape{3}, shape...), 0
					if final {
						solve, want, from = SolveFinal, shape, 2
					}
					ys, err := solve(field, y0, times, Tolerance(p.tol, p.tol))
					if err != nil {
						t.Fatal(err)
					}
					if got := ys.Shape(); len(got) != len(want) || !got.Eq(want) {
						t.Errorf("shape %v, want %v", got, want)
					}
					got := evaluated(t, ys)
					for i, time := range times[from:] {
						for j, y := range v {
							w := 1 / (1 + (1/y-1)*math.Exp(times[0]-time))
							if d := math.Abs(got[i*n+j] - w); !(d <= 20*p.tol) {
								t.Errorf("%v of shape %v, tolerance %g, t=%g: %g, want %g", p.dt, shape, p.tol, time, got[i*n+j], w)
							}
						}
					}
				}
			}
		}
	}
}

// The pendulum q' = p, p' = −sin q keeps p²/2 − cos q, and its quarter period from q = 1 is the complete elliptic integral
// K(sin ½), by the arithmetic–geometric mean: T/4 = π / (2 agm(1, cos ½)).
func TestPendulum(t *testing.T) {
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		q := must(graph.Slice(y, nil, G.S(0, 1)))
		p := must(graph.Slice(y, nil, G.S(1, 2)))
		return G.Concat(1, p, must(G.Neg(must(G.Sin(q)))))
	}
	a, b := 1.0, math.Cos(0.5)
	for range 6 {
		a, b = (a+b)/2, math.Sqrt(a*b)
	}
	period := 2 * math.Pi / a
	for _, p := range precisions {
		for _, dir := range []float64{1, -1} {
			y0 := newNode(G.NewGraph(), p.dt, "y0", []int{1, 2}, []float64{1, 0})
			times := []float64{0, dir * period / 4, dir * period / 2, dir * 2 * period}
			ys, err := Solve(field, y0, times, Tolerance(p.tol, p.tol))
			if err != nil {
				t.Fatal(err)
			}
			got := evaluated(t, ys)
			speed := math.Sqrt(2 * (1 - math.Cos(1)))
			want := []float64{1, 0, 0, -dir * speed, -1, 0, 1, 0}
			// errors along the orbit grow with the time, 14 units
			if d := relative(got, want); !(d <= 50*p.tol) {
				t.Errorf("%v, tolerance %g, direction %g: %v, want %v", p.dt, p.tol, dir, got, want)
			}
			for i := 0; i < len(got); i += 2 {
				e := got[i+1]*got[i+1]/2 - math.Cos(got[i])
				if d := math.Abs(e + math.Cos(1)); !(d <= 20*p.tol) {
					t.Errorf("%v, tolerance %g: the energy at times[%d] is off by %g", p.dt, p.tol, i/2, d)
				}
			}
		}
	}
}

// With constant steps the rows of a batch don't see each other.
func TestBatchEqualsItsRows(t *testing.T) {
	solve := func(rows int, v []float64) []float64 {
		y0 := newNode(G.NewGraph(), tensor.Float64, "y0", []int{rows, 2}, v)
		w, err := graph.NewParam("w", graph.Values([]float64{0.3, -1, 0.8, 0.2}), tensor.Float64, 2, 2)
		if err != nil {
			t.Fatal(err)
		}
		y, err := SolveFinal(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			return G.Tanh(must(G.Mul(y, w.In(y.Graph()))))
		}, y0, []float64{0, 2}, Method(solvers.RK4{}), Step(0.05))
		if err != nil {
			t.Fatal(err)
		}
		return evaluated(t, y)
	}
	v := []float64{1, 2, -0.5, 0.3, 0.1, -3}
	var rows []float64
	for i := 0; i < len(v); i += 2 {
		rows = append(rows, solve(1, v[i:i+2])...)
	}
	if d := relative(solve(3, v), rows); !(d <= 1e-14) {
		t.Errorf("a batch differs from its rows by %g", d)
	}
}

// The first row is y0 itself, in memory of its own: what overwrites the states must not touch the input.
func TestStatesDoNotAliasTheInput(t *testing.T) {
	g := G.NewGraph()
	v := []float64{1, 2, 3}
	y0 := newNode(g, tensor.Float64, "y0", []int{3}, v)
	ys, err := SolveFinal(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return scaled(0, y), nil }, y0, []float64{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	sum := must(G.Add(ys, ys))
	if got := evaluated(t, sum); relative(got, []float64{2, 4, 6}) != 0 {
		t.Errorf("twice the state is %v", got)
	}
	if got := numbers(y0.Value()); relative(got, v) != 0 {
		t.Errorf("y0 became %v", got)
	}
}
