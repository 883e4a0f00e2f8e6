package nodeop

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// power is z_i = s·x_iⁿ for a vector x, a number s and a constant c that has no gradient. Its tangents are of the same
// kind: with u = [uₓ | uₛ], τ = n s xⁿ⁻¹ uₓ + xⁿ uₛ.
func power(n float64, size int) *smooth {
	pow := func(x float64, k int) float64 { // dᵏxⁿ/dxᵏ for a whole n
		c, p := 1.0, n
		for range k {
			c, p = c*p, p-1
		}
		if c == 0 {
			return 0
		}
		y := c
		for range int(p) {
			y *= x
		}
		return y
	}
	return newPower(pow, size, 0)
}

// smooth is a toy that has tangents.
type smooth struct {
	*toy[float64]
	tangent func() *smooth
}

func (s *smooth) Tangent() (Function[float64], error) { return s.tangent(), nil }

// newPower is the order-th tangent of power, of which the inputs are x, c, s, u and, in the second tangent, v = [vₓ |
// vₛ | vᵤ].
func newPower(pow func(x float64, k int) float64, n, order int) *smooth {
	s := &smooth{toy: &toy[float64]{name: "power", in: []tensor.Shape{{n}, {}, {}}, out: tensor.Shape{n},
		wrt: []bool{true, false, true}}}
	switch order {
	case 0:
		s.f = func(in [][]float64, out []float64) error {
			for i, x := range in[0] {
				out[i] = in[2][0] * pow(x, 0)
			}
			return nil
		}
		s.df = func(in [][]float64, w []float64, grad [][]float64) error {
			for i, x := range in[0] {
				if grad[0] != nil {
					grad[0][i] += w[i] * in[2][0] * pow(x, 1)
				}
				if grad[2] != nil {
					grad[2][0] += w[i] * pow(x, 0)
				}
			}
			return nil
		}
	case 1:
		s.in, s.wrt = append(s.in, tensor.Shape{n + 1}), append(s.wrt, true)
		s.f = func(in [][]float64, out []float64) error {
			u := in[3]
			for i, x := range in[0] {
				out[i] = in[2][0]*pow(x, 1)*u[i] + pow(x, 0)*u[n]
			}
			return nil
		}
		s.df = func(in [][]float64, w []float64, grad [][]float64) error {
			u := in[3]
			for i, x := range in[0] {
				if grad[0] != nil {
					grad[0][i] += w[i] * (in[2][0]*pow(x, 2)*u[i] + pow(x, 1)*u[n])
				}
				if grad[2] != nil {
					grad[2][0] += w[i] * pow(x, 1) * u[i]
				}
				if grad[3] != nil {
					grad[3][i] += w[i] * in[2][0] * pow(x, 1)
					grad[3][n] += w[i] * pow(x, 0)
				}
			}
			return nil
		}
	}
	s.tangent = func() *smooth { return newPower(pow, n, order+1) }
	return s
}

// TestSecondDerivative has L = Σ s x³: ∂L/∂x = 3 s x², and of Σ v·∂L/∂x + 2·∂L/∂s again by x: 6 s x v + 6 x²; by s: 3 Σ
// x² v; by v: 3 s x².
func TestSecondDerivative(t *testing.T) {
	g := gorgonia.NewGraph()
	x, v := input(g, "x", []float64{2, -3}, 2), input(g, "v", []float64{5, 7}, 2)
	c, s := input(g, "c", []float64{9}), input(g, "s", []float64{0.5})
	cost := gorgonia.Must(gorgonia.Sum(mustApply[float64](t, power(3, 2), x, c, s)))
	first, err := gorgonia.Grad(cost, x, s)
	if err != nil {
		t.Fatal(err)
	}
	inner := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(first[0], v))))
	inner = gorgonia.Must(gorgonia.Add(inner, gorgonia.Must(gorgonia.Mul(first[1], gorgonia.NewConstant(2.0)))))
	second, err := gorgonia.Grad(inner, x, s, v)
	if err != nil {
		t.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g)
	defer vm.Close()
	for range 2 {
		mustRun(t, vm)
		wantClose(t, "x", read[float64](t, first[0].Value(), x.Shape()), []float64{6, 13.5}, 0)
		wantClose(t, "x again", read[float64](t, second[0].Value(), x.Shape()), []float64{30 + 24, -63 + 54}, 1e-14)
		wantClose(t, "s again", read[float64](t, second[1].Value(), s.Shape()), []float64{3 * (4*5 + 9*7)}, 1e-14)
		wantClose(t, "v", read[float64](t, second[2].Value(), v.Shape()), []float64{6, 13.5}, 0)
		vm.Reset()
	}
}
