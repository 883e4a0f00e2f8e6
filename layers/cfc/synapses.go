package cfc

import (
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// synapses are connections onto neurons, each with a weight w > 0, a slope and a place of its sigmoid, and a reversal
// potential e, its polarity. With v what they come from,
//
//	num_j = Σ_i w_ij s_ij e_ij,   den_j = Σ_i w_ij s_ij,   s_ij = sigmoid(slope_ij (v_i − place_ij))
//
// over the connections that are there.
type synapses struct {
	from, to int       // how many
	pick     []float64 // (from, S): 1 where connection k comes from i
	put      []float64 // (S, to): 1 where it goes to j
	signed   []float64 // (S, to): its polarity there
	count    int       // S

	weight, slope, place *graph.Param // (S); w is softplus of the first
}

// newSynapses draws the parameters from the ranges of Hasani et al. (2021): w from [0.001, 1], slopes from [3, 8], places
// from [0.3, 0.8].
func newSynapses(rng *rand.Rand, c *config, name string, rows [][]int8, to int) (*synapses, error) {
	s := &synapses{from: len(rows), to: to}
	type pair struct{ i, j int }
	var list []pair
	for i, row := range rows {
		for j, p := range row {
			if p != 0 {
				list = append(list, pair{i, j})
			}
		}
	}
	s.count = len(list)
	if s.count == 0 {
		return s, nil
	}
	s.pick, s.put, s.signed = make([]float64, s.from*s.count), make([]float64, s.count*to), make([]float64, s.count*to)
	for k, p := range list {
		s.pick[p.i*s.count+k] = 1
		s.put[k*to+p.j] = 1
		s.signed[k*to+p.j] = float64(rows[p.i][p.j])
	}
	var err error
	if s.weight, err = graph.NewParam(name+".weight", positive(rng, 0.001, 1), c.dtype, s.count); err != nil {
		return nil, err
	}
	if s.slope, err = graph.NewParam(name+".slope", graph.Uniform(rng, 3, 8), c.dtype, s.count); err != nil {
		return nil, err
	}
	s.place, err = graph.NewParam(name+".place", graph.Uniform(rng, 0.3, 0.8), c.dtype, s.count)
	return s, err
}

// Params lists the parameters.
func (s *synapses) Params() []*graph.Param {
	if s.count == 0 {
		return nil
	}
	return []*graph.Param{s.weight, s.slope, s.place}
}

// act gives (num, den) side by side, (N, 2·to), of v (N, from). ends are those of ends.
func (s *synapses) act(f *formula.F, v, ends *G.Node) *G.Node {
	if s.count == 0 {
		return f.Fill(v, 0, v.Shape()[0], 2*s.to)
	}
	// A product with ones picks the source of every connection; it costs less than the sigmoid behind it.
	picked := f.MatMul(v, f.Constant(v, s.pick, s.from, s.count))
	slope, place := s.slope.In(v.Graph()), s.place.In(v.Graph())
	shift := f.Neg(f.Mul(slope, place))
	return f.MatMul(f.Sigmoid(f.AddRow(f.MulRow(picked, slope), shift)), ends)
}

// ends are the weights at the places of the neurons that connections go to, (S, 2·to): with polarity, and without.
func (s *synapses) ends(f *formula.F, like *G.Node) *G.Node {
	if s.count == 0 {
		return nil
	}
	both := make([]float64, 0, 2*len(s.put))
	for k := range s.count {
		both = append(append(both, s.signed[k*s.to:][:s.to]...), s.put[k*s.to:][:s.to]...)
	}
	w := f.Reshape(f.Softplus(s.weight.In(like.Graph())), s.count, 1)
	return f.MulColumn(f.Constant(like, both, s.count, 2*s.to), w)
}

// positive draws numbers whose softplus is even over a range.
func positive(rng *rand.Rand, low, high float64) graph.Initializer {
	draw := graph.Uniform(rng, low, high)
	return func(shape tensor.Shape) ([]float64, error) {
		v, err := draw(shape)
		for i, x := range v {
			v[i] = math.Log(math.Expm1(x))
		}
		return v, err
	}
}
