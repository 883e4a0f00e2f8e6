package odeop

import (
	"slices"

	"gorgonode/graph"
	"gorgonode/solvers"
)

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

// each cuts the rows into batches, fills the arguments of each in and calls do with its first row and the one behind
// its last.
func (r *rowRun[T]) each(kind evaluation, t []float64, rows []int, y []T,
	do func(b *rowBatch[T], from, to int) error) error {
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
