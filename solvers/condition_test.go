package solvers

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"strconv"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/ivp/condition.json")

const conditionFile = "../testdata/ivp/condition.json"

// conditionNumbers are those of the reference problems, see condition.
func conditionNumbers(t testing.TB) map[string]float64 {
	t.Helper()
	b, err := os.ReadFile(conditionFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Problems map[string]float64 }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return file.Problems
}

// condition is how much of an error made at a time s ≤ T there is at T, at worst over s and over the components, both
// on the scale of a test's tolerance:
//
//	κ = max_s ‖ W(T)⁻¹ Φ(T, s) W(s) ‖_∞ ≥ 1,   W = diag(small + |y_i|).
//
// So the local errors of N steps, each of at most the tolerance, come to κN tolerances at most, but for second order
// terms. Φ solves the adjoint equation
//
//	∂Φ/∂s = −Φ J(s, y(s)),   Φ(T, T) = I,
//
// backward along a solution, forward and backward being the settings of the two solves. The norm is looked at 16 times
// a step.
func condition(t *testing.T, sys System[float64], y0 []float64, t0, t1, small float64, forward, backward Settings) float64 {
	t.Helper()
	n := sys.Dim
	forward.Dense = true
	sol, err := Solve(sys, y0, t0, t1, &forward)
	if err != nil {
		t.Fatal(err)
	}
	y, jac := make([]float64, n), make([]float64, n*n)
	at := func(s float64) error {
		clear(jac)
		if err := sol.Eval(s, y); err != nil {
			return err
		}
		return sys.Jacobian(s, y, jac)
	}
	// Each row of Φ is a solution of its own.
	adjoint := System[float64]{
		Dim:     n * n,
		Pattern: BlockDiagonal(n, n),
		F: func(s float64, phi, out []float64) error {
			clear(out)
			err := at(s)
			for i := range n {
				for k := range n {
					axpy(-phi[i*n+k], jac[k*n:(k+1)*n], out[i*n:(i+1)*n])
				}
			}
			return err
		},
		Jacobian: func(s float64, _, out []float64) error {
			err := at(s)
			for i := range n {
				for j := range n {
					for k := range n {
						out[(i*n+j)*n*n+i*n+k] = -jac[k*n+j]
					}
				}
			}
			return err
		},
	}
	phi := make([]float64, n*n)
	for i := range n {
		phi[i*n+i] = 1
	}
	it, err := NewIntegrator(adjoint, phi, t1, t0, &backward)
	if err != nil {
		t.Fatal(err)
	}
	kappa := 1.0 // at T
	for it.Step() {
		before, _ := it.Last()
		const parts = 16
		for k := range parts {
			s := it.T() - (it.T()-before)*float64(k)/parts
			if err := it.Interpolate(s, phi); err != nil {
				t.Fatal(err)
			}
			if err := sol.Eval(s, y); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				var row float64
				for j, v := range phi[i*n : (i+1)*n] {
					row += math.Abs(v) * (small + math.Abs(y[j]))
				}
				kappa = math.Max(kappa, row/(small+math.Abs(sol.LastY[i])))
			}
		}
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	return kappa
}

// fourthOrderJacobian is the Jacobian by central differences.
func fourthOrderJacobian(sys System[float64]) func(t float64, y, jac []float64) error {
	n := sys.Dim
	at, d := make([]float64, n), make([]float64, n)
	return func(t float64, y, jac []float64) error {
		clear(jac)
		for j := range n {
			e := 1e-3 * math.Max(1e-2, math.Abs(y[j]))
			for _, c := range []struct{ shift, w float64 }{{e, 8}, {-e, -8}, {2 * e, -1}, {-2 * e, 1}} {
				copy(at, y)
				at[j] += c.shift
				if err := sys.F(t, at, d); err != nil {
					return err
				}
				for i := range n {
					jac[i*n+j] += c.w * d[i] / (12 * e)
				}
			}
		}
		return nil
	}
}

// TestConditions computes the condition numbers of the reference problems anew and compares, or writes, the file of
// them. With a step's error at the tolerance they are what the limits of TestReference follow from.
func TestConditions(t *testing.T) {
	refs := references(t)
	computed := make(map[string]float64)
	for _, p := range detest {
		ref := refs[p.id]
		y0 := numbers(t, ref.Y0)
		sys := System[float64]{Dim: len(y0), F: func(t float64, y, d []float64) error { p.f(t, y, d); return nil }}
		sys.Jacobian = fourthOrderJacobian(sys)
		computed[p.id] = condition(t, sys, y0, number(t, ref.T0), number(t, ref.T), 1,
			Settings{Method: Vern9{}, RTol: 1e-11, ATol: 1e-11}, Settings{Method: DOP853{}, RTol: 1e-7, ATol: 1e-7})
	}
	for _, p := range stiffProblems(t) {
		computed[p.name] = condition(t, p.system(true), p.y0, 0, p.t1, p.small,
			Settings{Method: Radau{Stages: 5}, RTol: 1e-10, ATol: 1e-12 * p.small},
			Settings{Method: Radau{Stages: 5}, RTol: 1e-8, ATol: 1e-10, FirstStep: 1e-6 * p.t1})
	}
	// y' = y cos t has Φ = exp(sin T − sin s) and y = exp(sin s): the worst s has sin s = −1.
	y := math.Exp(math.Sin(number(t, refs["A3"].T)))
	if want := y * (math.E + 1) / (y + 1); math.Abs(computed["A3"]-want) > 1e-3*want {
		t.Errorf("A3: %g; its formula gives %g", computed["A3"], want)
	}
	if *update {
		writeConditions(t, computed)
	}
	stored := conditionNumbers(t)
	for id, k := range computed {
		if !(math.Abs(stored[id]-k) <= 0.01*k) {
			t.Errorf("%s: the file has κ = %g; it comes out as %.4g", id, stored[id], k)
		}
	}
	if len(stored) != len(computed) {
		t.Errorf("%d problems in the file, %d here", len(stored), len(computed))
	}
}

func writeConditions(t *testing.T, computed map[string]float64) {
	t.Helper()
	for id, k := range computed {
		computed[id], _ = strconv.ParseFloat(strconv.FormatFloat(k, 'g', 4, 64), 64)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	err := enc.Encode(map[string]any{
		"_about": "Condition numbers of the problems of reference.json and stiff.json, see SOURCE.md. Written by: go test " +
			"./solvers -run Conditions -update",
		"problems": computed,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conditionFile, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
