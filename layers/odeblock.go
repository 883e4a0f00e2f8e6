package layers

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/odeop"
)

// Field is a layer as a vector field, dy/dt = l(y) or, if it takes a time, l(t, y). It takes no args.
func Field(l Layer) odeop.Field {
	return func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
		switch {
		case l == nil:
			return nil, errors.New("layers: field: the layer is nil")
		case len(args) > 0:
			return nil, errors.Errorf("layers: field: %d args, and a layer takes none; write an odeop.Field", len(args))
		}
		return forward(l, t, y)
	}
}

// ODEBlock is the layer x ↦ y(t₁), where (Chen et al. 2018, Neural ordinary differential equations)
//
//	y(t₀) = x,   dy/dt = f(t, y)
//
// y has the shape of x, whatever that is. A block may be used in several graphs, and its parameters are those of f.
type ODEBlock struct {
	field  Layer
	times  []float64
	opts   []odeop.Option // the caller's
	stats  odeop.Stats
	end    *randomEnd // of WithRandomEndTime
	phases bool       // of NewSymplecticBlock: the state of the solve is (positions, momenta)
}

// NewODEBlock makes a block of the field f, a layer that keeps the shape, from times[0] to the last of times; nil means
// from 0 to 1. A raw odeop.Field becomes a layer by FieldFunc. The options are those of odeop: by default the method is
// solvers.Dopri5{} with a relative and an absolute tolerance of 1e-6 and 1e-8 (1e-4 and 1e-6 for float32), and the
// gradient is odeop.Backprop{}, exact for the numbers computed. odeop.Args, nodes of one graph, are not for a layer.
// Options that do not fit together are an error of Forward, where the shape and the dtype of the state are known. So is a
// symplectic method for a field that does not divide into positions and momenta as odeop.Method says; for x of (…, 2d), the
// momenta behind the positions in each row, there is [NewSymplecticBlock].
func NewODEBlock(f Layer, times []float64, opts ...odeop.Option) (*ODEBlock, error) {
	if f == nil {
		return nil, errors.New("layers: ode block: the field is nil")
	}
	if times == nil {
		times = []float64{0, 1}
	}
	if err := checkTimes(times); err != nil {
		return nil, errors.WithMessage(err, "layers: ode block")
	}
	for i, o := range opts {
		if o == nil {
			return nil, errors.Errorf("layers: ode block: option %d is nil", i)
		}
	}
	return &ODEBlock{field: f, times: slices.Clone(times), opts: slices.Clone(opts)}, nil
}

// checkTimes asks odeop about the times, by a solve of dy/dt = y that is built and never run.
func checkTimes(times []float64) error {
	y := G.NewVector(G.NewGraph(), G.Float64, G.WithShape(1), G.WithName("y"))
	_, err := odeop.SolveFinal(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return y, nil }, y, times)
	return err
}

// Params implements [Layer]: the field's.
func (b *ODEBlock) Params() []*graph.Param { return paramsOf(b.field) }

// Stats counts the work of the newest run, in whatever graph, of a node that Forward or Trajectory has made. With
// odeop.Record among the options they are recorded there instead.
func (b *ODEBlock) Stats() *odeop.Stats { return &b.stats }

// options are those of a solve: the statistics may be recorded elsewhere, by an option of the caller's.
func (b *ODEBlock) options(more ...odeop.Option) []odeop.Option {
	return slices.Concat([]odeop.Option{odeop.Record(&b.stats)}, b.opts, more)
}

// Forward implements [Layer]: the state at the last time, of x's shape.
func (b *ODEBlock) Forward(x *G.Node) (*G.Node, error) {
	if err := b.accepts(x); err != nil {
		return nil, err
	}
	y0, err := b.enter(x)
	if err != nil {
		return nil, err
	}
	var y *G.Node
	if b.end == nil {
		y, err = odeop.SolveFinal(b.dynamics(), y0, b.times, b.options()...)
	} else {
		y, err = b.solveToRandomEnd(y0)
	}
	if err != nil {
		return nil, errors.WithMessage(err, "layers: ode block")
	}
	return b.leave(y, 0)
}

// Trajectory is the states at other times, of which the first is that of x: (len(times), shape of x…).
func (b *ODEBlock) Trajectory(x *G.Node, times []float64) (*G.Node, error) {
	if err := b.accepts(x); err != nil {
		return nil, err
	}
	y0, err := b.enter(x)
	if err != nil {
		return nil, err
	}
	y, err := odeop.Solve(b.dynamics(), y0, times, b.options()...)
	if err != nil {
		return nil, errors.WithMessage(err, "layers: ode block")
	}
	return b.leave(y, 1)
}

// accepts checks x, and that no parameter of the field is missing from Params: training would leave it as it is.
func (b *ODEBlock) accepts(x *G.Node) error {
	if err := checkInput("ode block", x, 0); err != nil {
		return err
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		dy, err := forward(b.field, in[0], in[1])
		return G.Nodes{dy}, err
	}, graph.Input("t", x.Dtype()), graph.Input("y", x.Dtype(), x.Shape()...))
	if err != nil {
		return errors.WithMessage(err, "layers: ode block: field")
	}
	declared := map[*graph.Param]bool{}
	for _, p := range b.Params() {
		declared[p] = true
	}
	for _, p := range fn.Params() {
		if !declared[p] && !isUntrained(p) {
			return errors.Errorf("layers: ode block: the field uses the parameter %v, which its Params do not list: "+
				"name it to Func or FieldFunc", p)
		}
	}
	if b.phases {
		return b.checkSeparable(x)
	}
	return nil
}

var _ Layer = (*ODEBlock)(nil)
