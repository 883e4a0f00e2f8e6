package odefile

import (
	"gorgonode/graph"
	"gorgonode/solvers"
)

// system binds the right-hand side to values of the parameters, for one goroutine.
func (d *dynamics) system(p []float64) solvers.System[float64] {
	b := &binding{dynamics: d, time: make([]float64, 1)}
	b.in = [][]float64{b.time, nil}
	if d.m > 0 {
		b.in = append(b.in, p)
	}
	sys := solvers.System[float64]{Dim: d.n, NumParams: d.m, F: b.value(), JVP: b.push(), VJP: b.pull()}
	sys.TimeDerivative = b.slope()
	if d.spoilt {
		sys.VJP = b.pullSafely()
	} else {
		sys.TangentVJP = b.pullTangent()
	}
	sys.Jacobian = b.columns()
	if d.n > maxColumns {
		sys.Jacobian = b.products(sys.JVP)
	}
	return sys
}

// binding is a dynamics with what its plans read. Its functions share the inputs and don't run at the same time.
type binding struct {
	*dynamics
	time []float64
	in   [][]float64
}

// at sets t and y.
func (b *binding) at(in [][]float64, t float64, y []float64) {
	b.time[0], in[1] = t, y
}

func (b *binding) value() func(t float64, y, out []float64) error {
	plan := b.dynamics.value.Get()
	outs := make([][]float64, 1)
	return func(t float64, y, out []float64) error {
		b.at(b.in, t, y)
		outs[0] = out
		return plan.Run(b.in, outs)
	}
}

// withOne is the inputs and one more.
func (b *binding) withOne() [][]float64 { return append(append([][]float64(nil), b.in...), nil) }

func (b *binding) push() func(t float64, y, v, out []float64) error {
	var plan *graph.Plan[float64]
	in, outs := b.withOne(), make([][]float64, 1)
	return func(t float64, y, v, out []float64) (err error) {
		if plan == nil {
			if plan, err = b.jvp.get(func() (*graph.Func, error) { return b.along(alongState) }); err != nil {
				return err
			}
		}
		b.at(in, t, y)
		in[len(in)-1], outs[0] = v, out
		return plan.Run(in, outs)
	}
}

func (b *binding) slope() func(t float64, y, dfdt []float64) error {
	var plan *graph.Plan[float64]
	outs := make([][]float64, 1)
	return func(t float64, y, dfdt []float64) (err error) {
		if plan == nil {
			alongTime := direction{time: true, param: -1, scale: 1}
			if plan, err = b.byTime.get(func() (*graph.Func, error) { return b.along(alongTime) }); err != nil {
				return err
			}
		}
		b.at(b.in, t, y)
		outs[0] = dfdt
		return plan.Run(b.in, outs)
	}
}

func (b *binding) columns() func(t float64, y, jac []float64) error {
	var plan *graph.Plan[float64]
	outs := make([][]float64, 1)
	return func(t float64, y, jac []float64) (err error) {
		if plan == nil {
			if plan, err = b.jacobian.get(b.dynamics.columns); err != nil {
				return err
			}
		}
		b.at(b.in, t, y)
		outs[0] = jac
		return plan.Run(b.in, outs)
	}
}

// products is the Jacobian by products, one for each group of columns.
func (b *binding) products(push func(t float64, y, v, out []float64) error) func(t float64, y, jac []float64) error {
	seed, out := make([]float64, b.n), make([]float64, b.n)
	return func(t float64, y, jac []float64) error {
		clear(jac)
		for _, group := range b.groups {
			for _, j := range group {
				seed[j] = 1
			}
			err := push(t, y, seed, out)
			clear(seed)
			if err != nil {
				return err
			}
			for _, j := range group {
				for _, i := range b.rowsOf[j] {
					jac[i*b.n+j] = out[i]
				}
			}
		}
		return nil
	}
}

func (b *binding) pull() func(t float64, y, w, dydt, wy, wp []float64) (float64, error) {
	var plan *graph.Plan[float64]
	in, f := b.withOne(), make([]float64, b.n)
	outs := [][]float64{nil, make([]float64, 1), nil}
	if b.m > 0 {
		outs = append(outs, make([]float64, b.m))
	}
	return func(t float64, y, w, dydt, wy, wp []float64) (_ float64, err error) {
		if plan == nil {
			if plan, err = b.vjp.get(b.fn.ValueVJP); err != nil {
				return 0, err
			}
		}
		if dydt == nil {
			dydt = f
		}
		b.at(in, t, y)
		in[len(in)-1], outs[0], outs[2] = w, dydt, wy
		if err := plan.Run(in, outs); err != nil {
			return 0, err
		}
		if b.m > 0 {
			for i, v := range outs[3] {
				wp[i] += v
			}
		}
		return outs[1][0], nil
	}
}

// pullTangent is the product from the left of the derivative of f along time and state.
func (b *binding) pullTangent() func(t float64, y []float64, tau float64, v, w, wy, wp []float64) (float64, error) {
	var plan *graph.Plan[float64]
	scale := make([]float64, 1)
	in := append(append([][]float64(nil), b.in...), scale, nil, nil)
	outs := [][]float64{make([]float64, 1), nil}
	if b.m > 0 {
		outs = append(outs, make([]float64, b.m))
	}
	return func(t float64, y []float64, tau float64, v, w, wy, wp []float64) (_ float64, err error) {
		if plan == nil {
			if plan, err = b.second.get(b.tangentVJP); err != nil {
				return 0, err
			}
		}
		b.at(in, t, y)
		n := len(in)
		scale[0], in[n-2], in[n-1], outs[1] = tau, v, w, wy
		if err := plan.Run(in, outs); err != nil {
			return 0, err
		}
		if b.m > 0 {
			for i, v := range outs[2] {
				wp[i] += v
			}
		}
		return outs[0][0], nil
	}
}

// pullSafely is pull by forward derivatives: see slopes.
func (b *binding) pullSafely() func(t float64, y, w, dydt, wy, wp []float64) (float64, error) {
	var plan *graph.Plan[float64]
	n := b.n
	rows := make([]float64, (n+1+b.m+1)*n)
	outs := [][]float64{rows}
	return func(t float64, y, w, dydt, wy, wp []float64) (_ float64, err error) {
		if plan == nil {
			if plan, err = b.whole.get(b.slopes); err != nil {
				return 0, err
			}
		}
		b.at(b.in, t, y)
		if err := plan.Run(b.in, outs); err != nil {
			return 0, err
		}
		row := func(i int) []float64 { return rows[i*n : (i+1)*n] }
		for j := range wy {
			wy[j] = dot(w, row(j))
		}
		for j := range wp {
			wp[j] += dot(w, row(n+1+j))
		}
		if dydt != nil {
			copy(dydt, row(n+1+b.m))
		}
		return dot(w, row(n)), nil
	}
}

func dot(x, y []float64) float64 {
	s := 0.0
	for i, v := range x {
		s += v * y[i]
	}
	return s
}
