package layers

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/odeop"

	"gorgonode/internal/formula"
)

// energyOf is a layer (…, 2d) → (…, 1) of a function of columns q₁ … q_d, v₁ … v_d.
func energyOf(e func(f *formula.F, q, v []*G.Node) *G.Node) Layer {
	return Func(func(x *G.Node) (*G.Node, error) {
		f := formula.For(x)
		s := x.Shape().Clone()
		d := s[len(s)-1] / 2
		s[len(s)-1] = 1
		rows := f.Reshape(x, s.TotalSize(), 2*d)
		var q, v []*G.Node
		for i := range d {
			q, v = append(q, f.Columns(rows, i, i+1)), append(v, f.Columns(rows, d+i, d+i+1))
		}
		return f.Result(f.Reshape(e(f, q, v), s...))
	})
}

// L = ½m v² − ½k q² is the harmonic oscillator q″ = −(k/m) q.
func TestLagrangianOfAnOscillator(t *testing.T) {
	const m, k = 2.5, 3.
	l := energyOf(func(f *formula.F, q, v []*G.Node) *G.Node {
		return f.Sub(f.Mul(f.Number(m/2), f.Apply(G.Square, v[0])), f.Mul(f.Number(k/2), f.Apply(G.Square, q[0])))
	})
	potential := energyOf(func(f *formula.F, q, _ []*G.Node) *G.Node { return f.Mul(f.Number(-k/2), f.Apply(G.Square, q[0])) })
	for _, field := range []Layer{Lagrangian(l, 0), Lagrangian(potential, m)} {
		for _, shape := range [][]int{{2}, {3, 2}, {1, 2, 2}} {
			x := draw(newRand(1), tensor.Shape(shape).TotalSize())
			want := make([]float64, len(x))
			for i := 0; i < len(x); i += 2 {
				want[i], want[i+1] = x[i+1], -k/m*x[i]
			}
			near(t, fmt.Sprint(shape), valueOf(t, field, tensor.Float64, x, shape...), want, 1e-14)
		}
		w := math.Sqrt(k / m)
		y := valueOf(t, newBlock(t, field, []float64{0, 3}, odeop.Tolerance(1e-10, 1e-12)), tensor.Float64, []float64{1, 0}, 1, 2)
		near(t, "q(3)", y, []float64{math.Cos(3 * w), -w * math.Sin(3*w)}, 1e-8)
	}
}

// The double pendulum with masses and lengths 1, whose mass matrix is [2 c; c 1], c = cos(q₁ − q₂), and
//
//	2q₁″ + c q₂″ = −s q₂′² − 2g sin q₁,   c q₁″ + q₂″ = s q₁′² − g sin q₂,   s = sin(q₁ − q₂).
func TestLagrangianOfADoublePendulum(t *testing.T) {
	const g = 9.81
	l := energyOf(func(f *formula.F, q, v []*G.Node) *G.Node {
		sq := func(x *G.Node) *G.Node { return f.Apply(G.Square, x) }
		cos := func(x *G.Node) *G.Node { return f.Apply(G.Cos, x) }
		kinetic := f.Add(f.Add(sq(v[0]), f.Mul(f.Number(0.5), sq(v[1]))), f.Mul(f.Mul(v[0], v[1]), cos(f.Sub(q[0], q[1]))))
		return f.Add(kinetic, f.Mul(f.Number(g), f.Add(f.Mul(f.Number(2), cos(q[0])), cos(q[1]))))
	})
	x := []float64{0.4, -1.1, 0.7, 1.3, 2, 1, -0.5, 0.3}
	want := make([]float64, len(x))
	for i := 0; i < len(x); i += 4 {
		q1, q2, v1, v2 := x[i], x[i+1], x[i+2], x[i+3]
		s, c := math.Sincos(q1 - q2)
		r1, r2 := -s*v2*v2-2*g*math.Sin(q1), s*v1*v1-g*math.Sin(q2)
		det := 2 - c*c
		copy(want[i:], []float64{v1, v2, (r1 - c*r2) / det, (2*r2 - c*r1) / det})
	}
	near(t, "field", valueOf(t, Lagrangian(l, 0), tensor.Float64, x, 2, 4), want, 1e-13)
}

// A constant mass matrix M of d coordinates, L = ½ vᵀMv − ½‖q‖² + a·v t: q″ = −M⁻¹(q + a). The residual M q″ + q + a is
// what elimination without pivoting leaves of a well-conditioned system, a few roundings.
func TestLagrangianOfManyCoordinates(t *testing.T) {
	for _, d := range []int{1, 2, 3, 4, 6} {
		rng := newRand(uint64(d))
		b, a := draw(rng, d*d), draw(rng, d)
		m := make([]float64, d*d)
		for i := range d {
			for j := range d {
				for k := range d {
					m[i*d+j] += b[i*d+k] * b[j*d+k] / float64(d)
				}
			}
			m[i*d+i]++
		}
		l := FieldFunc(func(t, x *G.Node, _ ...*G.Node) (*G.Node, error) {
			return energyOf(func(f *formula.F, q, v []*G.Node) *G.Node {
				sum := f.Mul(f.Number(0), q[0])
				for i := range d {
					sum = f.Sub(sum, f.Mul(f.Number(0.5), f.Apply(G.Square, q[i])))
					sum = f.Add(sum, f.Mul(f.Mul(f.Number(a[i]), t), v[i]))
					for j := range d {
						sum = f.Add(sum, f.Mul(f.Number(m[i*d+j]/2), f.Mul(v[i], v[j])))
					}
				}
				return sum
			}).Forward(x)
		})
		x := draw(rng, 2*d)
		y := valueOf(t, withTime(Lagrangian(l, 0), 0.7), tensor.Float64, x, 1, 2*d)
		near(t, "velocity", y[:d], x[d:], 0)
		rest := make([]float64, d)
		for i := range d {
			rest[i] = x[i] + a[i]
			for j := range d {
				rest[i] += m[i*d+j] * y[d+j]
			}
		}
		near(t, fmt.Sprintf("residual of %d", d), rest, make([]float64, d), 1e-12)
	}
}

func TestLagrangianGradients(t *testing.T) {
	for _, d := range []int{1, 2, 3} {
		net := newMLP(t, 1, "L", []int{2*d + 1, 5, 1}, WithActivation(Softplus()))
		field := Lagrangian(Sequential(ConcatTime(), net), 3)
		x := draw(newRand(2), 4*d)
		checkGradients(t, withTime(field, 0.4), x, 2, 2*d)
		if d == 2 {
			checkGradients(t, newBlock(t, field, nil, odeop.Step(0.5), odeop.PerRow()), x, 2, 2*d)
		}
	}
}

func TestLagrangianErrors(t *testing.T) {
	x := node(G.NewGraph(), tensor.Float64, "x", draw(newRand(1), 4), 2, 2)
	wide := node(G.NewGraph(), tensor.Float64, "x", draw(newRand(1), 34), 1, 34)
	odd := node(G.NewGraph(), tensor.Float64, "x", draw(newRand(1), 3), 1, 3)
	for _, c := range []struct {
		want string
		l    Layer
		x    *G.Node
	}{
		{"layers: lagrangian: the layer is nil", Lagrangian(nil, 1), x},
		{"layers: lagrangian: a mass of -1", Lagrangian(halfSquare(1), -1), x},
		{"layers: lagrangian: a mass of +Inf", Lagrangian(halfSquare(1), math.Inf(1)), x},
		{"layers: lagrangian: 17 coordinates, want at most 16", Lagrangian(halfSquare(1), 1), wide},
		{"want (…, 2d)", Lagrangian(halfSquare(1), 1), odd},
		{"the layer makes shape (2, 2) of (2, 2), want (2, 1)", Lagrangian(Tanh(), 1), x},
	} {
		if _, err := c.l.Forward(c.x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
