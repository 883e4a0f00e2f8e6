package odeop

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

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

// checkRowWise evaluates the field of all rows at random places and compares it with that of each row. A field that
// mixes the rows is one that gives a batch something else than its rows alone.
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
