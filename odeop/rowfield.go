package odeop

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// rowField is a field of one row, compiled for batches of rows of some sizes: all powers of two up to maxBatch, and all rows
// at once where these are no more. Any number of rows is a sum of such sizes, the largest first, so none is evaluated in vain.
// What a row comes to doesn't depend on the batch that it is in: see graph.Func.Batch.
type rowField[T graph.Float] struct {
	one    *compiled[T] // t, y of shape (1, ...), and θ: args, row args, parameters
	params []*graph.Param
	rows   int
	dim    int    // of a row
	perRow []bool // of θ: it has a part for each row
	size   []int  // of θ, of a row's part
	at     []int  // where each of θ begins, with the parts of all rows
	total  int    // of θ, likewise

	mu    sync.Mutex
	plans map[int]*batchPlans[T]
}

// maxBatch bounds the rows of an evaluation. More would not fit into the caches.
const maxBatch = 128

// batchPlans are the compiled functions of one size, each made when it is first wanted.
type batchPlans[T graph.Float] struct {
	fn    *graph.Func
	plans [evaluations]*graph.Plans[T]
}

// evaluation is what is wanted of a field. After t, y and θ come its further inputs.
type evaluation int

const (
	evaluateRows evaluation = iota // f
	reverseRows                    // w: f, wᵀ∂f/∂t, wᵀ∂f/∂y, wᵀ∂f/∂θ
	forwardRows                    // v: f, (∂f/∂y) v
	timeRows                       // τ: f, τ ∂f/∂t
	tangentRows                    // τ, v, w: wᵀ∂d/∂t, wᵀ∂d/∂y, wᵀ∂d/∂θ, where d = τ ∂f/∂t + (∂f/∂y) v
	evaluations
)

func rowArgName(i int, n *gorgonia.Node) string { return fmt.Sprintf("row arg %d (%s)", i, n.Name()) }

func newRowField[T graph.Float](p *problem) (*rowField[T], error) {
	specs, err := p.rowSpecs()
	if err != nil {
		return nil, err
	}
	fn, err := p.field.rate(p.name, p.dtype, oneRow(p.y0), specs)
	if err != nil {
		return nil, errors.WithMessage(err, "per row: the field sees one row")
	}
	c := &rowField[T]{params: fn.Params(), rows: p.y0.Shape()[0], plans: map[int]*batchPlans[T]{}}
	if c.one, err = compileField[T](fn); err != nil {
		return nil, err
	}
	c.dim = c.one.dim
	for i, n := range c.one.theta {
		own := i >= len(p.args) && i < len(p.args)+len(p.rowArgs)
		c.perRow, c.size, c.at = append(c.perRow, own), append(c.size, n), append(c.at, c.total)
		if own {
			n *= c.rows
		}
		c.total += n
	}
	_, err = c.compiled(1, evaluateRows)
	return c, errors.WithMessagef(err, "%s: per row", p.name)
}

// batch is the field of n rows. The caller holds the lock.
func (c *rowField[T]) batch(n int) (*batchPlans[T], error) {
	if b := c.plans[n]; b != nil {
		return b, nil
	}
	over := []int{0, 1}
	for i, own := range c.perRow {
		if own {
			over = append(over, i+2)
		}
	}
	fn, err := c.one.fn.Batch(n, over...)
	if err != nil {
		return nil, err
	}
	b := &batchPlans[T]{fn: fn}
	if b.plans[evaluateRows], err = graph.NewPlans[T](fn); err != nil {
		return nil, err
	}
	c.plans[n] = b
	return b, nil
}

// compiled are the plans of n rows for a kind of evaluation.
func (c *rowField[T]) compiled(n int, kind evaluation) (*graph.Plans[T], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := c.batch(n)
	if err != nil {
		return nil, err
	}
	if b.plans[kind] != nil {
		return b.plans[kind], nil
	}
	switch kind {
	case reverseRows:
		b.plans[kind], err = plansOf[T](b.fn.ValueVJP())
	case forwardRows:
		b.plans[kind], err = plansOf[T](b.fn.JVP(1))
	case timeRows:
		b.plans[kind], err = plansOf[T](b.fn.JVP(0))
	case tangentRows:
		b.plans[kind], err = plansOf[T](secondDerivative(b.fn))
	}
	return b.plans[kind], err
}

// of is θ as row i sees it.
func (c *rowField[T]) of(theta [][]T, i int) [][]T {
	theta = slices.Clone(theta)
	for k, own := range c.perRow {
		if own {
			theta[k] = theta[k][i*c.size[k]:][:c.size[k]]
		}
	}
	return theta
}

// portion is the size of the next batch of n rows.
func (c *rowField[T]) portion(n int) int {
	if n == c.rows && n <= maxBatch {
		return n
	}
	size := 1
	for 2*size <= min(n, maxBatch) {
		size *= 2
	}
	return size
}

// rowRun is a rowField at work with values of θ, for one goroutine.
type rowRun[T graph.Float] struct {
	*rowField[T]
	theta   [][]T
	batches map[batchKind]*rowBatch[T]
}

type batchKind struct {
	n    int
	kind evaluation
}

// rowBatch is a plan and the room for its arguments.
type rowBatch[T graph.Float] struct {
	plans   *graph.Plans[T]
	plan    *graph.Plan[T]
	in, out [][]T
	more    [][]T // the last of in, which belong to the kind
	f, wt   []T
	wtheta  [][]T
}

func (c *rowField[T]) run(theta [][]T) *rowRun[T] {
	return &rowRun[T]{rowField: c, theta: theta, batches: map[batchKind]*rowBatch[T]{}}
}

// release gives the plans back.
func (r *rowRun[T]) release() {
	for _, b := range r.batches {
		b.plans.Put(b.plan)
	}
	r.batches = nil
}

// of is the batch of n rows for a kind of evaluation.
func (r *rowRun[T]) of(n int, kind evaluation) (*rowBatch[T], error) {
	key := batchKind{n, kind}
	if b := r.batches[key]; b != nil {
		return b, nil
	}
	plans, err := r.compiled(n, kind)
	if err != nil {
		return nil, err
	}
	b := &rowBatch[T]{plans: plans, plan: plans.Get(), in: [][]T{make([]T, n), nil}}
	for i, own := range r.perRow {
		if own {
			b.in = append(b.in, make([]T, n*r.size[i]))
		} else {
			b.in = append(b.in, r.theta[i])
		}
	}
	further := len(plans.Func().Inputs()) - len(b.in)
	b.in = append(b.in, make([][]T, further)...)
	b.more = b.in[len(b.in)-further:]
	b.f = make([]T, n*r.dim)
	if kind == timeRows || kind == tangentRows {
		b.more[0] = slices.Repeat([]T{1}, n)
	}
	if kind == reverseRows || kind == tangentRows {
		b.wt = make([]T, n)
		for i, own := range r.perRow {
			size := r.size[i]
			if own {
				size *= n
			}
			b.wtheta = append(b.wtheta, make([]T, size))
		}
	}
	r.batches[key] = b
	return b, nil
}

// each cuts the rows into batches, fills the arguments of each in and calls do with its first row and the one behind its last.
func (r *rowRun[T]) each(kind evaluation, t []float64, rows []int, y []T, do func(b *rowBatch[T], from, to int) error) error {
	for from := 0; from < len(rows); {
		to := from + r.portion(len(rows)-from)
		b, err := r.of(to-from, kind)
		if err != nil {
			return err
		}
		for i, v := range t[from:to] {
			b.in[0][i] = T(v)
		}
		b.in[1] = y[from*r.dim : to*r.dim]
		for k, own := range r.perRow {
			if !own {
				continue
			}
			for i, row := range rows[from:to] {
				copy(b.in[2+k][i*r.size[k]:], r.theta[k][row*r.size[k]:(row+1)*r.size[k]])
			}
		}
		if err := do(b, from, to); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// system is the field as the solver's.
func (r *rowRun[T]) system() solvers.RowSystem[T] {
	return solvers.RowSystem[T]{
		Dim:       r.dim,
		NumParams: r.total,
		F: func(t []float64, rows []int, y, dydt []T) error {
			return r.each(evaluateRows, t, rows, y, func(b *rowBatch[T], from, to int) error {
				b.out = append(b.out[:0], dydt[from*r.dim:to*r.dim])
				return b.plan.Run(b.in, b.out)
			})
		},
		JVP: func(t []float64, rows []int, y, v, out []T) error {
			return r.each(forwardRows, t, rows, y, func(b *rowBatch[T], from, to int) error {
				b.more[0] = v[from*r.dim : to*r.dim]
				b.out = append(b.out[:0], b.f, out[from*r.dim:to*r.dim])
				return b.plan.Run(b.in, b.out)
			})
		},
		VJP: func(t []float64, rows []int, y, w, dydt, wy, wtheta []T, wt []float64) error {
			return r.each(reverseRows, t, rows, y, func(b *rowBatch[T], from, to int) error {
				b.more[0] = w[from*r.dim : to*r.dim]
				f := b.f
				if dydt != nil {
					f = dydt[from*r.dim : to*r.dim]
				}
				b.out = append(append(b.out[:0], f, b.wt, wy[from*r.dim:to*r.dim]), b.wtheta...)
				if err := b.plan.Run(b.in, b.out); err != nil {
					return err
				}
				r.scatter(b, rows[from:to], wtheta, wt[from:])
				return nil
			})
		},
		TimeDerivative: func(t []float64, rows []int, y, dfdt []T) error {
			return r.each(timeRows, t, rows, y, func(b *rowBatch[T], from, to int) error {
				b.out = append(b.out[:0], b.f, dfdt[from*r.dim:to*r.dim])
				return b.plan.Run(b.in, b.out)
			})
		},
		TangentVJP: func(t []float64, rows []int, y []T, tau []float64, v, w, wy, wtheta []T, wt []float64) error {
			return r.each(tangentRows, t, rows, y, func(b *rowBatch[T], from, to int) error {
				for i, x := range tau[from:to] {
					b.more[0][i] = T(x)
				}
				b.more[1], b.more[2] = v[from*r.dim:to*r.dim], w[from*r.dim:to*r.dim]
				b.out = append(append(b.out[:0], b.wt, wy[from*r.dim:to*r.dim]), b.wtheta...)
				if err := b.plan.Run(b.in, b.out); err != nil {
					return err
				}
				r.scatter(b, rows[from:to], wtheta, wt[from:])
				return nil
			})
		},
	}
}

// scatter copies the gradients of a batch by t to wt and adds those by θ to wtheta, those of a row's part to that row's.
func (r *rowRun[T]) scatter(b *rowBatch[T], rows []int, wtheta []T, wt []float64) {
	for i, v := range b.wt {
		wt[i] = float64(v)
	}
	for k, own := range r.perRow {
		if !own {
			accumulate(wtheta[r.at[k]:], b.wtheta[k])
			continue
		}
		n := r.size[k]
		for i, row := range rows {
			accumulate(wtheta[r.at[k]+row*n:], b.wtheta[k][i*n:(i+1)*n])
		}
	}
}

// checkRowWise checks the field of a problem with PerRow.
func (p *problem) checkRowWise() error {
	if p.dtype == tensor.Float32 {
		return checkRowWise[float32](p)
	}
	return checkRowWise[float64](p)
}

func checkRowWise[T graph.Float](p *problem) error {
	c, err := newRowField[T](p)
	if err != nil {
		return err
	}
	return c.checkRowWise(p)
}

// checkRowWise evaluates the field of all rows at random places and compares it with that of each row. A field that mixes the
// rows is one that gives a batch something else than its rows alone.
func (c *rowField[T]) checkRowWise(p *problem) error {
	if c.rows == 1 {
		return nil
	}
	var specs []graph.Spec
	for i, a := range append(slices.Clone(p.args), p.rowArgs...) {
		specs = append(specs, graph.Input(fmt.Sprintf("arg %d", i), p.dtype, a.Shape()...))
	}
	fn, err := p.field.rate(p.name, p.dtype, p.y0.Shape(), specs)
	if err != nil {
		return errors.WithMessage(err, "per row: the field of all rows")
	}
	all, err := compileField[T](fn)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(1, uint64(c.dim)))
	for _, draw := range []func() float64{rng.NormFloat64, func() float64 { return 0.1 + 0.9*rng.Float64() }} {
		random := func(n int) []T {
			v := make([]T, n)
			for i := range v {
				v[i] = T(draw())
			}
			return v
		}
		t, ys := draw(), random(c.rows*c.dim)
		theta := make([][]T, len(c.size))
		for i, n := range c.size {
			if c.perRow[i] {
				n *= c.rows
			}
			theta[i] = random(n)
		}
		want, got := make([]T, len(ys)), make([]T, len(ys))
		sys, done := all.run(theta)
		err := sys.F(t, ys, want)
		done()
		if err != nil {
			return err
		}
		r := c.run(theta)
		rows, ts := make([]int, c.rows), make([]float64, c.rows)
		for i := range rows {
			rows[i], ts[i] = i, t
		}
		err = r.system().F(ts, rows, ys, got)
		r.release()
		if err != nil {
			return err
		}
		if i := firstApart(got, want); i >= 0 {
			return errors.Errorf("%s: per row: the field mixes the rows of y: row %d alone has another derivative than in a batch",
				p.name, i/c.dim)
		}
	}
	return nil
}

// firstApart is the first place where two results of one calculation differ by more than sums in another order do, or −1.
func firstApart[T graph.Float](a, b []T) int {
	tol := 1e-9
	if _, single := any(a).([]float32); single {
		tol = 1e-3
	}
	scale := 1.0
	for _, v := range b {
		if x := math.Abs(float64(v)); !math.IsInf(x, 0) && x > scale { // not NaN
			scale = x
		}
	}
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		if x != y && !(math.IsNaN(x) && math.IsNaN(y)) && !(math.Abs(x-y) <= tol*scale) {
			return i
		}
	}
	return -1
}
