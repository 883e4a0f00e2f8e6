package option

import (
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Names are the names of the options that were given, in order. Settings embed it.
type Names struct{ given []string }

func (n *Names) add(name string) { n.given = append(n.given, name) }

// Has tells whether an option was given.
func (n *Names) Has(name string) bool { return slices.Contains(n.given, name) }

// Only is an error if another option was given than those that a constructor takes.
func (n *Names) Only(takes ...string) error {
	for _, name := range n.given {
		if !slices.Contains(takes, name) {
			return errors.Errorf("%s is not among the options %s", name, strings.Join(takes, ", "))
		}
	}
	return nil
}

// Named is an option with a name, that of the function which makes it. S is a pointer to settings that embed Names.
func Named[S interface{ add(string) }](name string, set func(S) error) func(S) error {
	return func(s S) error {
		s.add(name)
		return set(s)
	}
}

// Apply lets every option change the settings, in order. It is an error if one is nil, and the first error of theirs.
func Apply[S any, O ~func(S) error](s S, opts []O) error {
	for i, o := range opts {
		if o == nil {
			return errors.Errorf("option %d is nil", i)
		}
		if err := o(s); err != nil {
			return err
		}
	}
	return nil
}
