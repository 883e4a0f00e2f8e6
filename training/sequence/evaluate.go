package sequence

import (
	"context"
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/layers"
	"gorgonode/layers/series"
	"gorgonode/training/seriesdata"
	"gorgonode/training/seriesfit"
)

// evaluator asks a network about batches of one shape. It reads the parameters as they are at each run.
type evaluator struct {
	step                 *layers.Step
	wires                *wires
	vm                   G.VM
	answers, logVariance G.Value
}

func newEvaluator(n *network, shape series.Shape) (*evaluator, error) {
	w, err := newWires(shape)
	if err != nil {
		return nil, err
	}
	y, s, err := n.out(w)
	if err != nil {
		return nil, err
	}
	e := &evaluator{wires: w, step: n.step}
	G.Read(y, &e.answers)
	if s != nil {
		G.Read(s, &e.logVariance)
	}
	e.vm = G.NewTapeMachine(w.graph)
	return e, nil
}

// answers are those of all series of a set, in the scale of training: the logits, or k values for each row.
type answers struct {
	values, logVariances [][]float64 // of each series; the rows one after the other
}

// ask runs a set through the network.
func (e *evaluator) ask(ctx context.Context, set *series.Set, outputs int) (*answers, error) {
	shape := e.wires.Shape()
	loader, err := seriesdata.NewLoader(set, seriesdata.LoaderOptions{Batch: shape.Batch, Steps: shape.Steps, InOrder: true})
	if err != nil {
		return nil, err
	}
	e.step.Evaluate()
	a := &answers{}
	for k := range loader.Batches() {
		if err := ctx.Err(); err != nil {
			return nil, errors.WithStack(err)
		}
		b, err := loader.Batch(k)
		if err != nil {
			return nil, err
		}
		if err := e.wires.feed(b); err != nil {
			return nil, err
		}
		if err := e.vm.RunAll(); err != nil {
			return nil, errors.WithStack(err)
		}
		for i := range b.IDs {
			a.values = append(a.values, rowOf(e.answers, b, i, outputs))
			if e.logVariance != nil {
				a.logVariances = append(a.logVariances, rowOf(e.logVariance, b, i, outputs))
			}
		}
		e.vm.Reset()
	}
	return a, nil
}

// rowOf is what belongs to series i: k numbers, or k for each of its rows.
func rowOf(v G.Value, b *series.Batch, i, k int) []float64 {
	data := v.Data().([]float32)
	from, n := i*k, k
	if len(v.Shape()) == 3 {
		from, n = i*b.Steps*k, b.Lengths[i]*k
	}
	out := make([]float64, n)
	for j := range out {
		out[j] = float64(data[from+j])
	}
	return out
}

// shapeOf is the one in which a set is asked about.
func (n *network) shapeOf(set *series.Set) series.Shape {
	return series.Shape{Batch: min(n.config.Batch, max(1, len(set.Series))), Steps: max(1, set.Longest()),
		Widths: set.Widths()}
}

// measure compares answers with a set in the scale of training.
func (n *network) measure(a *answers, set *series.Set, scaling *seriesdata.Scaling) Metrics {
	if n.config.Task == Classify {
		return seriesfit.ClassMetrics(a.values, seriesfit.ClassOf(set), n.config.ClassWeights)
	}
	var count, squares, scaled, nll, trained float64
	for i, s := range set.Series {
		for j, row := range s.Targets {
			for k, x := range row {
				if math.IsNaN(x) {
					continue
				}
				unit := 1.0
				if len(scaling.Targets) > 0 {
					unit = scaling.Targets[k].Scale
				}
				at := j*len(row) + k
				r := x - a.values[i][at]
				count, scaled, squares = count+1, scaled+r*r, squares+r*r*unit*unit
				if a.logVariances != nil {
					s := a.logVariances[i][at]
					l := (math.Log(2*math.Pi) + s + r*r*math.Exp(-s)) / 2
					trained, nll = trained+l, nll+l+math.Log(unit)
				}
			}
		}
	}
	if count == 0 {
		return Metrics{}
	}
	m := Metrics{"mse": squares / count, "scaled_mse": scaled / count, "loss": scaled / count}
	if a.logVariances != nil {
		m["nll"], m["loss"] = nll/count, trained/count
	}
	return m
}
