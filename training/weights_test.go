package training

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pkg/errors"
	"pgregory.net/rapid"
)

func someTensors() []NamedTensor {
	return []NamedTensor{
		{Name: "a.w", Shape: []int{2, 3}, F64: []float64{1, 2, 3, 4, 5, 6}},
		{Name: "b <&> ü", Shape: []int{2}, F32: []float32{-1, 0.5}},
		{Name: "c", Shape: []int{}, F64: []float64{7}},
		{Name: "d", Shape: []int{0, 4}, F32: []float32{}},
	}
}

// The layout is that of the format's description, byte for byte, so that Python reads it.
func TestTensorLayout(t *testing.T) {
	data, err := encodeTensors([]NamedTensor{
		{Name: "w", Shape: []int{2, 1}, F64: []float64{1, -2}},
		{Name: "s", F32: []float32{0.5}},
	}, map[string]string{"k": "v"})
	if err != nil {
		t.Fatal(err)
	}
	head := `{"__metadata__":{"k":"v"},"s":{"dtype":"F32","shape":[],"data_offsets":[16,20]},"w":{"dtype":"F64","shape":[2,1],"data_offsets":[0,16]}}`
	head += strings.Repeat(" ", (8-len(head)%8)%8)
	want := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	want = append(want, head...)
	want = append(want, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f)
	if diff := cmp.Diff(want, data); diff != "" {
		t.Errorf("%q\n%s", data, diff)
	}
}

func TestSaveAndLoadTensors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	meta := map[string]string{"model": "node", "épreuve": "\"x\""}
	if err := SaveTensors(path, someTensors(), meta); err != nil {
		t.Fatal(err)
	}
	got, gotMeta, err := LoadTensors(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(someTensors(), got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(meta, gotMeta); diff != "" {
		t.Error(diff)
	}
	first, _ := os.ReadFile(path)
	reversed := someTensors()
	slices.Reverse(reversed)
	if err := SaveTensors(path, reversed, meta); err != nil {
		t.Fatal(err)
	}
	second, _ := os.ReadFile(path)
	if !bytes.Equal(first, second) {
		t.Error("the same tensors in another order give other bytes")
	}
}

func TestTensorsKeepEveryBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tensors []NamedTensor
		for _, name := range rapid.SliceOfDistinct(rapid.StringN(1, 8, -1), func(s string) string { return s }).Draw(t, "names") {
			x := NamedTensor{Name: name, Shape: rapid.SliceOfN(rapid.IntRange(0, 3), 0, 3).Draw(t, "shape")}
			n, err := elements(x.Shape)
			if err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "single") {
				x.F32 = rapid.SliceOfN(rapid.Float32(), n, n).Draw(t, "f32")
			} else {
				x.F64 = rapid.SliceOfN(rapid.Float64(), n, n).Draw(t, "f64")
			}
			tensors = append(tensors, x)
		}
		data, err := encodeTensors(tensors, nil)
		if err != nil {
			t.Fatal(err)
		}
		back, _, err := decodeTensors(data)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(tensors, func(a, b NamedTensor) int { return strings.Compare(a.Name, b.Name) })
		if diff := cmp.Diff(tensors, back, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestSaveTensorsRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := SaveTensors(path, someTensors(), nil); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	one := []float64{1}
	tests := []struct {
		want    string
		tensors []NamedTensor
		meta    map[string]string
	}{
		{"has no name", []NamedTensor{{F64: one}}, nil},
		{"cannot have that name", []NamedTensor{{Name: "__metadata__", F64: one}}, nil},
		{"cannot have that name", []NamedTensor{{Name: "\xff", F64: one}}, nil},
		{"both float32 and float64", []NamedTensor{{Name: "a", F64: one, F32: []float32{}}}, nil},
		{"has 1 elements, its shape [2] needs 2", []NamedTensor{{Name: "a", Shape: []int{2}, F64: one}}, nil},
		{"negative dimension", []NamedTensor{{Name: "a", Shape: []int{-1}, F64: one}}, nil},
		{"too large", []NamedTensor{{Name: "a", Shape: []int{1 << 40, 1 << 40}, F64: one}}, nil},
		{"two tensors are named", []NamedTensor{{Name: "a", F64: one}, {Name: "a", F64: one}}, nil},
		{"not UTF-8", []NamedTensor{{Name: "a", F64: one}}, map[string]string{"k": "\xff"}},
	}
	for _, tt := range tests {
		if err := SaveTensors(path, tt.tensors, tt.meta); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
	after, _ := os.ReadFile(path)
	if !bytes.Equal(before, after) {
		t.Error("a refused save changed the file")
	}
	if err := SaveTensors(filepath.Join(path, "x"), someTensors(), nil); err == nil {
		t.Error("saved below a file")
	}
}

func withHeader(head string, body int) []byte {
	data := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	return append(append(data, head...), make([]byte, body)...)
}

func TestLoadTensorsRefuses(t *testing.T) {
	good, err := encodeTensors(someTensors(), nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "cut short: 0 bytes"},
		{"text", []byte("t,Lynx,Hare\n0,1,2\n"), "not a weights file"},
		{"header of 2^60", append(binary.LittleEndian.AppendUint64(nil, 1<<60), "{}"...),
			"its header is said to have 1152921504606846976 bytes"},
		{"header of 2^64-1", binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "cut short"},
		{"cut header", good[:40], "cut short"},
		{"cut data", good[:len(good)-1], "cut short: the tensors need 64 bytes, 63 are there"},
		{"one byte more", append(slices.Clone(good), 0), "damaged"},
		{"no JSON", withHeader("hello", 0), "not a JSON object"},
		{"null", withHeader("null", 0), "not a JSON object"},
		{"open JSON", withHeader(`{"a":`, 0), "damaged header"},
		{"not UTF-8", withHeader("{\"\xff\":1}", 0), "not UTF-8"},
		{"same name", withHeader(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 4), `two entries are named "a"`},
		{"overlap", withHeader(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "damaged"},
		{"gap", withHeader(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "damaged"},
		{"backwards", withHeader(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4), "damaged"},
		{"offset of 2^62", withHeader(`{"a":{"dtype":"F32","shape":[1152921504606846976],"data_offsets":[0,4611686018427387904]}}`, 8), "cut short"},
		{"shape overflow", withHeader(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0), "damaged"},
		{"shape overflow by zero", withHeader(`{"a":{"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]}}`, 0),
			"too large"},
		{"negative shape", withHeader(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4), "damaged"},
		{"half precision", withHeader(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, 4), "holds F16: only F32 and F64"},
		{"unknown type", withHeader(`{"a":{"dtype":"X9","shape":[2],"data_offsets":[0,4]}}`, 4), "damaged"},
	}
	path := filepath.Join(t.TempDir(), "w.safetensors")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(path, tt.data, 0o666); err != nil {
				t.Fatal(err)
			}
			_, _, err := LoadTensors(path)
			if err == nil || !strings.Contains(err.Error(), tt.want) ||
				!strings.HasPrefix(err.Error(), "training: load weights: "+path) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if _, _, err := LoadTensors(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, _, err := LoadTensors(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a plain file") {
		t.Errorf("folder: %v", err)
	}
}

func TestLoadTensorsInto(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := SaveTensors(path, someTensors(), map[string]string{"k": "v"}); err != nil {
		t.Fatal(err)
	}
	backing := make([]float64, 6)
	into := []NamedTensor{
		{Name: "c", F64: make([]float64, 1)},
		{Name: "a.w", Shape: []int{2, 3}, F64: backing},
		{Name: "d", Shape: []int{0, 4}, F32: []float32{}},
		{Name: "b <&> ü", Shape: []int{2}, F32: make([]float32, 2)},
	}
	meta, err := LoadTensorsInto(path, into)
	if err != nil || meta["k"] != "v" || backing[5] != 6 || into[0].F64[0] != 7 || into[3].F32[1] != 0.5 {
		t.Fatalf("%v %v %v", err, meta, into)
	}
	wrong := []NamedTensor{
		{Name: "a.w", Shape: []int{3, 2}, F64: make([]float64, 6)},
		{Name: "b <&> ü", Shape: []int{2}, F64: make([]float64, 2)},
		{Name: "c", F64: make([]float64, 1)},
		{Name: "e", F64: make([]float64, 1)},
	}
	_, err = LoadTensorsInto(path, wrong)
	for _, want := range []string{`"a.w" has shape [2 3], not [3 2]`, `"b <&> ü" is float32, not float64`,
		`"d" is not a tensor of this model`, `"e" is missing`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if wrong[2].F64[0] != 0 {
		t.Error("a refused load wrote into a tensor")
	}
}

// FuzzDecodeTensors: no bytes panic; what is accepted comes back the same after writing and reading.
func FuzzDecodeTensors(f *testing.F) {
	good, err := encodeTensors(someTensors(), map[string]string{"k": "v"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-3])
	f.Add(binary.LittleEndian.AppendUint64(nil, 1<<60))
	f.Add(withHeader(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8))
	f.Add(withHeader(`{"a":{"dtype":"F64","shape":[0,9999999999999],"data_offsets":[0,0]}}`, 0))
	f.Add(withHeader(`{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}  `, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		tensors, meta, err := decodeTensors(data)
		if err != nil {
			return
		}
		for _, x := range tensors {
			if x.Name == "" {
				return // can be read, but is refused when written
			}
		}
		again, err := encodeTensors(tensors, meta)
		if err != nil {
			t.Fatal(err)
		}
		back, backMeta, err := decodeTensors(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tensors, back, cmpopts.EquateNaNs()); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(meta, backMeta, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}
