package main

import (
	"bytes"
	"context"
	"fmt"
	"text/tabwriter"

	"gorgonode/training"
	"gorgonode/training/generative"
)

// generativeSummary is summary.json, and what fit --json prints.
type generativeSummary struct {
	Model     string                        `json:"model"`
	Objective generative.Objective          `json:"objective"`
	Classes   []string                      `json:"classes,omitempty"`
	Epochs    int                           `json:"epochs"`
	BestEpoch int                           `json:"best_epoch"`
	Metrics   map[string]generative.Metrics `json:"metrics"`
}

func summaryOfGenerative(f *generative.Fitted) generativeSummary {
	return generativeSummary{f.Config.Model, f.Config.Objective, f.Classes, f.Epochs, f.BestEpoch, f.Metrics}
}

func saveGenerative(ctx context.Context, w *training.RunWriter, f *generative.Fitted, records []training.Record,
	source sequenceSource) error {
	if err := f.Save(w); err != nil {
		return err
	}
	if err := w.SaveJSON(sourceFile, source); err != nil {
		return err
	}
	if err := w.SaveJSON("summary.json", summaryOfGenerative(f)); err != nil {
		return err
	}
	loss, err := epochLoss(f.Config.Model, records)
	if err != nil {
		return err
	}
	if err := w.SaveFigure("loss", loss); err != nil {
		return err
	}
	pictured, err := f.Picture(ctx, f.Test, generative.PictureOptions{Hide: true, Seed: f.Config.Seed})
	if err != nil {
		return err
	}
	return w.SaveFigure("series", pictured)
}

// heldOut are the parts that metrics are of.
var heldOut = []struct{ key, name string }{{"valid", "validation"}, {"test", "test"}, {"train", "learned from"}}

func printGenerative(b *bytes.Buffer, f *generative.Fitted) {
	what := "hidden values"
	if f.Config.Objective == generative.Extrapolate {
		what = "what comes after " + short(f.Config.Split)
	}
	fmt.Fprintf(b, "of series that it was not trained on; errors are of %s:\n", what)
	if f.Metrics["train"] != nil {
		b.Reset()
		fmt.Fprintf(b, "of the series that it was trained on, for none were held out; errors are of %s:\n", what)
	}
	type line struct{ key, name string }
	lines := []line{{"elbo", "evidence lower bound, nats a value"}, {"iwae", "tighter bound, 20 samples"}}
	const most = 8
	for i, name := range f.Channels {
		if i == most {
			break
		}
		lines = append(lines, line{"rmse " + name, "root mean square error, " + name})
	}
	lines = append(lines, line{"scaled_rmse", "of all, in standard deviations"},
		line{"coverage", "part in the band of 90 %"},
		line{"accuracy", "accuracy"}, line{"auc", "area under the curve"})
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%-35s\t", "")
	for _, part := range heldOut {
		if f.Metrics[part.key] != nil {
			fmt.Fprintf(w, "%s\t", part.name)
		}
	}
	fmt.Fprintln(w)
	for _, l := range lines {
		row, there := fmt.Sprintf("%-35s\t", l.name), false
		for _, part := range heldOut {
			if f.Metrics[part.key] == nil {
				continue
			}
			v, ok := f.Metrics[part.key][l.key]
			if there = there || ok; ok {
				row += fmt.Sprintf("%.4g\t", v)
			} else {
				row += "–\t"
			}
		}
		if there {
			fmt.Fprintln(w, row)
		}
	}
	w.Flush()
	if n := len(f.Channels); n > most {
		fmt.Fprintf(b, "and of %d more columns, see summary.json\n", n-most)
	}
	fmt.Fprintf(b, "weights of epoch %d of %d; %.2g s an epoch\n", f.BestEpoch, f.Epochs, f.EpochSeconds)
}
