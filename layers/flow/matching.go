package flow

import (
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/internal/splitmix"
	"gorgonode/layers"
)

// Matching trains the field of a [CNF] without solving: flow matching (Lipman et al. 2023, Flow matching for generative
// modeling, section 4.1, example II). A pair of noise x₀ and data x₁ and a time t give a point of a straight path and its
// velocity,
//
//	x_t = (1 − (1 − σ) t) x₀ + t x₁,   u = x₁ − (1 − σ) x₀
//
// and the field learns the mean of u given x_t, which carries the standard normal distribution at t = 0 to that of x₁ + σ
// x₀, the data with noise of size σ, at t = 1.
type Matching struct {
	// Sigma is σ, from 0 up to less than 1. It bounds the densities that the field has to reach by those of normal
	// distributions of that width; 0 is for data that has a density of its own.
	Sigma float64
	// Pairing says which noise goes to which data of a batch.
	Pairing Pairing
}

// Pairing is a coupling of noise and data in a batch.
type Pairing int

const (
	// Independent pairs noise and data as they are drawn.
	Independent Pairing = iota
	// OptimalTransport pairs them so that Σ ‖x₁ − x₀‖² is least within the batch (Tong et al. 2023, Improving and
	// generalizing flow-based generative models with minibatch optimal transport), by an exact assignment,
	// whose work grows with the cube of the batch: paths cross less, and are straighter to solve.
	OptimalTransport
)

// Draw gives the data rows of a batch their noise x₀, paired, and their times t, uniform in [0, 1). It is a function of its
// arguments.
func (m Matching) Draw(data [][]float64, seed, step uint64) (x0 [][]float64, t []float64, err error) {
	if err := m.check(); err != nil {
		return nil, nil, err
	}
	if len(data) == 0 || len(data[0]) == 0 {
		return nil, nil, errors.New("flow: matching: no data")
	}
	for i, r := range data {
		if len(r) != len(data[0]) {
			return nil, nil, errors.Errorf("flow: matching: row %d has %d numbers, and row 0 has %d", i, len(r), len(data[0]))
		}
	}
	rng := rand.New(rand.NewPCG(seed, splitmix.Mix(step+splitmix.Golden)))
	x0 = normalRows(rng, len(data), len(data[0]))
	t = make([]float64, len(data))
	for i := range t {
		t[i] = rng.Float64()
	}
	if m.Pairing == Independent {
		return x0, t, nil
	}
	order, err := assign(squaredDistances(data, x0))
	if err != nil {
		return nil, nil, err
	}
	paired := make([][]float64, len(x0))
	for i, j := range order {
		paired[i] = x0[j]
	}
	return paired, t, nil
}

func (m Matching) check() error {
	switch {
	case !(m.Sigma >= 0 && m.Sigma < 1):
		return errors.Errorf("flow: matching: σ is %g, want at least 0 and less than 1", m.Sigma)
	case m.Pairing != Independent && m.Pairing != OptimalTransport:
		return errors.Errorf("flow: matching: there is no pairing %d", int(m.Pairing))
	}
	return nil
}

// Loss is the mean over the rows of ‖f(t, x_t) − u‖², a number, for noise x0 and data x1 of shape (B, d) and times t of
// shape (B). It is one Op. The field is that of a CNF, which afterwards samples and has exact densities; it is traced for
// one row and applied to all, each at its own time, so that it must not mix rows.
func (m Matching) Loss(field layers.Layer, x0, x1, t *G.Node) (*G.Node, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if field == nil {
		return nil, errors.New("flow: matching: the field is nil")
	}
	for _, n := range []*G.Node{x0, x1, t} {
		if n == nil || n.Graph() == nil {
			return nil, errors.New("flow: matching: an input is no node of a graph")
		}
	}
	s := x1.Shape()
	if len(s) != 2 || !slices.Equal(x0.Shape(), s) || t.Dims() != 1 || t.Shape()[0] != s[0] {
		return nil, errors.Errorf("flow: matching: shapes %v of noise, %v of data and %v of times, want (rows, d) twice and "+
			"(rows)",
			x0.Shape(), s, t.Shape())
	}
	b, d := s[0], s[1]
	row := G.NewMatrix(G.NewGraph(), x1.Dtype(), G.WithShape(1, d), G.WithName("row"))
	one, err := (&CNF{field: field, dim: d}).function(row)
	if err != nil {
		return nil, errors.WithMessage(err, "flow: matching")
	}
	rows, err := one.Batch(b, 0, 1)
	if err != nil {
		return nil, errors.WithMessage(err, "flow: matching")
	}
	return single(operation("flow matching", func(f *formula.F, in G.Nodes) G.Nodes {
		x0, x1, t := in[0], in[1], in[2]
		u := f.Sub(x1, scale(f, x0, 1-m.Sigma))
		xt := f.Add(x0, mulColumn(f, u, t))
		if f.Err() != nil {
			return nil
		}
		v := f.Keep(graph.Call(rows, t, f.Reshape(xt, b, 1, d)))
		e := f.Sub(f.Reshape(v, b, d), u)
		return G.Nodes{f.Apply(mean, sumRows(f, f.Mul(e, e)))}
	}, x0, x1, t))
}

// mulColumn is every row of x (B, d) times its number in v (B).
func mulColumn(f *formula.F, x, v *G.Node) *G.Node {
	if f.Err() != nil {
		return nil
	}
	return f.MulColumn(x, f.Reshape(v, x.Shape()[0], 1))
}
