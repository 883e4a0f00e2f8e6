package seriesfit

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/training"
)

// square is (w − target)², whose target is fed.
func square(t *testing.T) (w *graph.Param, target, cost *G.Node) {
	t.Helper()
	w, err := graph.NewParam("w", graph.Zeros(), G.Float64, 1)
	if err != nil {
		t.Fatal(err)
	}
	g := G.NewGraph()
	target = G.NewVector(g, G.Float64, G.WithShape(1), G.WithName("target"))
	return w, target, G.Must(G.Sum(G.Must(G.Square(G.Must(G.Sub(w.In(g), target))))))
}

func letNumber(n *G.Node, v float64) error {
	return G.Let(n, tensor.New(tensor.WithShape(1), tensor.WithBacking([]float64{v})))
}

// TestEpochs: looks come after the steps of an epoch; the weights of the best one come back, or the last without any look;
// patience ends the training.
func TestEpochs(t *testing.T) {
	judged := []float64{3, 1, 2, 2, 0.5, 2, 2}
	for _, c := range []struct {
		patience, epochs, best int
		look                   bool
	}{{0, 7, 5, true}, {2, 4, 2, true}, {0, 7, 7, false}} {
		w, target, cost := square(t)
		var after []float64 // the weight after each epoch
		var file bytes.Buffer
		e := Epochs{
			Loop: training.Loop{Cost: cost, Params: []*graph.Param{w}, Feed: func(step int) error {
				return letNumber(target,
					10)
			}},
			Rate: 0.1, Batches: 3, Epochs: 7, Patience: c.patience, Metrics: training.NewMetricsWriter(&file),
		}
		if c.look {
			e.Look = func(context.Context) (map[string]float64, float64, error) {
				after = append(after, w.Float64s()[0])
				v := judged[len(after)-1]
				return map[string]float64{"loss": v}, v, nil
			}
		}
		done, err := e.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if done.Epochs != c.epochs || done.BestEpoch != c.best || len(done.History) != c.epochs ||
			strings.Count(file.String(), "\n") != c.epochs {
			t.Errorf("%+v: %d epochs, best %d, %d records", c, done.Epochs, done.BestEpoch, len(done.History))
		}
		if v := w.Float64s()[0]; c.look && (v != after[c.best-1] || !slices.IsSorted(after)) {
			t.Errorf("%+v: the weight is %g; after the epochs it was %v", c, v, after)
		}
		if c.look && done.History[1].Values["valid_loss"] != 1 || math.IsInf(done.Seconds, 0) {
			t.Errorf("%+v: record %v, %g s", c, done.History[1], done.Seconds)
		}
		// The mean of the first three costs: (10 − w)² of weights from 0 on.
		if first := done.History[0].Values["loss"]; !(first < 100 && first > 90) {
			t.Errorf("%+v: the first loss is %g", c, first)
		}
	}
	w, target, cost := square(t)
	e := Epochs{
		Loop: training.Loop{Cost: cost, Params: []*graph.Param{w}, Feed: func(int) error {
			return letNumber(target,
				math.NaN())
		}},
		Rate: 0.1, Batches: 1, Epochs: 20,
	}
	if _, err := e.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "never finite") {
		t.Errorf("a cost that is no number: %v", err)
	}
}
