package demo

import (
	"cmp"
	"io"

	"gorgonode/training"
)

// progressOf tells Options.Log how far a training run is.
func progressOf(o Options, label string, steps int) *training.Progress {
	return training.NewProgress(steps, training.ProgressOptions{Label: label, Writer: cmp.Or(o.Log, io.Discard)})
}
