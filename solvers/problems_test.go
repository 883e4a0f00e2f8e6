package solvers

import (
	"math"
	"testing"
)

// problem is an initial value problem of known solution.
type problem struct {
	name   string
	t0, t1 float64
	f      func(t float64, y, dydt []float64) error
	exact  func(t float64) []float64
}

func (p *problem) system() System[float64] {
	return System[float64]{Dim: len(p.exact(p.t0)), F: p.f}
}

// problems have what a convergence test must tell apart: linear and not, autonomous and not, one component and two.
func problems() []problem {
	// Eigenvalues −0.1 ± 2i.
	linear := problem{
		name: "linear", t0: 0, t1: 2,
		f: func(_ float64, y, d []float64) error {
			d[0], d[1] = -0.1*y[0]+2*y[1], -2*y[0]-0.1*y[1]
			return nil
		},
		exact: func(t float64) []float64 {
			e := math.Exp(-0.1 * t)
			return []float64{e * math.Cos(2*t), -e * math.Sin(2*t)}
		},
	}
	logistic := problem{
		name: "logistic", t0: 0, t1: 3,
		f:     func(_ float64, y, d []float64) error { d[0] = 2 * y[0] * (1 - y[0]); return nil },
		exact: func(t float64) []float64 { return []float64{1 / (1 + 9*math.Exp(-2*t))} },
	}
	const theta0 = 1.5
	pendulum := problem{
		name: "pendulum", t0: 0, t1: 3,
		f:     func(_ float64, y, d []float64) error { d[0], d[1] = y[1], -math.Sin(y[0]); return nil },
		exact: func(t float64) []float64 { return pendulumAt(theta0, t) },
	}
	// y = C e^{−t} + (sin 3t − 3 cos 3t)/10.
	forced := problem{
		name: "forced", t0: 0.5, t1: 2.5,
		f: func(t float64, y, d []float64) error { d[0] = -y[0] + math.Sin(3*t); return nil },
		exact: func(t float64) []float64 {
			return []float64{math.Exp(-t) + (math.Sin(3*t)-3*math.Cos(3*t))/10}
		},
	}
	modulated := problem{
		name: "modulated", t0: 0, t1: 3,
		f:     func(t float64, y, d []float64) error { d[0] = y[0] * math.Cos(t); return nil },
		exact: func(t float64) []float64 { return []float64{math.Exp(math.Sin(t))} },
	}
	return []problem{linear, logistic, pendulum, forced, modulated}
}

// backwards is p from t1 to t0.
func (p problem) backwards() problem {
	p.name += ", backwards"
	p.t0, p.t1 = p.t1, p.t0
	return p
}

// pendulumAt solves θ” = −sin θ, θ(0) = θ₀, θ'(0) = 0: with k = sin(θ₀/2), k' = cos(θ₀/2),
//
//	θ = 2 asin(k cn/dn),   θ' = −2 k k' sn/dn   at t, modulus k.
func pendulumAt(theta0, t float64) []float64 {
	k, kc := math.Sin(theta0/2), math.Cos(theta0/2)
	sn, cn, dn := jacobi(t, k)
	return []float64{2 * math.Asin(k*cn/dn), -2 * k * kc * sn / dn}
}

// jacobi returns sn, cn and dn of modulus k by descending Landen transformations (Abramowitz and Stegun 16.4).
func jacobi(u, k float64) (sn, cn, dn float64) {
	a, c := []float64{1}, []float64{k}
	b := math.Sqrt(1 - k*k)
	for n := 0; c[n] > 1e-17 && n < 20; n++ {
		a, c, b = append(a, (a[n]+b)/2), append(c, (a[n]-b)/2), math.Sqrt(a[n]*b)
	}
	n := len(a) - 1
	phi := math.Ldexp(a[n]*u, n)
	for ; n > 0; n-- {
		phi = (phi + math.Asin(c[n]/a[n]*math.Sin(phi))) / 2
	}
	sn, cn = math.Sin(phi), math.Cos(phi)
	return sn, cn, math.Sqrt(1 - k*k*sn*sn)
}

// TestProblems checks that each exact solution solves its equation, by a central difference.
func TestProblems(t *testing.T) {
	for _, p := range problems() {
		for _, x := range []float64{p.t0 + 0.3, p.t0 + 1.1, p.t1 - 0.2} {
			const h = 1e-5
			a, b := p.exact(x-h), p.exact(x+h)
			d := make([]float64, len(a))
			if err := p.f(x, p.exact(x), d); err != nil {
				t.Fatal(err)
			}
			for i := range d {
				if fd := (b[i] - a[i]) / (2 * h); math.Abs(fd-d[i]) > 1e-8 {
					t.Errorf("%s at t=%g: the exact solution has slope %g, f is %g", p.name, x, fd, d[i])
				}
			}
		}
	}
}

// maxDiff is the largest |a_i − b_i|.
func maxDiff(a, b []float64) (m float64) {
	for i := range a {
		m = math.Max(m, math.Abs(a[i]-b[i]))
	}
	return m
}

// slope is the regression of y on x.
func slope(x, y []float64) float64 {
	var mx, my, sxx, sxy float64
	for i := range x {
		mx, my = mx+x[i]/float64(len(x)), my+y[i]/float64(len(x))
	}
	for i := range x {
		sxx, sxy = sxx+(x[i]-mx)*(x[i]-mx), sxy+(x[i]-mx)*(y[i]-my)
	}
	return sxy / sxx
}

func mean(v []float64) float64 { return sum(v) / float64(len(v)) }

// onLine is the value at a place of the straight line that fits y over x best.
func onLine(x, y []float64, at float64) float64 { return mean(y) + slope(x, y)*(at-mean(x)) }
