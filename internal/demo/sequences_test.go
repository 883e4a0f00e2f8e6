package demo

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func pack(t *testing.T, path string, files map[string][]byte) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, data := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(data)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []interface{ Close() error }{w, z} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	put(t, path, b.String())
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// npy are frames × 2 numbers: i and −i in row i.
func npy(frames int) []byte {
	head := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 2), }", frames)
	head += strings.Repeat(" ", 118-len(head)-1) + "\n"
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), 0)
	b = append(b, head...)
	for i := range frames {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(i)))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(-float32(i)))
	}
	return b
}

func TestLoadWalker(t *testing.T) {
	dir := t.TempDir()
	pack(t, filepath.Join(dir, "walker2d-float32.tar.gz"), map[string][]byte{
		"walker/a.npy": npy(100), "walker/b.npy": npy(70), "walker/c.npy": npy(90),
	})
	put(t, filepath.Join(dir, "split.csv"),
		"file,split,order,frames,kept\na.npy,train,0,100,98\nb.npy,test,0,70,69\nc.npy,valid,0,90,89\n")
	// Row 1 of a is dropped, and of the others none.
	put(t, filepath.Join(dir, "keep_mask.txt"),
		"a.npy bf"+strings.Repeat("ff", 12)+"\nb.npy "+strings.Repeat("ff", 9)+"\nc.npy "+strings.Repeat("ff", 12)+"\n")
	sets, err := loadWalker(dir)
	if err != nil {
		t.Fatal(err)
	}
	// Of n rows windows of 64 begin at 0, 16, … below n − 64: 98 of a, 69 of b, 89 of c.
	for part, want := range map[string]int{"train": 3, "test": 1, "valid": 2} {
		if got := len(sets[part].Series); got != want {
			t.Errorf("%d windows of %s, want %d", got, part, want)
		}
		if err := sets[part].Validate(); err != nil {
			t.Error(err)
		}
	}
	s := sets["train"].Series[1] // from row 16 of those kept, which is frame 17
	if s.Times[0] != 17 || s.Values[0][1] != -17 || s.Targets[0][0] != 18 || s.Len() != 64 {
		t.Errorf("window %q begins with %v, %v → %v", s.ID, s.Times[0], s.Values[0], s.Targets[0])
	}
	if first := sets["train"].Series[0].Times; !slices.Equal(first[:3], []float64{0, 2, 3}) {
		t.Errorf("times %v", first[:3])
	}
	put(t, filepath.Join(dir, "split.csv"), "a.npy,train\nb.npy,tset\nc.npy,valid\n")
	if _, err := loadWalker(dir); err == nil || !strings.Contains(err.Error(), `split.csv says "tset"`) {
		t.Errorf("a part of no name: %v", err)
	}
}

func TestReadNPYErrors(t *testing.T) {
	whole := npy(3)
	for want, data := range map[string][]byte{
		"not a file of version 1": []byte("PK\x03\x04 and so on and so on"),
		"unexpected EOF":          whole[:len(whole)-1],
		"is not that of a matrix": bytes.Replace(whole, []byte("<f4"), []byte("<i4"), 1),
		"npy: EOF":                nil,
	} {
		if _, err := readNPY(bytes.NewReader(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

func TestLoadPhysionet(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "physionet2012-set-a.tar.gz")
	stay := "Time,Parameter,Value\n00:00,RecordID,7\n00:00,Age,54\n00:00,Height,-1\n01:00,HR,70\n01:00,HR,80\n47:30,HR,90\n01:30,,3\n"
	outcomes := "RecordID,SAPS-I,In-hospital_death\n7,1,1\n"
	pack(t, path, map[string][]byte{"set-a/7.txt": []byte(stay), "Outcomes-a.txt": []byte(outcomes)})
	set, err := loadPhysionet(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := set.Series[0]
	age, height, hr := slices.Index(physionetNames, "Age"), slices.Index(physionetNames, "Height"),
		slices.Index(physionetNames, "HR")
	if len(physionetNames) != 41 || s.Len() != 3 || s.Label[0] != 1 || s.Values[0][age] != 54 ||
		!math.IsNaN(s.Values[0][height]) ||
		s.Values[1][hr] != 75 || math.Abs(s.Times[2]-47.5) > physionetBin/2 {
		t.Errorf("%d variables; stay %+v", len(physionetNames), s)
	}
	pack(t, path, map[string][]byte{"set-a/7.txt": []byte("Time,Parameter,Value\nnoon,HR,70\n"),
		"Outcomes-a.txt": []byte(outcomes)})
	if _, err := loadPhysionet(dir); err == nil || !strings.Contains(err.Error(), "set-a/7.txt: line 2") {
		t.Errorf("a time that is none: %v", err)
	}
	pack(t, path, map[string][]byte{"set-a/8.txt": []byte(stay), "Outcomes-a.txt": []byte(outcomes)})
	if _, err := loadPhysionet(dir); err == nil || !strings.Contains(err.Error(), "no outcome of stay 8") {
		t.Errorf("a stay without outcome: %v", err)
	}
}

// The short runs learn from simulated data what chance does not give.
func TestShortSequenceDemos(t *testing.T) {
	for _, c := range []struct {
		run     func(context.Context, Options) (Result, error)
		figure  string
		picture string
		good    func(v float64) bool
	}{
		// By chance the area is ½ with a standard error of √((m+n+1)/(12mn)) = 0.12 for 8 deaths among 32 stays.
		{Physionet, "CfC, area under the curve", "roc.png", func(v float64) bool { return v > 0.85 }},
		// One in three by chance, with a standard error of 0.07 over 48 series.
		{Vowels, "JapaneseVowels, 50 % dropped, accuracy", "accuracy.svg", func(v float64) bool { return v > 0.6 }},
		// The targets' own variance is about 1.1.
		{Walker, "CfC, mean squared error", "learning.png", func(v float64) bool { return v < 0.5 }},
	} {
		out := t.TempDir()
		r, err := c.run(context.Background(), Options{Out: out, Seed: 1, Quick: true})
		if err != nil {
			t.Errorf("%s: %v", r.Name, err)
			continue
		}
		found := false
		for _, f := range r.Figures {
			if f.Name == c.figure {
				found = true
				if !c.good(f.Value) {
					t.Errorf("%s: %s is %g", r.Name, f.Name, f.Value)
				}
			}
			if f.Published != "" {
				t.Errorf("%s: %s of simulated data beside a published %s", r.Name, f.Name, f.Published)
			}
		}
		if _, err := os.Stat(filepath.Join(out, c.picture)); err != nil || !found {
			t.Errorf("%s: %v; figures %v", r.Name, err, r.Figures)
		}
	}
	if _, err := Walker(context.Background(), Options{Data: t.TempDir()}); err == nil {
		t.Error("a folder without data")
	}
}
