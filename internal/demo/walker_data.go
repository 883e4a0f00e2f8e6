package demo

import (
	"bufio"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// The protocol of Lechner and Hasani (2020): rows of a rollout are dropped at random, and what is left is cut into windows.
const (
	walkerWindow = 64
	walkerStride = 16
)

// walkerSets are training, validation and test part of the Walker2d rollouts: a series is a window, its times are
// frames, its targets the next frame, whether that was kept or not.
type walkerSets map[string]*series.Set

func newWalkerSets(channels int) walkerSets {
	sets := walkerSets{}
	for _, part := range []string{"train", "valid", "test"} {
		s := &series.Set{Name: "walker2d " + part}
		for k := range channels {
			s.Channels, s.Targets = append(s.Channels, fmt.Sprintf("x%d", k)), append(s.Targets, fmt.Sprintf("next x%d", k))
		}
		sets[part] = s
	}
	return sets
}

// add cuts a rollout; keep is of all frames but the last.
func (w walkerSets) add(part, name string, frames [][]float64, keep []bool) {
	var rows []int
	for t := range len(frames) - 1 {
		if keep[t] {
			rows = append(rows, t)
		}
	}
	set := w[part]
	for from := 0; from < len(rows)-walkerWindow; from += walkerStride {
		s := &series.Series{ID: fmt.Sprintf("%s from %d", name, rows[from])}
		for _, t := range rows[from : from+walkerWindow] {
			s.Times, s.Values, s.Targets = append(s.Times, float64(t)), append(s.Values, frames[t]), append(s.Targets, frames[t+1])
		}
		set.Series = append(set.Series, s)
	}
}

// loadWalker reads the rollouts, which of the parts each belongs to, and which of its rows are kept.
func loadWalker(dir string) (walkerSets, error) {
	part, err := walkerParts(filepath.Join(dir, "split.csv"))
	if err != nil {
		return nil, err
	}
	keep, err := walkerKept(filepath.Join(dir, "keep_mask.txt"))
	if err != nil {
		return nil, err
	}
	var sets walkerSets
	err = eachFile(filepath.Join(dir, "walker2d-float32.tar.gz"), func(name string, r io.Reader) error {
		name = path.Base(name)
		if path.Ext(name) != ".npy" {
			return nil
		}
		frames, err := readNPY(r)
		if err != nil {
			return err
		}
		if sets == nil {
			sets = newWalkerSets(len(frames[0]))
		}
		switch {
		case len(frames[0]) != len(sets["train"].Channels):
			return errors.Errorf("%d columns, and other rollouts have %d", len(frames[0]), len(sets["train"].Channels))
		case sets[part[name]] == nil:
			return errors.Errorf("split.csv says %q of it", part[name])
		case len(keep[name]) < len(frames)-1:
			return errors.Errorf("keep_mask.txt has %d bits for %d frames", len(keep[name]), len(frames))
		}
		sets.add(part[name], name, frames, keep[name])
		return nil
	})
	if err == nil && sets == nil {
		err = errors.Errorf("demo: %s: no rollouts", dir)
	}
	return sets, err
}

// walkerParts is the part of each file.
func walkerParts(file string) (map[string]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, errors.Wrap(err, "demo")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, errors.Wrapf(err, "demo: %s", file)
	}
	part := map[string]string{}
	for _, row := range rows {
		if len(row) < 2 {
			return nil, errors.Errorf("demo: %s: rows of %d fields, want the file and its part", file, len(row))
		}
		part[row[0]] = row[1]
	}
	return part, nil
}

// walkerKept is for each file which of its rows are kept: lines of a name and hexadecimal digits, whose bits are the
// rows, the first one the highest of its byte.
func walkerKept(file string) (map[string][]bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, errors.Wrap(err, "demo")
	}
	defer f.Close()
	kept := map[string][]bool{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		name, digits, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		packed, err := hex.DecodeString(strings.TrimSpace(digits))
		if err != nil {
			return nil, errors.Wrapf(err, "demo: %s: line %d", file, n)
		}
		for _, b := range packed {
			for bit := 7; bit >= 0; bit-- {
				kept[name] = append(kept[name], b>>bit&1 == 1)
			}
		}
	}
	return kept, errors.Wrapf(lines.Err(), "demo: %s", file)
}

var npyHead = regexp.MustCompile(`'descr': *'<f4'.*'fortran_order': *False.*'shape': *\((\d+), *(\d+),?\)`)

// readNPY reads a matrix of float32 in the NumPy format, version 1: a magic text, a version, the length of a head in
// two bytes, the head, the numbers, all little-endian, rows one after the other.
func readNPY(r io.Reader) ([][]float64, error) {
	var start [10]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		return nil, errors.Wrap(err, "npy")
	}
	if string(start[:6]) != "\x93NUMPY" || start[6] != 1 {
		return nil, errors.New("npy: not a file of version 1")
	}
	head := make([]byte, binary.LittleEndian.Uint16(start[8:]))
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, errors.Wrap(err, "npy")
	}
	m := npyHead.FindSubmatch(head)
	if m == nil {
		return nil, errors.Errorf("npy: the head %q is not that of a matrix of float32", head)
	}
	rows, err1 := strconv.Atoi(string(m[1]))
	columns, err2 := strconv.Atoi(string(m[2]))
	const most = 1 << 24
	if err1 != nil || err2 != nil || rows < 1 || columns < 1 || rows > most || columns > most/rows {
		return nil, errors.Errorf("npy: a matrix of shape %s, %s", m[1], m[2])
	}
	raw := make([]byte, 4*rows*columns)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, errors.Wrap(err, "npy")
	}
	out := make([][]float64, rows)
	for i := range out {
		out[i] = make([]float64, columns)
		for j := range out[i] {
			v := float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*(i*columns+j):])))
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, errors.Errorf("npy: row %d, column %d is %g", i, j, v)
			}
			out[i][j] = v
		}
	}
	return out, nil
}

// simulatedWalk are sums of two sines in each of three channels, cut like the rollouts, for a short run without data.
func simulatedWalk(seed uint64) walkerSets {
	rng := rand.New(rand.NewPCG(seed, 64))
	sets := newWalkerSets(3)
	for i, part := range []string{"train", "train", "train", "train", "valid", "test"} {
		frames, keep := make([][]float64, 160), make([]bool, 160)
		phase := 2 * math.Pi * rng.Float64()
		for t := range frames {
			x := 0.15*float64(t) + phase
			frames[t] = []float64{math.Sin(x), 2 * math.Cos(x), math.Sin(2*x) + 0.5*math.Cos(x)}
			keep[t] = rng.Float64() < 0.9
		}
		sets.add(part, fmt.Sprintf("rollout %d", i), frames, keep)
	}
	return sets
}
