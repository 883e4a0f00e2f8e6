package layers

import (
	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
)

// negativePart is min(x, 0).
func negativePart(f *formula.F, x *G.Node) *G.Node {
	return f.Mul(x, f.Compare(G.Lt, x, f.Number(0)))
}
