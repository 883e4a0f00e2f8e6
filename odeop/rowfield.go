package odeop

import (
	"fmt"
	"slices"
	"sync"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// rowField is a field of one row, compiled for batches of rows of some sizes: all powers of two up to maxBatch, and all rows
// at once where these are no more. Any number of rows is a sum of such sizes, the largest first, so none is evaluated
// in vain. What a row comes to doesn't depend on the batch that it is in: see graph.Func.Batch.
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
		return nil, errors.WithMessage(p.hintRowArgs(err), "per row: the field sees one row")
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
		b.plans[kind], err = plansOf[T](b.fn.TangentVJP(0, 1))
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
