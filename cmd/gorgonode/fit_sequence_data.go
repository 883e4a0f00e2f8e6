package main

import (
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training/seriesdata"
)

// sequenceSource is how a table of series was read, kept in the run for those that are to be predicted.
type sequenceSource struct {
	ID       string `json:"id"` // "" is the first column
	Time     string `json:"time"`
	TimeUnit string `json:"time_unit,omitempty"` // "year" where the times were dates
}

// sameTimes tells whether times of a set can stand beside those that were learned from.
func (s sequenceSource) sameTimes(set *series.Set) error {
	if set.TimeUnit == s.TimeUnit {
		return nil
	}
	what := map[string]string{"": "numbers", "year": "dates"}
	return errors.Errorf("the times of %s are %s, and those to learn from %s", set.Name, what[set.TimeUnit], what[s.TimeUnit])
}

const sourceFile = "source.json"

func isTS(path string) bool { return strings.EqualFold(filepath.Ext(path), ".ts") }

// loadSequences reads a .ts file or a table in long format.
func (c *fitCommand) loadSequences(path string) (*series.Set, error) {
	if isTS(path) {
		for _, name := range ofLongTables {
			if c.given[name] {
				return nil, errors.Errorf("--%s is for tables: %s says itself what it has", name, path)
			}
		}
		return seriesdata.LoadTS(path)
	}
	csv, err := c.csvFlags.options()
	if err != nil {
		return nil, err
	}
	return seriesdata.LoadLong(path, seriesdata.LongOptions{
		ID: c.ID, Time: c.Time, Values: c.Columns, Static: c.Static, Targets: c.Targets, Label: c.Label,
		Missing: csv.Missing, Separator: csv.Separator,
	})
}

// loadParts reads the series to learn from, and those of the test if --test names a file, less the rows that --drop drops.
func (c *fitCommand) loadParts() (set, test *series.Set, err error) {
	if set, err = c.loadSequences(c.File); err != nil {
		return nil, nil, badInput(err)
	}
	if c.testFile() {
		if test, err = c.loadSequences(c.Test); err == nil {
			test, err = withClassesOf(set, test)
		}
		if err == nil {
			err = sequenceSource{TimeUnit: set.TimeUnit}.sameTimes(test)
		}
		if err != nil {
			return nil, nil, badInput(err)
		}
	}
	if c.Drop == 0 {
		return set, test, nil
	}
	if set, err = seriesdata.DropRows(set, c.Seed, c.Drop); err == nil && test != nil {
		test, err = seriesdata.DropRows(test, c.Seed+1, c.Drop)
	}
	return set, test, badInput(err)
}

// withClassesOf numbers the classes of a set as another one does. A file may have them in another order, or not have all.
func withClassesOf(train, set *series.Set) (*series.Set, error) {
	if slices.Equal(train.Classes, set.Classes) || len(train.Classes) == 0 {
		return set, nil
	}
	out := set.With(nil)
	out.Classes = train.Classes
	for _, s := range set.Series {
		one := *s
		if len(s.Label) == 1 && !math.IsNaN(s.Label[0]) {
			class := set.Classes[int(s.Label[0])]
			k := slices.Index(train.Classes, class)
			if k < 0 {
				return nil, errors.Errorf("%s: series %q has the class %q; there are %q to learn from", set.Name, s.ID,
					class, train.Classes)
			}
			one.Label = []float64{float64(k)}
		}
		out.Series = append(out.Series, &one)
	}
	return out, nil
}
