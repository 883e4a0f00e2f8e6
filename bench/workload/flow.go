package workload

import (
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/odeop"
)

// flowStart is z, uniform in [−2, 2), with a last column of zeros for the change of log-density.
func flowStart(rows, cols int) func() ([]float64, []int, error) {
	return func() ([]float64, []int, error) {
		z := uniform(6, rows*cols, 2)
		y := make([]float64, 0, rows*(cols+1))
		for i := range rows {
			y = append(append(y, z[i*cols:(i+1)*cols]...), 0)
		}
		return y, []int{rows, cols + 1}, nil
	}
}

// exactFlow is z' = f(z), l' = tr ∂f/∂z, with the trace from one tangent for each dimension.
func exactFlow(b *built) (odeop.Field, error) {
	d := b.shape[1] - 1
	return b.flow(func(jvp *graph.Func, z *G.Node) (dz, trace *G.Node, err error) {
		for i := range d {
			unit := make([]float64, b.shape[0]*d)
			for r := range b.shape[0] {
				unit[r*d+i] = 1
			}
			e, err := graph.Constant(z, unit, b.shape[0], d)
			if err != nil {
				return nil, nil, err
			}
			out, err := graph.CallAll(jvp, z, e)
			if err != nil {
				return nil, nil, err
			}
			col, err := graph.Slice(out[1], nil, G.S(i))
			if err != nil {
				return nil, nil, err
			}
			if dz = out[0]; trace == nil {
				trace = col
			} else if trace, err = G.Add(trace, col); err != nil {
				return nil, nil, err
			}
		}
		return dz, trace, nil
	})
}

// probedFlow is z' = f(z), l' = εᵀ(∂f/∂z)ε with signs ε, drawn once for each row (Hutchinson 1990).
func probedFlow(b *built) (odeop.Field, error) {
	d := b.shape[1] - 1
	signs := uniform(7, b.shape[0]*d, 1)
	for i, v := range signs {
		if signs[i] = 1; v < 0 {
			signs[i] = -1
		}
	}
	return b.flow(func(jvp *graph.Func, z *G.Node) (dz, trace *G.Node, err error) {
		e, err := graph.Constant(z, signs, b.shape[0], d)
		if err != nil {
			return nil, nil, err
		}
		out, err := graph.CallAll(jvp, z, e)
		if err != nil {
			return nil, nil, err
		}
		prod, err := G.HadamardProd(e, out[1])
		if err != nil {
			return nil, nil, err
		}
		sum, err := G.Sum(prod, 1)
		if err != nil {
			return nil, nil, err
		}
		trace, err = graph.Reshape(sum, b.shape[0], 1)
		return out[0], trace, err
	})
}

// flow is the field of (z, l) from z' and the trace.
func (b *built) flow(rates func(jvp *graph.Func, z *G.Node) (dz, trace *G.Node, err error)) (odeop.Field, error) {
	d := b.shape[1] - 1
	fn, err := b.traced(d)
	if err != nil {
		return nil, err
	}
	jvp, err := fn.JVP()
	if err != nil {
		return nil, err
	}
	return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		z, err := graph.Slice(y, nil, G.S(0, d))
		if err != nil {
			return nil, err
		}
		dz, trace, err := rates(jvp, z)
		if err != nil {
			return nil, err
		}
		return G.Concat(1, dz, trace)
	}, nil
}

// flowLoss is the mean over the rows of ½‖z‖² − l.
func flowLoss(y *G.Node) (*G.Node, error) {
	rows, d := y.Shape()[0], y.Shape()[1]-1
	z, err := graph.Slice(y, nil, G.S(0, d))
	if err != nil {
		return nil, err
	}
	l, err := graph.Slice(y, nil, G.S(d))
	if err != nil {
		return nil, err
	}
	sq, err := meanSquare(z)
	if err != nil {
		return nil, err
	}
	half, err := graph.Constant(sq, []float64{float64(d) / 2})
	if err != nil {
		return nil, err
	}
	if sq, err = G.Mul(sq, half); err != nil {
		return nil, err
	}
	flat, err := graph.Reshape(l, rows)
	if err != nil {
		return nil, err
	}
	mean, err := G.Mean(flat)
	if err != nil {
		return nil, err
	}
	return G.Sub(sq, mean)
}
