package layers

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// halfSquare is k‖x‖²/2, (…, d) → (…, 1).
func halfSquare(k float64) Layer {
	return Func(func(x *G.Node) (*G.Node, error) {
		f := formula.For(x)
		s := x.Shape().Clone()
		d := s[len(s)-1]
		s[len(s)-1] = 1
		sums := f.RowSums(f.Apply(G.Square, f.Reshape(x, s.TotalSize(), d)))
		return f.Result(f.Reshape(f.Mul(f.Number(k/2), sums), s...))
	})
}

// minusCosine is −Σ cos x, the potential of pendulums.
func minusCosine() Layer {
	return Func(func(x *G.Node) (*G.Node, error) {
		f := formula.For(x)
		s := x.Shape().Clone()
		d := s[len(s)-1]
		s[len(s)-1] = 1
		return f.Result(f.Reshape(f.Neg(f.RowSums(f.Apply(G.Cos, f.Reshape(x, s.TotalSize(), d)))), s...))
	})
}

func TestHamiltonianOfOscillators(t *testing.T) {
	// H = p²/2 + 3q²/2: q′ = p, p′ = −3q.
	field := Hamiltonian(SeparableEnergy(halfSquare(1), halfSquare(3)))
	for _, shape := range [][]int{{4}, {3, 4}, {2, 1, 4}} {
		x := draw(newRand(1), tensor.Shape(shape).TotalSize())
		want := make([]float64, len(x))
		for i := 0; i < len(x); i += 4 {
			copy(want[i:], []float64{x[i+2], x[i+3], -3 * x[i], -3 * x[i+1]})
		}
		near(t, fmt.Sprint(shape), valueOf(t, field, tensor.Float64, x, shape...), want, 1e-14)
		near(t, fmt.Sprint("float32 ", shape), valueOf(t, field, tensor.Float32, x, shape...), want, 1e-6)
		checkGradients(t, field, x, shape...)
	}
}

func TestHamiltonianGradients(t *testing.T) {
	net := newMLP(t, 1, "H", []int{5, 6, 1}, WithActivation(Softplus()))
	field := Hamiltonian(Sequential(ConcatTime(), net))
	checkGradients(t, withTime(field, 0.3), draw(newRand(2), 8), 2, 4)
	for _, opts := range [][]odeop.Option{{odeop.Step(0.25)}, {odeop.Step(0.25), odeop.PerRow()}} {
		checkGradients(t, newBlock(t, field, nil, opts...), draw(newRand(2), 8), 2, 4)
	}
	separable := Hamiltonian(SeparableEnergy(newMLP(t, 3, "T", []int{2, 4, 1}), newMLP(t, 4, "V", []int{2, 4, 1})))
	b, err := NewSymplecticBlock(separable, nil, odeop.Step(0.25))
	if err != nil {
		t.Fatal(err)
	}
	checkGradients(t, b, draw(newRand(2), 8), 2, 4)
	x := node(G.NewGraph(), tensor.Float64, "x", draw(newRand(2), 8), 2, 4)
	if _, _, err := b.ForwardWithCost(x, KineticEnergy{}); err == nil || !strings.Contains(err.Error(), "not separable") {
		t.Error(err)
	}
}

// The field keeps its energy: ∇H·f = 0, whatever the network.
func TestHamiltonianFieldKeepsItsEnergy(t *testing.T) {
	net := newMLP(t, 1, "H", []int{4, 16, 1})
	x := node(G.NewGraph(), tensor.Float64, "x", draw(newRand(2), 20), 5, 4)
	dx, err := Hamiltonian(net).Forward(x)
	if err != nil {
		t.Fatal(err)
	}
	h, err := net.Forward(x)
	if err != nil {
		t.Fatal(err)
	}
	grads, err := graph.Grad(G.Must(G.Sum(h)), x)
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := onTape(G.Must(G.Sum(G.Must(G.HadamardProd(grads[0], dx)), 1)))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "dH/dt", v, make([]float64, 5), 1e-14)
}

// A symplectic block is the solver's method for each pendulum of a batch alone, in whatever layout.
func TestSymplecticBlockOfABatch(t *testing.T) {
	field := Hamiltonian(SeparableEnergy(halfSquare(1), minusCosine()))
	for _, m := range []solvers.Method{nil, solvers.Yoshida4{}} {
		opts := []odeop.Option{odeop.Step(0.1)}
		if m != nil {
			opts = append(opts, odeop.Method(m))
		}
		b, err := NewSymplecticBlock(field, []float64{0, 1, 2}, opts...)
		if err != nil {
			t.Fatal(err)
		}
		x := draw(newRand(3), 12)
		together := valueOf(t, b, tensor.Float64, x, 3, 4)
		for i := range 3 {
			near(t, "row", together[4*i:4*i+4], valueOf(t, b, tensor.Float64, x[4*i:4*i+4], 4), 1e-15)
		}
		y, err := b.Trajectory(node(G.NewGraph(), tensor.Float64, "x", x, 3, 4), []float64{0, 1, 2})
		if err != nil {
			t.Fatal(err)
		}
		if !y.Shape().Eq(tensor.Shape{3, 3, 4}) {
			t.Errorf("shape %v", y.Shape())
		}
		v, _, err := onTape(y)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "first", v[:12], x, 0)
		near(t, "last", v[24:], together, 0)
	}
}

// From 0 to 400 the energy of a pendulum under Verlet's method stays within O(h²) of the start. The modified energy,
// which it keeps up to exponentially small terms, is (Hairer, Lubich and Wanner 2003, section 4.2, for H = p²/2 + V)
//
//	H̃ = H + h² (V″p²/12 − V′²/24) + O(h⁴),
//
// with |V′|, |V″| ≤ 1 and p² ≤ 2(H + 1): so |H − H₀| ≤ 2h² (p²_max/12 + 1/24), and twice that leaves room for O(h⁴).
// Heun's method of the same order and step is no such thing: it gains energy all the time, and leaves the band.
func TestSymplecticBlockKeepsTheEnergy(t *testing.T) {
	const h, end = 0.1, 400.
	energy := SeparableEnergy(halfSquare(1), minusCosine())
	field := Hamiltonian(energy)
	x := []float64{1, 0}
	times := make([]float64, 101)
	for i := range times {
		times[i] = end * float64(i) / 100
	}
	worst := func(b *ODEBlock) float64 {
		y, err := b.Trajectory(node(G.NewGraph(), tensor.Float64, "x", x, 1, 2), times)
		if err != nil {
			t.Fatal(err)
		}
		e, err := energy.Forward(y)
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := onTape(e)
		if err != nil {
			t.Fatal(err)
		}
		var d float64
		for _, w := range v {
			d = max(d, math.Abs(w-v[0]))
		}
		return d
	}
	verlet, err := NewSymplecticBlock(field, []float64{0, end}, odeop.Step(h))
	if err != nil {
		t.Fatal(err)
	}
	pMax := 2 * (1 - math.Cos(1))
	band := 2 * 2 * h * h * (pMax/12 + 1./24)
	if d := worst(verlet); d > band {
		t.Errorf("verlet: the energy is off by %g, the band is %g", d, band)
	}
	if d := worst(newBlock(t, field, []float64{0, end}, odeop.Method(solvers.Heun{}), odeop.Step(h))); d < 5*band {
		t.Errorf("heun: the energy is off by %g only, the band is %g", d, band)
	}
}

func TestSymplecticBlockErrors(t *testing.T) {
	separable := Hamiltonian(SeparableEnergy(halfSquare(1), minusCosine()))
	x := node(G.NewGraph(), tensor.Float64, "x", draw(newRand(1), 8), 2, 4)
	odd := node(G.NewGraph(), tensor.Float64, "x", draw(newRand(1), 6), 2, 3)
	for _, c := range []struct {
		want string
		f    Layer
		x    *G.Node
		opts []odeop.Option
	}{
		{"not separable: the derivative of the positions depends on the positions",
			Hamiltonian(newMLP(t, 1, "H", []int{4, 4, 1})), x, nil},
		{"not separable: the derivative of the momenta depends on the momenta", SecondOrder(newMLP(t, 1, "f", []int{4, 2})), x,
			nil},
		{"the input has shape (2, 3), want (…, 2d)", separable, odd, nil},
		{"a symplectic block has no rows of its own", separable, x, []odeop.Option{odeop.PerRow()}},
	} {
		b, err := NewSymplecticBlock(c.f, nil, append(c.opts, odeop.Step(0.1))...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Forward(c.x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, err := NewSymplecticBlock(nil, nil); err == nil {
		t.Error("no error of no field")
	}
	net := newMLP(t, 1, "H", []int{4, 4, 2})
	for _, c := range []struct {
		want string
		l    Layer
	}{
		{"layers: hamiltonian: the layer is nil", Hamiltonian(nil)},
		{"the layer makes shape (2, 2) of (2, 4), want (2, 1)", Hamiltonian(net)},
		{"layers: separable energy: a layer is nil", SeparableEnergy(nil, net)},
		{"energies of shapes (2, 1) and (2, 2)", SeparableEnergy(Identity(), halfSquare(1))},
		{"layers: second order: the layer is nil", SecondOrder(nil)},
		{"layers: second order: the layer makes shape (2, 4) of (2, 4), want (2, 2)", SecondOrder(Tanh())},
		{"layers: initial velocity: the layer is nil", InitialVelocity(nil)},
		{"layers: initial velocity: the layer makes shape (2, 2) of (2, 4)", InitialVelocity(net)},
	} {
		if _, err := c.l.Forward(x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
