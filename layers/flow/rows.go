package flow

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/splitmix"
	"gorgonode/odeop"
)

// rowsAtOnce is the batch in which rows are evaluated. Rows of one batch share the steps of a solve, so that results depend
// on it within the tolerance.
const rowsAtOnce = 512

// LogProbRows is [LogProb] of plain rows, each of b.Dim() numbers.
func LogProbRows(b Bijection, rows [][]float64) ([]float64, error) {
	out, err := evaluate(b, rows, func(x *G.Node) (*G.Node, error) { return LogProb(b, x) })
	if err != nil {
		return nil, err
	}
	ls := make([]float64, len(out))
	for i, r := range out {
		ls[i] = r[0]
	}
	return ls, nil
}

// ForwardRows maps plain rows from data to base.
func ForwardRows(b Bijection, rows [][]float64) ([][]float64, error) {
	return evaluate(b, rows, func(x *G.Node) (*G.Node, error) { return move(b, x, false) })
}

// InverseRows maps plain rows from base to data.
func InverseRows(b Bijection, rows [][]float64) ([][]float64, error) {
	return evaluate(b, rows, func(z *G.Node) (*G.Node, error) { return move(b, z, true) })
}

// Sample draws n rows from the density of the flow: standard normal numbers of the seed, through the inverse of b.
func Sample(b Bijection, n int, seed uint64) ([][]float64, error) {
	if b == nil || n < 1 {
		return nil, errors.Errorf("flow: sample: %d rows of a %T, want at least 1", n, b)
	}
	return InverseRows(b, normalRows(rand.New(rand.NewPCG(seed, splitmix.Golden)), n, b.Dim()))
}

func normalRows(rng *rand.Rand, n, d int) [][]float64 {
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, d)
		for j := range rows[i] {
			rows[i][j] = rng.NormFloat64()
		}
	}
	return rows
}

// Init sets every [ActNorm] in b so that what it makes of the rows, which should be a batch of the data, has mean 0 and
// variance 1 in every column (Kingma and Dhariwal 2018, section 3.1), from the data's end to the base's.
func Init(b Bijection, rows [][]float64) error {
	_, err := initialise(b, rows)
	return err
}

func initialise(b Bijection, rows [][]float64) ([][]float64, error) {
	if err := checkRows(b, rows); err != nil {
		return nil, err
	}
	var err error
	switch b := b.(type) {
	case *Chain:
		for _, p := range b.parts {
			if rows, err = initialise(p, rows); err != nil {
				return nil, err
			}
		}
		return rows, nil
	case *ActNorm:
		if err := b.fit(rows); err != nil {
			return nil, err
		}
	}
	return ForwardRows(b, rows)
}

func checkRows(b Bijection, rows [][]float64) error {
	switch {
	case b == nil:
		return errors.New("flow: no bijection")
	case len(rows) == 0:
		return errors.New("flow: no rows")
	}
	for i, r := range rows {
		if len(r) != b.Dim() {
			return errors.Errorf("flow: row %d has %d numbers, want %d", i, len(r), b.Dim())
		}
		for j, v := range r {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return errors.Errorf("flow: row %d, column %d is %g", i, j, v)
			}
		}
	}
	return nil
}

// move maps points without the change of volume.
func move(b Bijection, x *G.Node, inverse bool) (*G.Node, error) {
	switch b := b.(type) {
	case *CNF:
		if inverse {
			return b.move(x, toData)
		}
		return b.move(x, toBase)
	case *Chain:
		var err error
		for i := range b.parts {
			p := b.parts[i]
			if inverse {
				p = b.parts[len(b.parts)-1-i]
			}
			if x, err = move(p, x, inverse); err != nil {
				return nil, err
			}
		}
		return x, nil
	}
	way := Bijection.Forward
	if inverse {
		way = Bijection.Inverse
	}
	y, _, err := way(b, x)
	return y, err
}

// evaluate runs what build makes of a batch on all rows, rowsAtOnce at a time; its first axis is that of the rows.
func evaluate(b Bijection, rows [][]float64, build func(x *G.Node) (*G.Node, error)) ([][]float64, error) {
	if err := checkRows(b, rows); err != nil {
		return nil, err
	}
	var out [][]float64
	for len(rows) > 0 {
		n := min(rowsAtOnce, len(rows))
		batches := len(rows) / n
		done, err := evaluateBatches(b, rows[:batches*n], n, build)
		if err != nil {
			return nil, err
		}
		out, rows = append(out, done...), rows[batches*n:]
	}
	return out, nil
}

func evaluateBatches(b Bijection, rows [][]float64, n int, build func(x *G.Node) (*G.Node, error)) ([][]float64, error) {
	dt := dtypeOf(b.Params())
	x := G.NewMatrix(G.NewGraph(), dt, G.WithShape(n, b.Dim()), G.WithName("x"))
	y, err := build(x)
	if err != nil {
		return nil, err
	}
	var v G.Value
	G.Read(y, &v)
	vm := G.NewTapeMachine(x.Graph())
	defer vm.Close()
	var out [][]float64
	for i := 0; i < len(rows); i += n {
		if err := G.Let(x, batch(rows[i:i+n], dt)); err != nil {
			return nil, errors.Wrap(err, "flow")
		}
		if err := vm.RunAll(); err != nil {
			return nil, errors.Wrapf(odeop.Cause(err), "flow: rows %d to %d", i, i+n-1)
		}
		out = append(out, unpack(v, n)...)
		vm.Reset()
	}
	return out, nil
}

// batch is rows as a matrix.
func batch(rows [][]float64, dt tensor.Dtype) *tensor.Dense {
	shape := tensor.WithShape(len(rows), len(rows[0]))
	if dt == tensor.Float32 {
		v := make([]float32, 0, len(rows)*len(rows[0]))
		for _, r := range rows {
			for _, x := range r {
				v = append(v, float32(x))
			}
		}
		return tensor.New(shape, tensor.WithBacking(v))
	}
	v := make([]float64, 0, len(rows)*len(rows[0]))
	for _, r := range rows {
		v = append(v, r...)
	}
	return tensor.New(shape, tensor.WithBacking(v))
}

// unpack copies a value out as n rows.
func unpack(v G.Value, n int) [][]float64 {
	var flat []float64
	switch d := v.Data().(type) {
	case []float64:
		flat = append(flat, d...)
	case []float32:
		for _, x := range d {
			flat = append(flat, float64(x))
		}
	case float64:
		flat = []float64{d}
	case float32:
		flat = []float64{float64(d)}
	}
	rows, w := make([][]float64, n), len(flat)/n
	for i := range rows {
		rows[i] = flat[i*w : (i+1)*w]
	}
	return rows
}
