package main

import (
	"bytes"
	"fmt"
	"slices"
	"text/tabwriter"

	"gorgonode/training"
	"gorgonode/training/sequence"
)

// sequenceSummary is summary.json, and what fit --json prints.
type sequenceSummary struct {
	Model     string                      `json:"model"`
	Task      sequence.Task               `json:"task"`
	Classes   []string                    `json:"classes,omitempty"`
	Epochs    int                         `json:"epochs"`
	BestEpoch int                         `json:"best_epoch"`
	Metrics   map[string]sequence.Metrics `json:"metrics"`
}

func summaryOf(f *sequence.Fitted) sequenceSummary {
	return sequenceSummary{f.Config.Model, f.Config.Task, f.Classes, f.Epochs, f.BestEpoch, f.Metrics}
}

func saveSequence(w *training.RunWriter, f *sequence.Fitted, records []training.Record, source sequenceSource) error {
	if err := f.Save(w); err != nil {
		return err
	}
	if err := w.SaveJSON(sourceFile, source); err != nil {
		return err
	}
	if err := w.SaveJSON("summary.json", summaryOf(f)); err != nil {
		return err
	}
	fig, err := epochLoss(f.Config.Model, records)
	if err != nil {
		return err
	}
	return w.SaveFigure("loss", fig)
}

// epochLoss is the fall of the loss, of the training and the validation part.
func epochLoss(model string, records []training.Record) (*training.Figure, error) {
	train, valid := training.Curve{Name: "learned from"}, training.Curve{Name: "validation"}
	for _, r := range records {
		train.X, train.Y = append(train.X, float64(r.Step)), append(train.Y, r.Values["loss"])
		if v, ok := r.Values["valid_loss"]; ok {
			valid.X, valid.Y = append(valid.X, float64(r.Step)), append(valid.Y, v)
		}
	}
	p := training.CurvesPlot{Title: model, XLabel: "epoch", YLabel: "loss", Curves: []training.Curve{train}}
	if len(valid.X) > 0 {
		p.Curves = append(p.Curves, valid)
	}
	return p.Figure()
}

func printMetrics(b *bytes.Buffer, f *sequence.Fitted) {
	var names []string
	for _, name := range []string{"accuracy", "auc", "mse", "scaled_mse", "nll"} {
		for _, m := range f.Metrics {
			if _, ok := m[name]; ok && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\t")
	for _, name := range names {
		fmt.Fprintf(w, "%s\t", name)
	}
	fmt.Fprintln(w)
	for _, part := range []struct{ key, name string }{{"train", "learned from"}, {"valid", "validation"}, {"test", "test"}} {
		if f.Metrics[part.key] == nil {
			continue
		}
		fmt.Fprintf(w, "%s\t", part.name)
		for _, name := range names {
			if v, ok := f.Metrics[part.key][name]; ok {
				fmt.Fprintf(w, "%.4g\t", v)
			} else {
				fmt.Fprint(w, "–\t")
			}
		}
		fmt.Fprintln(w)
	}
	w.Flush()
}
