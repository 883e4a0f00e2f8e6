package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/training"
)

// createRun begins the run in the folder that was asked for, or in one named after the data: then the first of runs/NAME,
// runs/NAME-2, … that is free, so that the same command can be given again and again.
func createRun(out, file string, force bool) (*training.RunWriter, error) {
	if out != "" {
		if err := keepsInput(out, file, force); err != nil {
			return nil, err
		}
		w, err := training.CreateRun(out, force)
		if err != nil && strings.Contains(err.Error(), "force") {
			return nil, errors.Errorf("%v (--force)", err) // the package doesn't know the flag's name
		}
		return w, err
	}
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	if name == "" {
		name = "run"
	}
	base := filepath.Join("runs", name)
	if force {
		if err := keepsInput(base, file, force); err != nil {
			return nil, err
		}
		return training.CreateRun(base, true)
	}
	for n := 1; ; n++ {
		dir := base
		if n > 1 {
			dir = fmt.Sprintf("%s-%d", base, n)
		}
		if taken(dir) {
			continue
		}
		w, err := training.CreateRun(dir, false)
		// Another process may have taken the name in between.
		if err == nil || !taken(dir) {
			return w, err
		}
	}
}

// abandon removes an unfinished run after an error, which it returns.
func abandon(ctx context.Context, w *training.RunWriter, err error) error {
	if abort := w.Abort(); abort != nil {
		return errors.Wrapf(err, "%v; after", abort)
	}
	if ctx.Err() != nil {
		return errors.WithMessage(ctx.Err(), "interrupted: the unfinished run was removed, finished ones are as they were")
	}
	return err
}

// keepsInput refuses to replace the folder, or the unfinished run beside it, that the data are read from: with it would go
// the only copy of them.
func keepsInput(dir, file string, force bool) error {
	if !force {
		return nil
	}
	for _, folder := range []string{dir, filepath.Clean(dir) + ".partial"} {
		if inFolder(folder, file) {
			return errors.Errorf("%s is read from %s, which --force would replace: choose another --out, or copy the file first",
				file, shown(folder))
		}
	}
	return nil
}

// inFolder tells whether a file lies in a folder or below it, links followed.
func inFolder(folder, file string) bool {
	real := func(path string) string {
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		if followed, err := filepath.EvalSymlinks(path); err == nil {
			return followed
		}
		return path
	}
	rel, err := filepath.Rel(real(folder), real(file))
	return err == nil && filepath.IsLocal(rel)
}

// taken tells whether a run stands in a folder, is being written for it, or was being replaced there.
func taken(dir string) bool {
	for _, suffix := range []string{"", ".partial", ".old"} {
		if _, err := os.Lstat(dir + suffix); err == nil {
			return true
		}
	}
	return false
}

// shown is a path as the user would write it: from the working folder, where it is below that.
func shown(path string) string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, path); err == nil && filepath.IsLocal(rel) {
			return rel
		}
	}
	return path
}
