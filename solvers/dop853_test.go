package solvers

import (
	"math"
	"testing"
)

// TestDOP853Estimate: the two estimates combine as err5²/√(err5² + 0.01 err3²), and the combination behaves as h⁸.
func TestDOP853Estimate(t *testing.T) {
	p := problems()[0]
	var x, y []float64
	for _, h := range []float64{0.6, 0.5, 0.4, 0.3, 0.2} {
		env := newEnvironment(p.system(), &Settings{RTol: 0, ATol: 1, Norm: RMS{}})
		m := newERK(env, &dop853)
		y0, y1 := p.exact(0.5), make([]float64, 2)
		out, err := m.attempt(0.5, 0.5+h, y0, y1)
		if err != nil {
			t.Fatal(err)
		}
		norm := func(e []float64) (s float64) {
			for j := range y1 {
				var d float64
				for i, v := range e {
					d += h * v * m.k[i][j]
				}
				s += d * d / 2
			}
			return math.Sqrt(s)
		}
		err5, err3 := norm(dop853.E), norm(dop853.E2)
		want := err5 * err5 / math.Sqrt(err5*err5+0.01*err3*err3)
		if math.Abs(out.err-want) > 1e-7*want {
			t.Errorf("h = %g: the estimate is %g; want %g", h, out.err, want)
		}
		x, y = append(x, math.Log(h)), append(y, math.Log(out.err))
	}
	if got := slope(x, y); math.Abs(got-8) > 0.6 {
		t.Errorf("the estimate behaves as h^%.2f", got)
	}
}

// TestDOP853AsSciPy: a step, states within it and its error norm as SciPy 1.17.1's DOP853 has them.
func TestDOP853AsSciPy(t *testing.T) {
	sys := System[float64]{Dim: 2, F: func(t float64, y, d []float64) error {
		d[0], d[1] = 1.5*y[0]-y[0]*y[1], -3*y[1]+y[0]*y[1]+math.Sin(t)
		return nil
	}}
	m := newERK(newEnvironment(sys, &Settings{RTol: 1e-3, ATol: 1e-3, Norm: RMS{}}), &dop853Septic)
	y1 := make([]float64, 2)
	out, err := m.attempt(0.25, 0.45, []float64{1, 2}, y1)
	if err != nil {
		t.Fatal(err)
	}
	if want := 1.089538155041409e-05; math.Abs(out.err-want) > 1e-8*want { // the terms of the estimate cancel
		t.Errorf("the error norm is %.16g; SciPy has %.16g", out.err, want)
	}
	if d := maxDiff(y1, []float64{0.9660595754494251, 1.3907244074304517}); d > 1e-15 {
		t.Errorf("the step differs by %g", d)
	}
	m.accept()
	poly, err := m.interpolant(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		t float64
		y []float64
	}{
		{0.29, []float64{0.9830677706011387, 1.8558311260925908}},
		{0.35, []float64{0.9680584153965611, 1.6612683569046918}},
		{0.41, []float64{0.9637516089841964, 1.4913080088235655}},
	} {
		y := make([]float64, 2)
		evalPolynomial(poly, (c.t-0.25)/0.2, y)
		if d := maxDiff(y, c.y); d > 2e-15 {
			t.Errorf("at t = %g the state differs by %g", c.t, d)
		}
	}
}
