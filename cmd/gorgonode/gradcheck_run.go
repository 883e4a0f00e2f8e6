package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/odeop"
	"gorgonode/solvers"
)

func timeName(i int) string { return fmt.Sprintf("t[%d]", i) }

// gradcheckResult is what was found.
type gradcheckResult struct {
	modes     []modeResult
	resolved  float64    // what differences leave uncertain
	reference *reference // nil: there is none, and why says why not
	why       error
}

// reference is the gradient of the exact solution.
type reference struct {
	method   string
	gradient []float64
	known    float64 // its own error, about
}

const (
	statusOK           = "ok"
	statusFailed       = "failed"
	statusNotSupported = "not supported"
)

// modeResult is a line of the table. Gradients are by all quantities, in their units; one without times is shorter, and
// what is not wanted is NaN.
type modeResult struct {
	name          string
	exact         bool
	status        string
	err           error
	gradient      []float64
	numbers       deviation // from differences
	solution      deviation // from the reference
	forward, back int       // evaluations; −1: not counted
	accepted      int
	seconds       float64
	peak          uint64
}

// deviation is how far a gradient is from the proper one.
type deviation struct {
	err              float64
	worst            int // the quantity; −1: there is none
	gradient, proper float64
	beyond           float64 // the largest error that the proper one's uncertainty leaves
}

// derivatives are by all quantities, in their units, with about how far they may be off.
type derivatives struct{ values, uncertainties []float64 }

// check runs the modes.
func (q *gradcheck) check(modes []gradientMode) (*gradcheckResult, error) {
	differences, err := q.differences(odeop.Backprop{})
	if err != nil {
		return nil, err
	}
	r := &gradcheckResult{resolved: q.uncertainty(differences)}
	r.reference, r.why = q.reference()
	for _, m := range modes {
		if q.ctx.Err() != nil {
			return nil, q.ctx.Err()
		}
		line := q.run(m)
		if line.gradient != nil {
			proper := differences
			if m.own {
				if proper, err = q.differences(m.with(nil)); err != nil {
					return nil, err
				}
				r.resolved = math.Max(r.resolved, q.uncertainty(proper))
			}
			line.numbers = q.deviation(line.gradient, proper)
			if r.reference != nil {
				line.solution = q.deviation(line.gradient, derivatives{values: r.reference.gradient})
			}
		}
		r.modes = append(r.modes, line)
	}
	return r, nil
}

// differences are central differences over the steps of one solve. The weights come with them.
func (q *gradcheck) differences(mode odeop.GradientMode) (d derivatives, err error) {
	in := q.inputs()
	c, err := odeop.CheckGradient(q.field, in.z, q.times, q.options(q.set, mode, in.args)...)
	if err != nil {
		return d, q.failure(err)
	}
	q.weights = c.Weights
	order := []kind{anInitialValue, aTime, aParameter}
	var values, uncertainties [3][]float64
	for i, part := range c.Parts {
		values[order[i]], uncertainties[order[i]] = part.Differences, part.Uncertainties
	}
	return derivatives{q.flat(values), q.flat(uncertainties)}, nil
}

// failure is an error of a solve, one of the input where it is.
func (q *gradcheck) failure(err error) error {
	var e *solvers.Error
	if errors.Is(err, solvers.ErrNotSupported) || errors.As(err, &e) && e.Status == solvers.BadInput {
		return badInput(err)
	}
	return err
}

// flat lines derivatives up in the order of the quantities, in their units.
func (q *gradcheck) flat(by [3][]float64) []float64 {
	out := make([]float64, 0, len(q.quantities))
	for k, v := range by {
		if v == nil && kind(k) == aTime {
			continue
		}
		for i := range q.kinds[k] {
			d := math.NaN()
			if v != nil {
				d = v[i]
			}
			if kind(k) == aTime {
				d *= q.quantities[len(out)].unit
			}
			out = append(out, d)
		}
	}
	return out
}

// scales are what errors are relative to, of each kind: the largest derivative or 1.
func (q *gradcheck) scales(values []float64) [3]float64 {
	scale := [3]float64{1, 1, 1}
	for i, v := range values {
		if x := q.quantities[i]; x.wanted && math.Abs(v) > scale[x.kind] {
			scale[x.kind] = math.Abs(v)
		}
	}
	return scale
}

// deviation compares derivatives by what is wanted.
func (q *gradcheck) deviation(got []float64, want derivatives) deviation {
	scale := q.scales(want.values)
	d := deviation{worst: -1}
	for i, v := range got {
		x := q.quantities[i]
		if !x.wanted {
			continue
		}
		e := math.Abs(v - want.values[i])
		beyond := e
		if want.uncertainties != nil {
			beyond = math.Max(0, e-want.uncertainties[i])
		}
		if e /= scale[x.kind]; d.worst < 0 || larger(e, d.err) {
			d.err, d.worst, d.gradient, d.proper = e, i, v/x.unit, want.values[i]/x.unit
		}
		if beyond /= scale[x.kind]; larger(beyond, d.beyond) {
			d.beyond = beyond
		}
	}
	return d
}

// larger orders errors, with NaN as the largest.
func larger(a, b float64) bool { return a > b || math.IsNaN(a) && !math.IsNaN(b) }

// uncertainty is the largest of derivatives.
func (q *gradcheck) uncertainty(d derivatives) float64 {
	scale, most := q.scales(d.values), 0.0
	for i, u := range d.uncertainties {
		if x := q.quantities[i]; x.wanted && u/scale[x.kind] > most {
			most = u / scale[x.kind]
		}
	}
	return most
}

// tight is the relative tolerance of the reference.
const tight = 1e-12

// reference is the gradient at a tight tolerance by a method of high order, with its distance from one that is a
// hundred times less tight.
func (q *gradcheck) reference() (*reference, error) {
	var m solvers.Method = solvers.Vern9{}
	if q.set.Method.Info().Implicit {
		m = solvers.Radau{Stages: 7}
	}
	at := func(rtol float64) ([]float64, error) {
		set := solvers.Settings{Method: m, RTol: rtol, Context: q.ctx}
		for _, a := range q.set.ATols {
			set.ATols = append(set.ATols, a*math.Min(1, rtol/q.set.RTol))
		}
		s, err := q.solveBy(gradientModes[0], set)
		if err != nil {
			return nil, err
		}
		return s.gradient()
	}
	looser, err := at(100 * tight)
	if err != nil {
		return nil, err
	}
	r := &reference{method: m.Name()}
	if r.gradient, err = at(tight); err != nil {
		return nil, err
	}
	r.known = q.deviation(looser, derivatives{values: r.gradient}).err
	return r, nil
}

// inputs are the nodes of a graph that the gradient flows to.
type inputs struct {
	z, times *G.Node
	args     G.Nodes
}

func (q *gradcheck) inputs() inputs {
	g := G.NewGraph()
	vector := func(name string, v []float64) *G.Node {
		return G.NewVector(g, tensor.Float64, G.WithName(name), G.WithShape(len(v)),
			G.WithValue(tensor.New(tensor.WithShape(len(v)), tensor.WithBacking(v))))
	}
	z := slices.Clone(q.y0)
	for i := range z {
		z[i] /= q.quantities[i].unit
	}
	in := inputs{z: vector("y(0)", z), times: vector("t", slices.Clone(q.times))}
	if len(q.p) > 0 {
		p := slices.Clone(q.p)
		for i := range p {
			p[i] /= q.quantities[len(z)+i].unit
		}
		in.args = G.Nodes{vector("parameters", p)}
	}
	return in
}

func (q *gradcheck) options(set solvers.Settings, mode odeop.GradientMode, args G.Nodes) []odeop.Option {
	return []odeop.Option{odeop.Settings(set), odeop.Gradient(mode), odeop.Args(args...)}
}

// differentiated is a graph of a solve and its gradient, with the machine that runs it.
type differentiated struct {
	q      *gradcheck
	vm     G.VM
	grads  [3]G.Value
	wanted [3]bool
	stats  odeop.Stats
}

func (q *gradcheck) solveBy(m gradientMode, set solvers.Settings) (*differentiated, error) {
	d, in := &differentiated{q: q}, q.inputs()
	var wrt G.Nodes
	var kinds []kind
	want := func(k kind, n ...*G.Node) {
		if q.wants(k) && len(n) > 0 {
			wrt, kinds, d.wanted[k] = append(wrt, n[0]), append(kinds, k), true
		}
	}
	want(anInitialValue, in.z)
	want(aParameter, in.args...)
	if !m.unrolled {
		want(aTime, in.times)
	}
	if len(wrt) == 0 {
		return nil, errors.New("it has no gradient with respect to times")
	}
	opts := append(q.options(set, m.with(wrt), in.args), odeop.Record(&d.stats))
	var ys *G.Node
	var err error
	if m.unrolled {
		ys, err = odeop.Solve(q.field, in.z, q.times, opts...)
	} else {
		ys, err = odeop.SolveAt(q.field, in.z, in.times, opts...)
	}
	if err != nil {
		return nil, err
	}
	w := tensor.New(tensor.WithShape(len(q.times), len(q.y0)), tensor.WithBacking(slices.Concat(q.weights...)))
	weighted, err := G.HadamardProd(ys, G.NewMatrix(in.z.Graph(), tensor.Float64, G.WithName("weights"),
		G.WithShape(w.Shape()...), G.WithValue(w)))
	if err != nil {
		return nil, err
	}
	cost, err := G.Sum(weighted)
	if err != nil {
		return nil, err
	}
	grads, err := G.Grad(cost, wrt...)
	if err != nil {
		return nil, err
	}
	for i, g := range grads {
		G.Read(g, &d.grads[kinds[i]])
	}
	d.vm = G.NewTapeMachine(in.z.Graph())
	return d, nil
}

// run runs forwards and backwards.
func (d *differentiated) run() error {
	defer d.vm.Reset()
	return odeop.Cause(d.vm.RunAll())
}

// gradient runs and lines the derivatives up.
func (d *differentiated) gradient() ([]float64, error) {
	if err := d.run(); err != nil {
		return nil, err
	}
	var by [3][]float64
	for k := range by {
		if !d.wanted[k] {
			continue
		}
		v, ok := d.grads[k].Data().([]float64)
		if !ok {
			return nil, errors.Errorf("the gradient is a %T", d.grads[k].Data())
		}
		by[k] = v
	}
	return d.q.flat(by), nil
}

// run differentiates by one mode, and measures.
func (q *gradcheck) run(m gradientMode) modeResult {
	r := modeResult{name: m.name, exact: m.exact(q.set), forward: -1, back: -1}
	set := q.set
	peak := &peakHeap{}
	set.Progress = func(t float64, _ solvers.Stats) {
		if t == q.t1 {
			peak.sample()
		}
	}
	unsupported := func(err error) modeResult {
		r.status, r.err = statusNotSupported, err
		return r
	}
	if m.unrolled && set.Step > 0 {
		if n := unrolled(q.times, set); n > maxUnrolled {
			return unsupported(errors.Errorf("%.0f right-hand sides would be written out as nodes; at most %d are", n, maxUnrolled))
		}
	}
	d, err := q.solveBy(m, set)
	if err != nil {
		return unsupported(err)
	}
	defer d.vm.Close()
	if r.gradient, err = d.gradient(); err != nil {
		r.status, r.err = statusFailed, err
		return r
	}
	r.status = statusOK
	if !m.unrolled {
		f, b := d.stats.Forward(), d.stats.Backward()
		r.forward, r.back, r.accepted = f.F, b.F+b.VJP+b.JVP, f.Accepted
	}
	if r.seconds, err = fastest(d.run); err == nil {
		r.peak, err = peak.of(d.run, r.seconds)
	}
	if err != nil {
		r.status, r.err = statusFailed, err
	}
	return r
}

// fastest is the time of the fastest of a few runs.
func fastest(run func() error) (float64, error) {
	const runs, enough = 5, time.Second
	least := time.Duration(math.MaxInt64)
	begun := time.Now()
	for i := 0; i < runs && (i == 0 || time.Since(begun) < enough); i++ {
		start := time.Now()
		if err := run(); err != nil {
			return 0, err
		}
		least = min(least, time.Since(start))
	}
	return least.Seconds(), nil
}
