package training

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// SaveParams writes parameters and metadata to a weights file, see SaveTensors: each under its name, all as float64, which
// holds a float32 to the last bit. Two of one name are an error.
func SaveParams(path string, params []*graph.Param, meta map[string]string) error {
	tensors, err := tensorsOf(params)
	if err != nil {
		return errors.WithMessagef(err, "training: save %s", path)
	}
	return SaveTensors(path, tensors, meta)
}

// LoadParams reads what SaveParams has written into parameters that are there. Names and shapes must be the same on both
// sides, and every number finite in the type of its parameter; if not, the error says where, and no parameter has been
// touched.
func LoadParams(path string, params []*graph.Param) (meta map[string]string, err error) {
	into, err := tensorsOf(params)
	if err != nil {
		return nil, errors.WithMessagef(err, "training: load weights: %s", path)
	}
	if meta, err = LoadTensorsInto(path, into); err != nil {
		return nil, err
	}
	values := make([][]float64, len(params))
	for i, p := range params {
		largest := math.MaxFloat64
		if p.Dtype() == tensor.Float32 {
			largest = math.MaxFloat32
		}
		for _, v := range into[i].F64 {
			if !(math.Abs(v) <= largest) {
				return nil, errors.Errorf("training: load weights: %s: %q holds %g, which is no finite %v", path, p.Name(), v,
					p.Dtype())
			}
		}
		values[i] = into[i].F64
	}
	return meta, (&Snapshot{params, values}).Restore()
}

// tensorsOf are copies of parameters under their names.
func tensorsOf(params []*graph.Param) ([]NamedTensor, error) {
	if err := graph.UniqueNames(params); err != nil {
		return nil, err
	}
	tensors := make([]NamedTensor, len(params))
	for i, p := range params {
		tensors[i] = NamedTensor{Name: p.Name(), Shape: p.Shape(), F64: p.Float64s()}
	}
	return tensors, nil
}

// Snapshot is a copy of the values of parameters, to come back to: those of the best step of a training.
type Snapshot struct {
	params []*graph.Param
	values [][]float64
}

// NewSnapshot takes the values of parameters as they are.
func NewSnapshot(params []*graph.Param) *Snapshot {
	s := &Snapshot{params, make([][]float64, len(params))}
	s.Take()
	return s
}

// Take takes the values as they are now, in place of those before.
func (s *Snapshot) Take() {
	for i, p := range s.params {
		s.values[i] = p.Float64s()
	}
}

// Restore gives the parameters the values that were taken.
func (s *Snapshot) Restore() error {
	for i, p := range s.params {
		if err := p.Set(s.values[i]); err != nil {
			return err
		}
	}
	return nil
}
