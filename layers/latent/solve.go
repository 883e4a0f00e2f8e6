package latent

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop"
)

// Solve follows K samples of z₀, (K, B, L), each at time 0, to the times (B, N) of its series. valid is 0 for padding, where
// times may be anything and a path stays as it is; nil is none.
func (m *Model) Solve(z0, times, valid *G.Node) (*Path, error) {
	if z0 == nil || z0.Graph() == nil || z0.Dims() != 3 || z0.Shape()[2] != m.latent || z0.Dtype() != m.Dtype() {
		return nil, errors.Errorf("latent: %q: z₀ is no node of shape (K, B, %d) and of %v", m.name, m.latent, m.Dtype())
	}
	k, b := z0.Shape()[0], z0.Shape()[1]
	if times == nil || times.Dims() != 2 {
		return nil, errors.Errorf("latent: %q: the times are no node of shape (B, N)", m.name)
	}
	n := times.Shape()[1]
	f := formula.For(z0)
	if valid == nil {
		valid = f.Fill(z0, 1, b, n)
	}
	if err := firstError(f.Err(), fits("times", times, z0, b, n), fits("valid", valid, z0, b, n)); err != nil {
		return nil, errors.WithMessagef(err, "latent: %q", m.name)
	}
	p := &Path{model: m, samples: k, batch: b, steps: n, times: times}
	start, err := call("start", func(f *formula.F, in G.Nodes) *G.Node {
		z := f.Reshape(in[0], k*b, m.latent)
		if m.rates == 0 {
			return z
		}
		return f.Concat(z, f.Fill(z, 0, k*b, m.rates))
	}, z0)
	if err == nil && m.adaptive {
		p.all, err = m.solveRows(start, times, valid, k)
	} else if err == nil {
		p.all, err = m.march(start, times, valid, k)
	}
	return p, errors.WithMessagef(err, "latent: %q", m.name)
}

// march takes constant steps in each interval, (N, K·B, S). A row whose interval is 0 stays to the last digit.
func (m *Model) march(start, times, valid *G.Node, k int) (*G.Node, error) {
	b, n := times.Shape()[0], times.Shape()[1]
	deltas, err := call("intervals", func(f *formula.F, in G.Nodes) *G.Node {
		// Samples come one after the other, and steps first.
		d := f.Reshape(repeated(f, intervals(f, in[0], in[1]), k), k*b, n)
		return f.Reshape(f.Transpose(d, 1, 0), n, k*b, 1)
	}, times, valid)
	if err != nil {
		return nil, err
	}
	return graph.Scan(func(in ...*G.Node) (G.Nodes, error) {
		f := formula.For(in[0])
		next, err := f.Result(m.steps(f, in[0], in[1]))
		return G.Nodes{next}, err
	}, start, G.Nodes{deltas})
}

// steps are equal steps of the classical Runge–Kutta method over the times dt, (rows, 1).
func (m *Model) steps(f *formula.F, y, dt *G.Node) *G.Node {
	step := f.Mul(dt, f.Number(1/float64(m.rk4)))
	half := f.Mul(step, f.Number(0.5))
	for range m.rk4 {
		k1 := m.slope(f, y)
		k2 := m.slope(f, f.Add(y, f.MulColumn(k1, half)))
		k3 := m.slope(f, f.Add(y, f.MulColumn(k2, half)))
		k4 := m.slope(f, f.Add(y, f.MulColumn(k3, step)))
		sum := f.Add(f.Add(k1, k4), f.Mul(f.Add(k2, k3), f.Number(2)))
		y = f.Add(y, f.MulColumn(f.Mul(sum, f.Number(1./6)), step))
	}
	return y
}

// solveRows solves each path on its own. Its times begin with 0, where z₀ stands, unless 0 is the first of them anyway,
// and go on with the last in the padding, as odeop.SolveRowsAt wants them.
func (m *Model) solveRows(start, times, valid *G.Node, k int) (*G.Node, error) {
	b, n := times.Shape()[0], times.Shape()[1]
	width := start.Shape()[1]
	// atZero is 1, as a column, for series whose first time is 0.
	atZero := func(f *formula.F, t *G.Node) *G.Node {
		return f.Sub(f.Number(1), above(f, f.Abs(f.Columns(t, 0, 1)), 0))
	}
	clean := func(f *formula.F, in G.Nodes) (t, last *G.Node) {
		t = only(f, in[1], in[0])
		last = rowMax(f, t)
		return f.Where(in[1], t, f.Reshape(widened(f, last, n), b, n)), last
	}
	all, err := call("times", func(f *formula.F, in G.Nodes) *G.Node {
		t, last := clean(f, in)
		from := f.Concat(f.Fill(t, 0, b, 1), t)
		shifted := f.Concat(t, last)
		both := f.Where(f.Reshape(widened(f, atZero(f, t), n+1), b, n+1), shifted, from)
		return f.Reshape(repeated(f, both, k), k*b, n+1)
	}, times, valid)
	if err != nil {
		return nil, err
	}
	states, err := odeop.SolveRowsAt(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		f := formula.For(y)
		return f.Result(m.slope(f, y))
	}, start, all, m.solve...)
	if err != nil {
		return nil, err
	}
	return call("states", func(f *formula.F, in G.Nodes) *G.Node {
		t, _ := clean(f, in)
		cond := f.Reshape(repeated(f, atZero(f, t), k), k*b, 1)
		cond = f.Reshape(repeated(f, widened(f, cond, width), n), n, k*b, width)
		part := func(from int) *G.Node {
			return f.Apply(func(x *G.Node) (*G.Node, error) { return graph.Slice(x, G.S(from, from+n)) }, in[2])
		}
		return f.Where(cond, part(0), part(1))
	}, times, valid, states)
}
