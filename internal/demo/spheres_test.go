package demo_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"gorgonode/internal/demo"
)

func TestSpheres(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	r, err := demo.Spheres(context.Background(), demo.Options{Out: out, Seed: 1, Quick: true})
	got := figures(t, r, err)
	for _, place := range []string{"line", "plane"} {
		plain, augmented := got[place+", plain: test loss"], got[place+", augmented: test loss"]
		if !(augmented < plain) {
			t.Errorf("%s: test loss %g plain and %g augmented, want it lower", place, plain, augmented)
		}
	}
	// No flow of the line does better than the best threshold on the points in their order; an augmented one must.
	bound := got["line: best accuracy of any flow without added dimensions"]
	if plain := got["line, plain: test accuracy"]; plain > bound {
		t.Errorf("line: accuracy %g plain, and a flow cannot exceed %g", plain, bound)
	}
	if augmented := got["line, augmented: test accuracy"]; !(augmented > bound) {
		t.Errorf("line: accuracy %g augmented, want more than %g", augmented, bound)
	}
	if len(r.Files) != 10 {
		t.Errorf("files %q", r.Files)
	}
	for _, name := range r.Files {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, run := range []func(context.Context, demo.Options) (demo.Result, error){demo.Spheres, demo.Pendulum} {
		if _, err := run(ctx, demo.Options{Seed: 1, Quick: true}); err == nil {
			t.Error("a run whose context is done must be an error")
		}
	}
}
