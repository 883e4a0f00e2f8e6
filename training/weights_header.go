package training

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// checkHeader looks for what the safetensors library lets pass or says unclearly: a file cut short, and names that come
// twice, of which a Go map would quietly keep one.
func checkHeader(data []byte) error {
	if len(data) < 8 {
		return errors.Errorf("cut short: %d bytes, not even the length of a header", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > uint64(len(data)-8) {
		return errors.Errorf("cut short, or not a weights file: its header is said to have %d bytes, %d are there", n, len(data)-8)
	}
	head := data[8 : 8+n]
	if !utf8.Valid(head) {
		return errors.New("damaged: the header is not UTF-8 text")
	}
	if first := bytes.TrimLeft(head, " "); len(first) == 0 || first[0] != '{' {
		return errors.New("not a weights file: the header is not a JSON object")
	}
	end, err := scanHeader(json.NewDecoder(bytes.NewReader(head)))
	if err != nil {
		return errors.Wrap(err, "damaged header")
	}
	if have := uint64(len(data)) - 8 - n; have < end {
		return errors.Errorf("cut short: the tensors need %d bytes, %d are there", end, have)
	}
	return nil
}

// scanHeader reads the names of one JSON object and returns the end of the last tensor.
func scanHeader(d *json.Decoder) (end uint64, err error) {
	if _, err := d.Token(); err != nil {
		return 0, err
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return 0, err
		}
		name, _ := key.(string)
		if seen[name] {
			return 0, errors.Errorf("two entries are named %q", name)
		}
		seen[name] = true
		var entry json.RawMessage
		if err := d.Decode(&entry); err != nil {
			return 0, err
		}
		var info struct {
			Offsets []uint64 `json:"data_offsets"`
		}
		// What isn't a tensor is for the library to judge.
		if name != "__metadata__" && json.Unmarshal(entry, &info) == nil && len(info.Offsets) == 2 {
			end = max(end, info.Offsets[1])
		}
	}
	if _, err := d.Token(); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, err
	}
	return end, nil
}
