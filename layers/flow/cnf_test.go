package flow

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// affine is the field z' = A z + b, for z as a column.
func affine(t testing.TB, a [][]float64, b []float64, opts ...odeop.Option) *CNF {
	t.Helper()
	d := len(b)
	l, err := layers.NewLinear(seeded(1), "affine", d, d)
	must(t, err)
	w := make([]float64, d*d)
	for i := range d {
		for j := range d {
			w[j*d+i] = a[i][j]
		}
	}
	must(t, l.Weight().Set(w))
	must(t, l.Bias().Set(b))
	c, err := NewCNF(l, d, opts...)
	must(t, err)
	return c
}

var (
	someA = [][]float64{{0.5, -1.1}, {0.7, -0.2}}
	someB = []float64{0.3, -0.8}
)

func wavy(t testing.TB, d int, opts ...odeop.Option) *CNF {
	t.Helper()
	field, err := NewTimeNet(seeded(2), "field", d, ConcatSquash, NetConfig{Hidden: []int{8}})
	must(t, err)
	c, err := NewCNF(field, d, opts...)
	must(t, err)
	return shaken(t, c, 3).(*CNF)
}

// The flow of an affine field has a closed form: z(1) = eᴬ z(0) + ∫ eᴬˢ b ds, which the exponential of [A b; 0 0] holds, and
// ln p(x) = ln N(z(0)) − tr A.
func TestAffineDensity(t *testing.T) {
	c := affine(t, someA, someB, odeop.Tolerance(1e-10, 1e-10))
	m := mat.NewDense(3, 3, []float64{someA[0][0], someA[0][1], someB[0], someA[1][0], someA[1][1], someB[1], 0, 0, 0})
	var e mat.Dense
	e.Exp(m)
	z := normalRows(seeded(4), 10, 2)
	x := make([][]float64, len(z))
	for i, r := range z {
		x[i] = []float64{e.At(0, 0)*r[0] + e.At(0, 1)*r[1] + e.At(0, 2), e.At(1, 0)*r[0] + e.At(1, 1)*r[1] + e.At(1, 2)}
	}
	got, err := LogProbRows(c, x)
	must(t, err)
	there, err := InverseRows(c, z)
	must(t, err)
	for i, r := range z {
		want := -(r[0]*r[0]+r[1]*r[1])/2 - math.Log(2*math.Pi) - (someA[0][0] + someA[1][1])
		if math.Abs(got[i]-want) > 1e-8 {
			t.Errorf("row %d: ln p is %.12g, want %.12g", i, got[i], want)
		}
		if math.Hypot(there[i][0]-x[i][0], there[i][1]-x[i][1]) > 1e-8 {
			t.Errorf("row %d goes to %v, want %v", i, there[i], x[i])
		}
	}
}

// The integral of a smooth density that vanishes at the border is its trapezoidal sum, up to what the solver leaves.
func TestDensityIntegratesToOne(t *testing.T) {
	const tol = 1e-6
	all := map[string]Bijection{"cnf": wavy(t, 2, odeop.Tolerance(tol, tol))}
	for _, name := range []string{"realnvp", "glow"} {
		all[name] = formulas(t, 2)[name]
	}
	for name, b := range all {
		// The box must hold where the density is.
		sample, err := Sample(b, 512, 1)
		must(t, err)
		most := 0.0
		for _, r := range sample {
			most = max(most, math.Abs(r[0]), math.Abs(r[1]))
		}
		const n = 120
		h := 2 * 2.5 * most / n
		var grid [][]float64
		for i := range n {
			for j := range n {
				grid = append(grid, []float64{(float64(i) + 0.5 - n/2) * h, (float64(j) + 0.5 - n/2) * h})
			}
		}
		l, err := LogProbRows(b, grid)
		must(t, err)
		total := 0.0
		for _, v := range l {
			total += h * h * math.Exp(v)
		}
		t.Logf("%s: box of %.3g, ∫p − 1 = %.2g", name, most, total-1)
		if math.Abs(total-1) > 10*tol {
			t.Errorf("%s: the density integrates to %.8g", name, total)
		}
	}
}

// There and back is the identity to the tolerance, and the changes of volume cancel.
func TestRoundTrip(t *testing.T) {
	const tol = 1e-7
	c := wavy(t, 3, odeop.Tolerance(tol, tol))
	x := normalRows(seeded(5), 30, 3)
	z, err := ForwardRows(c, x)
	must(t, err)
	back, err := InverseRows(c, z)
	must(t, err)
	dets := func(rows [][]float64, way direction) [][]float64 {
		return run(t, c, rows, func(x *G.Node) (*G.Node, error) {
			_, l, err := way(c, x)
			return l, err
		})
	}
	forward, inverse := dets(x, Bijection.Forward), dets(z, Bijection.Inverse)
	for i := range x {
		for j := range x[i] {
			if e := math.Abs(x[i][j] - back[i][j]); e > 100*tol {
				t.Errorf("row %d, column %d comes back %g away", i, j, e)
			}
		}
		if e := math.Abs(forward[i][0] + inverse[i][0]); e > 100*tol {
			t.Errorf("row %d: the changes of volume add up to %g", i, e)
		}
	}
}

// The integrands at one point are those of the Jacobian by differences.
func TestIntegrands(t *testing.T) {
	const d, h, at = 3, 1e-6, 0.4
	c := wavy(t, d)
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		g, err := c.integrands(in[0], in[1], nil, false, true)
		return G.Nodes{g}, err
	}, graph.Input("t", tensor.Float64), graph.Input("z", tensor.Float64, 1, d))
	must(t, err)
	plan, err := graph.Compile[float64](fn)
	must(t, err)
	z, got := []float64{0.3, -1.2, 0.8}, make([]float64, 3)
	must(t, plan.Run([][]float64{{at}, z}, [][]float64{got}))
	slope, err := c.function(G.NewMatrix(G.NewGraph(), G.Float64, G.WithShape(1, d), G.WithName("z")))
	must(t, err)
	f, err := graph.Compile[float64](slope)
	must(t, err)
	value := func(j int, by float64) []float64 {
		v, out := append([]float64(nil), z...), make([]float64, d)
		v[j] += by
		must(t, f.Run([][]float64{{at}, v}, [][]float64{out}))
		return out
	}
	var trace, square, kinetic float64
	for _, v := range value(0, 0) {
		kinetic += v * v
	}
	for j := range d {
		up, down := value(j, h), value(j, -h)
		for i := range d {
			e := (up[i] - down[i]) / (2 * h)
			square += e * e
			if i == j {
				trace += e
			}
		}
	}
	for k, want := range []float64{trace, kinetic, square} {
		if math.Abs(got[k]-want) > 1e-8*(1+math.Abs(want)) {
			t.Errorf("integrand %d: %.12g, by differences %.12g", k, got[k], want)
		}
	}
}

// Every row on its own, in steps of its own, has the density that it has in the batch.
func TestPerRow(t *testing.T) {
	const tol = 1e-8
	x := normalRows(seeded(6), 12, 2)
	together, err := LogProbRows(wavy(t, 2, odeop.Tolerance(tol, tol)), x)
	must(t, err)
	alone := wavy(t, 2, odeop.Tolerance(tol, tol), odeop.PerRow())
	apart, err := LogProbRows(alone, x)
	must(t, err)
	for i := range x {
		if math.Abs(together[i]-apart[i]) > 100*tol {
			t.Errorf("row %d: %.10g together, %.10g on its own", i, together[i], apart[i])
		}
	}
	if _, err := LogProbRows(Estimated(alone, Probe{}), x); err == nil || !strings.Contains(err.Error(), "exact trace") {
		t.Errorf("an estimate for rows on their own: %v", err)
	}
}

// The gradient of the numbers and that of the exact solution agree to the tolerance.
func TestGradientModes(t *testing.T) {
	const tol = 1e-9
	x := normalRows(seeded(7), 8, 2)
	_, want := newLoss(t, wavy(t, 2, odeop.Tolerance(tol, tol)), x, Penalty{0.1, 0.1}).run(t)
	for _, mode := range []odeop.GradientMode{odeop.GaussAdjoint{}, odeop.InterpolatedAdjoint{}} {
		c := wavy(t, 2, odeop.Tolerance(tol, tol), odeop.Gradient(mode))
		_, got := newLoss(t, Estimated(c, Probe{Seed: 1}), x, Penalty{0.1, 0.1}).run(t)
		_, exact := newLoss(t, Estimated(wavy(t, 2, odeop.Tolerance(tol, tol)), Probe{Seed: 1}), x, Penalty{0.1, 0.1}).run(t)
		for k := range got {
			for i := range got[k] {
				if math.Abs(got[k][i]-exact[k][i]) > 1e-6 {
					t.Errorf("%T: parameter %d[%d]: %.10g, by backpropagation %.10g", mode, k, i, got[k][i], exact[k][i])
				}
			}
		}
		if got[0][0] == want[0][0] {
			t.Error("the estimate is the exact trace")
		}
	}
}

// Constant fields and linear fields have energies in closed form, positive in spite of the direction of time.
func TestEnergies(t *testing.T) {
	for _, c := range []struct {
		a                 [][]float64
		b                 []float64
		kinetic, jacobian float64
	}{
		{[][]float64{{0, 0}, {0, 0}}, []float64{3, 4}, 25, 0},
		{[][]float64{{0, -2}, {2, 0}}, []float64{0, 0}, 4, 8}, // a rotation of the unit vector below, of speed 2
	} {
		f := affine(t, c.a, c.b, odeop.Method(solvers.RK4{}), odeop.Step(0.01))
		for name, b := range map[string]Bijection{"exact": f, "estimate": Estimated(f, Probe{Seed: 2})} {
			out := run(t, b, [][]float64{{0.6, 0.8}}, func(x *G.Node) (*G.Node, error) {
				_, _, e, err := ForwardEnergies(b, x)
				must(t, err)
				return single(operation("both", func(f *formula.F, in G.Nodes) G.Nodes {
					return G.Nodes{f.Concat(f.Reshape(in[0], 1, 1), f.Reshape(in[1], 1, 1))}
				}, e.Kinetic, e.Jacobian))
			})
			// ‖Jε‖² of signs ε is ‖J‖²_F where JᵀJ is diagonal. RK4 at λh = 0.02 is off by about (λh)⁴.
			if math.Abs(out[0][0]-c.kinetic) > 1.6e-7 || math.Abs(out[0][1]-c.jacobian) > 1e-8 {
				t.Errorf("%s: energies %v, want %g and %g", name, out[0], c.kinetic, c.jacobian)
			}
		}
	}
}

// A flow of float32 has the density of one of float64, to its own digits.
func TestFloat32(t *testing.T) {
	x := normalRows(seeded(8), 5, 2)
	var got [2][]float64
	for i, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		field, err := NewTimeNet(seeded(2), "field", 2, Hyper, NetConfig{Hidden: []int{8}, Dtype: dt})
		must(t, err)
		c, err := NewCNF(field, 2)
		must(t, err)
		norm, err := NewActNorm("norm", 2, dt)
		must(t, err)
		chain, err := NewChain(norm, Estimated(c, Probe{Seed: 3}))
		must(t, err)
		got[i], err = LogProbRows(chain, x)
		must(t, err)
	}
	for i := range x {
		if math.Abs(got[0][i]-got[1][i]) > 1e-3 {
			t.Errorf("row %d: %g and %g", i, got[0][i], got[1][i])
		}
	}
}
