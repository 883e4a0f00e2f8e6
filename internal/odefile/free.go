package odefile

import (
	"math"
	"strconv"
)

// Free is where a parameter may go in a fit: above Low and below High, either of which may be infinite.
type Free struct{ Low, High float64 }

// Contains reports whether a value is inside.
func (f *Free) Contains(v float64) bool { return v > f.Low && v < f.High }

func (f *Free) String() string {
	g := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	switch low, high := !math.IsInf(f.Low, 0), !math.IsInf(f.High, 0); {
	case low && high:
		return "between " + g(f.Low) + " and " + g(f.High)
	case low:
		return "above " + g(f.Low)
	case high:
		return "below " + g(f.High)
	}
	return "a number"
}

// free reads what stands behind a value of par or init.
func (r *reader) free(c *converter, word string, d *freedom) (*Free, error) {
	if d == nil {
		return nil, nil
	}
	at := c.st.place(d.Pos)
	if word != "par" && word != "init" {
		return nil, r.src.errorAt(at, "values of par and init may be free, not those of %s", word)
	}
	f := &Free{math.Inf(-1), math.Inf(1)}
	bound := func(t *tree, err error) (float64, error) {
		if err != nil {
			return 0, err
		}
		return r.constant(t, "a bound")
	}
	var err error
	switch {
	case d.Above != nil:
		f.Low, err = bound(c.sum(d.Above))
	case d.Below != nil:
		f.High, err = bound(c.sum(d.Below))
	case d.Low != nil:
		if f.Low, err = bound(c.disjunction(d.Low)); err == nil {
			f.High, err = bound(c.disjunction(d.High))
		}
	}
	if err != nil {
		return nil, err
	}
	if !(f.Low < f.High) {
		return nil, r.src.errorAt(at, "there is nothing between %g and %g", f.Low, f.High)
	}
	return f, nil
}
