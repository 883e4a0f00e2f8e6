package training

import (
	"bytes"
	"io"
	"os"

	"github.com/pkg/errors"
)

// OpenMetrics opens a metrics file to add records to it; a new file is made if there is none. What is there must be
// records. A last line that a crash cut short is taken off first, so that the next record begins on a line of its own.
func OpenMetrics(path string) (*MetricsWriter, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, errors.Wrap(err, "training: open metrics")
	}
	if err := mendTail(f, path); err != nil {
		f.Close()
		return nil, err
	}
	return &MetricsWriter{w: f, file: f}, nil
}

func mendTail(f *os.File, path string) error {
	data, err := io.ReadAll(f)
	if err != nil {
		return errors.Wrap(err, "training: open metrics")
	}
	_, whole, err := parseMetrics(data, path)
	if err != nil {
		return err
	}
	switch tail := data[whole:]; {
	case len(tail) == 0:
		return nil
	case tail[len(tail)-1] == '}': // a record that only lacks its line end
		_, err = f.Write([]byte{'\n'})
	default:
		err = f.Truncate(int64(whole))
	}
	return errors.Wrapf(err, "training: mend the last line of %s", path)
}

// LoadMetrics reads the records of a metrics file. A last line that a crash cut short is left out; any other line that
// is not a record is an error.
func LoadMetrics(path string) ([]Record, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.Wrap(err, "training: load metrics")
	}
	records, _, err := parseMetrics(data, path)
	return records, err
}

// RewindMetrics takes the records after a step off a metrics file: those that a run wrote after the checkpoint from
// which it goes on.
func RewindMetrics(path string, step int) error {
	records, err := LoadMetrics(path)
	if err != nil {
		return err
	}
	return WriteFile(path, func(w io.Writer) error {
		m := NewMetricsWriter(w)
		for _, r := range records {
			if r.Step > step {
				continue
			}
			if err := m.Write(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// parseMetrics reads records, and tells how many bytes hold whole lines. A last line without a line end is a record
// too if it can be read as one; if it cannot, it must begin as one, or this is some other file.
func parseMetrics(data []byte, name string) (records []Record, whole int, err error) {
	for line := 1; whole < len(data); line++ {
		text, _, ended := bytes.Cut(data[whole:], []byte{'\n'})
		var r Record
		problem := r.UnmarshalJSON(text)
		switch {
		case problem == nil:
			records = append(records, r)
		case len(bytes.TrimSpace(text)) == 0 && ended:
		case !ended && cutRecord(text):
			return records, whole, nil
		default:
			return nil, 0, newParseError(name, line, 0, "", "not a metrics record: %v", errors.Cause(problem))
		}
		if !ended {
			return records, whole, nil
		}
		whole += len(text) + 1
	}
	return records, whole, nil
}

// cutRecord tells the beginning of a record, as a crash leaves it, from other text.
func cutRecord(text []byte) bool {
	const head = `{"step":`
	n := min(len(text), len(head))
	return n > 0 && string(text[:n]) == head[:n]
}
