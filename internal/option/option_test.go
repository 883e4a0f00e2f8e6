package option

import (
	"testing"

	"github.com/pkg/errors"
)

type settings struct {
	Names
	width, depth int
}

type option func(*settings) error

func width(n int) option {
	return Named("Width", func(s *settings) error {
		if n < 1 {
			return errors.Errorf("a width of %d", n)
		}
		s.width = n
		return nil
	})
}

func depth(n int) option {
	return Named("Depth", func(s *settings) error { s.depth = n; return nil })
}

// Options are applied in order, so the last of two counts, and a name that is given must be taken, whatever it set.
func TestApply(t *testing.T) {
	for _, c := range []struct {
		opts  []option
		takes []string
		want  string
	}{
		{nil, []string{"Width"}, ""},
		{[]option{width(7), depth(1), width(3)}, []string{"Width", "Depth"}, ""},
		{[]option{width(3), depth(2)}, []string{"Width", "Height"}, "Depth is not among the options Width, Height"},
		{[]option{width(3), nil}, []string{"Width"}, "option 1 is nil"},
		{[]option{width(0), depth(2)}, []string{"Width"}, "a width of 0"},
	} {
		s := &settings{width: 3, depth: 1}
		err := Apply(s, c.opts)
		if err == nil {
			err = s.Only(c.takes...)
		}
		if err == nil && (s.Has("Width") != (len(c.opts) > 0) || s.Has("Height")) {
			t.Errorf("%+v says that it has what it was not given", s)
		}
		switch {
		case c.want == "" && (err != nil || s.width != 3 || s.depth != 1):
			t.Errorf("%+v, %v", s, err)
		case c.want != "" && (err == nil || err.Error() != c.want):
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
