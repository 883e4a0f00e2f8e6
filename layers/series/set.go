package series

import "github.com/pkg/errors"

// Set is a collection of series of the same kind: those of a file, or a part of them.
type Set struct {
	Name     string   // where they come from, for messages
	Channels []string // the d names of what Values hold
	Statics  []string // the s names of what Static holds
	Labels   []string // the l names of what Label holds
	Targets  []string // the k names of what Targets hold
	Classes  []string // if Label is one class: its names, the class c is Classes[c]; nil for any other label
	TimeUnit string   // "year" where the times were dates, else empty
	Series   []*Series
}

// Widths are those of every series of the set.
func (s *Set) Widths() Widths {
	return Widths{Values: len(s.Channels), Static: len(s.Statics), Label: len(s.Labels), Targets: len(s.Targets)}
}

// Validate tells whether every series is whole and has the set's widths, whether names are distinct, and whether classes are
// among Classes.
func (s *Set) Validate() error {
	if s == nil {
		return errors.New("series: no set given")
	}
	for _, list := range []struct {
		what  string
		names []string
	}{{"channels", s.Channels}, {"static values", s.Statics}, {"labels", s.Labels}, {"targets", s.Targets},
		{"classes", s.Classes}} {
		if name, ok := repeated(list.names); ok {
			return errors.Errorf("series: %s: two %s are named %q", s.Name, list.what, name)
		}
	}
	if s.Classes != nil && len(s.Labels) != 1 {
		return errors.Errorf("series: %s: classes are for one label, and there are %d", s.Name, len(s.Labels))
	}
	w := s.Widths()
	for i, one := range s.Series {
		if err := one.Validate(w); err != nil {
			return errors.WithMessagef(err, "series %d of %s", i, s.Name)
		}
		if s.Classes == nil {
			continue
		}
		if c := one.Label[0]; c == c && (c < 0 || c >= float64(len(s.Classes)) || c != float64(int(c))) {
			return errors.Errorf("series: %s: %s: %g is none of the %d classes", s.Name, one.label(), c, len(s.Classes))
		}
	}
	return nil
}

func repeated(names []string) (string, bool) {
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] {
			return n, true
		}
		seen[n] = true
	}
	return "", false
}

// With is the set with other series: a part of its own, or its own changed.
func (s *Set) With(list []*Series) *Set {
	part := *s
	part.Series = list
	return &part
}

// Longest is the length of the longest series.
func (s *Set) Longest() int {
	n := 0
	for _, one := range s.Series {
		n = max(n, one.Len())
	}
	return n
}

// Observed counts the values that are not missing.
func (s *Set) Observed() int {
	n := 0
	for _, one := range s.Series {
		n += one.Observed()
	}
	return n
}
