package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

type sequential []Layer

// Sequential is layers one after the other; layers that take a time get it. Of no layers it is the identity.
func Sequential(ls ...Layer) TimeLayer { return append(sequential(nil), ls...) }

func (s sequential) Params() []*graph.Param { return paramsOf(s...) }

func (s sequential) Forward(x *G.Node) (*G.Node, error) { return s.ForwardTime(nil, x) }

func (s sequential) ForwardTime(t, x *G.Node) (*G.Node, error) {
	if err := checkInput("sequential", x, 0); err != nil {
		return nil, err
	}
	for i, l := range s {
		if l == nil {
			return nil, errors.Errorf("layers: sequential: layer %d of %d is nil", i, len(s))
		}
		var err error
		if x, err = forward(l, t, x); err != nil {
			return nil, err
		}
	}
	return x, nil
}

var _ TimeLayer = sequential(nil)
