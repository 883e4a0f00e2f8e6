package main

import (
	"os"
	"path/filepath"
	"strings"

	"gorgonode/training"
)

// outputs are the files that a command is to write.
type outputs struct {
	csv, plot string // of --csv and --plot; "" is none
	force     bool   // --force: other files may be overwritten
}

// check refuses what could not be written, or would destroy what must stay: an input, a file of a run, or without --force
// any other file. It comes before anything is computed.
func (o outputs) check(inputs ...string) error {
	if o.csv == "-" {
		o.csv = ""
	}
	if ext := strings.ToLower(filepath.Ext(o.plot)); o.plot != "" && ext != ".png" && ext != ".svg" {
		return badInputf("--plot %s: the file must end in .png or .svg", o.plot)
	}
	if o.csv != "" && o.plot != "" && sameFile(o.csv, o.plot) {
		return badInputf("--csv %s and --plot %s are one file: give two", o.csv, o.plot)
	}
	if err := o.free("--csv", o.csv, inputs); err != nil {
		return err
	}
	return o.free("--plot", o.plot, inputs)
}

// free tells whether a flag's file may be written.
func (o outputs) free(flag, path string, inputs []string) error {
	if path == "" {
		return nil
	}
	for _, input := range inputs {
		if input != "" && sameFile(path, input) {
			return badInputf("%s %s: that is the input: choose another name", flag, path)
		}
	}
	if dir := training.RunOf(path); dir != "" {
		return badInputf("%s %s: that file belongs to the run %s, which would be damaged: choose another name", flag, path,
			shown(dir))
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return badInputf("%s %s: that is a folder: give a file", flag, path)
	case err == nil && !info.Mode().IsRegular():
		return badInputf("%s %s: that is not a plain file", flag, path)
	case err == nil && !o.force:
		return badInputf("%s %s: the file is there already: choose another name, or overwrite it with --force", flag, path)
	case err == nil:
		return nil
	}
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return badInputf("%s %s: there is no folder %s: create it first", flag, path, dir)
	}
	return nil
}

// sameFile tells whether two paths lead to one file, there or not.
func sameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
