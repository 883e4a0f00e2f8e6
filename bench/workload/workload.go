package workload

import (
	_ "embed"
	"encoding/json"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// Workload is a solve, mostly of a network and with a loss.
type Workload struct {
	Name  string // as W1-short-f64
	About string // in a few words

	dtype   tensor.Dtype
	weights func() ([]*affine, error)
	field   func(b *built) (odeop.Field, error)
	y0      func() (values []float64, shape []int, err error)
	times   func() ([]float64, error)
	final   bool             // only the state at the last time is saved
	scales  func() []float64 // row i is solved from 0 to scales()[i] instead
	perRow  bool             // and with steps of its own; otherwise all rows share one time, which the field is scaled by
	options []odeop.Option
	loss    func(last *G.Node) (*G.Node, error)

	classic *classic // where it is not a network's
}

// built is what a field is made of.
type built struct {
	*Workload
	net   *layers.MLP
	shape []int
}

// All lists the workloads.
func All() []*Workload {
	var all []*Workload
	add := func(w *Workload, dts ...tensor.Dtype) {
		for _, dt := range dts {
			typed := *w
			typed.dtype = dt
			typed.Name += map[tensor.Dtype]string{tensor.Float64: "-f64", tensor.Float32: "-f32"}[dt]
			all = append(all, &typed)
		}
	}
	spiral := Workload{
		weights: func() ([]*affine, error) { s, err := readSpiral(); return s.layers(), err },
		field:   cubed,
		y0:      func() ([]float64, []int, error) { s, err := readSpiral(); return s.starts(), []int{20, 2}, err },
		options: []odeop.Option{odeop.Tolerance(1e-7, 1e-9)},
		loss:    meanSquare,
	}
	short, long := spiral, spiral
	short.Name, short.About = "W1-short", "spiral, MLP 2-50-2 of y³, 20 starts, dopri5 1e-7, 10 times to 0.225"
	short.times = func() ([]float64, error) { s, err := readSpiral(); return s.Short, err }
	long.Name, long.About = "W1-long", "the same to t = 25"
	long.times = func() ([]float64, error) { s, err := readSpiral(); return s.Long, err }
	add(&short, tensor.Float64, tensor.Float32)
	add(&long, tensor.Float64)

	add(&Workload{
		Name: "W2", About: "MLP 64-128-128-64, batch 512, dopri5 1e-5, 0 to 1",
		weights: drawn(21, 3, 64, 128, 128, 64), field: plain, y0: start(5, 1, 512, 64), times: fixed(0, 1), final: true,
		options: []odeop.Option{odeop.Tolerance(1e-5, 1e-5)}, loss: meanSquare,
	}, tensor.Float32, tensor.Float64)

	add(&Workload{
		Name: "W3", About: "MLP 2-16-2, one state, rk4 in 100 steps, all saved",
		weights: drawn(31, 2, 2, 16, 2), field: plain,
		y0:      func() ([]float64, []int, error) { return []float64{1, 0.5}, []int{1, 2}, nil },
		times:   fixed(hundredths()...),
		options: []odeop.Option{odeop.Method(solvers.RK4{})}, loss: meanSquare,
	}, tensor.Float64)

	flow := Workload{times: fixed(0, 1), final: true, options: []odeop.Option{odeop.Tolerance(1e-5, 1e-5)}, loss: flowLoss}
	exact, probe := flow, flow
	exact.Name, exact.About = "W4-exact", "flow of MLP 2-64-64-2 with its exact divergence, batch 512, dopri5 1e-5"
	exact.weights, exact.y0, exact.field = drawn(41, 3, 2, 64, 64, 2), flowStart(512, 2), exactFlow
	probe.Name, probe.About = "W4-probe", "flow of MLP 32-64-64-32 with Hutchinson's estimate, batch 512, dopri5 1e-5"
	probe.weights, probe.y0, probe.field = drawn(41, 3, 32, 64, 64, 32), flowStart(512, 32), probedFlow
	add(&exact, tensor.Float32)
	add(&probe, tensor.Float32)

	// W7: every sixteenth row goes 31 times as far as the others.
	uneven := Workload{
		weights: drawn(21, 3, 64, 128, 128, 64), y0: start(5, 1, 512, 64), times: fixed(0, 1), final: true, scales: sixteenth,
		options: []odeop.Option{odeop.Tolerance(1e-5, 1e-5)}, loss: meanSquare,
	}
	rows, shared := uneven, uneven
	rows.Name, rows.About, rows.field, rows.perRow = "W7-rows",
		"W2 with one row in 16 that goes 31 times as far, each with steps of its own", plain, true
	shared.Name, shared.About, shared.field = "W7-shared", "the same with steps shared by all rows", scaled
	add(&rows, tensor.Float32)
	add(&shared, tensor.Float32)
	return append(all, classics()...)
}

// sixteenth is how far each of 512 rows goes.
func sixteenth() []float64 {
	s := make([]float64, 512)
	for i := range s {
		if s[i] = 1; i%16 == 0 {
			s[i] = 31
		}
	}
	return s
}

// scaled is y' = s MLP(y) with a factor for each row, the first arg.
func scaled(b *built) (odeop.Field, error) {
	return func(_, y *G.Node, args ...*G.Node) (*G.Node, error) {
		dy, err := b.net.Forward(y)
		if err != nil {
			return nil, err
		}
		return G.BroadcastHadamardProd(dy, args[0], nil, []byte{1})
	}, nil
}

// Named finds a workload; its name may be given without the dtype, or without the variant.
func Named(prefix string) []*Workload {
	var found []*Workload
	for _, w := range All() {
		if w.Name == prefix || len(w.Name) > len(prefix) && w.Name[:len(prefix)] == prefix && w.Name[len(prefix)] == '-' {
			found = append(found, w)
		}
	}
	return found
}

func drawn(seed uint64, gain float64, sizes ...int) func() ([]*affine, error) {
	return func() ([]*affine, error) { return perceptron(seed, gain, sizes...), nil }
}

func start(seed uint64, b float64, rows, cols int) func() ([]float64, []int, error) {
	return func() ([]float64, []int, error) { return uniform(seed, rows*cols, b), []int{rows, cols}, nil }
}

func fixed(ts ...float64) func() ([]float64, error) {
	return func() ([]float64, error) { return ts, nil }
}

func hundredths() []float64 {
	ts := make([]float64, 101)
	for i := range ts {
		ts[i] = float64(i) / 100
	}
	return ts
}

// plain is y' = MLP(y).
func plain(b *built) (odeop.Field, error) { return layers.Field(b.net), nil }

// cubed is y' = MLP(y³).
func cubed(b *built) (odeop.Field, error) {
	return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		c, err := G.Cube(y)
		if err != nil {
			return nil, err
		}
		return b.net.Forward(c)
	}, nil
}

// meanSquare is the mean of y².
func meanSquare(y *G.Node) (*G.Node, error) {
	sq, err := G.Square(y)
	if err != nil {
		return nil, err
	}
	return G.Mean(sq)
}

//go:embed spiral.json
var spiralJSON []byte

// spiralData is spiral.json.
type spiralData struct {
	Weights [2][2]json.RawMessage `json:"weights"`
	Starts  [][]float64           `json:"starts"`
	Short   []float64             `json:"t_short"`
	Long    []float64             `json:"t_long"`

	net []*affine
}

func readSpiral() (*spiralData, error) {
	s := &spiralData{}
	if err := json.Unmarshal(spiralJSON, s); err != nil {
		return nil, errors.Wrap(err, "workload: spiral.json")
	}
	for i, l := range s.Weights {
		var w [][]float64
		var b []float64
		if err := json.Unmarshal(l[0], &w); err != nil {
			return nil, errors.Wrapf(err, "workload: spiral.json: weights of layer %d", i)
		}
		if err := json.Unmarshal(l[1], &b); err != nil {
			return nil, errors.Wrapf(err, "workload: spiral.json: bias of layer %d", i)
		}
		s.net = append(s.net, &affine{in: len(w[0]), out: len(w), w: flatten(w), b: b})
	}
	return s, nil
}

func (s *spiralData) layers() []*affine {
	if s == nil {
		return nil
	}
	return s.net
}

func (s *spiralData) starts() []float64 {
	if s == nil {
		return nil
	}
	return flatten(s.Starts)
}

func flatten(rows [][]float64) []float64 {
	var v []float64
	for _, r := range rows {
		v = append(v, r...)
	}
	return v
}

// traced is the network alone as a function of a batch of z.
func (b *built) traced(cols int) (*graph.Func, error) {
	return graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		y, err := b.net.Forward(in[0])
		return G.Nodes{y}, err
	}, graph.Input("z", b.dtype, b.shape[0], cols))
}
