package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestPeak runs every mode, which holds one state at least, that of y0, whenever that is looked at. How much more is for the
// command to show.
func TestPeak(t *testing.T) {
	const batch = 64
	for _, m := range modes {
		for range 2 { // collections, the second of which empties the pools that the mode before has left
			runtime.GC()
		}
		bytes, err := peak(m, batch, 3)
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
			continue
		}
		if state := uint64(4 * width * batch); bytes <= state {
			t.Errorf("%s holds %d bytes, and one state has %d", m.name, bytes, state)
		}
	}
}

func TestTableAndPicture(t *testing.T) {
	curves := []curve{
		{mode: modes[0], bytes: map[int]uint64{100: 1 << 20, 1000: 10 << 20}},
		{mode: modes[4], bytes: map[int]uint64{100: 5 << 20}},
	}
	var b bytes.Buffer
	if err := table(&b, curves, []int{100, 1000}, 32); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 4 || !strings.Contains(strings.Join(strings.Fields(lines[2]), " "), "| 1.0 | 10.0 | 1.28 |") {
		t.Errorf("%s", b.String())
	}
	dir := t.TempDir()
	if err := picture(dir, curves, []int{100, 1000}, 32); err != nil {
		t.Fatal(err)
	}
	if s, err := os.Stat(filepath.Join(dir, "gradient-memory.png")); err != nil || s.Size() < 1000 {
		t.Errorf("%v, %v", s, err)
	}
}

func TestBadOptions(t *testing.T) {
	for _, o := range []options{
		{batch: 1, steps: "0"}, {batch: 1, steps: "ten"}, {batch: 0, steps: "1"},
		{batch: 1, steps: "1", modes: "none"}, {batch: 1, steps: "1", child: "none"},
	} {
		if err := run(&bytes.Buffer{}, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
