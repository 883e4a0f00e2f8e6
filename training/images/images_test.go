package images_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonode/training/images"
)

// idx is a file of the format, by the book.
func idx(kind byte, data []byte, shape ...int) []byte {
	b := []byte{0, 0, kind, byte(len(shape))}
	for _, n := range shape {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return append(b, data...)
}

func zipped(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

var (
	pixels = []byte{0, 51, 102, 153, 204, 255, 0, 0, 0, 255, 255, 255}
	labels = []byte{3, 1}
)

func TestRead(t *testing.T) {
	plain, classes := idx(8, pixels, 2, 2, 3), idx(8, labels, 2)
	dir := t.TempDir()
	for name, b := range map[string][]byte{"images": plain, "labels.gz": zipped(classes)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s, err := images.Load(filepath.Join(dir, "images"), filepath.Join(dir, "labels.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Height != 2 || s.Width != 3 || s.Len() != 2 || s.Classes() != 4 ||
		!bytes.Equal(s.Pixels, pixels) || !bytes.Equal(s.Labels, labels) {
		t.Errorf("got %+v", s)
	}
	// Σp/255 is 3 + 3 and Σ(p/255)² is 2.2 + 3.
	mean, sd := s.Moments()
	if math.Abs(mean-0.5) > 1e-15 || math.Abs(sd-math.Sqrt(5.2/12-0.25)) > 1e-15 {
		t.Errorf("mean %v, standard deviation %v", mean, sd)
	}
	x, class := make([]float32, 12), make([]float32, 2)
	if err := s.Fill(x, class, []int{1, 0}, 0.5, 0.25); err != nil {
		t.Fatal(err)
	}
	want := []float32{-2, -2, -2, 2, 2, 2, -2, -1.2, -0.4, 0.4, 1.2, 2}
	for i := range want {
		if math.Abs(float64(x[i]-want[i])) > 1e-6 {
			t.Errorf("pixel %d: %v, want %v", i, x[i], want[i])
		}
	}
	if !slices.Equal(class, []float32{1, 3}) {
		t.Errorf("classes %v", class)
	}
	for _, wrong := range [][]int{{0, 2}, {-1, 0}, {0}} {
		if err := s.Fill(x, class, wrong, 0, 1); err == nil {
			t.Errorf("images %v of 2, room for 2: want an error", wrong)
		}
	}
	if f := s.First(1); f.Len() != 1 || len(f.Pixels) != 6 || s.First(9).Len() != 2 || s.First(-1).Len() != 0 {
		t.Errorf("first: %+v", f)
	}
}

func TestRefused(t *testing.T) {
	good, classes := idx(8, pixels, 2, 2, 3), idx(8, labels, 2)
	for _, c := range []struct {
		name           string
		images, labels []byte
		want           string
	}{
		{"empty", nil, classes, "header"},
		{"labels for images", classes, classes, "header"},
		{"float", idx(13, pixels, 2, 2, 3), classes, "00 00 0d 03"},
		{"axes", good, good, "00 00 08 03, want 00 00 08 01"},
		{"short", good[:len(good)-1], classes, "11 bytes of data, and the header says 12"},
		{"long", append(slices.Clone(good), 0), classes, "more data than the 12"},
		{"no length", idx(8, nil, 0, 2, 3), classes, "axis 0 has length 0"},
		{"huge", idx(8, pixels, 1<<31, 1<<31, 1<<31), classes, "axis 0 has length 2147483648"},
		{"lying", idx(8, pixels, 1<<10, 1<<10, 1<<9), classes, "12 bytes of data"},
		{"counts", good, idx(8, []byte{1, 2, 3}, 3), "2 images of 2×3, and 3 labels"},
		{"broken gzip", zipped(good)[:20], classes, "idx"},
	} {
		_, err := images.Read(bytes.NewReader(c.images), bytes.NewReader(c.labels))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := images.Load(filepath.Join(t.TempDir(), "none"), "none"); err == nil {
		t.Error("no file must be an error")
	}
}

// What is read is what was written, or it is an error; memory does not follow the header's word.
func FuzzRead(f *testing.F) {
	good, classes := idx(8, pixels, 2, 2, 3), idx(8, labels, 2)
	f.Add(good, classes)
	f.Add(zipped(good), zipped(classes))
	f.Add(idx(8, pixels, 1<<10, 1<<10, 1<<9), classes)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		s, err := images.Read(bytes.NewReader(a), bytes.NewReader(b))
		if err != nil {
			return
		}
		if s.Len() == 0 || len(s.Pixels) != s.Len()*s.Height*s.Width {
			t.Fatalf("%d images of %d×%d in %d bytes", s.Len(), s.Height, s.Width, len(s.Pixels))
		}
		written := idx(8, s.Pixels, s.Len(), s.Height, s.Width)
		again, err := images.Read(bytes.NewReader(written), bytes.NewReader(idx(8, s.Labels, s.Len())))
		if err != nil || !bytes.Equal(again.Pixels, s.Pixels) {
			t.Fatalf("again: %v", err)
		}
		if _, err := images.Read(bytes.NewReader(append(written, 0)), bytes.NewReader(b)); err == nil {
			t.Fatal("a byte too many must be an error")
		}
	})
}
