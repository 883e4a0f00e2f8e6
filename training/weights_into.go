package training

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// LoadTensorsInto reads a weights file into tensors that are there: their elements are overwritten in place. Names,
// shapes and element types must be the same on both sides; if they are not, the error lists every difference and no
// element has been touched.
func LoadTensorsInto(path string, into []NamedTensor) (meta map[string]string, err error) {
	from, meta, err := LoadTensors(path)
	if err != nil {
		return nil, err
	}
	if err := copyTensors(into, from); err != nil {
		return nil, errors.Wrapf(err, "training: load weights: %s", path)
	}
	return meta, nil
}

// copyTensors copies elements by name, all or none; see LoadTensorsInto.
func copyTensors(into, from []NamedTensor) error {
	source := make(map[string]*NamedTensor, len(from))
	for i := range from {
		if source[from[i].Name] != nil {
			return errors.Errorf("two tensors to read are named %q", from[i].Name)
		}
		source[from[i].Name] = &from[i]
	}
	var wrong []string
	wanted := make(map[string]bool, len(into))
	for i := range into {
		t := &into[i]
		if err := t.check(); err != nil {
			return err
		}
		if wanted[t.Name] {
			return errors.Errorf("two tensors to fill are named %q", t.Name)
		}
		wanted[t.Name] = true
		if problem := t.differs(source[t.Name]); problem != "" {
			wrong = append(wrong, problem)
		}
	}
	for i := range from {
		if err := from[i].check(); err != nil {
			return err
		}
		if !wanted[from[i].Name] {
			wrong = append(wrong, fmt.Sprintf("%q is not a tensor of this model", from[i].Name))
		}
	}
	if len(wrong) > 0 {
		return errors.Errorf("the weights are not those of this model: %s", strings.Join(wrong, "; "))
	}
	for i := range into {
		copy(into[i].F32, source[into[i].Name].F32)
		copy(into[i].F64, source[into[i].Name].F64)
	}
	return nil
}

// differs says why from cannot be copied into t, or nothing.
func (t *NamedTensor) differs(from *NamedTensor) string {
	switch {
	case from == nil:
		return fmt.Sprintf("%q is missing", t.Name)
	case !slices.Equal(t.Shape, from.Shape):
		return fmt.Sprintf("%q has shape %v, not %v", t.Name, from.Shape, t.Shape)
	case t.dtype() != from.dtype():
		return fmt.Sprintf("%q is %s, not %s", t.Name, from.dtype(), t.dtype())
	}
	return ""
}
