package odefile

import (
	"sync"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// inputs of a function of t, a state of n components and m parameters. Where there are no parameters there is no such
// input: graph has no empty axes.
func inputs(n, m int) []graph.Spec {
	in := []graph.Spec{graph.Input("t", tensor.Float64), graph.Input("state", tensor.Float64, n)}
	if m > 0 {
		in = append(in, graph.Input("parameters", tensor.Float64, m))
	}
	return in
}

// builder writes a right-hand side: t is a number, y and p are vectors, p nil where there are no parameters. own has
// nodes that stand for single parameters instead of p's elements.
type builder func(t, y, p *G.Node, own map[int]*G.Node) (*G.Node, error)

// dynamics is a right-hand side f(t, y, p) with its derivatives, each traced and compiled when it is first wanted.
type dynamics struct {
	n, m   int // of states and parameters
	outs   int // components of f
	build  builder
	fn     *graph.Func
	value  *graph.Plans[float64]
	spoilt bool // whether a product from the left may be NaN for no reason: see slopes

	jvp, vjp, jacobian, whole, byTime, second derivative

	// For more than maxColumns states: columns of the Jacobian that share no row, and the rows of each column.
	groups, rowsOf [][]int
}

func newDynamics(n, m int, build builder) (*dynamics, error) {
	tracing.Lock()
	defer tracing.Unlock()
	d := &dynamics{n: n, m: m, build: build}
	var err error
	d.fn, err = graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		y, err := build(in[0], in[1], append(in, nil)[2], nil)
		return G.Nodes{y}, err
	}, inputs(n, m)...)
	if err != nil {
		return nil, err
	}
	d.outs = d.fn.Outputs()[0].TotalSize()
	if n > maxColumns {
		d.setPattern(full(d.outs, n))
	}
	d.value, err = graph.NewPlans[float64](d.fn)
	return d, err
}

// setPattern says which entries of ∂f/∂y may differ from zero.
func (d *dynamics) setPattern(rows, cols []int) { d.groups, d.rowsOf = groups(d.n, rows, cols) }

func full(m, n int) (rows, cols []int) {
	for i := range m {
		for j := range n {
			rows, cols = append(rows, i), append(cols, j)
		}
	}
	return rows, cols
}

// derivative is a function that is traced and compiled once.
type derivative struct {
	once  sync.Once
	plans *graph.Plans[float64]
	err   error
}

// tracing keeps traces apart: Gorgonia's constructors share counters.
var tracing sync.Mutex

// get takes a plan for one goroutine.
func (d *derivative) get(make func() (*graph.Func, error)) (*graph.Plan[float64], error) {
	d.once.Do(func() {
		tracing.Lock()
		defer tracing.Unlock()
		var f *graph.Func
		if f, d.err = make(); d.err == nil {
			d.plans, d.err = graph.NewPlans[float64](f)
		}
	})
	if d.err != nil {
		return nil, errors.Wrap(d.err, "odefile")
	}
	return d.plans.Get(), nil
}

// maxColumns is the size up to which a Jacobian is one plan, whose columns share what they have in common and lose what is
// zero. Larger ones are made of products with sums of unit vectors, see groups.
const maxColumns = 24

// columns is (t, y, p) → ∂f/∂y, row-major.
func (d *dynamics) columns() (*graph.Func, error) {
	push, err := d.along(alongState)
	if err != nil {
		return nil, err
	}
	return graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		cols, err := d.stateColumns(push, in)
		if err != nil {
			return nil, err
		}
		jac, err := graph.Stack(cols...)
		if err != nil {
			return nil, err
		}
		jac, err = G.Transpose(jac, 1, 0)
		return G.Nodes{jac}, err
	}, inputs(d.n, d.m)...)
}

// tangentVJP is (t, y, p, τ, v, w) → wᵀ∂d/∂t, wᵀ∂d/∂y, wᵀ∂d/∂p with d = τ ∂f/∂t + (∂f/∂y) v.
func (d *dynamics) tangentVJP() (*graph.Func, error) {
	return d.fn.TangentVJP(0, 1)
}

func (d *dynamics) stateColumns(push *graph.Func, in G.Nodes) (G.Nodes, error) {
	cols := make(G.Nodes, d.n)
	for j := range cols {
		unit := make([]float64, d.n)
		unit[j] = 1
		e, err := graph.Constant(in[0], unit, d.n)
		if err != nil {
			return nil, err
		}
		if cols[j], err = graph.Call(push, append(append(G.Nodes{}, in...), e)...); err != nil {
			return nil, err
		}
	}
	return cols, nil
}

// slopes is (t, y, p) → the derivatives of f by every state, by t and by every parameter, one behind the other.
//
// A product from the left with f of if( )then( )else( ) would multiply the slopes of the branch that isn't taken, which
// may be infinite or NaN, by a zero. Forward derivatives drop that branch instead.
func (d *dynamics) slopes() (*graph.Func, error) {
	push, err := d.along(alongState)
	if err != nil {
		return nil, err
	}
	others := []direction{{time: true, param: -1, scale: 1}}
	for j := range d.m {
		others = append(others, direction{param: j, scale: 1})
	}
	fns := make([]*graph.Func, len(others))
	for i, dir := range others {
		if fns[i], err = d.along(dir); err != nil {
			return nil, err
		}
	}
	return graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		rows, err := d.stateColumns(push, in)
		if err != nil {
			return nil, err
		}
		for _, fn := range fns {
			row, err := graph.Call(fn, in...)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
		f, err := graph.Call(d.fn, in...)
		if err != nil {
			return nil, err
		}
		all, err := graph.Stack(append(rows, f)...)
		return G.Nodes{all}, err
	}, inputs(d.n, d.m)...)
}
