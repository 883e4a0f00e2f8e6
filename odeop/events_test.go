package odeop

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// A bouncing ball, y = (height, speed) of shape (1, 2): y' = (speed, −gravity), and each impact turns the speed round and
// leaves restitution times it. From rest at height h the n-th impact is at
//
//	tₙ = √(2h/g) (1 + 2 Σ_{k<n} eᵏ),   k = 1, 2, ...
type bouncing struct{ gravity, restitution *graph.Param }

func newBouncing(t *testing.T, dt tensor.Dtype) bouncing {
	t.Helper()
	param := func(name string, v float64) *graph.Param {
		p, err := graph.NewParam(name, graph.Values([]float64{v}), dt, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	return bouncing{param("gravity", 9.81), param("restitution", 0.8)}
}

func columnOf(y *G.Node, i int) *G.Node { return must(graph.Slice(y, nil, G.S(i, i+1))) }

func (b bouncing) field(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
	return G.Concat(1, columnOf(y, 1), must(G.Neg(b.gravity.In(y.Graph()))))
}

func (b bouncing) ground() Event {
	return Event{
		Name:      "ground",
		When:      func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return columnOf(y, 0), nil },
		Direction: solvers.Falling,
		Map: func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			speed := must(G.Neg(must(G.HadamardProd(b.restitution.In(y.Graph()), columnOf(y, 1)))))
			return G.Concat(1, must(graph.Constant(y, []float64{0}, 1, 1)), speed)
		},
	}
}

func (b bouncing) inputs(g *G.ExprGraph, y0 *G.Node) []input {
	return []input{{"y0", y0}, {"gravity", b.gravity.In(g)}, {"restitution", b.restitution.In(g)}}
}

// The times of the impacts and their derivatives by height, gravity and restitution, which the map alone depends on,
// are those of the formula, at any tolerance: the method is exact here.
func TestImpactsOfABouncingBall(t *testing.T) {
	const n, h, e, gravity = 4, 1.3, 0.8, 9.81
	fall := math.Sqrt(2 * h / gravity)
	for _, opts := range [][]Option{
		{},
		{Tolerance(1e-2, 1e-2)},
		{Method(solvers.RK4{}), Step(0.11)},
		{Method(solvers.Radau{})},
		{Occurrences(n)},
	} {
		for k := range n {
			b := newBouncing(t, tensor.Float64)
			g := G.NewGraph()
			y0 := newNode(g, tensor.Float64, "y0", []int{1, 2}, []float64{h, 0})
			sol, err := SolveEvents(b.field, y0, []float64{0, 2.6}, []Event{b.ground()}, opts...)
			if err != nil {
				t.Fatal(err)
			}
			times := must(sol.Times())
			o := run(t, g, must(graph.Element(times, k)), b.inputs(g, y0), false)
			sum, slope := 1.0, 0.0
			for j := 1; j <= k; j++ {
				sum += 2 * math.Pow(e, float64(j))
				slope += 2 * float64(j) * math.Pow(e, float64(j-1))
			}
			want := fall * sum
			for name, d := range map[string][2]float64{
				"time":        {o.loss, want},
				"height":      {o.grads["y0"][0], want / (2 * h)},
				"gravity":     {o.grads["gravity"][0], -want / (2 * gravity)},
				"restitution": {o.grads["restitution"][0], fall * slope},
			} {
				if math.Abs(d[0]-d[1]) > 1e-9 {
					t.Errorf("%d options, impact %d: by %s %.12g, want %.12g", len(opts), k+1, name, d[0], d[1])
				}
			}
		}
	}
}

// switched is a network whose state is mapped, by parameters of the map's own, wherever a function of t, y, args and a
// further parameter crosses zero; another event is only noted, and can end the solve.
type switched struct {
	*instance
	level, gain *graph.Param
}

func newSwitched(t *testing.T, dt tensor.Dtype) switched {
	t.Helper()
	s := switched{instance: testFields()[0].in(t, dt)}
	var err error
	if s.level, err = graph.NewParam("level", graph.Values([]float64{-0.7}), dt, 1); err != nil {
		t.Fatal(err)
	}
	if s.gain, err = graph.NewParam("gain", graph.Values([]float64{0.9, -0.4, 0.3, 0.6}), dt, 2, 2); err != nil {
		t.Fatal(err)
	}
	s.when = []float64{0, 0.8, 1.7, 3}
	return s
}

func (s switched) events(terminal bool, count int) []Event {
	first := func(y *G.Node, i int) *G.Node { return must(graph.Reshape(must(graph.Element(y, i)), 1)) }
	return []Event{{
		When: func(t, y *G.Node, args ...*G.Node) (*G.Node, error) { // y₀₀ + u₀₀ t/20 + level
			x := must(G.HadamardProd(first(args[0], 0), must(graph.Reshape(scaled(0.05, t), 1))))
			return G.Add(must(G.Add(first(y, 0), x)), s.level.In(y.Graph()))
		},
		Map: func(t, y *G.Node, args ...*G.Node) (*G.Node, error) { // tanh(y·gain) + cos(t)·u
			return G.Add(must(G.Tanh(must(G.Mul(y, s.gain.In(y.Graph()))))), must(G.HadamardProd(args[0], must(G.Cos(t)))))
		},
	}, {
		Name:      "noted",
		When:      func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sum(y) },
		Direction: solvers.Both,
		Terminal:  terminal,
		Count:     count,
	}}
}

func (s switched) model(t *testing.T, events []Event, at bool, opts ...Option) gradientModel {
	return func(g *G.ExprGraph) (*G.Node, []input) {
		y0 := newNode(g, s.dt, "y0", s.y, numbers(s.y0.Value()))
		u := newNode(g, s.dt, "u0", s.args[0], numbers(s.nodes[0].Value()))
		inputs := []input{{"y0", y0}, {"u0", u}, {"level", s.level.In(g)}, {"gain", s.gain.In(g)}}
		for _, p := range s.ps {
			inputs = append(inputs, input{p.Name(), p.In(g)})
		}
		var sol *EventSolution
		var err error
		all := append([]Option{Args(u), Occurrences(6)}, opts...)
		if at {
			times := newNode(g, s.dt, "times", []int{len(s.when)}, s.when)
			inputs = append(inputs, input{"times", times})
			sol, err = SolveEventsAt(s.field(s.ps), y0, times, events, all...)
		} else {
			sol, err = SolveEvents(s.field(s.ps), y0, s.when, events, all...)
		}
		if err != nil {
			t.Fatal(err)
		}
		return weightedSum(g, must(sol.States()), must(sol.Final()), must(sol.EndTime()), must(sol.Times()),
			must(sol.Before()), must(sol.After())), inputs
	}
}

// occur solves and returns the numbers of the events.
func (s switched) occur(t *testing.T, events []Event) []float64 {
	t.Helper()
	g := G.NewGraph()
	y0, u := newNode(g, s.dt, "y0", s.y, numbers(s.y0.Value())), newNode(g, s.dt, "u0", s.args[0], numbers(s.nodes[0].Value()))
	sol, err := SolveEvents(s.field(s.ps), y0, s.when, events, Args(u))
	if err != nil {
		t.Fatal(err)
	}
	all, n := must(sol.Numbers()), must(sol.Count())
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return numbers(all.Value())[:int(numbers(n.Value())[0])]
}

// With constant steps the numbers computed are a smooth function of everything as long as the same events happen in the same
// steps; under error control they are so to the tolerance.
func TestEventGradientsAreDifferences(t *testing.T) {
	s := newSwitched(t, tensor.Float64)
	for _, c := range []struct {
		terminal bool
		count    int
		want     []float64 // numbers of the events
	}{{false, 0, []float64{1, 0, 1}}, {true, 1, []float64{1}}, {true, 2, []float64{1, 0, 1}}} {
		events := s.events(c.terminal, c.count)
		name := fmt.Sprintf("terminal=%t/count=%d", c.terminal, c.count)
		if got := s.occur(t, events); !slices.Equal(got, c.want) {
			t.Fatalf("%s: events %v, want %v", name, got, c.want)
		}
		checkDifferences(t, name+"/constant", s.model(t, events, true, Method(solvers.RK4{}), Step(0.21)), 2e-4, 1e-8)
		checkDifferences(t, name+"/controlled", s.model(t, events, true, Tolerance(1e-12, 1e-12)), 1e-3, 1e-7)
	}
}

// Fewer states kept change no digit of a gradient.
func TestEventGradientsFromCheckpoints(t *testing.T) {
	s := newSwitched(t, tensor.Float64)
	for _, opts := range [][]Option{{}, {Method(solvers.RK4{}), Step(0.21)}} {
		gradients := func(g Backprop) outcome {
			gr := G.NewGraph()
			loss, inputs := s.model(t, s.events(true, 2), true, append(opts, Gradient(g))...)(gr)
			return run(t, gr, loss, inputs, false)
		}
		if d := gradients(Backprop{}).difference(t, gradients(Backprop{Checkpoints: 2})); d != 0 {
			t.Errorf("%d options: difference %g", len(opts), d)
		}
	}
}

func TestEventGradientsOfMachinesAgree(t *testing.T) {
	s := newSwitched(t, tensor.Float64)
	var outcomes []outcome
	for _, lisp := range []bool{false, true} {
		g := G.NewGraph()
		loss, inputs := s.model(t, s.events(true, 2), true)(g)
		outcomes = append(outcomes, run(t, g, loss, inputs, lisp))
	}
	if d := outcomes[0].difference(t, outcomes[1]); !(d <= 1e-13) {
		t.Errorf("difference %g", d)
	}
	single := newSwitched(t, tensor.Float32)
	opts := []Option{Method(solvers.RK4{}), Step(0.1)}
	g := G.NewGraph()
	loss, inputs := s.model(t, s.events(true, 2), true, opts...)(g)
	double := run(t, g, loss, inputs, false)
	g = G.NewGraph()
	loss, inputs = single.model(t, single.events(true, 2), true, opts...)(g)
	if d := run(t, g, loss, inputs, false).difference(t, double); !(d <= 2e-4) { // an event's time is rounded to float32
		t.Errorf("float32 differs by %g", d)
	}
}

// What the nodes of a solve with events hold: all events of a ball, or as many as there is room for.
func TestEventSolution(t *testing.T) {
	const e, g0 = 0.8, 9.81
	for _, room := range []int{2, 6} {
		b := newBouncing(t, tensor.Float64)
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{1, 2}, []float64{1, 0})
		apex := Event{When: func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			return columnOf(y, 1), nil
		}, Direction: solvers.Falling}
		ground := b.ground()
		ground.Terminal, ground.Count = true, 2
		var stats Stats
		sol, err := SolveEvents(b.field, y0, []float64{0, 0.4, 1, 5, 6}, []Event{apex, ground}, Occurrences(room), Record(&stats))
		if err != nil {
			t.Fatal(err)
		}
		nodes := map[string]*G.Node{}
		for name, of := range map[string]func() (*G.Node, error){
			"states": sol.States, "final": sol.Final, "end": sol.EndTime, "times": sol.Times, "before": sol.Before,
			"after": sol.After, "numbers": sol.Numbers, "mask": sol.Mask, "count": sol.Count,
		} {
			nodes[name] = must(of())
		}
		vm := G.NewTapeMachine(g)
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		vm.Close()
		fall := math.Sqrt(2 / g0)
		v := math.Sqrt(2 * g0)
		end := fall * (1 + 2*e)
		tau := 1 - fall
		final := []float64{0, e * e * v}
		full := map[string][]float64{
			"states":  slices.Concat([]float64{1, 0, 1 - g0/2*0.16, -g0 * 0.4, e*v*tau - g0/2*tau*tau, e*v - g0*tau}, final, final),
			"final":   final,
			"end":     {end},
			"times":   {fall, fall * (1 + e), end, 0, 0, 0},
			"numbers": {1, 0, 1, -1, -1, -1},
			"mask":    {1, 1, 1, 0, 0, 0},
			"count":   {3},
			"before":  {0, -v, e * e, 0, 0, -e * v, 0, 0, 0, 0, 0, 0},
			"after":   {0, e * v, e * e, 0, 0, e * e * v, 0, 0, 0, 0, 0, 0},
		}
		for name, want := range full {
			switch name {
			case "times", "numbers", "mask":
				want = want[:room]
			case "before", "after":
				want = want[:2*room]
			}
			if got := numbers(nodes[name].Value()); !(relative(got, want) <= 1e-9) {
				t.Errorf("room for %d: %s is %v, want %v", room, name, got, want)
			}
		}
		if stats.Status() != solvers.EventOccurred {
			t.Errorf("status %v", stats.Status())
		}
		if want := []int{room, 1, 2}; !slices.Equal(nodes["after"].Shape(), want) {
			t.Errorf("shape %v, want %v", nodes["after"].Shape(), want)
		}
	}
}

// A batch normalisation in an event's function must not learn from the places where a search looks.
func TestEventsHaveNoSideEffects(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{2, 2}, []float64{1, 2, 3, 4})
	var op *G.BatchNormOp
	when := func(_, y *G.Node, _ ...*G.Node) (out *G.Node, err error) {
		one := must(graph.Constant(y, []float64{1, 1, 1, 1}, 2, 2))
		if out, _, _, op, err = G.BatchNorm(y, one, one, 0.1, 1e-5); err != nil {
			return nil, err
		}
		return G.Sum(out)
	}
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	sol, err := SolveEvents(field, y0, []float64{0, 1}, []Event{{When: when}})
	if err != nil {
		t.Fatal(err)
	}
	if err := op.SetTraining(true); err != nil {
		t.Fatal(err)
	}
	mean, _ := op.Stats()
	before := slices.Clone(mean.Data().([]float64))
	must(sol.Final())
	vm := G.NewTapeMachine(g, G.EvalMode())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	if mean, _ = op.Stats(); !slices.Equal(mean.Data().([]float64), before) {
		t.Errorf("the running mean went from %v to %v", before, mean)
	}
}

func TestEventErrors(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{1, 2}, []float64{1, 2})
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	sum := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sum(y) }
	times := []float64{0, 1}
	good := []Event{{When: sum}}
	for _, c := range []struct {
		f      Field
		events []Event
		opts   []Option
		want   string
	}{
		{nil, good, nil, "no field"},
		{field, nil, nil, "no events"},
		{field, []Event{{}}, nil, "event 0: When is nil"},
		{field, []Event{{When: sum}, {Name: "x", When: field}}, nil, `event "x": when returned shape (1, 2), want a number`},
		{field, []Event{{When: sum, Map: sum}}, nil, "event 0: map returned shape ()"},
		{field, []Event{{When: sum, Direction: 7}}, nil, "direction is 7"},
		{field, []Event{{When: sum, Count: 2}}, nil, "Count is for a Terminal event"},
		{field, []Event{{When: sum, Samples: -1}}, nil, "Samples is -1"},
		{field, []Event{{When: func(_, _ *G.Node, _ ...*G.Node) (*G.Node, error) {
			return nil, nil
		}}}, nil, "event 0: when returned no node"},
		{field, good, []Option{Gradient(Adjoint{})}, "gradient mode Backprop"},
		{field, good, []Option{Gradient(Unrolled{}), Method(solvers.RK4{})}, "gradient mode Backprop"},
		{field, good, []Option{Occurrences(0)}, "room for 0 events"},
	} {
		if _, err := SolveEvents(c.f, y0, times, c.events, c.opts...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	if _, err := SolveEventsAt(field, y0, nil, good); err == nil {
		t.Error("no times were taken")
	}
}

// While solving, an error names the event; a gradient that does not exist is one.
func TestEventRunErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		when Field
		want error
	}{
		{"undefined", func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			return G.Log(must(G.Neg(must(G.Sum(y)))))
		}, solvers.ErrNonFinite},
		{"touching", func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			return G.Square(must(G.Sub(t, G.NewConstant(0.5))))
		}, solvers.ErrNonFinite},
	} {
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{2}, []float64{1, 2})
		field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
		sol, err := SolveEvents(field, y0, []float64{0, 1}, []Event{{Name: c.name, When: c.when, Terminal: true}},
			Method(solvers.RK4{}), Step(0.25))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := G.Grad(must(sol.EndTime()), y0); err != nil {
			t.Fatal(err)
		}
		vm := G.NewTapeMachine(g, G.BindDualValues(y0))
		err = Cause(vm.RunAll())
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s: error %v, want %v with the event's name", c.name, err, c.want)
		}
		vm.Close()
	}
}

// A symplectic method, whose state has to divide into positions and momenta, meets events: of (q, p)' = (p, −q) from (1, 0),
// q = 0 is at π/2.
func TestEventsOfASymplecticMethod(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{2}, []float64{1, 0})
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.Mul(must(graph.Constant(y, []float64{0, 1, -1, 0}, 2, 2)), y)
	}
	when := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return graph.Element(y, 0) }
	events := []Event{{When: when, Terminal: true}}
	sol, err := SolveEvents(field, y0, []float64{0, 3}, events, Method(solvers.Yoshida4{}), Step(0.02))
	if err != nil {
		t.Fatal(err)
	}
	end := must(sol.EndTime())
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	// The cubic interpolant of a step is off by h⁴/384 at most, and the method by some h⁴.
	if got := numbers(end.Value())[0]; math.Abs(got-math.Pi/2) > 2e-7 {
		t.Errorf("at %.10g, want π/2", got)
	}
}
