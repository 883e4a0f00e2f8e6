package flow

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// integrands are the running costs of a flow at t and z (B, d), a column each:
//
//	tr J,   ±‖f‖²,   ±‖J‖²_F      with J = ∂f/∂z
//
// the last two with energies only, and with the sign of the direction of time, so that their integrals are positive. With a
// probe ε they are εᵀJε and ‖Jε‖², of which the second costs no product of its own: its mean is ‖J‖²_F as that of ‖εᵀJ‖²
// is.
func (c *CNF) integrands(t, z *G.Node, probe G.Nodes, backward, energies bool) (*G.Node, error) {
	fn, err := c.function(z)
	if err != nil {
		return nil, err
	}
	if len(probe) > 0 && !slices.Equal(probe[0].Shape(), z.Shape()) {
		return nil, errors.New("flow: cnf: rows that are solved on their own (odeop.PerRow) have an exact trace, no estimate")
	}
	jvp, err := fn.JVP(1)
	if err != nil {
		return nil, errors.WithMessage(err, "flow: cnf: field")
	}
	directions := probe
	if len(probe) == 0 {
		if directions, err = c.units(z); err != nil {
			return nil, err
		}
	}
	f := formula.For(z)
	var dz, trace, square *G.Node
	for _, e := range directions {
		out, err := graph.CallAll(jvp, t, z, e)
		if err != nil {
			return nil, errors.WithMessage(err, "flow: cnf")
		}
		dz = out[0]
		trace = plus(f, trace, sumRows(f, f.Mul(e, out[1])))
		if energies {
			square = plus(f, square, sumRows(f, f.Mul(out[1], out[1])))
		}
	}
	b := z.Shape()[0]
	cols := G.Nodes{f.Reshape(trace, b, 1)}
	if energies {
		sign := 1.0
		if backward {
			sign = -1
		}
		kinetic := sumRows(f, f.Mul(dz, dz))
		cols = append(cols, scale(f, f.Reshape(kinetic, b, 1), sign), scale(f, f.Reshape(square, b, 1), sign))
	}
	g := f.Concat(cols...)
	return g, f.Err()
}

// plus is a + b, where a may be nothing yet.
func plus(f *formula.F, a, b *G.Node) *G.Node {
	if a == nil {
		return b
	}
	return f.Add(a, b)
}

// units are the unit vectors of every column, each for all rows.
func (c *CNF) units(z *G.Node) (G.Nodes, error) {
	b := z.Shape()[0]
	units := make(G.Nodes, c.dim)
	for j := range units {
		v := make([]float64, b*c.dim)
		for i := range b {
			v[i*c.dim+j] = 1
		}
		var err error
		if units[j], err = graph.Constant(z, v, b, c.dim); err != nil {
			return nil, errors.WithMessage(err, "flow: cnf")
		}
	}
	return units, nil
}
