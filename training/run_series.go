package training

import (
	"bytes"

	"github.com/pkg/errors"
)

const dataName = "data.csv"

// SavedSeries is what data.csv of a run does not say about the series whose rows it holds: its headings are these, so that
// none is taken for a row of numbers.
type SavedSeries struct {
	Name     string   `json:"name"`
	Time     string   `json:"time"`
	TimeUnit string   `json:"time_unit,omitempty"`
	Columns  []string `json:"columns"`
}

// Saved is what a configuration keeps of s, beside the rows.
func (s *Series) Saved() SavedSeries { return SavedSeries{s.Name, s.TimeName, s.TimeUnit, s.Names} }

// SaveSeries writes data.csv into a run. The numbers are kept to the last bit.
func (w *RunWriter) SaveSeries(s *Series) error { return WriteFile(w.Path(dataName), s.WriteCSV) }

// LoadSeries reads data.csv of a run. Lines of the result is nil.
func (r *Run) LoadSeries(saved SavedSeries) (*Series, error) {
	raw, err := r.ReadFile(dataName)
	if err != nil {
		return nil, err
	}
	_, rows, _ := bytes.Cut(raw, []byte("\n"))
	s, err := ReadCSV(bytes.NewReader(rows), dataName, CSVOptions{Separator: ',', NoHeader: true, NumberTimes: true})
	if err != nil {
		return nil, err
	}
	if s.Dim() != len(saved.Columns) {
		return nil, errors.Errorf("%s has %d columns of values, %s names %d", dataName, s.Dim(), ConfigName, len(saved.Columns))
	}
	s.Name, s.TimeName, s.TimeUnit, s.Names, s.Lines = saved.Name, saved.Time, saved.TimeUnit, saved.Columns, nil
	return s, s.Validate()
}
