package ude

import (
	"path/filepath"

	"github.com/pkg/errors"

	"gorgonode/internal/odefile"
)

// Model is a model file with what a fit may choose: free parameters and initial values, and networks.
type Model struct {
	file *odefile.File
	text []byte
}

// ParseModel reads a model in the format of docs/ode-format.md; name is the file's, for messages. A complaint shows its
// place.
func ParseModel(name string, text []byte) (*Model, error) {
	f, err := odefile.Parse(name, text)
	if err != nil {
		return nil, err
	}
	if f.Events() > 0 {
		return nil, errors.Errorf("ude: %s: a model with events (global) cannot be fitted", name)
	}
	return &Model{file: f, text: append([]byte(nil), text...)}, nil
}

// Name is that of the model file, without its folder.
func (m *Model) Name() string { return filepath.Base(m.file.Name) }

// States are the names of the states.
func (m *Model) States() []string { return append([]string(nil), m.file.Names...) }

// Warnings are complaints about what was read and has no effect, and about jumps, at which derivatives are not exact.
func (m *Model) Warnings() []string {
	var all []string
	for _, w := range m.file.Warnings {
		all = append(all, w.Error())
	}
	if at := m.file.Jump(); at != nil {
		all = append(all, at.Error())
	}
	return all
}
