package workload

import (
	"context"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// Runs tells whether a workload has a mode: rows that step on their own have no continuous adjoint, and the classic
// problems, which have no weights, are solved forward alone.
func (w *Workload) Runs(mode string) bool {
	return mode == "forward" || w.classic == nil && (mode != "adjoint" || !w.perRow)
}

// Modes are what is timed: the solve alone, and the solve with the loss and its gradient by all weights.
var Modes = []string{"forward", "backprop", "adjoint"}

// Measurement is one line of gorgonode bench --json.
type Measurement struct {
	Workload            string  `json:"workload"`
	Mode                string  `json:"mode"`
	Threads             int     `json:"threads"`
	Median              float64 `json:"median_s"`
	Lowest              float64 `json:"min_s"`
	Runs                int     `json:"runs"`
	EvaluationsForward  int     `json:"evaluations_forward"`  // of the field
	EvaluationsBackward int     `json:"evaluations_backward"` // of the field and of its vector–Jacobian product
	Steps               int     `json:"steps"`                // accepted, of the forward solve
	Rejected            int     `json:"rejected"`
	// Error is the relative error, in the Euclidean norm, of the last state, or of the gradient by all weights in the other
	// modes, against a solve in float64 at rtol 1e-12. For W5 it is the largest of a component, see problems.Problem.Error.
	Error float64 `json:"error"`
	// AllocsPerStep is how many more allocations a run over four times the time makes than one over twice the time, for each
	// accepted step more, forwards and backwards; for W5 one at rtol 1e-6 than one at 1e-3.
	AllocsPerStep float64 `json:"allocs_per_step"`
	// First is the time from nothing to the first result: building, compiling and running.
	First float64 `json:"first_s"`
}

// Measure times a workload in one of the Modes for about spend, on as many threads. The context ends it between runs.
func Measure(ctx context.Context, w *Workload, mode string, threads int, spend time.Duration) (*Measurement, error) {
	if !slices.Contains(Modes, mode) {
		return nil, errors.Errorf("workload: mode %q, want one of %v", mode, Modes)
	}
	if !w.Runs(mode) {
		return nil, errors.Errorf("workload: %s has no mode %s", w.Name, mode)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
	m := &Measurement{Workload: w.Name, Mode: mode, Threads: threads}
	if w.classic != nil {
		return m, w.classic.measure(ctx, m, spend)
	}
	begin := time.Now()
	p, err := w.prepare(mode, 1)
	if err != nil {
		return nil, err
	}
	defer p.close()
	if err := p.run(); err != nil {
		return nil, err
	}
	m.First = time.Since(begin).Seconds()
	f, b := p.stats.Forward(), p.stats.Backward()
	m.EvaluationsForward, m.EvaluationsBackward = f.F, b.F+b.VJP
	m.Steps, m.Rejected = f.Accepted, f.Rejected

	got := p.result()
	if m.Error, err = w.errorOf(got, mode); err != nil {
		return nil, err
	}
	if m.AllocsPerStep, err = w.allocations(mode); err != nil {
		return nil, err
	}
	return m, m.repeat(ctx, spend, p.run)
}

// repeat times a run for about spend.
func (m *Measurement) repeat(ctx context.Context, spend time.Duration, run func() error) error {
	var times []float64
	for begin := time.Now(); len(times) < 5 || time.Since(begin) < spend; {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := time.Now()
		if err := run(); err != nil {
			return err
		}
		times = append(times, time.Since(start).Seconds())
	}
	slices.Sort(times)
	m.Median, m.Lowest, m.Runs = times[len(times)/2], times[0], len(times)
	return nil
}

// program is a graph that is ready to run.
type program struct {
	vm    G.VM
	stats odeop.Stats
	ys    G.Value
	grads []G.Value
	final int // size of the last state
}

// prepare builds the graph, over the times and, further periods long, over as long again.
func (w *Workload) prepare(mode string, periods int, extra ...odeop.Option) (*program, error) {
	weights, err := w.weights()
	if err != nil {
		return nil, err
	}
	net, err := network(w.dtype, weights)
	if err != nil {
		return nil, err
	}
	y, shape, err := w.y0()
	if err != nil {
		return nil, err
	}
	times, err := w.times()
	if err != nil {
		return nil, err
	}
	times = slices.Clone(times)
	for once := times[1:]; periods > 1; periods-- {
		after := times[len(times)-1] - times[0]
		for _, t := range once {
			times = append(times, t+after)
		}
	}
	field, err := w.field(&built{Workload: w, net: net, shape: shape})
	if err != nil {
		return nil, err
	}
	g := G.NewGraph()
	p := &program{final: len(y)}
	opts := append(slices.Clone(w.options), odeop.Record(&p.stats))
	if mode == "adjoint" {
		opts = append(opts, odeop.Gradient(odeop.Adjoint{MaxDrift: 1e6}))
	}
	opts = append(opts, extra...)
	y0 := value(g, w.dtype, "y0", y, shape...)
	if w.scales != nil && !w.perRow {
		opts = append(opts, odeop.Args(value(g, w.dtype, "scales", w.scales(), shape[0], 1)))
	}
	var ys, last *G.Node
	if w.perRow {
		var spans [][]float64
		for _, s := range w.scales() {
			spans = append(spans, []float64{times[0] * s, times[len(times)-1] * s})
		}
		ys, err = odeop.SolveRowsFinal(field, y0, spans, opts...)
		last = ys
	} else if w.final {
		ys, err = odeop.SolveFinal(field, y0, times, opts...)
		last = ys
	} else if ys, err = odeop.Solve(field, y0, times, opts...); err == nil {
		if last, err = graph.Slice(ys, G.S(len(times)-1)); err == nil {
			last, err = graph.Reshape(last, shape...)
		}
	}
	if err != nil {
		return nil, err
	}
	if mode == "forward" {
		G.Read(ys, &p.ys)
	} else {
		cost, err := w.loss(last)
		if err != nil {
			return nil, err
		}
		params := graph.ParamNodes(g, net.Params())
		grads, err := G.Grad(cost, params...)
		if err != nil {
			return nil, err
		}
		p.grads = make([]G.Value, len(grads))
		for i, d := range grads {
			G.Read(d, &p.grads[i])
		}
	}
	p.vm = G.NewTapeMachine(g)
	return p, nil
}

func (p *program) close() { _ = p.vm.Close() }

func (p *program) run() error {
	p.vm.Reset()
	return odeop.Cause(p.vm.RunAll())
}

// result is the last state, or the gradient by all weights.
func (p *program) result() []float64 {
	if p.grads == nil {
		y := float64s(p.ys)
		return y[len(y)-p.final:]
	}
	var all []float64
	for _, d := range p.grads {
		all = append(all, float64s(d)...)
	}
	return all
}

func float64s(v G.Value) []float64 {
	switch d := v.Data().(type) {
	case []float64:
		return slices.Clone(d)
	case []float32:
		x := make([]float64, len(d))
		for i, f := range d {
			x[i] = float64(f)
		}
		return x
	}
	return nil
}

// errorOf compares with a solve in float64 at a tight tolerance.
func (w *Workload) errorOf(got []float64, mode string) (float64, error) {
	precise := *w
	precise.dtype = tensor.Float64
	if w.perRow { // the same states with shared steps
		precise.perRow, precise.field = false, scaled
	}
	if mode != "forward" {
		mode = "backprop"
	}
	p, err := precise.prepare(mode, 1, odeop.Method(solvers.Vern9{}), odeop.Tolerance(1e-12, 1e-12))
	if err != nil {
		return 0, err
	}
	defer p.close()
	if err := p.run(); err != nil {
		return 0, err
	}
	want := p.result()
	var diff, norm float64
	for i, v := range want {
		diff += (got[i] - v) * (got[i] - v)
		norm += v * v
	}
	return math.Sqrt(diff / norm), nil
}

// allocations compares two runs over several times the time, so that both have a time between two steps.
func (w *Workload) allocations(mode string) (float64, error) {
	p, err := w.prepare(mode, 2)
	if err != nil {
		return 0, err
	}
	defer p.close()
	q, err := w.prepare(mode, 4)
	if err != nil {
		return 0, err
	}
	defer q.close()
	return allocsPerStep(p.counted, q.counted)
}

// counted is a run that returns its accepted steps, forwards and backwards.
func (p *program) counted() (int, error) {
	err := p.run()
	return p.stats.Forward().Accepted + p.stats.Backward().Accepted, err
}

// allocsPerStep is how many more allocations the longer of two runs makes, by its steps more. Both return these.
func allocsPerStep(short, long func() (int, error)) (float64, error) {
	count := func(run func() (int, error)) (steps int, least uint64, err error) {
		var before, after runtime.MemStats
		least = math.MaxUint64
		for range 4 { // the first may still compile, and a collection empties pools
			runtime.ReadMemStats(&before)
			if steps, err = run(); err != nil {
				return 0, 0, err
			}
			runtime.ReadMemStats(&after)
			least = min(least, after.Mallocs-before.Mallocs)
		}
		return steps, least, nil
	}
	steps, allocs, err := count(short)
	if err != nil {
		return 0, err
	}
	more, moreAllocs, err := count(long)
	if err != nil || more <= steps {
		return 0, err
	}
	return (float64(moreAllocs) - float64(allocs)) / float64(more-steps), nil
}
