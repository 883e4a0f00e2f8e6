package sde

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/layers/series"
	"gorgonode/odeop"
	"gorgonode/odeop/sdeop"
)

// Paths are draws of what is observed but for its noise.
type Paths struct {
	Values [][][][]float64 // [series][path][time][channel]
	Starts [][][]float64   // [series][path][component], z(t₀)
}

// Sample draws n paths of the posterior for each series of a batch, at times as those of Predict. Of a series the rows up to
// the last valid one are seen. The k-th path of every series sees the same noise, so that a series has the same paths in any
// batch. It makes graphs for itself and may be called at any point of a training.
func (m *Latent) Sample(batch *series.Batch, times [][]float64, n int, seed uint64) (*Paths, error) {
	paths, err := m.sample(batch, times, n, seed)
	return paths, errors.WithMessagef(err, "sde: latent %q: sample", m.name)
}

func (m *Latent) sample(batch *series.Batch, times [][]float64, n int, seed uint64) (*Paths, error) {
	switch {
	case batch == nil:
		return nil, errors.New("no batch")
	case batch.Widths.Values != m.Channels:
		return nil, errors.Errorf("a batch of %d channels, want %d", batch.Widths.Values, m.Channels)
	case n < 1:
		return nil, errors.Errorf("%d paths, want at least 1", n)
	}
	all, err := m.schedules(batch, times)
	if err != nil {
		return nil, err
	}
	e, err := m.encodeBatch(batch)
	if err != nil {
		return nil, err
	}
	out := &Paths{}
	longest := 1
	for _, s := range all {
		longest = max(longest, len(s.times))
	}
	const rows, most = 2048, 1 << 19 // rows of a solve, and all steps of theirs, for the sake of memory
	for part := max(1, min(rows, most/(longest*m.Substeps))/n); len(out.Values) < len(all); {
		from := len(out.Values)
		if err := m.drawPaths(out, e, all[from:min(from+part, len(all))], n, seed); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// numbers are encoded as numbers.
type numbers struct {
	contexts     []float64 // (T, B, context)
	mean, logVar []float64 // (B, State)
	batch        int
}

func (m *Latent) encodeBatch(batch *series.Batch) (numbers, error) {
	g := G.NewGraph()
	in, err := series.NewInputs(g, m.Dtype, batch.Shape)
	if err != nil {
		return numbers{}, err
	}
	e, err := m.encode(From(in))
	if err != nil {
		return numbers{}, err
	}
	if err := in.Feed(batch); err != nil {
		return numbers{}, err
	}
	v, err := evaluate(e.contexts, e.mean, e.logVar)
	if err != nil {
		return numbers{}, err
	}
	return numbers{v[0], v[1], v[2], batch.Batch}, nil
}

// drawPaths solves for the next series of a batch, with n rows for each.
func (m *Latent) drawPaths(out *Paths, e numbers, some []schedule, n int, seed uint64) error {
	from := len(out.Values)
	last, rows := 1, len(some)*n
	for _, s := range some {
		last = max(last, len(s.times)-1)
	}
	elapsed, until, behind := make([]float64, last*rows), make([]float64, last*rows), make([]float64, last*rows)
	context := make([]float64, last*rows*m.Context)
	mean, logVar, streams := make([]float64, rows*m.State), make([]float64, rows*m.State), make([]float64, rows)
	for i, s := range some {
		for k := range n {
			row := i*n + k
			streams[row] = float64(k)
			copy(mean[row*m.State:][:m.State], e.mean[(from+i)*m.State:])
			copy(logVar[row*m.State:][:m.State], e.logVar[(from+i)*m.State:])
			for j, next := range s.next {
				at := j*rows + row
				elapsed[at], until[at] = s.times[j+1]-s.times[j], s.until[j]
				if next < 0 {
					behind[at] = 1
					continue
				}
				copy(context[at*m.Context:][:m.Context], e.contexts[(next*e.batch+from+i)*m.Context:])
			}
		}
	}
	like := m.startMean.In(G.NewGraph())
	node := func(v []float64, shape ...int) *G.Node {
		n, err := graph.Constant(like, v, shape...)
		if err != nil {
			panic("sde: sample: a constant of the wrong size") // its size and shape are made above
		}
		return n
	}
	d := Draw{Seed: seed, Streams: node(streams, rows)}
	z0, err := m.start(node(mean, rows, m.State), node(logVar, rows, m.State), d)
	if err != nil {
		return err
	}
	x, err := m.paths(d, z0, pieces{
		elapsed: node(elapsed, last, rows, 1), until: node(until, last, rows, 1),
		context: node(context, last, rows, m.Context), behind: node(behind, last, rows, 1),
	})
	if err != nil {
		return err
	}
	v, err := evaluate(x, z0)
	if err != nil {
		return err
	}
	for i, s := range some {
		var values [][][]float64
		var starts [][]float64
		for k := range n {
			var path [][]float64
			for _, j := range s.asked {
				path = append(path, v[0][(j*rows+i*n+k)*m.Channels:][:m.Channels])
			}
			values, starts = append(values, path), append(starts, v[1][(i*n+k)*m.State:][:m.State])
		}
		out.Values, out.Starts = append(out.Values, values), append(out.Starts, starts)
	}
	return nil
}

// paths are the decoder's values along the pieces.
func (m *Latent) paths(d Draw, z0 *G.Node, p pieces) (*G.Node, error) {
	post := m.prior()
	post.Drift = m.raggedDrift
	zs, err := m.alongPieces("sample", p, d, func(times []float64, opts []sdeop.Option) (*G.Node, error) {
		return sdeop.Solve(timeChanged(post), z0, times, opts...)
	})
	if err != nil {
		return nil, err
	}
	return m.Decode(zs)
}

// evaluate runs the nodes' graph.
func evaluate(nodes ...*G.Node) ([][]float64, error) {
	read := make([]G.Value, len(nodes))
	for i, n := range nodes {
		G.Read(n, &read[i])
	}
	vm := G.NewTapeMachine(nodes[0].Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return nil, errors.WithStack(odeop.Cause(err))
	}
	out := make([][]float64, len(nodes))
	for i, v := range read {
		switch data := v.Data().(type) {
		case []float64:
			out[i] = data
		case []float32:
			for _, x := range data {
				out[i] = append(out[i], float64(x))
			}
		case float64:
			out[i] = []float64{data}
		case float32:
			out[i] = []float64{float64(data)}
		}
	}
	return out, nil
}
