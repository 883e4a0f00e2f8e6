package demo

import (
	"context"

	"gorgonia.org/tensor"
)

// test counts the test images whose largest logit is of another class.
func (n *digitNet) test(ctx context.Context, d *digitRun) (wrong int, err error) {
	e, err := newEvaluator(n.layer, tensor.Float32, d.shape()...)
	if err != nil {
		return 0, err
	}
	defer e.close()
	x := tensor.New(tensor.WithShape(d.shape()...), tensor.Of(tensor.Float32))
	numbers := make([]int, d.batch)
	for first := 0; first < d.test.Len(); first += d.batch {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		for i := range numbers {
			numbers[i] = min(first+i, d.test.Len()-1) // the last batch is filled up
		}
		if err := d.test.Fill(x.Data().([]float32), nil, numbers, d.mean, d.sd); err != nil {
			return 0, err
		}
		y, err := e.run(x)
		if err != nil {
			return 0, err
		}
		logits := y.([]float32)
		for i := range min(d.batch, d.test.Len()-first) {
			row, best := logits[i*d.classes:(i+1)*d.classes], 0
			for c, v := range row {
				if v > row[best] {
					best = c
				}
			}
			if best != int(d.test.Labels[first+i]) {
				wrong++
			}
		}
	}
	return wrong, nil
}

// report adds what was found of a network.
func (t *digitTrace) report(r *Result, n *digitNet, d *digitRun, wrong int) {
	published := map[string][2]string{
		"ODE-Net": {"0.42 %, 64 channels", "0.22 million"},
		"ResNet":  {"0.41 %, 64 channels", "0.60 million"},
	}[n.name]
	add := func(name string, value float64, unit, published string) {
		r.Figures = append(r.Figures, Figure{Name: n.name + ": " + name, Value: value, Unit: unit, Published: published})
	}
	add("test error", 100*float64(wrong)/float64(d.test.Len()), "%", published[0])
	add("parameters", float64(n.params), "", published[1])
	if n.block != nil {
		last := len(t.forward) - 1
		add("evaluations forward, at first", t.forward[0], "", "")
		add("evaluations forward, at last", t.forward[last], "", "")
		add("products backward, at last", t.backward[last], "", "")
	}
	add("training loss, at last", t.loss[len(t.loss)-1], "nats", "")
	add("an epoch", t.seconds*float64(d.train.Len()/d.batch), "s", "")
	add("memory, most at the end of a step", float64(t.memory)/1e6, "MB", "")
}

// means adds the mean of every so many numbers to slices, of which the first has the numbers of the steps.
type means struct {
	every int
	into  []*[]float64
	sums  []float64
	count int
}

func newMeans(every int, into ...*[]float64) *means {
	return &means{every: every, into: into, sums: make([]float64, len(into)-1)}
}

func (m *means) add(step int, values ...float64) {
	for i, v := range values {
		m.sums[i] += v
	}
	if m.count++; m.count < m.every {
		return
	}
	*m.into[0] = append(*m.into[0], float64(step+1))
	for i, s := range m.sums {
		*m.into[i+1] = append(*m.into[i+1], s/float64(m.every))
	}
	clear(m.sums)
	m.count = 0
}
