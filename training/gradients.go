package training

import (
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
)

// gradientNorm is the Euclidean norm of all gradients together.
func gradientNorm(grads []G.ValueGrad) (float64, error) {
	var sum float64
	for _, vg := range grads {
		d, err := vg.Grad()
		if err != nil {
			return 0, errors.WithStack(err)
		}
		switch d := d.Data().(type) {
		case []float64:
			for _, v := range d {
				sum += v * v
			}
		case []float32:
			for _, v := range d {
				sum += float64(v) * float64(v)
			}
		default:
			return 0, errors.Errorf("a gradient is a %T", d)
		}
	}
	return math.Sqrt(sum), nil
}

func scaleGradients(grads []G.ValueGrad, by float64) error {
	for _, vg := range grads {
		d, err := vg.Grad()
		if err != nil {
			return errors.WithStack(err)
		}
		scale(d.Data(), by)
	}
	return nil
}

// scale multiplies in place; by 0 also what is not finite.
func scale(data any, by float64) {
	switch d := data.(type) {
	case []float64:
		if by == 0 {
			clear(d)
		}
		for i := range d {
			d[i] *= by
		}
	case []float32:
		if by == 0 {
			clear(d)
		}
		for i := range d {
			d[i] *= float32(by)
		}
	}
}

func number(v G.Value) (float64, error) {
	if v != nil {
		switch x := v.Data().(type) {
		case float64:
			return x, nil
		case float32:
			return float64(x), nil
		}
	}
	return 0, errors.Errorf("the cost is a %T", v)
}
