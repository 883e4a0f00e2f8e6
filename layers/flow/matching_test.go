package flow

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/odeop"
)

// meanVelocity is the field that matching has for its minimum where the data are normal with mean m and standard deviation
// s in every column: x_t is normal with mean tm and variance v = (1 − (1−σ)t)² + t²s², and
//
//	E[u | x_t] = m + (v'/2v) (x_t − tm),   v'/2 = ts² − (1−σ)(1 − (1−σ)t)
func meanVelocity(m, s, sigma float64) layers.Layer {
	return layers.FieldFunc(func(t, x *G.Node, _ ...*G.Node) (*G.Node, error) {
		f := formula.For(x)
		one := f.Number(1)
		rest := f.Sub(one, scale(f, t, 1-sigma))
		v := f.Add(f.Mul(rest, rest), scale(f, f.Mul(t, t), s*s))
		half := f.Sub(scale(f, t, s*s), scale(f, rest, 1-sigma))
		y := f.Add(f.Mul(f.Sub(x, scale(f, t, m)), f.Binary(G.HadamardDiv, half, v)), f.Number(m))
		return y, f.Err()
	})
}

// The flow of the mean velocity carries the standard normal distribution to that of the data with noise σ, exactly: its
// density is that normal density to the tolerance of the solver.
func TestMatchedGaussian(t *testing.T) {
	const m, s, sigma, tol = 1.3, 0.4, 0.1, 1e-9
	c, err := NewCNF(meanVelocity(m, s, sigma), 2, odeop.Tolerance(tol, tol))
	must(t, err)
	x := normalRows(seeded(1), 10, 2)
	for _, r := range x {
		r[0], r[1] = m+s*r[0], m+s*r[1]
	}
	got, err := LogProbRows(c, x)
	must(t, err)
	v := s*s + sigma*sigma
	for i, r := range x {
		want := -((r[0]-m)*(r[0]-m)+(r[1]-m)*(r[1]-m))/(2*v) - math.Log(2*math.Pi*v)
		if math.Abs(got[i]-want) > 1000*tol {
			t.Errorf("row %d: ln p is %.10g, want %.10g", i, got[i], want)
		}
	}
}

// The mean velocity is where the loss is least: along a line of fields through it, v + a·w, the derivative of the loss
// vanishes within four standard errors, and the excess at a is a²‖w‖² as far as the mean of u given x_t is v.
func TestMatchingTarget(t *testing.T) {
	const m, s, sigma, n = 0.8, 0.5, 0.05, 4000
	data := normalRows(seeded(2), n, 1)
	for _, r := range data {
		r[0] = m + s*r[0]
	}
	x0, times, err := Matching{Sigma: sigma}.Draw(data, 3, 0)
	must(t, err)
	for _, w := range []func(x, t float64) float64{
		func(_, _ float64) float64 { return 1 },
		func(x, _ float64) float64 { return x },
		func(x, t float64) float64 { return x * t },
		func(x, t float64) float64 { return math.Sin(3*x) * (1 - t) },
	} {
		slopes := make([]float64, n)
		for i := range data {
			tt := times[i]
			u := data[i][0] - (1-sigma)*x0[i][0]
			x := x0[i][0] + tt*u
			rest := 1 - (1-sigma)*tt
			v := m + (tt*s*s-(1-sigma)*rest)/(rest*rest+tt*tt*s*s)*(x-tt*m)
			slopes[i] = (v - u) * w(x, tt)
		}
		if mean, e := meanAndError(slopes); math.Abs(mean) > 4*e {
			t.Errorf("the loss has the derivative %g ± %g", mean, e)
		}
	}
}

// The loss is what its formula says, every row at its own time, and its gradient that of differences.
func TestMatchingLoss(t *testing.T) {
	const n, d, sigma = 6, 2, 0.2
	field, err := NewTimeNet(seeded(4), "field", d, Hyper, NetConfig{Hidden: []int{5}})
	must(t, err)
	c, err := NewCNF(field, d)
	must(t, err)
	shaken(t, c, 5)
	data := normalRows(seeded(6), n, d)
	x0, times, err := Matching{Sigma: sigma}.Draw(data, 7, 8)
	must(t, err)

	g := G.NewGraph()
	a := matrix(g, "x0", x0)
	b := matrix(g, "x1", data)
	at := G.NewVector(g, G.Float64, G.WithShape(n), G.WithName("t"), G.WithValue(tensor.New(tensor.WithBacking(times))))
	cost, err := Matching{Sigma: sigma}.Loss(field, a, b, at)
	must(t, err)
	l := &loss{nodes: graph.ParamNodes(g, c.Params())}
	G.Read(cost, &l.cost)
	_, err = G.Grad(cost, l.nodes...)
	must(t, err)
	l.vm = G.NewTapeMachine(g, G.BindDualValues(l.nodes...))
	got, grads := l.run(t)

	one, err := c.function(G.NewMatrix(G.NewGraph(), G.Float64, G.WithShape(1, d), G.WithName("z")))
	must(t, err)
	plan, err := graph.Compile[float64](one)
	must(t, err)
	want := 0.0
	for i := range data {
		x, v := make([]float64, d), make([]float64, d)
		for j := range d {
			x[j] = (1-(1-sigma)*times[i])*x0[i][j] + times[i]*data[i][j]
		}
		must(t, plan.Run([][]float64{{times[i]}, x}, [][]float64{v}))
		for j := range d {
			e := v[j] - (data[i][j] - (1-sigma)*x0[i][j])
			want += e * e / n
		}
	}
	if math.Abs(got-want) > 1e-12 {
		t.Errorf("the loss is %.15g, want %.15g", got, want)
	}
	for k, p := range c.Params() {
		const h = 1e-5
		v := p.Float64s()
		diff := 0.0
		for _, s := range []float64{1, -1} {
			w := append([]float64(nil), v...)
			w[0] += s * h
			must(t, p.Set(w))
			cost, _ := l.run(t)
			diff += s * cost / (2 * h)
		}
		must(t, p.Set(v))
		if math.Abs(grads[k][0]-diff) > 1e-8 {
			t.Errorf("%v: %.12g, by differences %.12g", p, grads[k][0], diff)
		}
	}
}

// The assignment is the best of all permutations.
func TestAssign(t *testing.T) {
	rng := seeded(9)
	for n := range 7 {
		for range 20 {
			cost := make([][]float64, n)
			for i := range cost {
				cost[i] = make([]float64, n)
				for j := range cost[i] {
					cost[i][j] = math.Round(5*rng.NormFloat64()) / 2 // ties too
				}
			}
			got, err := assign(cost)
			must(t, err)
			total, used := 0.0, map[int]bool{}
			for i, j := range got {
				total += cost[i][j]
				used[j] = true
			}
			if best := cheapest(cost, make([]bool, n), 0); len(used) != n || math.Abs(total-best) > 1e-12 {
				t.Fatalf("costs %v: %v costs %g, the best %g", cost, got, total, best)
			}
		}
	}
	for _, bad := range [][][]float64{{{1, 2}}, {{math.NaN()}}, {{math.Inf(1)}}} {
		if _, err := assign(bad); err == nil {
			t.Errorf("costs %v are no error", bad)
		}
	}
}

// cheapest tries all permutations.
func cheapest(cost [][]float64, used []bool, i int) float64 {
	if i == len(cost) {
		return 0
	}
	best := math.Inf(1)
	for j := range cost {
		if !used[j] {
			used[j] = true
			best = min(best, cost[i][j]+cheapest(cost, used, i+1))
			used[j] = false
		}
	}
	return best
}

// On a line the best pairing goes by rank; and a draw is a function of its arguments.
func TestDraw(t *testing.T) {
	data := normalRows(seeded(10), 40, 1)
	m := Matching{Pairing: OptimalTransport}
	x0, times, err := m.Draw(data, 11, 12)
	must(t, err)
	for i := range data {
		for j := range data {
			if data[i][0] < data[j][0] && x0[i][0] > x0[j][0] {
				t.Fatalf("%g goes with %g, and %g with %g", data[i][0], x0[i][0], data[j][0], x0[j][0])
			}
		}
		if times[i] < 0 || times[i] >= 1 {
			t.Errorf("a time of %g", times[i])
		}
	}
	again, _, err := m.Draw(data, 11, 12)
	must(t, err)
	other, _, err := m.Draw(data, 11, 13)
	must(t, err)
	if again[0][0] != x0[0][0] || other[0][0] == x0[0][0] {
		t.Errorf("noise %g, again %g, of another step %g", x0[0][0], again[0][0], other[0][0])
	}
}
