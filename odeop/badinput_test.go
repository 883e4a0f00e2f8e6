package odeop

import (
	"math"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// What is wrong with a call is an error of the call, which names what is wrong.
func TestBadInput(t *testing.T) {
	g, other := G.NewGraph(), G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{2, 2}, []float64{1, 2, 3, 4})
	outer := newNode(g, tensor.Float64, "u", []int{2, 2}, []float64{1, 2, 3, 4})
	single := newNode(g, tensor.Float32, "single", []int{2, 2}, []float64{1, 2, 3, 4})
	foreign := newNode(other, tensor.Float64, "foreign", []int{2, 2}, []float64{1, 2, 3, 4})
	whole := G.NewVector(g, tensor.Int, G.WithShape(2), G.WithName("whole"))
	when := newNode(g, tensor.Float64, "when", []int{3}, []float64{0, 1, 2})
	w32 := newParam(t, "w32", tensor.Float32, squareWeights, 2, 2)

	good := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return y, nil }
	returning := func(n *G.Node, err error) Field {
		return func(_, _ *G.Node, _ ...*G.Node) (*G.Node, error) { return n, err }
	}
	times := []float64{0, 1}
	solve := func(f Field, y0 *G.Node, times []float64, opts ...Option) func() (*G.Node, error) {
		return func() (*G.Node, error) { return Solve(f, y0, times, opts...) }
	}
	solveAt := func(times *G.Node, opts ...Option) func() (*G.Node, error) {
		return func() (*G.Node, error) { return SolveAt(good, y0, times, opts...) }
	}
	settings := func(s solvers.Settings) func() (*G.Node, error) { return solve(good, y0, times, Settings(s)) }
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		call func() (*G.Node, error)
		want string // part of the message
	}{
		"nil field":       {solve(nil, y0, times), "no field"},
		"nil y0":          {solve(good, nil, times), "y0 is no node"},
		"y0 of no graph":  {solve(good, G.NewConstant(1.0), times), "y0 is no node"},
		"integer y0":      {solve(good, whole, times), `y0 ("whole") is int`},
		"nil times":       {solve(good, y0, nil), "0 times"},
		"one time":        {solve(good, y0, []float64{1}), "1 times"},
		"equal times":     {solve(good, y0, []float64{0, 1, 1}), "times[1] and times[2] are both 1"},
		"turning back":    {solve(good, y0, []float64{0, 1, 0.5}), "times[2] = 0.5 turns back"},
		"turning forward": {solve(good, y0, []float64{0, -1, -0.5}), "times[2] = -0.5 turns back"},
		"NaN time":        {solve(good, y0, []float64{0, nan}), "times[1] is NaN"},
		"infinite time":   {solve(good, y0, []float64{0, 1, inf}), "times[2] is +Inf"},
		"too long":        {solve(good, y0, []float64{-math.MaxFloat64, math.MaxFloat64}), "too long"},

		"SolveAt nil":          {solveAt(nil), "no times"},
		"SolveAt matrix":       {solveAt(outer), "want a vector"},
		"SolveAt one":          {solveAt(newNode(g, tensor.Float64, "one", []int{1}, []float64{0})), "at least two"},
		"SolveAt other dtype":  {solveAt(newNode(g, tensor.Float32, "t32", []int{2}, times)), "are float32"},
		"SolveAt other graph":  {solveAt(newNode(other, tensor.Float64, "t", []int{2}, times)), "in another graph"},
		"SolveAt unrolled":     {solveAt(when, Gradient(Unrolled{}), Method(solvers.RK4{}), Step(0.1)), "not known beforehand"},
		"unrolled adaptive":    {solve(good, y0, times, Gradient(Unrolled{})), "give it constant steps"},
		"unrolled wrong shape": {solve(returning(outer, nil), y0, times, Gradient(Unrolled{}), Step(1)), "another graph"},

		"nil arg":         {solve(good, y0, times, Args(outer, nil)), "arg 1 is nil"},
		"foreign arg":     {solve(good, y0, times, Args(foreign)), `arg 0 ("foreign") is in another graph`},
		"arg of no graph": {solve(good, y0, times, Args(G.NewConstant(1.0))), "in another graph"},
		"arg of float32":  {solve(good, y0, times, Args(outer, single)), `arg 1 ("single") is float32`},

		"field fails":         {solve(returning(nil, errors.New("out of ideas")), y0, times), "out of ideas"},
		"field returns nil":   {solve(returning(nil, nil), y0, times), "returned no node"},
		"field panics":        {solve(func(_, _ *G.Node, _ ...*G.Node) (*G.Node, error) { panic("boo") }, y0, times), "boo"},
		"field returns outer": {solve(returning(outer, nil), y0, times), "odeop.Args"},
		"field uses outer": {solve(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Add(y, outer) }, y0, times),
			"Args"},
		"field of float32": {solve(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			return G.Mul(y, w32.In(y.Graph()))
		}, y0, times), "loat32"},
		"field of another shape": {solve(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sum(y, 0) }, y0, times),
			"returned shape (2), and y has shape (2, 2)"},
		// Gorgonia takes the shapes (n), (n, 1) and (1, n) for equal.
		"column for row": {solve(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return graph.Reshape(y, 2, 1) },
			newNode(g, tensor.Float64, "row", []int{1, 2}, times), times), "returned shape (2, 1), and y has shape (1, 2)"},
		"column for vector": {solve(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return graph.Reshape(y, 2, 1) },
			newNode(g, tensor.Float64, "vector", []int{2}, times), times), "returned shape (2, 1), and y has shape (2)"},

		"nil option":        {solve(good, y0, times, nil), "nil option"},
		"nil method":        {solve(good, y0, times, Method(nil)), "no method"},
		"nil gradient":      {solve(good, y0, times, Gradient(nil)), "no gradient mode"},
		"nil stats":         {solve(good, y0, times, Record(nil)), "no stats"},
		"empty name":        {solve(good, y0, times, Name("")), "empty name"},
		"zero tolerance":    {solve(good, y0, times, Tolerance(0, 1e-6)), "tolerance (0, 1e-06)"},
		"NaN tolerance":     {solve(good, y0, times, Tolerance(1e-6, nan)), "tolerance (1e-06, NaN)"},
		"infinite step":     {solve(good, y0, times, Step(inf)), "step +Inf"},
		"negative step":     {solve(good, y0, times, Step(-1)), "step -1"},
		"tiny step":         {solve(good, y0, []float64{1e9, 2e9}, Step(1e-9)), "Step 1e-09 asks for"},
		"no steps":          {solve(good, y0, times, MaxSteps(0)), "at most 0 steps"},
		"adjoint tolerance": {solve(good, y0, times, Gradient(Adjoint{RTol: nan})), "tolerances (NaN, 0)"},

		"settings: SaveAt":    {settings(solvers.Settings{SaveAt: times}), "SaveAt, SaveEvery and Dense"},
		"settings: Dense":     {settings(solvers.Settings{Dense: true}), "SaveAt, SaveEvery and Dense"},
		"settings: tolerance": {settings(solvers.Settings{RTol: -1}), "RTol is -1"},
		"settings: control":   {settings(solvers.Settings{Controller: solvers.Controller{Safety: -1}}), "Safety"},
		"empty y0": {solve(good, G.NewMatrix(g, tensor.Float64, G.WithShape(0, 2), G.WithName("none")), times),
			"has no elements"},
		"named": {solve(good, y0, nil, Name("encoder")), "odeop: encoder: 0 times"},
	} {
		n, err := c.call()
		switch {
		case err == nil:
			t.Errorf("%s: no error", name)
		case n != nil:
			t.Errorf("%s: a node beside the error", name)
		case !strings.HasPrefix(err.Error(), "odeop: ") || !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %q, want %q in it", name, err, c.want)
		}
	}
}

// An option of its own goes before the field of Settings, wherever it stands.
func TestOptionsInAnyOrder(t *testing.T) {
	f := testFields()[0]
	work := func(opts ...Option) solvers.Stats {
		var s Stats
		evaluated(t, f.in(t, tensor.Float64).solve(how{opts: append(opts, Record(&s))}))
		return s.Forward()
	}
	base := Settings(solvers.Settings{Method: solvers.Euler{}, Step: 0.5, RTol: 1, ATol: 1, MaxSteps: 1})
	chosen := []Option{Method(solvers.RK4{}), Step(0.05), MaxSteps(1000), Tolerance(1e-3, 1e-3)}
	want := work(chosen...)
	if got := work(append([]Option{base}, chosen...)...); got != want {
		t.Errorf("Settings first: %+v, want %+v", got, want)
	}
	if got := work(append(chosen, base)...); got != want {
		t.Errorf("Settings last: %+v, want %+v", got, want)
	}
	if got := work(Settings(solvers.Settings{Method: solvers.Euler{}, Step: 0.05})); got.F != got.Steps {
		t.Errorf("Settings alone: %+v, want Euler's", got)
	}
}

// A norm may want a state of a certain size.
func TestNormOfTheWholeState(t *testing.T) {
	f := testFields()[0]
	norm := Settings(solvers.Settings{Norm: solvers.RMS{First: 6}})
	want := evaluated(t, f.in(t, tensor.Float64).solve(how{opts: []Option{Step(0.3)}}))
	for _, mode := range []GradientMode{Backprop{}, Adjoint{}, Unrolled{}} {
		got := evaluated(t, f.in(t, tensor.Float64).solve(how{opts: []Option{norm, Step(0.3), Gradient(mode)}}))
		if d := relative(got, want); !(d <= 1e-14) {
			t.Errorf("%T: states differ by %g", mode, d)
		}
	}
}

// What is done to a slice after it was given to an option doesn't matter.
func TestOptionsKeepTheirArguments(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{1}, []float64{1})
	u := newNode(g, tensor.Float64, "u", []int{1}, []float64{2})
	args, times := G.Nodes{u}, []float64{0, 1}
	opt := Args(args...)
	args[0] = nil
	y, err := SolveFinal(func(_, _ *G.Node, args ...*G.Node) (*G.Node, error) { return args[0], nil }, y0, times, opt)
	if err != nil {
		t.Fatal(err)
	}
	times[1] = 7
	if got := evaluated(t, y)[0]; !(math.Abs(got-3) <= 1e-12) {
		t.Errorf("y(1) = %g, want 3", got)
	}
}

func TestCheckGradientBadInput(t *testing.T) {
	good := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return y, nil }
	times := []float64{0, 1}
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{2}, times)
	empty := G.NewVector(g, tensor.Float64, G.WithShape(2), G.WithName("empty"))
	for name, c := range map[string]struct {
		y0   *G.Node
		opts []Option
		want string
	}{
		"float32":      {newNode(g, tensor.Float32, "single", []int{2}, times), nil, "checked in float64"},
		"no value":     {empty, nil, "y0 has no value"},
		"arg no value": {y0, []Option{Args(empty)}, "arg 0 (empty) has no value"},
		"unrolled":     {y0, []Option{Gradient(Unrolled{}), Step(1)}, "leaves its gradient to Gorgonia"},
		"NaN":          {newNode(g, tensor.Float64, "bad", []int{2}, []float64{0, math.NaN()}), nil, "y0[1] is NaN"},
	} {
		_, err := CheckGradient(good, c.y0, times, c.opts...)
		if err == nil || !strings.HasPrefix(err.Error(), "odeop: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// An option that a solve would do nothing with is an error of it, and so is a mode or a method that is a nil pointer.
func TestOptionsOfOtherSolves(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{2}, []float64{1, 2})
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	sum := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sum(y) }
	times := []float64{0, 1}
	plain := func(opts ...Option) error {
		_, err := Solve(field, y0, times, opts...)
		return err
	}
	events := func(opts ...Option) error {
		_, err := SolveEvents(field, y0, times, []Event{{When: sum}}, opts...)
		return err
	}
	cost := func(opts ...Option) error {
		_, err := SolveWithCost(field, sum, y0, times, opts...)
		return err
	}
	three := Settings(solvers.Settings{Checkpoints: 3})
	constant := []Option{Method(solvers.RK4{}), Step(0.5), three}
	for _, c := range []struct {
		solve func(...Option) error
		opts  []Option
		want  string // empty: no error
	}{
		{plain, []Option{Occurrences(3)}, "odeop: solve: Occurrences is for a solve with events"},
		{cost, []Option{Occurrences(3)}, "odeop: solve: Occurrences is for a solve with events"},
		{events, []Option{Occurrences(3)}, ""},
		{plain, []Option{CostErrorControl()}, "odeop: solve: CostErrorControl is for a solve with a running cost"},
		{events, []Option{CostErrorControl()}, "odeop: solve: CostErrorControl is for a solve with a running cost"},
		{cost, []Option{CostErrorControl()}, ""},

		{plain, []Option{three}, ""},
		{plain, append(constant, Gradient(Adjoint{})),
			"Settings.Checkpoints is for the gradient mode Backprop, not odeop.Adjoint"},
		{plain, append(constant, Gradient(InterpolatedAdjoint{})), "Settings.Checkpoints"},
		{plain, append(constant, Gradient(GaussAdjoint{})), "Settings.Checkpoints"},
		{plain, append(constant, Gradient(Forward{})), "Settings.Checkpoints"},
		{plain, append(constant, Gradient(Reversible{})), "Settings.Checkpoints"},
		{plain, append(constant, Gradient(Unrolled{})), "Settings.Checkpoints"},

		{events, []Option{Occurrences(1 << 28)}, ""},
		{events, []Option{Occurrences(1 << 29)},
			"room for 536870912 events of states of 2 numbers at 2 times, and there is for 306783377"},
		{events, []Option{Occurrences(math.MaxInt)}, "room for"},

		{plain, []Option{Gradient((*Backprop)(nil))}, "odeop: *odeop.Backprop is no gradient mode"},
		{plain, []Option{Gradient(&Adjoint{})}, "odeop: *odeop.Adjoint is no gradient mode"},
		{plain, []Option{Gradient(nil)}, "odeop: no gradient mode"},
		{plain, []Option{Method((*solvers.Dopri5)(nil))}, "odeop: the method is a nil *solvers.Dopri5"},
		{plain, []Option{Settings(solvers.Settings{Method: (*solvers.Radau)(nil)})}, "odeop: the method is a nil *solvers.Radau"},
		{plain, []Option{Gradient(Adjoint{Method: (*solvers.Radau)(nil)})}, "odeop: adjoint: the method is a nil *solvers.Radau"},
	} {
		err := c.solve(c.opts...)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}
