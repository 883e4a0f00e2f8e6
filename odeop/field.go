package odeop

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Field is a vector field, dy/dt = f(t, y, args...), written with Gorgonia's functions, graph.Call and layers. A solve
// calls it when the graph is built, once or, as with PerRow and running costs, a few times, and never while it runs; it must
// build the same each time. Its arguments are placeholder nodes of a private graph, y.Graph(): t is a number, y has the
// shape of y0, args those of the nodes given to Args, and all have y0's dtype. It returns a node of y's shape. Parameters
// (graph.Param) enter through their In method; any other node of the outer graph goes through Args. [Unrolled] calls
// the field for each stage of each step, in y0's graph.
type Field func(t, y *gorgonia.Node, args ...*gorgonia.Node) (*gorgonia.Node, error)

// trace compiles nothing yet: it turns the field into a function of t, y, the args and, as trailing inputs, its parameters.
func (f Field) trace(name string, dt tensor.Dtype, y tensor.Shape, args gorgonia.Nodes) (*graph.Func, error) {
	specs, err := argSpecs(name, dt, args)
	if err != nil {
		return nil, err
	}
	return f.rate(name, dt, y, specs)
}

// rate is trace with args that are known by their shapes.
func (f Field) rate(name string, dt tensor.Dtype, y tensor.Shape, args []graph.Spec) (*graph.Func, error) {
	fn, err := f.function(name, "field", dt, y, args)
	if err != nil {
		return nil, err
	}
	if out := fn.Outputs()[0]; !slices.Equal(out, y) {
		return nil, errors.Errorf("%s: the field returned shape %v, and y has shape %v", name, out, y)
	}
	return fn, nil
}

// function is rate of whatever is written as a field is, and may return another shape; role says what it is.
func (f Field) function(name, role string, dt tensor.Dtype, y tensor.Shape, args []graph.Spec) (*graph.Func, error) {
	inputs := append([]graph.Spec{graph.Input("t", dt), graph.Input("y", dt, y...)}, args...)
	fn, err := graph.Trace(func(in ...*gorgonia.Node) (gorgonia.Nodes, error) {
		dy, err := f(in[0], in[1], in[2:]...)
		if err == nil && dy == nil {
			err = errors.Errorf("the %s returned no node", role)
		}
		return gorgonia.Nodes{dy}, err
	}, inputs...)
	if err != nil {
		if errors.Is(err, graph.ErrForeignNode) {
			err = errors.WithMessage(err, "nodes of the outer graph enter through odeop.Args")
		}
		return nil, errors.WithMessagef(err, "%s: %s", name, role)
	}
	return fn.Named(name + ": " + role), nil
}

// argSpecs describes args as inputs.
func argSpecs(name string, dt tensor.Dtype, args gorgonia.Nodes) ([]graph.Spec, error) {
	var specs []graph.Spec
	for i, a := range args {
		if a.Dtype() != dt {
			return nil, errors.Errorf("%s: arg %d (%q) is %v, and y0 is %v", name, i, a.Name(), a.Dtype(), dt)
		}
		specs = append(specs, graph.Input(argName(i, a), dt, a.Shape()...))
	}
	return specs, nil
}

// argName tells args apart from each other and from t and y, whatever the names of their nodes are.
func argName(i int, n *gorgonia.Node) string { return fmt.Sprintf("arg %d (%s)", i, n.Name()) }

// compiled is a field ready to run. Its inputs are t, y and then θ: args and parameters one after the other.
type compiled[T graph.Float] struct {
	fn    *graph.Func // lifted
	dim   int         // of y
	theta []int       // sizes
	total int         // of θ
	value *graph.Plans[T]

	timed   bool // f depends on t
	effects bool // and has side effects

	structure   structure
	derivatives derivatives[T]
	linearized  linearization[T]
}

func compileField[T graph.Float](fn *graph.Func) (*compiled[T], error) {
	c := &compiled[T]{fn: fn.Lift(), timed: fn.DependsOn(0), effects: fn.Pure() != fn}
	in := c.fn.Inputs()
	c.dim = in[1].Shape.TotalSize()
	for _, s := range in[2:] {
		c.theta = append(c.theta, s.Shape.TotalSize())
		c.total += s.Shape.TotalSize()
	}
	var err error
	c.value, err = graph.NewPlans[T](c.fn)
	return c, err
}

// place names the i-th element of θ.
func (c *compiled[T]) place(i int) string { return placeAmong(c.fn.Inputs()[2:], i) }

// split cuts numbers, one for each of θ, into θ's parts.
func (c *compiled[T]) split(flat []T) [][]T {
	parts := make([][]T, len(c.theta))
	for i, n := range c.theta {
		parts[i], flat = flat[:n:n], flat[n:]
	}
	return parts
}

// differentiable reports why the field has no gradient.
func (c *compiled[T]) differentiable() error {
	_, err := c.reverse()
	return err
}

// runPure is run for a backward pass, whose evaluations must not count as those of the forward pass do: a batch
// normalisation updates its running statistics once for an evaluation of the forward solve.
func (c *compiled[T]) runPure(theta [][]T) (sys solvers.System[T], done func(), err error) {
	plans, err := c.pure()
	if err == nil {
		err = c.differentiable()
	}
	if err != nil {
		return sys, nil, err
	}
	sys, finish := c.runOn(plans, theta)
	linear := c.withLinearization(&sys, theta)
	return sys, func() { linear(); finish() }, nil
}

// run binds the field to values of θ as a system to solve, for one goroutine. done gives its plans back.
func (c *compiled[T]) run(theta [][]T) (sys solvers.System[T], done func()) {
	return c.runOn(c.value, theta)
}

func (c *compiled[T]) runOn(plans *graph.Plans[T], theta [][]T) (sys solvers.System[T], done func()) {
	var lent loans[T]
	value := lent.take(plans)
	t := make([]T, 1)
	in := append([][]T{t, nil}, theta...)
	out := make([][]T, 1)
	sys = solvers.System[T]{Dim: c.dim, NumParams: c.total}
	sys.F = func(time float64, y, dydt []T) error {
		t[0], in[1], out[0] = T(time), y, dydt
		return value.Run(in, out)
	}

	var tangent *graph.Plan[T]
	var tin, tout [][]T
	sys.JVP = func(time float64, y, v, dst []T) error {
		if tangent == nil {
			plans, err := c.forward()
			if err != nil {
				return err
			}
			tangent = lent.take(plans)
			tin, tout = append(slices.Clone(in), nil), [][]T{make([]T, c.dim), nil}
		}
		t[0], tin[1], tin[len(tin)-1], tout[1] = T(time), y, v, dst
		return tangent.Run(tin, tout)
	}

	var reverse *graph.Plan[T]
	var rin, rout [][]T
	var scratch, wtheta []T
	sys.VJP = func(time float64, y, w, dydt, wy, wt []T) (float64, error) {
		if reverse == nil {
			plans, err := c.reverse()
			if err != nil {
				return 0, err
			}
			reverse = lent.take(plans)
			rin = append(slices.Clone(in), nil)
			scratch, wtheta = make([]T, c.dim), make([]T, c.total)
			rout = append([][]T{nil, make([]T, 1), nil}, c.split(wtheta)...)
		}
		if dydt == nil {
			dydt = scratch
		}
		t[0], rin[1], rin[len(rin)-1] = T(time), y, w
		rout[0], rout[2] = dydt, wy
		if err := reverse.Run(rin, rout); err != nil {
			return 0, err
		}
		accumulate(wt, wtheta)
		return float64(rout[1][0]), nil
	}
	c.withDirectional(&sys, theta, &lent)
	return sys, lent.done
}
