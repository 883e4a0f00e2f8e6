package solvers

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// stiffProblem is a problem whose solution at t1 is known.
type stiffProblem struct {
	name     string
	f        func(t float64, y, d []float64) error
	jacobian func(t float64, y, jac []float64) error
	y0, want []float64
	t1       float64
	// small is the size below which the absolute tolerance holds, as a fraction of the relative one; components of
	// Robertson's problem are of 1e-13, and those of HIRES of 1e-5.
	small float64
}

// system is the problem with the derivatives of which it has the Jacobian, or with F alone.
func (p *stiffProblem) system(derivatives bool) System[float64] {
	sys := System[float64]{Dim: len(p.y0), F: p.f}
	if derivatives {
		sys.Jacobian = p.jacobian
	}
	return sys
}

// scaled is the largest error of y against the exact end, relative to small + |y_i|.
func (p *stiffProblem) scaled(y []float64) (e float64) {
	for i, v := range p.want {
		e = math.Max(e, math.Abs(y[i]-v)/(p.small+math.Abs(v)))
	}
	return e
}

func vanDerPol(mu float64) (f, jac func(t float64, y, d []float64) error) {
	f = func(_ float64, y, d []float64) error {
		d[0], d[1] = y[1], mu*(1-y[0]*y[0])*y[1]-y[0]
		return nil
	}
	jac = func(_ float64, y, j []float64) error {
		copy(j, []float64{0, 1, -2*mu*y[0]*y[1] - 1, mu * (1 - y[0]*y[0])})
		return nil
	}
	return f, jac
}

// relaxation is Van der Pol's equation as in Hairer and Wanner, εy” = (1−y²)y' − y: that of μ = 1/√ε in the time t/μ.
func relaxation(eps float64) (f, jac func(t float64, y, d []float64) error) {
	f = func(_ float64, y, d []float64) error {
		d[0], d[1] = y[1], ((1-y[0]*y[0])*y[1]-y[0])/eps
		return nil
	}
	jac = func(_ float64, y, j []float64) error {
		copy(j, []float64{0, 1, (-2*y[0]*y[1] - 1) / eps, (1 - y[0]*y[0]) / eps})
		return nil
	}
	return f, jac
}

func robertson(_ float64, y, d []float64) error {
	a, b, c := 0.04*y[0], 1e4*y[1]*y[2], 3e7*y[1]*y[1]
	d[0], d[1], d[2] = b-a, a-b-c, c
	return nil
}

func robertsonJacobian(_ float64, y, j []float64) error {
	copy(j, []float64{
		-0.04, 1e4 * y[2], 1e4 * y[1],
		0.04, -1e4*y[2] - 6e7*y[1], -1e4 * y[1],
		0, 6e7 * y[1], 0,
	})
	return nil
}

func hires(_ float64, y, d []float64) error {
	r := 280 * y[5] * y[7]
	d[0] = -1.71*y[0] + 0.43*y[1] + 8.32*y[2] + 0.0007
	d[1] = 1.71*y[0] - 8.75*y[1]
	d[2] = -10.03*y[2] + 0.43*y[3] + 0.035*y[4]
	d[3] = 8.32*y[1] + 1.71*y[2] - 1.12*y[3]
	d[4] = -1.745*y[4] + 0.43*(y[5]+y[6])
	d[5] = -r + 0.69*y[3] + 1.71*y[4] - 0.43*y[5] + 0.69*y[6]
	d[6] = r - 1.81*y[6]
	d[7] = -d[6]
	return nil
}

func hiresJacobian(_ float64, y, j []float64) error {
	set := func(i, k int, v float64) { j[8*i+k] = v }
	set(0, 0, -1.71)
	set(0, 1, 0.43)
	set(0, 2, 8.32)
	set(1, 0, 1.71)
	set(1, 1, -8.75)
	set(2, 2, -10.03)
	set(2, 3, 0.43)
	set(2, 4, 0.035)
	set(3, 1, 8.32)
	set(3, 2, 1.71)
	set(3, 3, -1.12)
	set(4, 4, -1.745)
	set(4, 5, 0.43)
	set(4, 6, 0.43)
	set(5, 3, 0.69)
	set(5, 4, 1.71)
	set(5, 5, -280*y[7]-0.43)
	set(5, 6, 0.69)
	set(5, 7, -280*y[5])
	set(6, 5, 280*y[7])
	set(6, 6, -1.81)
	set(6, 7, 280*y[5])
	set(7, 5, -280*y[7])
	set(7, 6, 1.81)
	set(7, 7, -280*y[5])
	return nil
}

func oregonator(_ float64, y, d []float64) error {
	const s, q, w = 77.27, 8.375e-6, 0.161
	d[0] = s * (y[1] + y[0]*(1-q*y[0]-y[1]))
	d[1] = (y[2] - (1+y[0])*y[1]) / s
	d[2] = w * (y[0] - y[2])
	return nil
}

func oregonatorJacobian(_ float64, y, j []float64) error {
	const s, q, w = 77.27, 8.375e-6, 0.161
	copy(j, []float64{
		s * (1 - 2*q*y[0] - y[1]), s * (1 - y[0]), 0,
		-y[1] / s, -(1 + y[0]) / s, 1 / s,
		w, 0, -w,
	})
	return nil
}

// stiffProblems have the end values of testdata/ivp/stiff.json.
func stiffProblems(t testing.TB) []stiffProblem {
	t.Helper()
	b, err := os.ReadFile("../testdata/ivp/stiff.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Problems []reference }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	vdp, vdpJac := vanDerPol(1000)
	eps, epsJac := relaxation(1e-6)
	out := []stiffProblem{
		{name: "VDPOL", f: vdp, jacobian: vdpJac, small: 1},
		{name: "ROBER", f: robertson, jacobian: robertsonJacobian, small: 1e-6},
		{name: "HIRES", f: hires, jacobian: hiresJacobian, small: 1e-2},
		{name: "OREGO", f: oregonator, jacobian: oregonatorJacobian, small: 1},
	}
	for i := range out {
		for _, p := range file.Problems {
			if p.ID == out[i].name {
				out[i].y0, out[i].want, out[i].t1 = numbers(t, p.Y0), numbers(t, p.Verified), number(t, p.T)
			}
		}
		if out[i].want == nil {
			t.Fatalf("%s is not in the file", out[i].name)
		}
	}
	v := out[0]
	return append(out, stiffProblem{name: "VDPEPS", f: eps, jacobian: epsJac, small: 1,
		y0: []float64{2, 0}, t1: v.t1 / 1000, want: []float64{v.want[0], v.want[1] * 1000}})
}

// TestStiffJacobians checks the Jacobians by differences.
func TestStiffJacobians(t *testing.T) {
	for _, p := range stiffProblems(t) {
		n := len(p.y0)
		y := make([]float64, n)
		for i := range y {
			y[i] = 1 + 0.1*float64(i)
		}
		set, _ := check(p.system(true), y, 0, 1, nil)
		given, err := newJacobian(newEnvironment(p.system(true), set), false)
		if err != nil {
			t.Fatal(err)
		}
		diff, err := newJacobian(newEnvironment(p.system(false), set), false)
		if err != nil {
			t.Fatal(err)
		}
		if err := given.eval(0, y, nil); err != nil {
			t.Fatal(err)
		}
		if err := diff.eval(0, y, nil); err != nil {
			t.Fatal(err)
		}
		var largest float64
		for _, v := range given.v {
			largest = math.Max(largest, math.Abs(v))
		}
		for k, v := range given.v {
			if math.Abs(v-diff.v[k]) > 1e-5*math.Abs(v)+1e-8*largest {
				t.Errorf("%s: entry %d is %g, the difference is %g", p.name, k, v, diff.v[k])
			}
		}
	}
}
