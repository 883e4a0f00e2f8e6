package flow

import "github.com/pkg/errors"

// Mask says which columns a coupling leaves as they are: the element of a column is true where it is kept.
type Mask []bool

// Alternating keeps every other column (Dinh, Sohl-Dickstein and Bengio 2017, section 3.4): the even ones, counted from
// 0, or with flip the odd ones.
func Alternating(d int, flip bool) Mask {
	m := make(Mask, d)
	for i := range m {
		m[i] = (i%2 == 0) != flip
	}
	return m
}

// Halves keeps the first ⌈d/2⌉ columns, or with flip the others.
func Halves(d int, flip bool) Mask {
	m := make(Mask, d)
	for i := range m {
		m[i] = (i < (d+1)/2) != flip
	}
	return m
}

// check asks for a column of either kind.
func (m Mask) check() error {
	kept := 0
	for _, k := range m {
		if k {
			kept++
		}
	}
	if kept == 0 || kept == len(m) {
		return errors.Errorf("the mask keeps %d of %d columns: a coupling needs both kinds", kept, len(m))
	}
	return nil
}

// kept is 1 for columns that are kept and 0 for the others; moved is the other way round.
func (m Mask) kept() []float64  { return m.indicator(true) }
func (m Mask) moved() []float64 { return m.indicator(false) }

func (m Mask) indicator(of bool) []float64 {
	v := make([]float64, len(m))
	for i, k := range m {
		if k == of {
			v[i] = 1
		}
	}
	return v
}
