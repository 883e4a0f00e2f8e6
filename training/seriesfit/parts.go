package seriesfit

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training/seriesdata"
)

// Parts are the series that a model learns from, those that decide which weights are kept, and those of the test, by which
// nothing is chosen. Valid and Test may be nil.
type Parts struct{ Train, Valid, Test *series.Set }

// Deal takes the fractions valid and test of the series of a set, drawn by the seed, for validation and test; the others are
// those to learn from. A fraction of 0 or less takes none. A part that is given stays as it is, and nothing is taken for it;
// it must be whole, and have the columns of the set.
func Deal(set *series.Set, seed uint64, valid, test float64, given Parts, columns ...Columns) (*Parts, error) {
	p := given
	for _, part := range []*series.Set{p.Valid, p.Test} {
		if part == nil {
			continue
		}
		if err := sameColumns(set, part, columns); err != nil {
			return nil, err
		}
	}
	var fractions []float64
	var to []**series.Set
	take := func(part float64, where **series.Set) {
		if *where == nil && part > 0 {
			fractions, to = append(fractions, part), append(to, where)
		}
	}
	take(valid, &p.Valid)
	take(test, &p.Test)
	if len(fractions) == 0 {
		p.Train = set
		return &p, nil
	}
	rest := 1.0
	for _, f := range fractions {
		rest -= f
	}
	sets, err := seriesdata.Split(set, seed, append([]float64{rest}, fractions...)...)
	if err != nil {
		return nil, err
	}
	p.Train = sets[0]
	for i, where := range to {
		*where = sets[i+1]
	}
	return &p, nil
}

// CheckFractions tells whether something is left to learn from.
func CheckFractions(valid, test float64) error {
	switch {
	case math.IsNaN(valid) || math.IsNaN(test):
		return errors.Errorf("parts %g and %g for validation and test: want numbers", valid, test)
	case math.Max(valid, 0)+math.Max(test, 0) >= 1:
		return errors.Errorf("parts %g and %g for validation and test: nothing is left to train on", valid, test)
	}
	return nil
}

// Named are the parts that there are, in the order "train", "valid", "test".
func (p *Parts) Named(f func(name string, set *series.Set) error) error {
	return p.Change(func(name string, set *series.Set) (*series.Set, error) { return set, f(name, set) })
}

// Change puts other sets in the place of the parts that there are.
func (p *Parts) Change(f func(name string, set *series.Set) (*series.Set, error)) error {
	for _, one := range []struct {
		name string
		set  **series.Set
	}{{"train", &p.Train}, {"valid", &p.Valid}, {"test", &p.Test}} {
		if *one.set == nil {
			continue
		}
		var err error
		if *one.set, err = f(one.name, *one.set); err != nil {
			return err
		}
	}
	return nil
}

// Columns are names of what stands in a set.
type Columns struct {
	What string // as "channels"
	Of   func(*series.Set) []string
}

// What models learn from.
var (
	Channels = Columns{"channels", func(s *series.Set) []string { return s.Channels }}
	Statics  = Columns{"static values", func(s *series.Set) []string { return s.Statics }}
	Classes  = Columns{"classes", func(s *series.Set) []string { return s.Classes }}
	Targets  = Columns{"targets", func(s *series.Set) []string { return s.Targets }}
)

// sameColumns tells whether a set is whole, and has the columns of the one that is learned from.
func sameColumns(train, other *series.Set, list []Columns) error {
	if err := other.Validate(); err != nil {
		return err
	}
	for _, c := range list {
		if have, want := c.Of(other), c.Of(train); !slices.Equal(have, want) {
			return errors.Errorf("%s has the %s %q, and %s has %q", other.Name, c.What, have, train.Name, want)
		}
	}
	return nil
}
