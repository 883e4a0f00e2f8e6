package training

import (
	"encoding/binary"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nlpodyssey/safetensors"
	"github.com/pkg/errors"
)

// NamedTensor is a tensor as it stands in a weights file: its elements in row-major order, in one of F32 and F64.
// A scalar has an empty Shape and one element.
type NamedTensor struct {
	Name  string
	Shape []int
	F32   []float32
	F64   []float64
}

// SaveTensors writes tensors and metadata in the safetensors format, which Python reads too: 8 bytes little-endian length
// of the header, the header in JSON, the elements little-endian. The same tensors and metadata give the same bytes.
// The file is replaced in one go (WriteFile), so a crash never costs the weights that were there.
func SaveTensors(path string, tensors []NamedTensor, meta map[string]string) error {
	data, err := encodeTensors(tensors, meta)
	if err != nil {
		return errors.Wrapf(err, "training: save %s", path)
	}
	return WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// LoadTensors reads a weights file: the tensors in the order of their names, and the metadata.
func LoadTensors(path string) ([]NamedTensor, map[string]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, errors.Wrap(err, "training: load weights")
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errors.Errorf("training: load weights: %s is not a plain file", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, errors.Wrap(err, "training: load weights")
	}
	tensors, meta, err := decodeTensors(data)
	return tensors, meta, errors.Wrapf(err, "training: load weights: %s", path)
}

// check tells whether the tensor can be stored.
func (t *NamedTensor) check() error {
	switch {
	case t.Name == "":
		return errors.New("a tensor has no name")
	case t.Name == "__metadata__" || !utf8.ValidString(t.Name):
		return errors.Errorf("tensor %q cannot have that name", t.Name)
	case t.F32 != nil && t.F64 != nil:
		return errors.Errorf("tensor %q has both float32 and float64 elements", t.Name)
	}
	n, err := elements(t.Shape)
	if err != nil {
		return errors.Wrapf(err, "tensor %q", t.Name)
	}
	if have := len(t.F32) + len(t.F64); have != n {
		return errors.Errorf("tensor %q has %d elements, its shape %v needs %d", t.Name, have, t.Shape, n)
	}
	return nil
}

// dtype is "float32" or "float64". A tensor without elements is taken as float64 unless F32 is there.
func (t *NamedTensor) dtype() string {
	if t.F32 != nil {
		return "float32"
	}
	return "float64"
}

func elements(shape []int) (int, error) {
	n := 1
	for _, d := range shape {
		if d < 0 {
			return 0, errors.Errorf("negative dimension in shape %v", shape)
		}
		if d > 0 && n > math.MaxInt/8/d {
			return 0, errors.Errorf("shape %v is too large", shape)
		}
		n *= d
	}
	return n, nil
}

func encodeTensors(tensors []NamedTensor, meta map[string]string) ([]byte, error) {
	views := make(map[string]tensorView, len(tensors))
	for i := range tensors {
		t := &tensors[i]
		if err := t.check(); err != nil {
			return nil, err
		}
		if _, ok := views[t.Name]; ok {
			return nil, errors.Errorf("two tensors are named %q", t.Name)
		}
		views[t.Name] = viewOf(t)
	}
	for k, v := range meta {
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			return nil, errors.Errorf("metadata %q is not UTF-8 text", k)
		}
	}
	data, err := safetensors.Serialize(views, meta)
	return data, errors.WithStack(err)
}

func decodeTensors(data []byte) ([]NamedTensor, map[string]string, error) {
	if err := checkHeader(data); err != nil {
		return nil, nil, err
	}
	n, head, err := safetensors.ReadMetadata(data)
	if err != nil {
		return nil, nil, errors.Wrap(err, "damaged")
	}
	body := data[8+n:]
	var tensors []NamedTensor
	for name, info := range head.Tensors() {
		t := NamedTensor{Name: name, Shape: make([]int, len(info.Shape))}
		for k, d := range info.Shape {
			if d > math.MaxInt {
				return nil, nil, errors.Errorf("tensor %q: shape %v is too large", name, info.Shape)
			}
			t.Shape[k] = int(d)
		}
		raw := body[info.DataOffsets[0]:info.DataOffsets[1]]
		switch info.DType {
		case safetensors.F32:
			t.F32 = make([]float32, len(raw)/4)
			for i := range t.F32 {
				t.F32[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			}
		case safetensors.F64:
			t.F64 = make([]float64, len(raw)/8)
			for i := range t.F64 {
				t.F64[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
			}
		default:
			return nil, nil, errors.Errorf("tensor %q holds %v: only F32 and F64 can be read", name, info.DType)
		}
		if err := t.check(); err != nil {
			return nil, nil, err
		}
		tensors = append(tensors, t)
	}
	slices.SortFunc(tensors, func(a, b NamedTensor) int { return strings.Compare(a.Name, b.Name) })
	return tensors, head.Metadata(), nil
}

// tensorView is a tensor as the safetensors library takes it. The library's own view takes a scalar for empty.
type tensorView struct {
	kind  safetensors.DType
	shape []uint64
	raw   []byte
}

func viewOf(t *NamedTensor) tensorView {
	// The shape of a scalar is written as [], which nil would not be.
	v := tensorView{kind: safetensors.F64, shape: make([]uint64, len(t.Shape))}
	for k, d := range t.Shape {
		v.shape[k] = uint64(d)
	}
	if t.F32 != nil {
		v.kind = safetensors.F32
	}
	v.raw = make([]byte, 0, 4*len(t.F32)+8*len(t.F64))
	for _, x := range t.F32 {
		v.raw = binary.LittleEndian.AppendUint32(v.raw, math.Float32bits(x))
	}
	for _, x := range t.F64 {
		v.raw = binary.LittleEndian.AppendUint64(v.raw, math.Float64bits(x))
	}
	return v
}

func (v tensorView) DType() safetensors.DType { return v.kind }
func (v tensorView) Shape() []uint64          { return v.shape }
func (v tensorView) Data() []byte             { return v.raw }
func (v tensorView) DataLen() uint64          { return uint64(len(v.raw)) }
