package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// CheckDtype is an error unless dt is one that functions and parameters can have: tensor.Float64 or tensor.Float32.
func CheckDtype(dt tensor.Dtype) error {
	if dt != tensor.Float64 && dt != tensor.Float32 {
		return errors.Errorf("dtype %v is not supported, use float64 or float32", dt)
	}
	return nil
}
