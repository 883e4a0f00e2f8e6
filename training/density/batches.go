package density

import "math/rand/v2"

// batches deals rows out in an order that is drawn anew for every round through them. A batch may begin in one round and
// end in the next.
type batches struct {
	rows  [][]float64
	size  int
	seed  uint64
	round int // of order
	order []int
}

// at is the batch of a step.
func (b *batches) at(step int) [][]float64 {
	out := make([][]float64, b.size)
	for i := range out {
		k := step*b.size + i
		if round := k / len(b.rows); b.order == nil || round != b.round {
			b.round = round
			b.order = rand.New(rand.NewPCG(b.seed, uint64(round))).Perm(len(b.rows))
		}
		out[i] = b.rows[b.order[k%len(b.rows)]]
	}
	return out
}

// split holds rows out, drawn by the seed.
func split(rows [][]float64, held int, seed uint64) (train, out [][]float64) {
	for i, k := range rand.New(rand.NewPCG(seed, 0x73706c6974)).Perm(len(rows)) {
		if i < held {
			out = append(out, rows[k])
		} else {
			train = append(train, rows[k])
		}
	}
	return train, out
}

func flat(rows [][]float64) []float64 {
	v := make([]float64, 0, len(rows)*len(rows[0]))
	for _, r := range rows {
		v = append(v, r...)
	}
	return v
}
