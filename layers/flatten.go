package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

type flatten struct{}

// Flatten makes a matrix of every axis but the first: (B, d₁, d₂, …) → (B, d₁·d₂·…).
func Flatten() Layer { return flatten{} }

func (flatten) Params() []*graph.Param { return nil }

func (flatten) Forward(x *G.Node) (*G.Node, error) {
	if err := checkInput("flatten", x, 2); err != nil {
		return nil, err
	}
	s := x.Shape()
	y, err := graph.Reshape(x, s[0], s.TotalSize()/s[0])
	return y, errors.WithMessage(err, "layers: flatten")
}

var _ Layer = flatten{}
