package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/pkg/errors"
)

type versionCommand struct{}

// Run runs gorgonode version.
func (*versionCommand) Run(t terminal) error {
	version, commit := "(devel)", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = ", commit " + s.Value[:min(12, len(s.Value))]
			}
		}
	}
	_, err := fmt.Fprintf(t.out, "gorgonode %s%s, %s, %s/%s\n", version, commit, runtime.Version(), runtime.GOOS,
		runtime.GOARCH)
	return errors.Wrap(err, "write to stdout")
}
